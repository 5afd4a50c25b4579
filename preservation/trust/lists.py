"""Trusted lists (ETSI TS 119 612) as a source of trust: verified, read, and turned into anchors with windows.

A list counts only when it is signed with a certificate whose fingerprint was pinned when the list was added. What it
says it says until its `NextUpdate`: a service it still names as granted is trusted until then, so an old list keeps
judging what was signed in its time and nothing later.

Source:
    ETSI TS 119 612 v2.1.1, 5.3, 5.5; Commission Implementing Decision (EU) 2015/1505
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lxml import etree

from model.dates import utc_text
from model.findings import Finding, Severity, finding_kind
from model.ports import SystemClock
from model.text import N_
from preservation.trust.store import Anchor, ListContent, Purpose, TrustedList

if TYPE_CHECKING:
    from pyhanko.sign.validation.qualified.tsp import QualifiedServiceInformation

_TSL = "{http://uri.etsi.org/02231/v2#}"
_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_MORE = "{http://uri.etsi.org/02231/v2/additionaltypes#}"
_XML_LIST = "application/vnd.etsi.tsl+xml"
_LOTL = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUlistofthelists"
_MOST_SERVICES = 20_000

UNPINNED = finding_kind(
    "trust.list-unpinned",
    Severity.WARNING,
    N_("Nobody has said who signs the trusted list {file}: nothing in it is trusted."),
    remedy=N_("Add it again with `chauban trust add` and the fingerprint of its signer's certificate."),
    source="ETSI TS 119 612 5.7",
    undecided=True,
)
NOT_VERIFIED = finding_kind(
    "trust.list-not-verified",
    Severity.WARNING,
    N_(
        "The trusted list {file} is not signed by those who may sign it, or was changed since ({why}): nothing in it is"
        " trusted."
    ),
    remedy=N_(
        "Take the list again from its official address; when its signer has changed, confirm the new fingerprint."
    ),
    source="ETSI TS 119 612 5.7",
    undecided=True,
)
UNREADABLE = finding_kind(
    "trust.list-unreadable",
    Severity.WARNING,
    N_("The trusted list {file} cannot be read: {why}."),
    remedy=N_("Take the list again from its official address."),
    undecided=True,
)
STALE = finding_kind(
    "trust.list-stale",
    Severity.WARNING,
    N_("The trusted list {file} was to be replaced by {time}: it says nothing about later signatures."),
    remedy=N_("Bring the current list with `chauban trust update`."),
    source="ETSI TS 119 612 5.3.15",
)
SERVICES_LEFT_OUT = finding_kind(
    "trust.list-services-left-out",
    Severity.INFO,
    N_("{count} services of the trusted list {file} have conditions this program does not know: they are not trusted."),
)


class BadList(Exception):
    """A trusted list that cannot be used; says why."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPointer:
    """Another list that a list of lists vouches for."""

    url: str
    territory: str
    signers: tuple[str, ...]
    """SHA-256 of the certificates that may sign it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHead:
    """What a trusted list says of itself."""

    territory: str
    sequence: int
    issued: datetime | None
    next_update: datetime | None
    """None for a list that was closed."""
    of_lists: bool
    """Whether it names other lists and no services."""
    pointers: tuple[ListPointer, ...] = ()


def read_list(entry: TrustedList, now: datetime | None = None) -> ListContent:
    """Return what a trusted list contributes; what is wrong with it is a finding, never an error.

    Args:
        entry: the list with the fingerprints of those who may sign it.
        now: the time at which it is called stale; the clock's by default.
    """
    try:
        signed = verified_list(entry.content, entry.signers)
        head = head_of(signed)
        if head.of_lists:
            return ListContent(findings=tuple(_staleness(entry, head, now)))
        services, left_out = _services(signed)
    except BadList as error:
        kinds = {one.code: one for one in (UNPINNED, NOT_VERIFIED, UNREADABLE)}
        return ListContent(findings=(kinds[error.kind].at(entry.file, file=entry.file, why=str(error)),))
    findings = list(_staleness(entry, head, now))
    if left_out:
        findings.append(SERVICES_LEFT_OUT.at(entry.file, file=entry.file, count=left_out))
    anchors = merged(_anchors(services, head, entry))
    return ListContent(services=tuple(anchors), findings=tuple(findings))


def verified_list(content: bytes, signers: Sequence[str]) -> bytes:
    """Return the part of a trusted list that its signature covers.

    Args:
        content: the list as XML.
        signers: SHA-256 of the certificates that may sign it, hexadecimal.

    Raises:
        BadList: nobody is pinned, the signature is not theirs, or it does not verify.
    """
    if not signers:
        raise BadList(UNPINNED.code, "")
    from cryptography.x509 import load_der_x509_certificate
    from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

    pinned = [der for der in signing_certificates(content) if hashlib.sha256(der).hexdigest() in signers]
    if not pinned:
        raise BadList(NOT_VERIFIED.code, "another certificate")
    configuration = XAdESSignatureConfiguration(require_x509=True, expect_references=True)
    try:
        certificate = load_der_x509_certificate(pinned[0])
        results = XAdESVerifier().verify(content, x509_cert=certificate, expect_config=configuration)
        for result in results:
            if result.signed_xml is not None and result.signed_xml.tag == f"{_TSL}TrustServiceStatusList":
                return bytes(result.signed_data)
    except Exception as error:
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise BadList(NOT_VERIFIED.code, why) from error
    raise BadList(NOT_VERIFIED.code, "the signature does not cover the list")


def signing_certificates(content: bytes) -> tuple[bytes, ...]:
    """Return the certificates in the signature of a list as DER; whether it verifies is another question.

    Raises:
        BadList: the list is not XML.
    """
    found = []
    for node in _parsed(content).findall(f"{_DS}Signature/{_DS}KeyInfo/{_DS}X509Data/{_DS}X509Certificate"):
        try:
            found.append(_base64(node.text))
        except ValueError:
            continue
    return tuple(dict.fromkeys(found))


def head_of(signed: bytes) -> ListHead:
    """Read what a list says of itself.

    Args:
        signed: the verified part.

    Raises:
        BadList: it is no trusted list.
    """
    root = _parsed(signed)
    scheme = root.find(f"{_TSL}SchemeInformation")
    if root.tag != f"{_TSL}TrustServiceStatusList" or scheme is None:
        raise BadList(UNREADABLE.code, "not a trusted list")
    kind = _text(scheme, "TSLType")
    sequence = _text(scheme, "TSLSequenceNumber")
    return ListHead(
        territory=_text(scheme, "SchemeTerritory"),
        sequence=int(sequence) if sequence.isdecimal() else 0,
        issued=_moment(_text(scheme, "ListIssueDateTime")),
        next_update=_moment(_text(scheme, f"NextUpdate/{_TSL}dateTime")),
        of_lists=kind.rstrip("/") == _LOTL or "listofthelists" in kind.lower(),
        pointers=tuple(_pointers(scheme)),
    )


def merged(anchors: Iterable[Anchor]) -> list[Anchor]:
    """Join the windows of one certificate that follow each other without a gap, such as two granted periods."""
    known: dict[tuple[str, tuple[Purpose, ...]], list[Anchor]] = {}
    for anchor in sorted(anchors, key=lambda one: one.valid_from or datetime.min.replace(tzinfo=UTC)):
        windows = known.setdefault((anchor.id, anchor.purposes), [])
        if windows and _meet(windows[-1], anchor):
            ends = (windows[-1].valid_until, anchor.valid_until)
            windows[-1] = replace(windows[-1], valid_until=max(end for end in ends if end) if all(ends) else None)
        else:
            windows.append(anchor)
    return [anchor for windows in known.values() for anchor in windows]


def _meet(first: Anchor, second: Anchor) -> bool:
    return first.valid_until is None or second.valid_from is None or second.valid_from <= first.valid_until


def _staleness(entry: TrustedList, head: ListHead, now: datetime | None) -> Iterator[Finding]:
    if head.next_update and (now or SystemClock().now()) > head.next_update:
        yield STALE.at(entry.file, file=entry.file, time=utc_text(head.next_update))


def _services(signed: bytes) -> tuple[list["QualifiedServiceInformation"], int]:
    """Read the services that were or are granted; return them and how many could not be read."""
    from pyhanko.sign.validation.qualified.eutl_parse import read_qualified_service_definitions

    services: list[QualifiedServiceInformation] = []
    reading = read_qualified_service_definitions(signed.decode("utf-8"))
    try:
        while len(services) < _MOST_SERVICES:
            services.append(next(reading))
    except StopIteration as end:
        return services, len(end.value or ())
    except Exception as error:
        raise BadList(UNREADABLE.code, " ".join(str(error).split())[:200] or type(error).__name__) from error
    raise BadList(UNREADABLE.code, f"more than {_MOST_SERVICES} services")


def _anchors(services: Iterable["QualifiedServiceInformation"], head: ListHead, entry: TrustedList) -> Iterator[Anchor]:
    """Yield each certificate of each service, for the time it was granted and the list vouches for."""
    for service in services:
        base = service.base_info
        purposes = _purposes(base)
        if not purposes:
            continue
        until = _utc(base.valid_until) if base.valid_until else head.next_update
        for certificate in base.provider_certs:
            yield Anchor(
                certificate=certificate.dump(),
                purposes=purposes,
                valid_from=_utc(base.valid_from),
                valid_until=until,
                source=f"{head.territory} {head.sequence}: {base.service_name}".strip(),
                added=entry.added,
                added_by=entry.added_by,
                file=entry.file,
            )


def _purposes(base: Any) -> tuple[Purpose, ...]:
    """Tell what a service is trusted for; one that names no kind is of the time when all were for signatures."""
    from pyhanko.sign.validation.qualified.tsp import QTST_URI, QcCertType

    if base.service_type == QTST_URI:
        return (Purpose.TSA,)
    kinds = base.additional_info_certificate_type
    if not kinds:
        return (Purpose.DOCUMENT_SIGNER,)
    wanted = ((QcCertType.QC_ESIGN, Purpose.DOCUMENT_SIGNER), (QcCertType.QC_ESEAL, Purpose.AGENCY_SEAL))
    return tuple(purpose for kind, purpose in wanted if kind in kinds)


def _pointers(scheme: etree._Element) -> Iterator[ListPointer]:
    for node in scheme.iterfind(f"{_TSL}PointersToOtherTSL/{_TSL}OtherTSLPointer"):
        signers = []
        for certificate in node.iterfind(f".//{_TSL}X509Certificate"):
            try:
                signers.append(hashlib.sha256(_base64(certificate.text)).hexdigest())
            except ValueError:
                continue
        url = _text(node, "TSLLocation")
        territory = node.find(f".//{_TSL}SchemeTerritory")
        if url and signers and node.findtext(f".//{_MORE}MimeType") == _XML_LIST:
            named = (territory.text or "").strip() if territory is not None else ""
            yield ListPointer(url=url, territory=named, signers=tuple(dict.fromkeys(signers)))


def _parsed(content: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadList(UNREADABLE.code, str(error)) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadList(UNREADABLE.code, "DOCTYPE")
    return root


def _base64(text: str | None) -> bytes:
    import base64

    return base64.b64decode("".join((text or "").split()), validate=True)


def _text(node: etree._Element, name: str) -> str:
    return (node.findtext(f"{_TSL}{name}") or "").strip()


def _moment(text: str) -> datetime | None:
    try:
        return _utc(datetime.fromisoformat(text)) if text else None
    except ValueError:
        return None


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
