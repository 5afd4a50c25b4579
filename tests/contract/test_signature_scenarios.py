"""From signing to verdict, for every fate a signature can meet: PDF, CMS and XML made with the test PKI.

Each document is examined and judged as the program does, at times up to fifty years after it was signed. Material is
either laid beside it (as a package keeps it) or fetched from the PKI's services.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from model.findings import Outcome
from model.material import Material, MaterialKind, MaterialSource
from model.signatures import (
    FileSignatures,
    Indication,
    Integrity,
    Level,
    Modification,
    Process,
    Role,
    SignatureReport,
    SignatureVerdict,
    SubIndication,
)
from preservation.signatures.dispatch import examine, judge
from preservation.signatures.judging.values import Judging
from preservation.signatures.policy import SignaturePolicy, load_signature_policy
from preservation.signatures.source import Companion, SignedFile
from preservation.trust.collect import FetchingCollector
from preservation.trust.fetch import Fetcher, FetchFailure, FetchKind, FetchResult
from preservation.trust.settings import FetchSettings
from preservation.trust.store import TrustStore, load_trust
from tests.fakes.pki import SIGNED, Pki, pki, serve, write_trust
from tests.fakes.signing import Signing, add_validation_data, sign_cms, sign_pdf, sign_xml, stamp_pdf

PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
NEXT_DAY = SIGNED + timedelta(days=1)
XML = "<vanban xmlns='urn:x'><trichyeu>Quyết định</trichyeu></vanban>".encode()
POLICY: SignaturePolicy = load_signature_policy()
FETCHING = replace(POLICY, fetch=FetchSettings(enabled=True))


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> TrustStore:
    return load_trust(write_trust(tmp_path_factory.mktemp("trust")))


@dataclass(frozen=True, slots=True)
class Beside:
    """The file a detached signature signs."""

    path: Path

    def find(self, names: tuple[str, ...], digests: Any) -> Companion | None:
        return Companion(name=self.path.name, path=self.path)


def examined(content: bytes, folder: Path, name: str, data: bytes | None = None) -> tuple[FileSignatures, Material]:
    path = folder / name
    path.write_bytes(content)
    material = Material()
    file = SignedFile(path=path, name=name, material=material)
    if data is not None:
        (folder / "data.txt").write_bytes(data)
        file = replace(file, companions=Beside(folder / "data.txt"))
    return examine(file), material


def services(at: datetime, source: Pki | None = None) -> Callable[..., FetchResult]:
    """The PKI's services at a time, without sockets."""

    def fetch(url: str, kind: FetchKind, data: bytes | None = None) -> FetchResult:
        status, content = (source or pki()).answer(url, data, at)
        if status != 200:
            return FetchResult(url=url, failure=FetchFailure.STATUS, detail=str(status))
        return FetchResult(url=url, content=content, obtained=at)

    return fetch


def online(file: FileSignatures, material: Material, trust: TrustStore, at: datetime) -> SignatureReport:
    """Judge with the network of that day."""
    collector = FetchingCollector(services(at))
    return judge(file, material, Judging(trust=trust, policy=FETCHING, at=at, collector=collector))


def offline(file: FileSignatures, material: Material, trust: TrustStore, at: datetime) -> SignatureReport:
    """Judge with what is here."""
    return judge(file, material, Judging(trust=trust, policy=POLICY, at=at))


def pdf_verdict(signing: Signing, folder: Path, trust: TrustStore, at: datetime) -> SignatureVerdict:
    file, material = examined(sign_pdf(None, signing), folder, "a.pdf")
    (verdict,) = online(file, material, trust, at).verdicts
    return verdict


