"""CMS files: attached, detached, nested, in every encoding, large and hostile."""

import base64
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.material import Material
from model.signatures import FileSignatures, Integrity, Level, SignedState, SubIndication, TimestampKind
from preservation.cms import findings as kinds
from preservation.cms.digests import digest_file
from preservation.signatures import cades
from preservation.signatures.cades import companion_names, examine_cms
from preservation.signatures.source import Companion, NoCompanions, SignedFile
from preservation.timestamps import findings as timestamp_kinds
from tests.fakes.cms_signing import Recipe, make_cms, signer

DATA = Path(__file__).parents[2] / "data" / "signatures" / "cades"
CONTENT = b"Dieu 1. Ban hanh kem theo Quyet dinh nay\n"


class Folder:
    """Finds files beside the signed one by digest, then by name."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def find(self, names: tuple[str, ...], digests: Mapping[str, bytes]) -> Companion | None:
        files = sorted(path for path in self.path.iterdir() if path.suffix not in (".p7s", ".p7m"))
        for path in files:
            if digests and digest_file(path, digests) == dict(digests):
                return Companion(name=path.name, path=path)
        return next((Companion(name=path.name, path=path) for path in files if path.name in names), None)


def examine(path: Path, *, companions: bool = True) -> FileSignatures:
    return examine_cms(
        SignedFile(
            path=path,
            name=path.name,
            material=Material(),
            companions=Folder(path.parent) if companions else NoCompanions(),
        )
    )


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def codes(file: FileSignatures) -> set[str]:
    return {finding.code for finding in file.findings}


@pytest.mark.parametrize(
    ("name", "integrity", "failure", "level"),
    [
        ("cades-enveloping.pkcs7", Integrity.INTACT, None, Level.B),
        ("cades-detached.pkcs7", Integrity.UNKNOWN, SubIndication.SIGNED_DATA_NOT_FOUND, Level.B),
        ("cades-extended-a.pkcs7", Integrity.INTACT, None, Level.LTA),
        ("cades-t-copied-sigtst.p7m", Integrity.INTACT, None, Level.B),
        ("cades-t-duplicated-sigtst.p7m", Integrity.INTACT, None, Level.T),
        ("cms-no-sign-cert.p7m", Integrity.UNKNOWN, SubIndication.NO_SIGNING_CERTIFICATE_FOUND, Level.NONE),
        ("counterSig.p7m", Integrity.INTACT, None, Level.T),
        ("counterSignedLTA.p7s", Integrity.INTACT, None, Level.LTA),
    ],
)
def test_signatures_made_by_others(
    name: str, integrity: Integrity, failure: SubIndication | None, level: Level
) -> None:
    file = examine(DATA / name, companions=False)
    assert file.state is SignedState.SIGNED
    first = file.signatures[0]
    assert (first.integrity, first.failure, first.level) == (integrity, failure, level)


def test_copied_timestamp_is_foreign_and_harms_nothing_else() -> None:
    (signature,) = examine(DATA / "cades-t-copied-sigtst.p7m").signatures
    content, copied = signature.timestamps
    assert (content.kind, content.imprint_matches) == (TimestampKind.CONTENT, True)
    assert (copied.kind, copied.integrity, copied.imprint_matches) == (
        TimestampKind.SIGNATURE,
        Integrity.INTACT,
        False,
    )
    assert [finding.code for finding in copied.findings] == [timestamp_kinds.FOREIGN.code]


def test_archive_timestamp_covers_the_validation_data() -> None:
    (signature,) = examine(DATA / "cades-extended-a.pkcs7").signatures
    stamp = signature.timestamps[-1]
    assert (stamp.kind, stamp.imprint_matches) == (TimestampKind.ARCHIVE, True)
    assert set(signature.certificates) <= set(stamp.covered_material)
    assert set(signature.revocations) <= set(stamp.covered_material)
    assert signature.timestamps[0].token in stamp.covered_material


def test_archive_timestamp_notices_what_was_taken_away(tmp_path: Path) -> None:
    """A certificate that the index of the archive timestamp names is replaced by another of the same length."""
    data = (DATA / "cades-extended-a.pkcs7").read_bytes()
    (whole,) = examine(DATA / "cades-extended-a.pkcs7").signatures
    place = data.index(bytes.fromhex("0603551d0e")) + 12  # inside a subject key identifier: the encoding stays sound
    spoiled = written(tmp_path / "a.p7m", data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :])
    (signature,) = examine(spoiled).signatures
    assert whole.timestamps[-1].imprint_matches is True
    assert signature.timestamps[-1].imprint_matches is not True


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "khac.bin"])
def test_detached_is_paired(tmp_path: Path, name: str) -> None:
    written(tmp_path / name, CONTENT)
    path = written(tmp_path / "a.pdf.p7s", make_cms(Recipe(content=CONTENT, attached=False)))
    file = examine(path)
    assert [one.integrity for one in file.signatures] == [Integrity.INTACT]
    assert file.signatures[0].scope.covered == (name,)
    assert file.signatures[0].scope.whole_document is True
    assert not file.findings


def test_detached_with_an_altered_document(tmp_path: Path) -> None:
    written(tmp_path / "a.pdf", CONTENT + b" ")
    path = written(tmp_path / "a.pdf.p7s", make_cms(Recipe(content=CONTENT, attached=False)))
    (signature,) = examine(path).signatures
    assert (signature.integrity, signature.failure) == (Integrity.BROKEN, SubIndication.HASH_FAILURE)


def test_detached_without_document_names_what_is_missing(tmp_path: Path) -> None:
    path = written(tmp_path / "quyet dinh.pdf.p7s", make_cms(Recipe(content=CONTENT, attached=False)))
    file = examine(path)
    (signature,) = file.signatures
    assert (signature.integrity, signature.failure) == (Integrity.UNKNOWN, SubIndication.SIGNED_DATA_NOT_FOUND)
    (finding,) = file.findings
    assert finding.code == cades.SIGNED_FILE_MISSING.code
    assert "quyet dinh.pdf" in finding.message()


def test_text_signed_with_the_line_ends_of_mail(tmp_path: Path) -> None:
    written(tmp_path / "a.txt", b"mot\nhai\n")
    path = written(tmp_path / "a.txt.p7s", make_cms(Recipe(content=b"mot\r\nhai\r\n", attached=False)))
    file = examine(path)
    assert file.signatures[0].integrity is Integrity.INTACT
    assert codes(file) == {cades.LINE_ENDS.code}


@pytest.mark.parametrize(
    ("name", "first"),
    [("a.pdf.p7s", "a.pdf"), ("thu muc/a.p7s", "a"), ("a.PKCS7", "a"), ("a.b.docx.p7m", "a.b.docx")],
)
def test_names_of_companions(name: str, first: str) -> None:
    assert companion_names(name)[0] == first
    assert "a.pdf" in companion_names("a.p7s")
    assert companion_names("a.pdf") == ()


def test_encodings(tmp_path: Path) -> None:
    data = make_cms(Recipe())
    text = base64.encodebytes(data)
    pem = b"-----BEGIN CMS-----\n" + text + b"-----END CMS-----\n"
    for number, form in enumerate((data, text, pem, pem.replace(b"\n", b"\r\n"))):
        (signature,) = examine(written(tmp_path / f"{number}.p7m", form)).signatures
        assert signature.integrity is Integrity.INTACT


def test_bytes_after_the_signature(tmp_path: Path) -> None:
    assert not examine(written(tmp_path / "a.p7m", make_cms(Recipe()) + b"\0\0")).findings
    file = examine(written(tmp_path / "b.p7m", make_cms(Recipe()) + b"more"))
    assert codes(file) == {kinds.TRAILING_BYTES.code}
    assert file.signatures[0].integrity is Integrity.INTACT


def test_nested_signatures(tmp_path: Path) -> None:
    inner = make_cms(Recipe(content=CONTENT))
    outer = make_cms(Recipe(content=inner), signer("rsa", "Van Thu"))
    file = examine(written(tmp_path / "a.p7m", outer))
    assert [one.integrity for one in file.signatures] == [Integrity.INTACT] * 2
    assert [one.certificate and one.certificate.name for one in file.signatures] == ["Van Thu", "Nguyen Van A"]


def test_nesting_is_capped(tmp_path: Path) -> None:
    data = CONTENT
    for _ in range(12):
        data = make_cms(Recipe(content=data))
    file = examine(written(tmp_path / "a.p7m", data))
    assert len(file.signatures) == 5
    assert codes(file) == {kinds.TOO_MANY.code}


def test_rearranged_attributes_are_flagged(tmp_path: Path) -> None:
    attributes = bytes.fromhex("3130302e06092a864886f70d0109043121041f") + b"x" * 31
    data = make_cms(Recipe(content=attributes, signed_attributes=False))
    (signature,) = examine(written(tmp_path / "a.p7m", data)).signatures
    assert signature.failure is SubIndication.SIG_CONSTRAINTS_FAILURE
    assert kinds.ATTRIBUTES_AS_CONTENT.code in {finding.code for finding in signature.findings}


def test_a_bundle_of_certificates_is_unsigned(tmp_path: Path) -> None:
    certificate = signer("rsa").certificate
    body = b"\x02\x01\x01\x31\x00\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
    body += b"\xa0\x82" + len(certificate).to_bytes(2, "big") + certificate + b"\x31\x00"
    signed = b"\x30\x82" + len(body).to_bytes(2, "big") + body
    wrapped = b"\xa0\x82" + len(signed).to_bytes(2, "big") + signed
    inner = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" + wrapped
    file = examine(written(tmp_path / "a.p7b", b"\x30\x82" + len(inner).to_bytes(2, "big") + inner))
    assert file.state is SignedState.UNSIGNED
    assert codes(file) == {kinds.NO_SIGNERS.code}


@pytest.mark.parametrize("content", [b"", b"hello", b"\x30\x80", b"\x30\x80" * 5000, b"\x24\x80" * 5000, b"\xff" * 99])
def test_unreadable_files(tmp_path: Path, content: bytes) -> None:
    file = examine(written(tmp_path / "a.p7m", content))
    assert file.state is SignedState.UNREADABLE
    assert codes(file) == {kinds.UNREADABLE_CMS.code}


def test_missing_file(tmp_path: Path) -> None:
    assert examine(tmp_path / "none.p7m").state is SignedState.UNREADABLE


SAMPLE = make_cms(Recipe(scheme="ecdsa"))
CERTIFICATE_AT = SAMPLE.index(signer("ecdsa").certificate)
AFTER_CERTIFICATE = CERTIFICATE_AT + len(signer("ecdsa").certificate)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_in_what_is_signed_is_never_intact(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content_at = SAMPLE.index(Recipe().content)
    signed = [*range(content_at, content_at + len(Recipe().content)), *range(AFTER_CERTIFICATE + 60, len(SAMPLE))]
    place = data.draw(st.sampled_from(signed))
    spoiled = bytearray(SAMPLE)
    spoiled[place] ^= 1 << data.draw(st.integers(0, 7))
    file = examine(written(tmp_path_factory.getbasetemp() / "flip.p7m", bytes(spoiled)), companions=False)
    assert not any(one.integrity is Integrity.INTACT and one.failure is None for one in file.signatures)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(["counterSig.p7m", "cades-extended-a.pkcs7", "cades-t-copied-sigtst.p7m"]), data=st.data())
def test_cut_and_spoiled_files_never_raise(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    content = bytearray((DATA / name).read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    file = examine(written(tmp_path_factory.getbasetemp() / "cut.p7m", bytes(content[:cut])), companions=False)
    assert cut == len(content) or file.state is SignedState.UNREADABLE


LARGE = """
import resource, sys
from pathlib import Path
from model.material import Material
from preservation.signatures.cades import examine_cms
from preservation.signatures.source import SignedFile
examine_cms(SignedFile(path=Path(sys.argv[1]), name="small.p7m", material=Material()))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
resource.setrlimit(resource.RLIMIT_DATA, (256 << 20, 256 << 20))
file = examine_cms(SignedFile(path=Path(sys.argv[2]), name="large.p7m", material=Material()))
print(file.signatures[0].integrity)
"""


def test_large_contents_are_streamed(tmp_path: Path) -> None:
    """150 MB inside a signature, checked by a process that may hold 256 MB of data in all."""
    assert resource.RLIMIT_DATA
    content = b"0123456789abcdef" * (150 << 16)
    small = written(tmp_path / "small.p7m", make_cms(Recipe()))
    large = written(tmp_path / "large.p7m", make_cms(Recipe(content=content)))
    done = subprocess.run(
        [sys.executable, "-c", LARGE, str(small), str(large)], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.stdout.strip() == "intact", done.stderr


@pytest.mark.corpus
def test_the_corpus_of_cms_files(corpus: Path) -> None:
    import csv

    root = corpus / "signatures"
    with (root / "expected.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["path"].startswith("cades/")]
    for row in rows:
        file = examine(root / row["path"], companions=False)
        found = {one.integrity for one in file.signatures}
        expected = {
            "broken": {Integrity.BROKEN},
            "cannot-verify": {Integrity.UNKNOWN},
        }.get(row["expected"], {Integrity.INTACT})
        assert found == expected, row["path"]
        foreign = any(t.imprint_matches is not True for one in file.signatures for t in one.timestamps)
        assert foreign == (row["expected"] == "intact-timestamp-broken"), row["path"]
