"""The validation report as XML, for programs: every signature of a file, its verdict and what it rests on.

Source:
    ETSI TS 119 102-2 v1.4.1; the vocabulary of EN 319 102-1 v1.4.1.
"""

import base64
from collections.abc import Iterable
from datetime import datetime

from lxml import etree

from model.dates import utc_text
from model.findings import Finding, Outcome
from model.material import Material, MaterialItem, MaterialKind
from model.signatures import (
    FileSignatures,
    Indication,
    Integrity,
    Process,
    ProofOfExistence,
    ProofSource,
    RevocationUse,
    SignatureFacts,
    SignatureReport,
    SignatureVerdict,
    TimestampFacts,
    TimestampKind,
    TimestampVerdict,
)
from model.version import PROGRAM, program_version

NAMESPACE = "http://uri.etsi.org/19102/v1.4.1#"
_DS = "http://www.w3.org/2000/09/xmldsig#"
_XADES = "http://uri.etsi.org/01903/v1.3.2#"
_OURS = "urn:chauban:signature-report:1"
_NAMES = {"vr": NAMESPACE, "ds": _DS, "xades": _XADES, "chauban": _OURS}
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_URN = "urn:etsi:019102:"

_INDICATIONS = {
    Indication.TOTAL_PASSED: "total-passed",
    Indication.TOTAL_FAILED: "total-failed",
    Indication.INDETERMINATE: "indeterminate",
}
_OUTCOMES = {Outcome.PASSED: "passed", Outcome.FAILED: "failed", Outcome.INDETERMINATE: "indeterminate"}
_PROCESSES = {
    Process.BASIC: "Basic",
    Process.WITH_TIME: "LTVM",
    Process.LONG_TERM: "LTA",
    Process.POINT_IN_TIME: "LTA",
}
_OBJECTS = {
    MaterialKind.CERTIFICATE: "certificate",
    MaterialKind.CRL: "CRL",
    MaterialKind.OCSP: "OCSPResponse",
    MaterialKind.TIMESTAMP: "timestamp",
}
_STAMPS = {
    TimestampKind.SIGNATURE: "SignatureTimeStamp",
    TimestampKind.CONTENT: "AllDataObjectsTimeStamp",
    TimestampKind.ARCHIVE: "ArchiveTimeStamp",
    TimestampKind.VALIDATION_DATA: "SigAndRefsTimeStamp",
    TimestampKind.DOCUMENT: "DocTimeStamp",
    TimestampKind.CONTAINER: "DocTimeStamp",
}
_CARRIED = 64 << 10
"""Validation data up to so many bytes is carried in the report; of larger data it gives the digest."""


def etsi_report(reports: Iterable[tuple[SignatureReport, Material]]) -> bytes:
    """Return the XML validation report of one file or several.

    Args:
        reports: what was found and judged, with the validation data the verdicts rest on.

    Raises:
        ValueError: there is no signature; such a report has nothing to say.
    """
    writer = _Writer()
    for report, material in reports:
        writer.add(report, material)
    return writer.document()


