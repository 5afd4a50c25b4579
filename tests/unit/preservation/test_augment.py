"""Archival copies of signed PDFs: level LTA, the original their beginning, and nothing where anything is wrong."""

import hashlib
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import tsp

from model.errors import ArchiveError, ConflictError, InputError, PolicyError, TimestampError
from model.findings import Outcome
from model.material import Material, MaterialKind
from model.signatures import Indication, Level, Modification, TimestampKind
from model.worker.process import WorkerProcess
from preservation.signatures import augment as module
from preservation.signatures.augment import AugmentReport, AugmentSettings, augment_pdf
from preservation.signatures.checker import CheckItem, SignatureChecker, StoredSignatures
from preservation.signatures.judging.tokens import token_check
from preservation.signatures.policy import load_signature_policy
from preservation.signatures.source import SignatureLimits
from preservation.timestamps.client import TimestampAuthority, TimestampClient
from preservation.timestamps.response import Timestamp
from preservation.trust.store import load_trust
from tests.fakes.hostile_http import HostileServer, answer, hostile_server
from tests.fakes.pki import ANCHORS, SIGNED, SetClock, pki, write_trust
from tests.fakes.signed_cases import trust_folder
from tests.fakes.signed_pdfs import add_page, changed_pdf
from tests.fakes.signing import Signing, plain_pdf, sign_pdf
from tests.fakes.tokens import make_response

NOW = SIGNED + timedelta(days=2)
ROOTS = ("root-public", "root-gov", "root-ec")


class Stamps:
    """A timestamp authority and a checker that trust the test PKI, with revocation lists of today."""

    def __init__(self, folder: Path, server: HostileServer, *, lists: bool = True) -> None:
        self.folder = trust_folder(folder / "trust", *ROOTS)
        own = ("public-ca", "root-gov", "gov-ca") if lists else ()
        for issuer in ("root-public", "tsa-ca", "root-ec", "ec-ca", *own):
            (self.folder / f"{issuer}.crl").write_bytes(pki().crl(issuer, NOW))
        self.clock = SetClock(NOW)
        self.asked = 0
        self.label = "tsa"
        server.behaviours["/tsa"] = self._answer
        check = token_check(load_trust(self.folder), load_signature_policy(), self.clock.now)
        self.client = TimestampClient([TimestampAuthority(url=server.url("/tsa"))], check, clock=self.clock)
        self.checker = SignatureChecker(self.folder, clock=self.clock)

    def _answer(self, connection: object, request: bytes) -> None:
        self.asked += 1
        query = tsp.TimeStampReq.load(request.partition(b"\r\n\r\n")[2])
        imprint = query["message_imprint"]
        token = pki().timestamp(
            imprint["hashed_message"].native,
            imprint["hash_algorithm"]["algorithm"].native,
            NOW,
            nonce=query["nonce"].native,
            tsa=self.label,
        )
        answer(make_response(token), kind="application/timestamp-reply")(connection, request)  # type: ignore[arg-type]  # what tests pass on, untyped


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with hostile_server() as running:
        yield running


@pytest.fixture
def stamps(tmp_path: Path, server: HostileServer) -> Iterator[Stamps]:
    made = Stamps(tmp_path, server)
    with made.checker:
        yield made


def augmented(stamps: Stamps, folder: Path, data: bytes, **options: object) -> AugmentReport:
    source, target = folder / "quyết định.pdf", folder / "out" / "copy.pdf"
    source.write_bytes(data)
    settings = AugmentSettings(**{name: options.pop(name) for name in list(options) if name != "stored"})  # type: ignore[arg-type]  # what tests pass on, untyped
    return augment_pdf(
        source,
        target,
        name="quyết định.pdf",
        checker=stamps.checker,
        authority=stamps.client,
        stored=options.get("stored"),  # type: ignore[arg-type]  # what tests pass on, untyped
        settings=settings,
    )


