"""Trusted lists (ETSI TS 119 612) with services of the test PKI, signed with XAdES by one of its certificates."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.fakes.pki import pki
from tests.fakes.signing import Signing, sign_xml

NEXT = datetime(2026, 6, 1, tzinfo=UTC)
_SINCE = datetime(2024, 1, 1, tzinfo=UTC)
_BASE = "http://uri.etsi.org/TrstSvc"
_EXTENSION = f"{_BASE}/TrustedList/SvcInfoExt"


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service of a list."""

    label: str
    type: str = "CA/QC"
    status: str = "granted"
    since: datetime = _SINCE
    kinds: tuple[str, ...] = ()
    history: tuple[tuple[str, datetime], ...] = ()
    """Earlier states, each with its beginning."""


def signed_list(*services: Service, sequence: int = 7, signer: str = "agency", territory: str = "VN") -> bytes:
    """Return a signed national list."""
    providers = "".join(_service(one) for one in services)
    body = (
        "<TrustServiceProviderList><TrustServiceProvider><TSPInformation>"
        f"<TSPName>{_name('Provider')}</TSPName></TSPInformation>"
        f"<TSPServices>{providers}</TSPServices></TrustServiceProvider></TrustServiceProviderList>"
    )
    return _signed(_scheme("EUgeneric", sequence, territory) + body, signer)


def lists_of(*pointers: tuple[str, str, str], sequence: int = 1, signer: str = "agency") -> bytes:
    """Return a signed list of lists; each pointer is territory, address and label of the signer."""
    listed = "".join(_pointer(*one) for one in pointers)
    inside = f"<PointersToOtherTSL>{listed}</PointersToOtherTSL>"
    return _signed(_scheme("EUlistofthelists", sequence, "EU", inside), signer)


def _scheme(kind: str, sequence: int, territory: str, inside: str = "") -> str:
    return (
        "<SchemeInformation><TSLVersionIdentifier>5</TSLVersionIdentifier>"
        f"<TSLSequenceNumber>{sequence}</TSLSequenceNumber>"
        f"<TSLType>{_BASE}/TrustedList/TSLType/{kind}</TSLType>"
        f"<SchemeTerritory>{territory}</SchemeTerritory>{inside}"
        f"<ListIssueDateTime>{_time(_SINCE)}</ListIssueDateTime>"
        f"<NextUpdate><dateTime>{_time(NEXT)}</dateTime></NextUpdate></SchemeInformation>"
    )


def _service(service: Service) -> str:
    states = "".join(
        f"<ServiceHistoryInstance>{_state(service, status, since)}</ServiceHistoryInstance>"
        for status, since in service.history
    )
    history = f"<ServiceHistory>{states}</ServiceHistory>" if states else ""
    current = _state(service, service.status, service.since)
    return f"<TSPService><ServiceInformation>{current}</ServiceInformation>{history}</TSPService>"


def _state(service: Service, status: str, since: datetime) -> str:
    extensions = "".join(
        f'<Extension Critical="true"><AdditionalServiceInformation><URI xml:lang="en">{_EXTENSION}/{kind}</URI>'
        "</AdditionalServiceInformation></Extension>"
        for kind in service.kinds
    )
    return (
        f"<ServiceTypeIdentifier>{_BASE}/Svctype/{service.type}</ServiceTypeIdentifier>"
        f"<ServiceName>{_name(service.label)}</ServiceName>{_identity(service.label)}"
        f"<ServiceStatus>{_BASE}/TrustedList/Svcstatus/{status}</ServiceStatus>"
        f"<StatusStartingTime>{_time(since)}</StatusStartingTime>"
        + (f"<ServiceInformationExtensions>{extensions}</ServiceInformationExtensions>" if extensions else "")
    )


def _identity(label: str) -> str:
    certificate = base64.b64encode(pki().certificate(label)).decode()
    return (
        f"<ServiceDigitalIdentity><DigitalId><X509Certificate>{certificate}</X509Certificate></DigitalId>"
        "</ServiceDigitalIdentity>"
    )


def _pointer(territory: str, url: str, signer: str) -> str:
    return (
        f"<OtherTSLPointer><ServiceDigitalIdentities>{_identity(signer)}</ServiceDigitalIdentities>"
        f"<TSLLocation>{url}</TSLLocation><AdditionalInformation>"
        f"<OtherInformation><SchemeTerritory>{territory}</SchemeTerritory></OtherInformation>"
        '<OtherInformation><MimeType xmlns="http://uri.etsi.org/02231/v2/additionaltypes#">'
        "application/vnd.etsi.tsl+xml</MimeType></OtherInformation></AdditionalInformation></OtherTSLPointer>"
    )


def _name(text: str) -> str:
    return f'<Name xml:lang="en">{text}</Name>'


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _signed(body: str, signer: str) -> bytes:
    document = f'<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#" Id="tsl">{body}</TrustServiceStatusList>'
    return sign_xml(document.encode(), Signing(signer=signer, chain=False))