class _Writer:
    """Writes one report; remembers which validation objects it refers to."""

    def __init__(self) -> None:
        self._root = etree.Element(f"{{{NAMESPACE}}}ValidationReport", nsmap=_NAMES)
        self._used: dict[str, MaterialItem] = {}
        self._file: FileSignatures
        self._material: Material

    def add(self, report: SignatureReport, material: Material) -> None:
        """Add the signatures of a file."""
        self._file, self._material = report.file, material
        for facts, verdict in zip(report.file.signatures, report.verdicts, strict=True):
            self._root.append(self._signature(len(self._root) + 1, facts, verdict))

    def document(self) -> bytes:
        """Return the whole report."""
        if not len(self._root):
            raise ValueError("a validation report needs a signature")
        objects = self._objects()
        if len(objects):
            self._root.append(objects)
        return etree.tostring(self._root, xml_declaration=True, encoding="UTF-8", pretty_print=True)

    # -- one signature

    def _signature(self, number: int, facts: SignatureFacts, verdict: SignatureVerdict) -> etree._Element:
        element = _element("SignatureValidationReport")
        element.append(self._identifier(number, facts))
        element.append(_policy(verdict))
        times = _child(element, "ValidationTimeInfo")
        _child(times, "ValidationTime", _time(verdict.validation_time))
        self._proof(_child(times, "BestSignatureTime"), verdict)
        self._attributes(element, facts)
        self._signer(element, facts, verdict)
        process = _PROCESSES.get(verdict.process)
        if process:
            name = _child(element, "SignatureValidationProcess")
            _child(name, "SignatureValidationProcessID", f"{_URN}validationprocess:{process}")
        self._status(element, facts, verdict)
        element.append(_other(self._file, facts, verdict))
        return element

    def _identifier(self, number: int, facts: SignatureFacts) -> etree._Element:
        element = _element("SignatureIdentifier", id=f"signature-{number}")
        if facts.value:
            _digest(element, bytes.fromhex(facts.value))
        _child(element, "HashOnly", "false")
        _child(element, "DocHashOnly", "false")
        _child(element, "DAIdentifier", _clean(facts.id))
        return element

    def _proof(self, element: etree._Element, verdict: SignatureVerdict) -> None:
        """The best signature time, and what proves it: a timestamp, or this validation."""
        proof = verdict.proofs[0] if verdict.proofs else None
        time = verdict.best_signature_time or (proof.time if proof else verdict.validation_time)
        _child(element, "POETime", _time(time))
        provided = proof is not None and proof.source is ProofSource.EVIDENCE_RECORD
        _child(element, "TypeOfProof", f"{_URN}poetype:{'provided' if provided else 'validation'}")
        token = self._token_of(proof)
        if token:
            _child(element, "POEObject", VOReference=token)

    def _token_of(self, proof: ProofOfExistence | None) -> str:
        stamps = (stamp for facts in self._file.signatures for stamp in facts.timestamps)
        for stamp in (*stamps, *self._file.timestamps):
            if proof is not None and stamp.id == proof.reference and stamp.token:
                return self._refer(stamp.token)
        return ""

    def _attributes(self, parent: etree._Element, facts: SignatureFacts) -> None:
        element = _element("SignatureAttributes")
        if facts.claimed_signing_time:
            time = _child(element, "SigningTime", Signed="true")
            _child(time, "Time", _time(facts.claimed_signing_time))
        if facts.certificate:
            certificate = _child(element, "SigningCertificate", Signed="true")
            identifier = _child(certificate, "CertID")
            _digest_parts(identifier, bytes.fromhex(facts.certificate.id))
        if facts.policy:
            policy = _child(element, "SigPolicyIdentifier", Signed="true")
            _child(policy, "SigPolicyId", _uri(facts.policy))
        file_stamps = (stamp for stamp in self._file.timestamps if facts.id in stamp.covers)
        for stamp in (*facts.timestamps, *file_stamps):
            self._stamp(element, stamp)
        if facts.reason:
            reason = _child(element, "Reason", Signed="true")
            _child(reason, "ReasonElement", _clean(facts.reason))
        if len(element):
            parent.append(element)

    def _stamp(self, parent: etree._Element, stamp: TimestampFacts) -> None:
        if stamp.time is None:
            return
        element = _child(parent, _STAMPS[stamp.kind])
        reference = self._refer(stamp.token)
        if reference:
            _child(element, "AttributeObject", VOReference=reference)
        _child(element, "TimeStampValue", _time(stamp.time))

    def _signer(self, parent: etree._Element, facts: SignatureFacts, verdict: SignatureVerdict) -> None:
        reference = self._refer(facts.certificate.id) if facts.certificate else ""
        if facts.certificate is None or not reference:
            return
        element = _child(parent, "SignerInformation")
        _child(element, "SignerCertificate", VOReference=reference)
        _child(element, "Signer", _clean(facts.certificate.subject))
        if verdict.role:
            _our(_child(element, "OtherInformation"), "role", verdict.role.value)

    def _status(self, parent: etree._Element, facts: SignatureFacts, verdict: SignatureVerdict) -> None:
        element = _child(parent, "SignatureValidationStatus")
        _child(element, "MainIndication", f"{_URN}mainindication:{_INDICATIONS[verdict.indication]}")
        if verdict.sub_indication:
            _child(element, "SubIndication", f"{_URN}subindication:{verdict.sub_indication.value}")
        for entry in _without_empty((self._chain(facts, verdict), *map(self._revocation, verdict.revocations))):
            element.append(entry)

    def _chain(self, facts: SignatureFacts, verdict: SignatureVerdict) -> etree._Element | None:
        data = _element("AssociatedValidationReportData")
        references = [self._refer(item) for item in verdict.chain]
        if verdict.anchor and (anchor := self._refer(verdict.anchor)):
            _child(data, "TrustAnchor", VOReference=anchor)
        if references and all(references):
            chain = _child(data, "CertificateChain")
            _child(chain, "SigningCertificate", VOReference=references[0])
            for reference in references[1:-1] if verdict.anchor else references[1:]:
                _child(chain, "IntermediateCertificate", VOReference=reference)
            if verdict.anchor and len(references) > 1:
                _child(chain, "TrustAnchor", VOReference=references[-1])
        elif facts.certificate and (signer := self._refer(facts.certificate.id)):
            _child(_child(data, "CertificateChain"), "SigningCertificate", VOReference=signer)
        return data if len(data) else None

    def _revocation(self, use: RevocationUse) -> etree._Element | None:
        certificate, material = self._refer(use.certificate), self._refer(use.material)
        data = _element("AssociatedValidationReportData")
        if material:
            _child(data, "RelatedValidationObject", VOReference=material)
        if certificate and use.revoked_at:
            status = _child(data, "RevocationStatusInformation")
            _child(status, "ValidationObjectId", VOReference=certificate)
            _child(status, "RevocationTime", _time(use.revoked_at))
            if use.reason:
                _child(status, "RevocationReason", f"{_URN}revocationReason:{use.reason}")
            if material:
                _child(status, "RevocationObject", VOReference=material)
        return data if len(data) else None

    # -- validation objects

    def _refer(self, identifier: str) -> str:
        """Return the XML Id of a piece of validation data; empty when it is not at hand."""
        item = self._material.items.get(identifier)
        if item is None:
            return ""
        self._used[identifier] = item
        return f"vo-{identifier}"

    def _objects(self) -> etree._Element:
        element = _element("SignatureValidationObjects")
        for identifier, item in self._used.items():
            entry = _child(element, "ValidationObject", id=f"vo-{identifier}")
            _child(entry, "ObjectType", f"{_URN}validationObject:{_OBJECTS[item.kind]}")
            shown = _child(entry, "ValidationObjectRepresentation")
            if len(item.content) <= _CARRIED:
                _child(shown, "base64", base64.b64encode(item.content).decode("ascii"))
            _digest(shown, bytes.fromhex(identifier))
        return element