def refused(stamps: Stamps, folder: Path, data: bytes, kind: type[ArchiveError], **options: object) -> str:
    """Return the message of a refusal that left nothing behind."""
    with pytest.raises(kind) as caught:
        augmented(stamps, folder, data, **options)
    assert not list((folder / "out").glob("*")) if (folder / "out").exists() else True
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize(
    "level", ["B", pytest.param("T", marks=pytest.mark.long), pytest.param("LT", marks=pytest.mark.long), "LTA"]
)
def test_every_level_is_raised_to_lta(stamps: Stamps, tmp_path: Path, level: str) -> None:
    data = sign_pdf(plain_pdf("Good"), Signing(level=level))
    report = augmented(stamps, tmp_path, data)
    copy = report.path.read_bytes()
    assert copy.startswith(data)
    assert report.original_size == len(data)
    assert (report.size, report.sha256) == (len(copy), hashlib.sha256(copy).digest())
    assert report.copy.outcome is Outcome.PASSED
    (facts,), (verdict,) = report.copy.file.signatures, report.copy.verdicts
    assert (facts.level, verdict.indication) == (Level.LTA, Indication.TOTAL_PASSED)
    assert facts.modification in {Modification.NONE, Modification.PERMITTED}
    assert report.copy.file.timestamps[-1].kind is TimestampKind.DOCUMENT
    assert report.timestamp.time == NOW
    assert stamps.asked == 1


def test_the_copy_proves_itself_when_the_certificates_have_ended(stamps: Stamps, tmp_path: Path) -> None:
    """After the signer's certificate ended, with lists about the timestamp authority alone: only the copy passes."""
    data = sign_pdf(plain_pdf("Good"), Signing(level="B"))
    stamps.label = "tsa-ec"
    report = augmented(stamps, tmp_path, data)
    bare, later = trust_folder(tmp_path / "bare", *ROOTS), SIGNED + timedelta(days=365 * 4)
    for issuer in ("root-ec", "ec-ca"):
        (bare / f"{issuer}.crl").write_bytes(pki().crl(issuer, later))
    with SignatureChecker(bare, at=later) as checker:
        items = [CheckItem(path=path, name=path.name) for path in (report.path, tmp_path / "quyết định.pdf")]
        copy, original = checker.check(items)
    assert copy.report.verdicts[0].indication is Indication.TOTAL_PASSED, copy.report.verdicts[0].sub_indication
    assert original.report.verdicts[0].indication is Indication.INDETERMINATE


def test_the_copy_holds_what_proves_its_own_timestamp(stamps: Stamps, tmp_path: Path) -> None:
    """With the roots alone, while the lists in it are fresh, nothing else is needed."""
    report = augmented(stamps, tmp_path, sign_pdf(plain_pdf("Good"), Signing(level="B")))
    with SignatureChecker(trust_folder(tmp_path / "bare", *ROOTS), clock=stamps.clock) as checker:
        (checked,) = checker.check([CheckItem(path=report.path, name="copy.pdf")])
    assert checked.report.outcome is Outcome.PASSED
    assert {stamp.outcome for stamp in checked.report.timestamps} == {Outcome.PASSED}


@pytest.mark.parametrize("certify", [True, False])
def test_older_kinds_and_certified_documents_get_the_same_proof(
    stamps: Stamps, tmp_path: Path, *, certify: bool
) -> None:
    subfilter = "ETSI.CAdES.detached" if certify else "adbe.pkcs7.detached"
    data = sign_pdf(plain_pdf("Good"), Signing(level="T"), subfilter=subfilter, certify=certify)
    report = augmented(stamps, tmp_path, data)
    (facts,), (verdict,) = report.copy.file.signatures, report.copy.verdicts
    assert facts.id in report.copy.file.timestamps[-1].covers
    assert verdict.indication is Indication.TOTAL_PASSED
    assert facts.revocations


def test_two_signatures_stay_valid(stamps: Stamps, tmp_path: Path) -> None:
    first = sign_pdf(plain_pdf("Good"), Signing(level="T"))
    data = sign_pdf(first, Signing(signer="agency", level="T"), field="Signature2")
    report = augmented(stamps, tmp_path, data)
    assert [facts.level for facts in report.copy.file.signatures] == [Level.LTA, Level.LTA]
    assert {verdict.indication for verdict in report.copy.verdicts} == {Indication.TOTAL_PASSED}