MAKERS: dict[str, tuple[Callable[[Signing], bytes], bytes | None]] = {
    "a.pdf": (lambda signing: sign_pdf(None, signing), None),
    "attached.p7m": (lambda signing: sign_cms(b"noi dung", signing, detached=False), None),
    "data.txt.p7s": (lambda signing: sign_cms(b"noi dung", signing), b"noi dung"),
    "a.xml": (lambda signing: sign_xml(XML, signing), None),
}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("level", ["B", "T", "LT"])
@pytest.mark.parametrize("signer", ["person", "person-ec"])
def test_scenario_good_signatures_pass(tmp_path: Path, trust: TrustStore, name: str, level: str, signer: str) -> None:
    make, data = MAKERS[name]
    file, material = examined(make(Signing(level=level, signer=signer)), tmp_path, name, data)
    (facts,) = file.signatures
    assert (facts.integrity, facts.modification is Modification.SUSPICIOUS) == (Integrity.INTACT, False)
    assert facts.level is Level(level)
    at = NEXT_DAY + timedelta(hours=1)
    report = online(file, material, trust, at)
    (verdict,) = report.verdicts
    assert (verdict.indication, verdict.sub_indication) == (PASSED, None), verdict.findings
    assert report.outcome is Outcome.PASSED
    assert verdict.role is Role.PERSON
    assert verdict.best_signature_time == (None if level == "B" else SIGNED + timedelta(minutes=1))


@pytest.mark.parametrize("name", MAKERS)
def test_scenario_altered_signatures_fail(tmp_path: Path, trust: TrustStore, name: str) -> None:
    make, data = MAKERS[name]
    file, material = examined(make(Signing(level="T", damage=True)), tmp_path, name, data)
    assert file.signatures[0].integrity is Integrity.BROKEN
    (verdict,) = online(file, material, trust, NEXT_DAY).verdicts
    assert (verdict.indication, verdict.sub_indication) == (FAILED, SubIndication.SIG_CRYPTO_FAILURE)


def test_scenario_the_seal_of_an_agency_and_its_officer(tmp_path: Path, trust: TrustStore) -> None:
    signed = sign_pdf(None, Signing(signer="person-gov"), field="Nguoi ky")
    signed = sign_pdf(signed, Signing(signer="agency", at=SIGNED + timedelta(hours=1)), field="Con dau")
    file, material = examined(signed, tmp_path, "a.pdf")
    verdicts = online(file, material, trust, NEXT_DAY).verdicts
    assert [verdict.indication for verdict in verdicts] == [PASSED, PASSED]
    assert [verdict.role for verdict in verdicts] == [Role.PERSON, Role.AGENCY]


# --- the end of a certificate ------------------------------------------------------------------------------------

AUTUMN = datetime(2026, 8, 15, 9, tzinfo=UTC)
"""After the end of `person-expiring` (1 June 2026), before that of `tsa-expiring` (1 September)."""


def test_scenario_expired_after_signing_with_timestamp_passes(tmp_path: Path, trust: TrustStore) -> None:
    signing = Signing(signer="person-expiring", level="LT")
    file, material = examined(sign_pdf(None, signing), tmp_path, "a.pdf")
    (verdict,) = online(file, material, trust, AUTUMN).verdicts
    assert verdict.indication is PASSED, verdict.findings
    assert verdict.process is not Process.BASIC
    assert verdict.best_signature_time == signing.stamp_time


def test_scenario_expired_after_signing_without_timestamp_is_undecided(tmp_path: Path, trust: TrustStore) -> None:
    verdict = pdf_verdict(Signing(signer="person-expiring"), tmp_path, trust, AUTUMN)
    assert verdict.indication is UNSURE
    assert verdict.sub_indication in {SubIndication.OUT_OF_BOUNDS_NO_POE, SubIndication.OUT_OF_BOUNDS_NOT_REVOKED}


