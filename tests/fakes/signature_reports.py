"""Made-up reports on signatures, for what stores and shows them: no cryptography in here."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from model.findings import Finding, Outcome, Severity
from model.material import Material, MaterialKind, MaterialSource
from model.signatures import (
    AlgorithmUse,
    CertificateFacts,
    FileSignatures,
    Indication,
    Integrity,
    Level,
    Process,
    Role,
    Scope,
    SignatureFacts,
    SignatureFormat,
    SignatureReport,
    SignatureVerdict,
    SignedState,
    SubIndication,
)
from preservation.package.plan import ContentFile, SignatureEvidence, SignatureRecord

CHECKED = datetime(2026, 3, 2, 1, 0, 0, 123000, tzinfo=UTC)
PASSED = (Indication.TOTAL_PASSED, None)
REVOKED = (Indication.TOTAL_FAILED, SubIndication.REVOKED)
TRY_LATER = (Indication.INDETERMINATE, SubIndication.TRY_LATER)
Judged = tuple[Indication, SubIndication | None]


def material_of(path: str) -> Material:
    """Return a certificate that all files share and a CRL of this file's own."""
    material = Material()
    material.add(MaterialKind.CERTIFICATE, b"the authority", MaterialSource.TRUST_STORE, obtained=CHECKED)
    material.add(
        MaterialKind.CRL,
        f"CRL for {path}".encode(),
        MaterialSource.FETCHED,
        url="http://crl.test/1.crl",
        obtained=CHECKED,
    )
    material.add(MaterialKind.TIMESTAMP, f"token in {path}".encode())
    return material


def certificate(name: str = "Nguyễn Văn A", *, expires: datetime | None = None) -> CertificateFacts:
    """Return a person's certificate."""
    return CertificateFacts(
        id="ab" * 32,
        subject=f"CN={name},O=Ủy ban nhân dân xã Bình An <&>",
        name=name,
        organisation="Ủy ban nhân dân xã Bình An",
        issuer="CN=Cơ quan chứng thực thử nghiệm",
        serial="1f2e",
        not_before=CHECKED - timedelta(days=365),
        not_after=expires or CHECKED + timedelta(days=730),
        role=Role.PERSON,
    )


def signed_report(
    path: str, *judged: Judged, signer: str = "Nguyễn Văn A", policy: str = "policy+1"
) -> SignatureReport:
    """Return the report on a file with one signature a verdict."""
    signatures = tuple(_facts(number, signer) for number in range(1, len(judged) + 1))
    return SignatureReport(
        file=FileSignatures(path=path, kind="pdf", state=SignedState.SIGNED, signatures=signatures),
        verdicts=tuple(_verdict(facts.id, *one, policy=policy) for facts, one in zip(signatures, judged, strict=True)),
        outcome=Outcome.PASSED if all(one == PASSED for one in judged) else Outcome.INDETERMINATE,
        checked_at=CHECKED,
        policy=policy,
        trust="trust-1",
    )


def unsigned_report(path: str, state: SignedState = SignedState.UNSIGNED) -> SignatureReport:
    """Return the report on a file without signatures."""
    findings: tuple[Finding, ...] = ()
    if state is SignedState.UNREADABLE:
        findings = (Finding(code="signature.encrypted", severity=Severity.WARNING, location=path),)
    return SignatureReport(
        file=FileSignatures(path=path, kind="pdf", state=state, findings=findings),
        outcome=Outcome.INDETERMINATE,
        checked_at=CHECKED,
        policy="policy+1",
        trust="trust-1",
    )


def judged_again(report: SignatureReport, *judged: Judged, at: datetime) -> SignatureReport:
    """Return a report with other verdicts, reached later."""
    verdicts = tuple(
        replace(_verdict(old.id, *one, policy="policy+2"), validation_time=at)
        for old, one in zip(report.verdicts, judged, strict=True)
    )
    return replace(report, verdicts=verdicts, checked_at=at, policy="policy+2", trust="trust-2")


def evidence_of(reports: Sequence[SignatureReport]) -> SignatureEvidence:
    """Return what a package keeps of some reports; every signed file has its material and an XML report."""
    material, records, xml = Material(), [], []
    for number, report in enumerate(reports, 1):
        own = material_of(report.file.path) if report.file.signatures else Material()
        material.update(own)
        records.append(SignatureRecord(report=report, material=tuple(own.items)))
        if report.file.signatures:
            xml.append((number, f"<ValidationReport n='{number}'/>".encode()))
    return SignatureEvidence(records=records, material=tuple(material), reports=xml)


def evidence_for(files: Sequence[ContentFile]) -> SignatureEvidence:
    """Return evidence for files of a plan: the first signed twice, the second unsigned, the third unreadable."""
    paths = [file.object.path for file in files]
    return evidence_of(
        [
            signed_report(paths[0], PASSED, REVOKED),
            unsigned_report(paths[1]),
            unsigned_report(paths[2], SignedState.UNREADABLE),
        ]
    )


def _facts(number: int, signer: str) -> SignatureFacts:
    return SignatureFacts(
        id=f"Signature{number} <\x01>",
        format=SignatureFormat.PADES,
        form="ETSI.CAdES.detached",
        level=Level.LT,
        integrity=Integrity.INTACT,
        scope=Scope(whole_document=number == 1, revision=number, revisions=2),
        certificate=certificate(signer),
        claimed_signing_time=CHECKED - timedelta(days=2),
        algorithms=(
            AlgorithmUse(use="digest", name="sha256"),
            AlgorithmUse(use="signature", name="rsa", key_size=2048),
        ),
        value="cd" * 32,
    )


def _verdict(identifier: str, indication: Indication, reason: SubIndication | None, *, policy: str) -> SignatureVerdict:
    passed = indication is Indication.TOTAL_PASSED
    return SignatureVerdict(
        id=identifier,
        indication=indication,
        sub_indication=reason,
        process=Process.LONG_TERM,
        validation_time=CHECKED,
        best_signature_time=CHECKED - timedelta(days=1) if passed else None,
        role=Role.PERSON,
        holds_until=CHECKED + timedelta(days=700) if passed else None,
        policy=policy,
        trust="trust-1",
    )