@pytest.mark.long
def test_a_copy_can_be_renewed(stamps: Stamps, tmp_path: Path) -> None:
    once = augmented(stamps, tmp_path, sign_pdf(plain_pdf("Good"), Signing(level="T"))).path
    data = once.read_bytes()
    once.unlink()
    twice = augmented(stamps, tmp_path, data)
    assert twice.path.read_bytes().startswith(data)
    assert len(twice.copy.file.timestamps) == 2
    assert twice.copy.outcome is Outcome.PASSED


def test_stored_material_is_used_where_the_trust_folder_has_none(tmp_path: Path, server: HostileServer) -> None:
    stamps = Stamps(tmp_path, server, lists=False)
    data = sign_pdf(plain_pdf("Good"), Signing(level="T"))
    with stamps.checker:
        assert "revocation" in refused(stamps, tmp_path, data, PolicyError) or stamps.asked == 0
        (found,) = stamps.checker.check([CheckItem(path=tmp_path / "quyết định.pdf", name="a.pdf")])
        material = Material()
        material.update(found.material)
        for content in pki().crls("person", NOW):
            material.add(MaterialKind.CRL, content)
        report = augmented(stamps, tmp_path, data, stored=StoredSignatures(file=found.report.file, material=material))
    assert report.copy.file.signatures[0].level is Level.LTA


UNFIT: dict[str, tuple[Callable[[], bytes], type[ArchiveError]]] = {
    "altered": (lambda: sign_pdf(plain_pdf("Good"), Signing()).replace(b"(Good)", b"(Evil)"), PolicyError),
    "page added": (lambda: changed_pdf(sign_pdf(plain_pdf("Good"), Signing()), add_page), PolicyError),
    "revoked": (lambda: sign_pdf(plain_pdf("Good"), Signing(signer="person-revoked-before", level="LT")), PolicyError),
    "unknown authority": (lambda: sign_pdf(plain_pdf("Good"), Signing(signer="person-unknown")), PolicyError),
    "not signed": (lambda: plain_pdf("Good"), InputError),
    "not a PDF": (lambda: b"Content-Type: text/plain\r\n\r\nnothing", InputError),
    "not readable": (lambda: b"%PDF-1.7\n/ByteRange [0 1 2 3] /Type /Sig\n%%EOF", InputError),
}


@pytest.mark.parametrize("name", sorted(UNFIT))
def test_what_is_not_in_order_gets_no_copy(stamps: Stamps, tmp_path: Path, name: str) -> None:
    make, kind = UNFIT[name]
    message = refused(stamps, tmp_path, make(), kind)
    assert "quyết định.pdf" in message
    assert stamps.asked == 0


def test_undecided_signatures_only_when_allowed(stamps: Stamps, tmp_path: Path) -> None:
    data = sign_pdf(plain_pdf("Good"), Signing(signer="person-unknown", level="T"))
    refused(stamps, tmp_path, data, PolicyError)
    report = augmented(stamps, tmp_path, data, allow_indeterminate=True)
    assert report.copy.verdicts[0].indication is Indication.INDETERMINATE
    assert report.path.read_bytes().startswith(data)
    broken = data.replace(b"(Good)", b"(Evil)")
    report.path.unlink()
    refused(stamps, tmp_path, broken, PolicyError, allow_indeterminate=True)


def test_nothing_is_overwritten(stamps: Stamps, tmp_path: Path) -> None:
    data = sign_pdf(plain_pdf("Good"), Signing(level="T"))
    augmented(stamps, tmp_path, data)
    before = (tmp_path / "out" / "copy.pdf").read_bytes()
    with pytest.raises(ConflictError):
        augmented(stamps, tmp_path, data)
    assert (tmp_path / "out" / "copy.pdf").read_bytes() == before
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["copy.pdf"]