def test_scenario_signed_after_the_end_fails_or_is_undecided(tmp_path: Path, trust: TrustStore) -> None:
    for level in ("B", "T"):
        verdict = pdf_verdict(Signing(signer="person-expired", level=level), tmp_path, trust, NEXT_DAY)
        assert verdict.indication is not PASSED
    assert verdict.sub_indication in {
        SubIndication.EXPIRED,
        SubIndication.OUT_OF_BOUNDS_NO_POE,
        SubIndication.OUT_OF_BOUNDS_NOT_REVOKED,
    }


def test_scenario_not_yet_valid(tmp_path: Path, trust: TrustStore) -> None:
    for level in ("B", "T"):
        verdict = pdf_verdict(Signing(signer="person-future", level=level), tmp_path, trust, NEXT_DAY)
        assert verdict.indication is not PASSED
        assert verdict.sub_indication in {SubIndication.NOT_YET_VALID, SubIndication.OUT_OF_BOUNDS_NO_POE}
    later = datetime(2027, 6, 1, tzinfo=UTC)
    assert pdf_verdict(Signing(signer="person-future", level="T"), tmp_path, trust, later).indication is not PASSED


# --- revocation --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["B", "T", "LT"])
def test_scenario_revoked_before_signing_does_not_pass(tmp_path: Path, trust: TrustStore, level: str) -> None:
    """A later timestamp does not prove that it was signed later: EN 319 102-1, 5.5.4, leaves it undecided."""
    verdict = pdf_verdict(Signing(signer="person-revoked-before", level=level), tmp_path, trust, NEXT_DAY)
    assert (verdict.indication, verdict.sub_indication) == (UNSURE, SubIndication.REVOKED_NO_POE)


def test_scenario_proven_to_be_signed_after_the_revocation_fails(tmp_path: Path, trust: TrustStore) -> None:
    """A content timestamp proves that the signature is younger than the revocation (EN 319 102-1, 5.3.4)."""
    signing = Signing(signer="person-revoked-before", content_stamped=SIGNED - timedelta(minutes=1))
    file, material = examined(sign_cms(b"noi dung", signing, detached=False), tmp_path, "a.p7m")
    (verdict,) = online(file, material, trust, NEXT_DAY).verdicts
    assert (verdict.indication, verdict.sub_indication) == (FAILED, SubIndication.REVOKED)


MAY = datetime(2026, 5, 4, 9, tzinfo=UTC)
"""After `person-revoked-after` was revoked (1 April 2026)."""


def test_scenario_revoked_after_the_timestamp_passes(tmp_path: Path, trust: TrustStore) -> None:
    for level in ("T", "LT"):
        verdict = pdf_verdict(Signing(signer="person-revoked-after", level=level), tmp_path, trust, MAY)
        assert verdict.indication is PASSED, (level, verdict.findings)


def test_scenario_revoked_afterwards_without_timestamp_is_undecided(tmp_path: Path, trust: TrustStore) -> None:
    verdict = pdf_verdict(Signing(signer="person-revoked-after"), tmp_path, trust, MAY)
    assert (verdict.indication, verdict.sub_indication) == (UNSURE, SubIndication.REVOKED_NO_POE)
    earlier = pdf_verdict(Signing(signer="person-revoked-after"), tmp_path, trust, NEXT_DAY)
    assert earlier.indication is PASSED


def test_scenario_claimed_time_before_the_revocation_proves_nothing(tmp_path: Path, trust: TrustStore) -> None:
    backdated = Signing(signer="person-revoked-before", at=datetime(2026, 1, 15, tzinfo=UTC), stamped=SIGNED, level="T")
    verdict = pdf_verdict(backdated, tmp_path, trust, NEXT_DAY)
    assert verdict.indication is not PASSED
    assert verdict.sub_indication in {SubIndication.REVOKED, SubIndication.REVOKED_NO_POE}


def test_scenario_revoked_authority(tmp_path: Path, trust: TrustStore) -> None:
    verdict = pdf_verdict(Signing(signer="person-under-revoked-ca", level="T"), tmp_path, trust, NEXT_DAY)
    assert verdict.indication is not PASSED


