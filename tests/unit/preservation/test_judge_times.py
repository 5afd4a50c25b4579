"""What timestamps and evidence records prove, for how long, and where the proof ends."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509

from model.findings import Outcome
from model.material import MaterialKind
from model.signatures import (
    AlgorithmUse,
    Indication,
    Integrity,
    Level,
    Process,
    ProofOfExistence,
    ProofSource,
    SignatureVerdict,
    SubIndication,
    TimestampFacts,
    TimestampKind,
)
from preservation.trust.store import Purpose, TrustStore
from tests.fakes.judging import NOW, SIGNED, TSA_EKU, Entity, World, day, root, trust

PASSED = (Indication.TOTAL_PASSED, None)
EVIDENCE = ProofSource.EVIDENCE_RECORD


def said(verdict: SignatureVerdict) -> tuple[Indication, SubIndication | None]:
    return verdict.indication, verdict.sub_indication


def undecided(sub: SubIndication) -> tuple[Indication, SubIndication]:
    return Indication.INDETERMINATE, sub


def codes(verdict: SignatureVerdict) -> list[str]:
    return [finding.code for finding in verdict.findings]


@pytest.fixture
def world() -> World:
    return World()


def test_timestamp_proves_the_time(world: World) -> None:
    world.news()
    verdict = world.judge(world.facts(timestamps=(world.stamp(),))).verdicts[0]
    assert said(verdict) == PASSED
    assert (verdict.process, verdict.best_signature_time) == (Process.WITH_TIME, SIGNED)
    assert [(proof.source.value, proof.reference) for proof in verdict.proofs] == [
        ("timestamp", "stamp"),
        ("check", ""),
    ]
    assert [one.outcome for one in verdict.timestamps] == [Outcome.PASSED]
    assert verdict.holds_until == day(2034)


def test_revoked_after_the_timestamp(world: World) -> None:
    world.at = day(2026, 5)
    world.news(revoked=[(world.person, day(2026, 4, 1), "superseded")])
    assert said(world.judge(world.facts()).verdicts[0]) == undecided(SubIndication.REVOKED_NO_POE)
    assert said(world.judge(world.facts(timestamps=(world.stamp(),))).verdicts[0]) == PASSED


def test_revoked_before_the_timestamp(world: World) -> None:
    world.news(revoked=[(world.person, day(2026, 2, 1), "key_compromise")])
    facts = world.facts(timestamps=(world.stamp(),))
    assert said(world.judge(facts).verdicts[0]) == undecided(SubIndication.REVOKED_NO_POE)


def test_content_stamped_after_revocation_fails(world: World) -> None:
    world.news(revoked=[(world.person, day(2026, 2, 1), "key_compromise")])
    content = world.stamp(kind=TimestampKind.CONTENT)
    verdict = world.judge(world.facts(timestamps=(content,))).verdicts[0]
    assert said(verdict) == (Indication.TOTAL_FAILED, SubIndication.REVOKED)
    assert codes(verdict)[0] == "signature.signed-after-revocation"


def test_content_stamped_after_expiry_fails(world: World) -> None:
    signer = world.ca.issue("Đã hết hạn", life=(day(2020), day(2025)))
    world.news()
    verdict = world.judge(world.facts(signer, timestamps=(world.stamp(kind=TimestampKind.CONTENT),))).verdicts[0]
    assert said(verdict) == (Indication.TOTAL_FAILED, SubIndication.EXPIRED)


def test_content_timestamp_proves_no_existence(world: World) -> None:
    world.news()
    verdict = world.judge(world.facts(timestamps=(world.stamp(kind=TimestampKind.CONTENT),))).verdicts[0]
    assert (said(verdict), verdict.best_signature_time) == (PASSED, None)


def test_stamped_before_the_certificate_existed(world: World) -> None:
    world.news()
    facts = world.facts(world.ca.issue("Mới", life=(day(2026, 3, 4), day(2029))), timestamps=(world.stamp(),))
    verdict = world.judge(facts).verdicts[0]
    assert said(verdict) == (Indication.TOTAL_FAILED, SubIndication.NOT_YET_VALID)


def test_expired_after_the_timestamp_with_news_of_its_time(world: World) -> None:
    world.news(SIGNED + timedelta(hours=1))
    world.news(day(2030))
    world.at = day(2030, 1, 2)
    assert said(world.judge(world.facts()).verdicts[0]) == undecided(SubIndication.OUT_OF_BOUNDS_NO_POE)
    verdict = world.judge(world.facts(timestamps=(world.stamp(),))).verdicts[0]
    assert (said(verdict), verdict.process) == (PASSED, Process.WITH_TIME)


def test_expired_after_the_timestamp_without_news_of_its_time(world: World) -> None:
    world.news(day(2030))
    world.at = day(2030, 1, 2)
    verdict = world.judge(world.facts(timestamps=(world.stamp(),))).verdicts[0]
    assert said(verdict) == undecided(SubIndication.OUT_OF_BOUNDS_NO_POE)


def test_list_that_keeps_ended_certificates_proves_the_past(world: World) -> None:
    world.at = day(2030, 1, 2)
    world.news(day(2030))
    since = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.60"), b"\x18\x0f20200101000000Z")
    world.carry(world.ca.crl(day(2030, 1, 1, 1), extra=((since, False),)))
    assert said(world.judge(world.facts(timestamps=(world.stamp(),))).verdicts[0]) == PASSED


def test_weak_algorithm_before_its_end(world: World) -> None:
    rsa = (AlgorithmUse(use="digest", name="sha256"), AlgorithmUse(use="signature", name="rsa", key_size=2048))
    signer = world.ca.issue("RSA đến 2031", life=(day(2024), day(2031)))
    world.at = day(2030)
    world.news()
    facts = world.facts(signer, algorithms=rsa)
    assert said(world.judge(facts).verdicts[0]) == undecided(SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE)
    stamped = replace(facts, timestamps=(world.stamp(day(2028)),))
    assert said(world.judge(stamped).verdicts[0]) == PASSED
    late = replace(facts, timestamps=(world.stamp(day(2029, 6)),))
    assert said(world.judge(late).verdicts[0]) == undecided(SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE)


def test_trust_that_ended_after_the_timestamp(world: World) -> None:
    world.news()
    ended = TrustStore(
        anchors=(
            *trust(world.ca, valid_until=day(2026, 3, 4)).anchors,
            *trust(world.root, purposes=(Purpose.TSA,)).anchors,
        )
    )
    assert said(world.judge(world.facts(), trust=ended).verdicts[0]) == undecided(
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE
    )
    assert said(world.judge(world.facts(timestamps=(world.stamp(),)), trust=ended).verdicts[0]) == PASSED


@pytest.mark.parametrize(
    ("changes", "outcome", "sub", "code"),
    [
        ({"imprint_matches": False}, Outcome.FAILED, SubIndication.HASH_FAILURE, "signature.timestamp-broken"),
        (
            {"integrity": Integrity.BROKEN},
            Outcome.FAILED,
            SubIndication.SIG_CRYPTO_FAILURE,
            "signature.timestamp-broken",
        ),
        (
            {"imprint_matches": None},
            Outcome.INDETERMINATE,
            SubIndication.SIGNED_DATA_NOT_FOUND,
            "signature.timestamp-unproven",
        ),
        (
            {"integrity": Integrity.UNKNOWN},
            Outcome.INDETERMINATE,
            SubIndication.FORMAT_FAILURE,
            "signature.timestamp-unproven",
        ),
        ({"time": day(2027)}, Outcome.INDETERMINATE, SubIndication.NOT_YET_VALID, "signature.timestamp-unproven"),
        (
            {"algorithms": (AlgorithmUse(use="imprint", name="md5"),)},
            Outcome.INDETERMINATE,
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
            "signature.timestamp-unproven",
        ),
    ],
)
def test_worthless_timestamp_leaves_a_good_signature_good(
    world: World, changes: dict[str, object], outcome: Outcome, sub: SubIndication, code: str
) -> None:
    world.news()
    report = world.judge(world.facts(timestamps=(replace(world.stamp(), **changes),)))
    verdict = report.verdicts[0]
    assert (said(verdict), verdict.best_signature_time) == (PASSED, None)
    assert (verdict.timestamps[0].outcome, verdict.timestamps[0].sub_indication) == (outcome, sub)
    assert codes(verdict) == [code]
    assert report.outcome is (Outcome.INDETERMINATE if outcome is Outcome.FAILED else Outcome.PASSED)


def test_worthless_timestamp_lifts_nothing(world: World) -> None:
    world.at = day(2026, 5)
    world.news(revoked=[(world.person, day(2026, 4, 1), "superseded")])
    facts = world.facts(timestamps=(replace(world.stamp(), imprint_matches=False),))
    assert said(world.judge(facts).verdicts[0]) == undecided(SubIndication.REVOKED_NO_POE)


@pytest.mark.parametrize("kind", ["stranger", "not for stamping", "revoked", "expired", "too young"])
def test_authority_that_does_not_hold_proves_nothing(world: World, kind: str) -> None:
    gone = []
    if kind == "stranger":
        tsa = root("Stranger").issue("TSA lạ", eku=TSA_EKU)
    elif kind == "not for stamping":
        tsa = world.tsa_ca.issue("Không phải TSA")
    elif kind == "expired":
        tsa = world.tsa_ca.issue("TSA cũ", life=(day(2020), day(2026, 3, 3)), eku=TSA_EKU)
    elif kind == "too young":
        tsa = world.tsa_ca.issue("TSA mới", life=(day(2026, 3, 4), day(2030)), eku=TSA_EKU)
    else:
        tsa = world.tsa_ca.issue("TSA bị thu hồi", eku=TSA_EKU)
        gone = [(tsa, day(2026, 2, 1), "key_compromise")]
    world.news(revoked=gone)
    verdict = world.judge(world.facts(timestamps=(world.stamp(tsa=tsa),))).verdicts[0]
    assert (said(verdict), verdict.best_signature_time) == (PASSED, None)
    assert verdict.timestamps[0].outcome is Outcome.INDETERMINATE


def test_timestamps_that_contradict_each_other(world: World) -> None:
    world.news()
    content = world.stamp(SIGNED + timedelta(days=1), id="content", kind=TimestampKind.CONTENT)
    verdict = world.judge(world.facts(timestamps=(content, world.stamp()))).verdicts[0]
    assert said(verdict) == undecided(SubIndication.TIMESTAMP_ORDER_FAILURE)
    archive = world.stamp(SIGNED - timedelta(days=1), id="archive", kind=TimestampKind.ARCHIVE)
    archive = replace(archive, covered_material=("token of stamp",))
    verdict = world.judge(world.facts(timestamps=(world.stamp(), archive))).verdicts[0]
    assert said(verdict) == undecided(SubIndication.TIMESTAMP_ORDER_FAILURE)


def test_document_timestamp_proves_signatures_it_covers(world: World) -> None:
    world.at = day(2026, 5)
    world.news(revoked=[(world.person, day(2026, 4, 1), "superseded")])
    stamp = world.stamp(kind=TimestampKind.DOCUMENT, covers=("Signature1",))
    report = world.judge(world.facts(), world.facts(id="later"), stamps=(stamp,))
    assert said(report.verdicts[0]) == PASSED
    assert (report.verdicts[0].process, report.verdicts[0].best_signature_time) == (Process.LONG_TERM, SIGNED)
    assert said(report.verdicts[1]) == undecided(SubIndication.REVOKED_NO_POE)
    assert [one.outcome for one in report.timestamps] == [Outcome.PASSED]


# --- decades -----------------------------------------------------------------------------------------------------


class Decades(World):
    """A file stamped again and again, each time with what is needed to prove the older timestamps."""

    def authority(self, begin: int, end: int) -> Entity:
        life = (day(begin), day(end))
        return self.tsa_ca.issue(f"TSA {begin}", life=life, usage=("digital_signature",), eku=TSA_EKU)

    def renewals(self, years: dict[int, tuple[int, int]]) -> tuple[TimestampFacts, ...]:
        stamps, signer_news = [], self.news(SIGNED + timedelta(hours=1))
        covered = [*signer_news, *self.material.items, "token of stamp"]
        for number, (year, (begin, end)) in enumerate(years.items()):
            time = day(year, 6, 1, 8)
            covered += [*self.news(day(year, 6, 1, 7)), *self.material.items]
            stamp = self.stamp(time, self.authority(begin, end), id=f"dts {year}", order=number)
            stamps.append(
                replace(
                    stamp,
                    kind=TimestampKind.DOCUMENT,
                    covers=("Signature1",),
                    covered_material=tuple(dict.fromkeys(covered)),
                )
            )
            covered.append(stamp.token)
        return tuple(stamps)


RENEWED = {2033: (2032, 2046), 2044: (2043, 2058), 2056: (2055, 2070), 2068: (2067, 2082)}


@pytest.mark.parametrize("year", [2036, 2046, 2076])
def test_renewed_for_decades(year: int) -> None:
    world = Decades(at=day(year))
    facts = world.facts(timestamps=(world.stamp(),), level=Level.LTA)
    stamps = world.renewals({begin: life for begin, life in RENEWED.items() if begin < year})
    world.news()
    report = world.judge(facts, stamps=stamps)
    assert [one.outcome for one in report.timestamps] == [Outcome.PASSED] * len(stamps)
    verdict = report.verdicts[0]
    assert (said(verdict), verdict.process) == (PASSED, Process.LONG_TERM)
    assert verdict.best_signature_time == SIGNED
    assert verdict.holds_until == day(max(end for begin, (_, end) in RENEWED.items() if begin < year))
    assert report.outcome is Outcome.PASSED


@pytest.mark.parametrize("gap", [2033, 2044, 2056, 2068])
def test_one_missed_renewal_ends_the_proof(gap: int) -> None:
    world = Decades(at=day(2076))
    facts = world.facts(timestamps=(world.stamp(),), level=Level.LTA)
    stamps = world.renewals({begin: life for begin, life in RENEWED.items() if begin != gap})
    world.news()
    verdict = world.judge(facts, stamps=stamps).verdicts[0]
    assert said(verdict) == undecided(SubIndication.OUT_OF_BOUNDS_NO_POE)


def test_renewal_without_revocation_data_proves_nothing() -> None:
    world = Decades(at=day(2047))
    facts = world.facts(timestamps=(world.stamp(),), level=Level.LTA)
    stamps = world.renewals({2033: (2032, 2046), 2044: (2043, 2058)})
    for item in list(world.material.of(MaterialKind.CRL)):
        del world.material.items[item.id]
    world.news()
    report = world.judge(facts, stamps=stamps)
    assert [one.outcome for one in report.timestamps] == [Outcome.INDETERMINATE, Outcome.PASSED]
    assert said(report.verdicts[0]) == undecided(SubIndication.OUT_OF_BOUNDS_NO_POE)


def test_authority_revoked_after_the_renewal() -> None:
    world = Decades(at=day(2036))
    facts = world.facts(timestamps=(world.stamp(),), level=Level.LTA)
    stamps = world.renewals({2033: (2032, 2046)})
    world.news(revoked=[(world.ca, day(2035), "ca_compromise")])
    verdict = world.judge(facts, stamps=stamps).verdicts[0]
    assert (said(verdict), verdict.process) == (PASSED, Process.LONG_TERM)
    world.news(revoked=[(world.ca, day(2028), "ca_compromise")])
    assert said(world.judge(facts, stamps=stamps).verdicts[0])[0] is Indication.INDETERMINATE


# --- evidence records --------------------------------------------------------------------------------------------


def record(time: datetime) -> ProofOfExistence:
    return ProofOfExistence(time=time, source=EVIDENCE, reference="er")


def test_evidence_record_carries_the_verdict_of_its_time(world: World) -> None:
    world.news()
    facts = world.facts()
    for year in (2036, 2046, 2076):
        assert said(world.judge(facts, at=day(year)).verdicts[0]) == undecided(SubIndication.OUT_OF_BOUNDS_NO_POE)
        verdict = world.judge(facts, at=day(year), proofs=(record(NOW),)).verdicts[0]
        assert (said(verdict), verdict.process) == (PASSED, Process.POINT_IN_TIME)
        assert (verdict.best_signature_time, verdict.validation_time) == (NOW, day(year))
        assert [proof.source for proof in verdict.proofs] == [EVIDENCE, ProofSource.CHECK]


def test_evidence_record_that_came_too_late(world: World) -> None:
    world.news()
    verdict = world.judge(world.facts(), at=day(2036), proofs=(record(day(2031)),)).verdicts[0]
    assert said(verdict)[0] is Indication.INDETERMINATE
    assert verdict.process is not Process.POINT_IN_TIME


def test_revocation_learned_later_still_counts(world: World) -> None:
    world.news()
    world.news(day(2026, 6, 2), revoked=[(world.person, day(2026, 2, 1), "key_compromise")])
    verdict = world.judge(world.facts(), at=day(2036), proofs=(record(NOW),)).verdicts[0]
    assert said(verdict) == undecided(SubIndication.REVOKED_NO_POE)


def test_news_that_came_after_the_record_proves_nothing_good(world: World) -> None:
    world.news(day(2026, 6, 2))
    verdict = world.judge(world.facts(), at=day(2036), proofs=(record(NOW),)).verdicts[0]
    assert verdict.process is not Process.POINT_IN_TIME
    world.material.items = {
        identifier: replace(item, obtained=day(2027) if item.kind is MaterialKind.CRL else None)
        for identifier, item in world.material.items.items()
    }
    for issuer in (world.root, world.ca):
        world.material.add(MaterialKind.CRL, issuer.crl(NOW), obtained=day(2027))
    assert said(world.judge(world.facts(), at=day(2036), proofs=(record(NOW),)).verdicts[0])[0] is (
        Indication.INDETERMINATE
    )


def test_own_clock_proves_nothing(world: World) -> None:
    world.news()
    proof = ProofOfExistence(time=NOW, source=ProofSource.CHECK)
    verdict = world.judge(world.facts(), at=day(2036), proofs=(proof,)).verdicts[0]
    assert said(verdict) == undecided(SubIndication.OUT_OF_BOUNDS_NO_POE)
    assert (verdict.best_signature_time, verdict.proofs[0]) == (None, proof)