def _policy(verdict: SignatureVerdict) -> etree._Element:
    element = _element("ValidationConstraintsEvaluationReport")
    policy = _child(element, "SignatureValidationPolicy")
    etree.SubElement(_child(policy, "SignaturePolicyIdentifier"), f"{{{_XADES}}}SignaturePolicyImplied")
    _child(policy, "PolicyName", _clean(verdict.policy) or "none")
    return element


def _other(file: FileSignatures, facts: SignatureFacts, verdict: SignatureVerdict) -> etree._Element:
    """What the standard has no element for: integrity, scope, changes after signing, findings."""
    element = _element("OtherInformation")
    _our(element, "validator", f"{PROGRAM} {program_version()}")
    _our(element, "file", file.path)
    _our(element, "format", facts.format.value, form=facts.form, level=facts.level.value)
    _our(element, "integrity", facts.integrity.value if facts.integrity else Integrity.UNKNOWN.value)
    covers = {True: "true", False: "false", None: "unknown"}[facts.scope.whole_document]
    scope = _our(element, "scope", "", whole=covers)
    for name in facts.scope.covered:
        _our(scope, "covered", name)
    for name in facts.scope.uncovered:
        _our(scope, "uncovered", name)
    changes = _our(element, "modification", "", after=facts.modification.value)
    for change in facts.changes:
        _our(changes, "change", change)
    if verdict.engine_value:
        _our(element, "engine", verdict.engine_value)
    _our(element, "trust", verdict.trust)
    for stamp in verdict.timestamps:
        element.append(_stamp_verdict(stamp))
    _findings(element, (*facts.findings, *verdict.findings))
    return element


def _stamp_verdict(stamp: TimestampVerdict) -> etree._Element:
    element = etree.Element(f"{{{_OURS}}}timestamp", id=_clean(stamp.id), outcome=_OUTCOMES[stamp.outcome])
    if stamp.sub_indication:
        element.set("subIndication", stamp.sub_indication.value)
    if stamp.time:
        element.set("time", _time(stamp.time))
    _findings(element, stamp.findings)
    return element


def _findings(parent: etree._Element, findings: Iterable[Finding]) -> None:
    for finding in findings:
        _our(parent, "finding", finding.message("en"), code=finding.code, severity=finding.severity.value)


def _element(name: str, **attributes: str) -> etree._Element:
    return etree.Element(f"{{{NAMESPACE}}}{name}", attributes, nsmap=_NAMES)


def _child(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", attributes)
    if text:
        element.text = text
    return element


def _our(parent: etree._Element, name: str, text: str, **attributes: str) -> etree._Element:
    filled = {key: _clean(value) for key, value in attributes.items() if value}
    element = etree.SubElement(parent, f"{{{_OURS}}}{name}", filled)
    element.text = _clean(text) or None
    return element


def _digest(parent: etree._Element, value: bytes) -> None:
    _digest_parts(_child(parent, "DigestAlgAndValue"), value)


def _digest_parts(parent: etree._Element, value: bytes) -> None:
    etree.SubElement(parent, f"{{{_DS}}}DigestMethod", Algorithm=_SHA256)
    etree.SubElement(parent, f"{{{_DS}}}DigestValue").text = base64.b64encode(value).decode("ascii")


def _without_empty(elements: Iterable[etree._Element | None]) -> Iterable[etree._Element]:
    return (element for element in elements if element is not None)


def _time(moment: datetime) -> str:
    return utc_text(moment)


def _uri(identifier: str) -> str:
    """Return a policy identifier as a URI: OIDs become `urn:oid:`."""
    return f"urn:oid:{identifier}" if identifier.replace(".", "").isdigit() else _clean(identifier)


def _clean(text: str) -> str:
    """Return text XML can carry: what it cannot is shown as an escape."""
    return "".join(
        sign
        if sign in "\t\n" or (sign >= " " and sign not in "￾￿" and not "\ud800" <= sign <= "\udfff")
        else sign.encode("unicode_escape", "backslashreplace").decode("ascii")
        for sign in text
    )