def test_scenario_ocsp_alone_is_enough(tmp_path: Path, trust: TrustStore) -> None:
    assert pdf_verdict(Signing(signer="person-ocsp"), tmp_path, trust, NEXT_DAY).indication is PASSED


@pytest.mark.parametrize("signer", ["person-norev", "person-bare"])
def test_scenario_no_word_about_revocation_is_undecided(tmp_path: Path, trust: TrustStore, signer: str) -> None:
    verdict = pdf_verdict(Signing(signer=signer), tmp_path, trust, NEXT_DAY)
    assert verdict.indication is UNSURE
    assert verdict.sub_indication in {SubIndication.TRY_LATER, SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE}


def test_scenario_no_network_and_nothing_inside_is_undecided(tmp_path: Path, trust: TrustStore) -> None:
    file, material = examined(sign_pdf(None, Signing()), tmp_path, "a.pdf")
    (verdict,) = offline(file, material, trust, NEXT_DAY).verdicts
    assert verdict.indication is UNSURE
    assert verdict.sub_indication in {SubIndication.TRY_LATER, SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE}


# --- who signed, and with what -----------------------------------------------------------------------------------


def test_scenario_unknown_issuer(tmp_path: Path, trust: TrustStore) -> None:
    verdict = pdf_verdict(Signing(signer="person-unknown"), tmp_path, trust, NEXT_DAY)
    assert (verdict.indication, verdict.sub_indication) == (UNSURE, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)


def test_scenario_empty_trust_is_undecided(tmp_path: Path) -> None:
    verdict = pdf_verdict(Signing(), tmp_path, TrustStore(), NEXT_DAY)
    assert (verdict.indication, verdict.sub_indication) == (UNSURE, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)


def test_scenario_an_anchor_serves_its_purpose_only(tmp_path: Path) -> None:
    only_stamps = load_trust(write_trust(tmp_path / "trust", anchors={"tsa": ("root-public",)}))
    assert pdf_verdict(Signing(level="T"), tmp_path, only_stamps, NEXT_DAY).indication is UNSURE
    only_signers = load_trust(write_trust(tmp_path / "trust2", anchors={"document-signer": ("root-public",)}))
    verdict = pdf_verdict(Signing(level="T"), tmp_path, only_signers, NEXT_DAY)
    assert verdict.best_signature_time is None, "a timestamp of nobody we trust proves nothing"
    assert verdict.indication is PASSED


@pytest.mark.parametrize("signer", ["person-weak", "person-sha1"])
def test_scenario_weak_algorithms_do_not_pass(tmp_path: Path, trust: TrustStore, signer: str) -> None:
    verdict = pdf_verdict(Signing(signer=signer), tmp_path, trust, NEXT_DAY)
    assert verdict.indication is UNSURE
    assert verdict.sub_indication in {
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
    }


def test_scenario_weak_digest_does_not_pass(tmp_path: Path, trust: TrustStore) -> None:
    file, material = examined(sign_xml(XML, Signing(digest="sha1")), tmp_path, "a.xml")
    (verdict,) = online(file, material, trust, NEXT_DAY).verdicts
    assert verdict.indication is UNSURE
    assert verdict.sub_indication in {
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
    }


def test_scenario_wrong_key_usage_does_not_pass(tmp_path: Path, trust: TrustStore) -> None:
    verdict = pdf_verdict(Signing(signer="person-encrypt"), tmp_path, trust, NEXT_DAY)
    assert verdict.indication is not PASSED
    assert verdict.sub_indication in {
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
    }


@pytest.mark.parametrize(("signer", "pss"), [("person-pss", True), ("person-ed25519", False), ("person-ec", False)])
def test_scenario_other_algorithms_pass(tmp_path: Path, trust: TrustStore, signer: str, pss: bool) -> None:
    digest = "sha512" if signer == "person-ed25519" else "sha256"
    content = sign_cms(b"noi dung", Signing(signer=signer, pss=pss, digest=digest), detached=False)
    file, material = examined(content, tmp_path, "a.p7m")
    (verdict,) = online(file, material, trust, NEXT_DAY).verdicts
    assert verdict.indication is PASSED, verdict.findings


