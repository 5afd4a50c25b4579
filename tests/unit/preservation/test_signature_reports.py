"""Validation reports: the XML follows ETSI's schema, the PDF says in both languages what was found."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from model.errors import ConflictError, InputError
from model.findings import Outcome
from model.material import Material, MaterialKind
from model.signatures import (
    AlgorithmUse,
    CertificateFacts,
    FileSignatures,
    Indication,
    Integrity,
    Level,
    Process,
    ProofOfExistence,
    ProofSource,
    RevocationUse,
    Role,
    Scope,
    SignatureFacts,
    SignatureFormat,
    SignatureReport,
    SignatureVerdict,
    SignedState,
    SubIndication,
    TimestampFacts,
    TimestampKind,
    TimestampVerdict,
)
from model.text import use_language
from preservation.signatures.reporting.etsi import NAMESPACE, etsi_report
from preservation.signatures.reporting.files import write_report
from preservation.signatures.reporting.printed import printed_report
from preservation.signatures.wording import reason_text
from tests.conftest import DATA

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
VR = f"{{{NAMESPACE}}}"


class _Schemas(etree.Resolver):
    def resolve(self, system_url: str, public_id: str, context: object) -> object:
        name = {"XAdES.xsd": "XAdES01903v132-201601.xsd"}.get(system_url.rsplit("/", 1)[-1], system_url)
        return self.resolve_filename(str(DATA / "etsi" / name.rsplit("/", 1)[-1]), context)


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Schemas())
    return etree.XMLSchema(etree.parse(str(DATA / "etsi" / "TS119102-2-v141.xsd"), parser))


def sample(
    *, name: str = "Quyết định.pdf", verdict: tuple[Indication, SubIndication | None] = (Indication.TOTAL_PASSED, None)
) -> tuple[SignatureReport, Material]:
    material = Material()
    signer, anchor = (material.add(MaterialKind.CERTIFICATE, content) for content in (b"signer", b"anchor"))
    crl = material.add(MaterialKind.CRL, b"x" * 100_000)
    token = material.add(MaterialKind.TIMESTAMP, b"token")
    certificate = CertificateFacts(
        id=signer,
        subject="CN=Nguyễn Thị Thuỳ Dương,O=UBND tỉnh Bắc Ninh,C=VN",
        name="Nguyễn Thị Thuỳ Dương",
        organisation="UBND tỉnh Bắc Ninh",
        issuer="CN=CA thử nghiệm",
        serial="abcdef12",
        not_before=NOW,
        not_after=NOW + timedelta(days=900),
    )
    stamp = TimestampFacts(
        id="Signature1-t1",
        kind=TimestampKind.SIGNATURE,
        token=token,
        time=NOW,
        integrity=Integrity.INTACT,
        imprint_matches=True,
        certificate=certificate,
    )
    facts = SignatureFacts(
        id="Signature1",
        format=SignatureFormat.PADES,
        form="ETSI.CAdES.detached",
        level=Level.T,
        integrity=Integrity.INTACT,
        scope=Scope(whole_document=True, covered=("a & <b>",)),
        certificate=certificate,
        claimed_signing_time=NOW,
        algorithms=(AlgorithmUse(use="signature", name="rsa", key_size=2048),),
        value="ab" * 32,
        timestamps=(stamp,),
        policy="1.2.3.4",
    )
    judged = SignatureVerdict(
        id="Signature1",
        indication=verdict[0],
        sub_indication=verdict[1],
        process=Process.WITH_TIME,
        validation_time=NOW,
        best_signature_time=NOW,
        proofs=(ProofOfExistence(time=NOW, source=ProofSource.TIMESTAMP, reference="Signature1-t1"),),
        role=Role.PERSON,
        anchor=anchor,
        chain=(signer, anchor),
        revocations=(
            RevocationUse(
                certificate=signer, material=crl, kind="crl", status="revoked", revoked_at=NOW, reason="keyCompromise"
            ),
        ),
        timestamps=(TimestampVerdict(id="Signature1-t1", outcome=Outcome.PASSED, time=NOW),),
        policy="policy-1",
        trust="ff" * 32,
        holds_until=NOW,
    )
    file = FileSignatures(path=name, kind="pdf", state=SignedState.SIGNED, signatures=(facts,))
    report = SignatureReport(
        file=file, verdicts=(judged,), outcome=Outcome.PASSED, checked_at=NOW, policy="policy-1", trust="ff" * 32
    )
    return report, material


def pdf_text(content: bytes) -> str:
    document = pypdfium2.PdfDocument(BytesIO(content))
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


@pytest.mark.parametrize("sub_indication", [None, *SubIndication])
def test_every_verdict_gives_a_report_that_follows_the_schema(
    schema: etree.XMLSchema, sub_indication: SubIndication | None
) -> None:
    indication = Indication.INDETERMINATE if sub_indication else Indication.TOTAL_PASSED
    tree = etree.fromstring(etsi_report([sample(verdict=(indication, sub_indication))]))
    assert schema.validate(tree), schema.error_log
    status = tree.find(f".//{VR}SignatureValidationStatus")
    assert status is not None
    expected = "indeterminate" if sub_indication else "total-passed"
    assert status.findtext(f"{VR}MainIndication") == f"urn:etsi:019102:mainindication:{expected}"
    named = f"urn:etsi:019102:subindication:{sub_indication.value}" if sub_indication else None
    assert status.findtext(f"{VR}SubIndication") == named


def test_several_files_share_one_report_and_their_validation_data(schema: etree.XMLSchema) -> None:
    tree = etree.fromstring(etsi_report([sample(name="a.pdf"), sample(name="b.pdf")]))
    assert schema.validate(tree), schema.error_log
    assert len(tree.findall(f"{VR}SignatureValidationReport")) == 2
    assert len(tree.findall(f"{VR}SignatureValidationObjects/{VR}ValidationObject")) == 4


def test_large_validation_data_is_named_by_its_digest_only() -> None:
    tree = etree.fromstring(etsi_report([sample()]))
    carried = {
        entry.findtext(f"{VR}ObjectType", "").rsplit(":", 1)[-1]: entry.find(f".//{VR}base64") is not None
        for entry in tree.iter(f"{VR}ValidationObject")
    }
    assert carried == {"certificate": True, "timestamp": True, "CRL": False}


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=40))
def test_no_name_breaks_the_report(name: str) -> None:
    report, material = sample()
    facts = replace(report.file.signatures[0], id=name, reason=name)
    file = replace(report.file, path=name, signatures=(facts,))
    etree.fromstring(etsi_report([(replace(report, file=file), material)]))
    assert printed_report([replace(report, file=file)]).startswith(b"%PDF")


def test_missing_validation_data_leaves_no_dangling_reference(schema: etree.XMLSchema) -> None:
    report, _ = sample()
    assert schema.validate(etree.fromstring(etsi_report([(report, Material())]))), schema.error_log


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "what was changed after signing"), ("vi", "Nguyễn Thị Thuỳ Dương")],
)
def test_the_page_names_signer_times_and_what_was_checked(language: str, sentence: str) -> None:
    use_language(language)
    report, _ = sample(verdict=(Indication.INDETERMINATE, SubIndication.REVOKED_NO_POE))
    content = printed_report([report])
    text = pdf_text(content).replace("\r\n", " ")
    assert sentence in text
    assert "REVOKED_NO_POE" in text
    assert reason_text(SubIndication.REVOKED_NO_POE)[:20] in text
    assert content == printed_report([report])


def test_a_file_without_signature_has_a_page_that_says_so() -> None:
    report = SignatureReport(
        file=FileSignatures(path="a.pdf", kind="pdf", state=SignedState.UNSIGNED),
        outcome=Outcome.INDETERMINATE,
        checked_at=NOW,
    )
    text = pdf_text(printed_report([report]))
    assert "no signature" in text
    assert "Nothing: no signature could be read." in text


def test_the_ending_chooses_the_form_and_nothing_is_overwritten(tmp_path: Path) -> None:
    signed = sample()
    write_report([signed], tmp_path / "r.pdf")
    write_report([signed], tmp_path / "r.XML")
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF")
    assert etree.parse(str(tmp_path / "r.XML")).getroot().tag == f"{VR}ValidationReport"
    with pytest.raises(ConflictError):
        write_report([signed], tmp_path / "r.pdf")
    with pytest.raises(InputError):
        write_report([signed], tmp_path / "r.docx")
    report, material = signed
    unsigned = replace(report, file=replace(report.file, signatures=()), verdicts=())
    with pytest.raises(InputError):
        write_report([(unsigned, material)], tmp_path / "none.xml")
    assert not (tmp_path / "none.xml").exists()