def test_an_authority_that_is_away_leaves_nothing(stamps: Stamps, server: HostileServer, tmp_path: Path) -> None:
    server.behaviours["/tsa"] = answer(b"no", kind="text/plain")
    refused(stamps, tmp_path, sign_pdf(plain_pdf("Good"), Signing(level="T")), TimestampError)


def test_a_timestamp_by_somebody_untrusted_for_it_is_refused(tmp_path: Path, server: HostileServer) -> None:
    stamps = Stamps(tmp_path, server)
    other = write_trust(tmp_path / "other", anchors=ANCHORS | {"tsa": ("root-gov",)})
    check = token_check(load_trust(other), load_signature_policy(), stamps.clock.now)
    stamps.client = TimestampClient([TimestampAuthority(url=server.url("/tsa"))], check, clock=stamps.clock)
    with stamps.checker:
        refused(stamps, tmp_path, sign_pdf(plain_pdf("Good"), Signing(level="T")), TimestampError)


def test_a_large_timestamp_gets_the_room_it_needs(
    stamps: Stamps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token larger than the room kept for it is asked for once more; its padding makes it larger here."""
    grown = []
    genuine = stamps.client.timestamp

    def padded(digest: bytes, algorithm: str) -> Timestamp:
        grown.append(digest)
        stamp = genuine(digest, algorithm)
        return _with_certificates(stamp, 12)

    monkeypatch.setattr(stamps.client, "timestamp", padded)
    report = augmented(stamps, tmp_path, sign_pdf(plain_pdf("Good"), Signing(level="T")))
    assert len(grown) == 2
    assert report.copy.outcome is Outcome.PASSED


def _with_certificates(stamp: Timestamp, times: int) -> Timestamp:
    """Return a timestamp with many certificates more in its unsigned part."""
    from dataclasses import replace

    from asn1crypto import cms

    content = cms.ContentInfo.load(stamp.token)
    data = content["content"]
    labels = (
        "person",
        "agency",
        "person-unknown",
        "public-ca",
        "gov-ca",
        "tsa",
        "tsa-gov",
        "tsa-ca",
        "root-public",
        "root-gov",
    )
    data["certificates"] = cms.CertificateSet([pki().asn1(label) for label in labels] * times)
    return replace(stamp, token=content.dump(force=True))


def test_a_worker_that_dies_or_hangs_ends_as_an_error(
    stamps: Stamps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = sign_pdf(plain_pdf("Good"), Signing(level="T"))

    class Dying(WorkerProcess):
        def queue(self, frame: bytes) -> None:
            super().queue(frame)
            self.signal_kill()

    class Hanging(WorkerProcess):
        def queue(self, frame: bytes) -> None:
            self._process.send_signal(signal.SIGSTOP)

    monkeypatch.setattr(module, "WorkerProcess", Dying)
    assert "broke off" in refused(stamps, tmp_path, data, InputError)
    monkeypatch.setattr(module, "WorkerProcess", Hanging)
    limits = SignatureLimits(seconds=0.5)
    assert "too long" in refused(stamps, tmp_path, data, InputError, limits=limits)


def test_a_worker_that_changes_what_was_signed_is_found_out(
    stamps: Stamps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extended = module._extended

    def tampering(path: Path, *rest: object) -> None:
        extended(path, *rest)  # type: ignore[arg-type]  # what tests pass on, untyped
        path.write_bytes(path.read_bytes().replace(b"(Good)", b"(Evil)"))

    monkeypatch.setattr(module, "_extended", tampering)
    message = refused(stamps, tmp_path, sign_pdf(plain_pdf("Good"), Signing(level="T")), InputError)
    assert "would have been changed" in message


def test_a_copy_whose_additions_break_it_is_not_kept(
    stamps: Stamps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extended = module._extended

    def adding(path: Path, *rest: object) -> None:
        extended(path, *rest)  # type: ignore[arg-type]  # what tests pass on, untyped
        path.write_bytes(changed_pdf(path.read_bytes(), add_page))

    monkeypatch.setattr(module, "_extended", adding)
    refused(stamps, tmp_path, sign_pdf(plain_pdf("Good"), Signing(level="T")), PolicyError)