def test_scenario_exchanged_certificate_does_not_pass(tmp_path: Path, trust: TrustStore) -> None:
    content = sign_cms(b"noi dung", Signing(binding="wrong"), detached=False)
    file, material = examined(content, tmp_path, "a.p7m")
    (verdict,) = online(file, material, trust, NEXT_DAY).verdicts
    assert verdict.indication is not PASSED


# --- timestamp authorities ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("tsa", ["tsa-expired", "tsa-revoked", "tsa-unknown", "tsa-not-tsa"])
def test_scenario_bad_timestamp_proves_nothing(tmp_path: Path, trust: TrustStore, tsa: str) -> None:
    file, material = examined(sign_pdf(None, Signing(level="T", tsa=tsa)), tmp_path, "a.pdf")
    (verdict,) = online(file, material, trust, NEXT_DAY).verdicts
    assert verdict.best_signature_time is None
    assert verdict.timestamps[0].outcome is not Outcome.PASSED
    assert verdict.indication is PASSED, "the certificate itself is still good today"
    signing = Signing(signer="person-expiring", level="T", tsa=tsa)
    assert pdf_verdict(signing, tmp_path, trust, AUTUMN).indication is UNSURE


def test_scenario_timestamp_authority_that_ended_later_needs_a_further_proof(tmp_path: Path, trust: TrustStore) -> None:
    late = datetime(2026, 10, 1, 9, tzinfo=UTC)
    alone = Signing(signer="person-expiring", level="LT", tsa="tsa-expiring")
    assert pdf_verdict(alone, tmp_path, trust, late).indication is UNSURE
    signed = sign_pdf(None, alone)
    sealed = stamp_pdf(add_validation_data(signed, alone, AUTUMN), "tsa", AUTUMN + timedelta(minutes=1))
    file, material = examined(sealed, tmp_path, "a.pdf")
    (verdict,) = online(file, material, trust, late).verdicts
    assert verdict.indication is PASSED, verdict.findings
    without = stamp_pdf(signed, "tsa", AUTUMN)
    file, material = examined(without, tmp_path, "a.pdf")
    (verdict,) = online(file, material, trust, late).verdicts
    assert verdict.indication is UNSURE, "nothing says that the authority was not revoked before the seal"


# --- decades -----------------------------------------------------------------------------------------------------

EC = Signing(signer="person-ec", level="LTA", tsa="tsa-ec")
RENEWALS = [(2033, "tsa-ec-2034"), (2045, "tsa-ec-2045"), (2057, "tsa-ec-2056"), (2069, "tsa-ec-2068")]


def kept_for_decades(until: int) -> bytes:
    """A B-LTA document whose timestamps are renewed, each with the data that proves the one before."""
    document, tsa = sign_pdf(None, EC), "tsa-ec"
    for year, following in RENEWALS:
        if year >= until:
            break
        moment = datetime(year, 6, 1, tzinfo=UTC)
        document = add_validation_data(document, replace(EC, tsa=tsa), moment)
        document, tsa = stamp_pdf(document, following, moment + timedelta(minutes=5)), following
    return document


@pytest.mark.parametrize("years", [5, 10, 20, 50])
def test_scenario_kept_with_renewals(tmp_path: Path, trust: TrustStore, years: int) -> None:
    at = SIGNED.replace(year=SIGNED.year + years)
    file, material = examined(kept_for_decades(at.year), tmp_path, "a.pdf")
    assert file.signatures[0].level is Level.LTA
    (verdict,) = online(file, material, trust, at).verdicts
    assert verdict.indication is PASSED, (verdict.sub_indication, verdict.findings)
    assert verdict.best_signature_time == EC.stamp_time


@pytest.mark.parametrize("years", [10, 20, 50])
def test_scenario_kept_without_renewal_is_undecided(tmp_path: Path, trust: TrustStore, years: int) -> None:
    at = SIGNED.replace(year=SIGNED.year + years)
    file, material = examined(sign_pdf(None, EC), tmp_path, "a.pdf")
    (facts,) = file.signatures
    assert facts.integrity is Integrity.INTACT
    (verdict,) = online(file, material, trust, at).verdicts
    assert verdict.indication is UNSURE
    assert verdict.sub_indication is not None


def test_scenario_a_seal_outlives_the_algorithm_of_the_signature(tmp_path: Path, trust: TrustStore) -> None:
    """RSA PKCS#1 v1.5 ends in 2029: what was sealed before with another algorithm still holds in 2031."""
    at = SIGNED.replace(year=2031)
    signing = Signing(level="LT")
    alone = sign_pdf(None, signing)
    assert pdf_verdict(signing, tmp_path, trust, at).indication is UNSURE
    sealed = stamp_pdf(alone, "tsa-ec", signing.seal_time)
    file, material = examined(sealed, tmp_path, "a.pdf")
    (verdict,) = online(file, material, trust, at).verdicts
    assert verdict.indication is PASSED, verdict.findings


# --- without the network -----------------------------------------------------------------------------------------

OFFLINE = [
    Signing(),
    Signing(level="T"),
    Signing(signer="person-ocsp"),
    Signing(signer="agency"),
    Signing(signer="person-revoked-before", level="T"),
    Signing(signer="person-unknown"),
    Signing(signer="person-norev"),
    Signing(level="T", tsa="tsa-revoked"),
]


@pytest.mark.parametrize("signing", OFFLINE, ids=lambda one: f"{one.signer}-{one.level}-{one.tsa}")
def test_scenario_offline_from_the_kept_material_gives_the_same(
    tmp_path: Path, trust: TrustStore, signing: Signing
) -> None:
    file, material = examined(sign_pdf(None, signing), tmp_path, "a.pdf")
    fetched = online(file, material, trust, NEXT_DAY)
    assert any(item.source is MaterialSource.FETCHED for item in material) or signing.signer == "person-unknown"
    kept = Material()
    kept.update(material)
    again = offline(fetched.file, kept, trust, NEXT_DAY)
    assert _told(again.verdicts) == _told(fetched.verdicts)
    assert again.outcome is fetched.outcome


def _told(verdicts: Iterable[SignatureVerdict]) -> list[tuple[Any, ...]]:
    return [
        (one.indication, one.sub_indication, one.process, one.best_signature_time, one.chain, one.revocations)
        for one in verdicts
    ]


def test_scenario_material_is_fetched_once_per_issuer(tmp_path: Path) -> None:
    """Twenty documents of one authority: each list and certificate crosses the network once."""
    with serve(NEXT_DAY) as served:
        trust = load_trust(write_trust(tmp_path / "trust", served.pki))
        settings = FetchSettings(enabled=True, allow=served.allow)
        fetcher = Fetcher(settings, tmp_path / "cache", served.clock)
        policy = replace(POLICY, fetch=settings)
        for number in range(20):
            signer = ("person", "person-expiring", "person-revoked-after")[number % 3]
            signing = Signing(signer=signer, level="T", chain=False, pki=served.pki)
            file, material = examined(sign_pdf(None, signing), tmp_path, f"{number}.pdf")
            collector = FetchingCollector(fetcher.fetch)
            report = judge(file, material, Judging(trust=trust, policy=policy, at=NEXT_DAY, collector=collector))
            assert report.verdicts[0].indication is PASSED, report.verdicts[0].findings
            assert len(list(material.of(MaterialKind.CRL))) == 3
        assert served.requests
        assert set(served.requests.values()) == {1}, served.requests
