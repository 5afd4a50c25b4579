"""Each reason for which a signature does not pass, and the words for it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from model.findings import Outcome
from model.material import Material, MaterialKind, MaterialSource
from model.signatures import (
    AlgorithmUse,
    FileSignatures,
    Indication,
    Integrity,
    Modification,
    Process,
    Role,
    Scope,
    SignatureVerdict,
    SignedState,
    SubIndication,
)
from preservation.signatures.judging.judge import judge_file
from preservation.signatures.judging.values import Judging
from preservation.signatures.policy import RevocationRule
from preservation.trust.store import EMPTY_TRUST, Purpose
from tests.fakes.judging import NOW, POLICY, SIGNED, World, day, root, trust

PASSED = (Indication.TOTAL_PASSED, None)


def undecided(sub: SubIndication) -> tuple[Indication, SubIndication]:
    return Indication.INDETERMINATE, sub


def failed(sub: SubIndication) -> tuple[Indication, SubIndication]:
    return Indication.TOTAL_FAILED, sub


def said(verdict: SignatureVerdict) -> tuple[Indication, SubIndication | None]:
    return verdict.indication, verdict.sub_indication


def codes(verdict: SignatureVerdict) -> list[str]:
    return [finding.code for finding in verdict.findings]


@pytest.fixture
def world() -> World:
    return World()


def test_good_signature_passes_and_tells_everything(world: World) -> None:
    world.news()
    report = world.judge(world.facts())
    (verdict,) = report.verdicts
    assert said(verdict) == PASSED
    assert (verdict.process, verdict.engine_value) == (Process.BASIC, "PASSED")
    assert verdict.best_signature_time is None
    assert [proof.source.value for proof in verdict.proofs] == ["check"]
    assert len(verdict.chain) == 3
    assert verdict.anchor == verdict.chain[-1]
    assert [use.status for use in verdict.revocations] == ["good", "good"]
    assert verdict.holds_until == day(2029)
    assert (report.outcome, report.policy, report.trust) == (Outcome.PASSED, POLICY.id, world.trust.id)
    assert codes(verdict) == []


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (SubIndication.HASH_FAILURE, "signature.altered"),
        (SubIndication.SIG_CRYPTO_FAILURE, "signature.forged"),
        (SubIndication.FORMAT_FAILURE, "signature.format"),
        (None, "signature.forged"),
    ],
)
def test_broken_bytes_fail_whatever_the_certificate(world: World, failure: SubIndication | None, code: str) -> None:
    world.news()
    report = world.judge(world.facts(integrity=Integrity.BROKEN, failure=failure))
    assert said(report.verdicts[0]) == failed(failure or SubIndication.SIG_CRYPTO_FAILURE)
    assert codes(report.verdicts[0]) == [code]
    assert report.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (SubIndication.SIGNED_DATA_NOT_FOUND, "signature.document-missing"),
        (SubIndication.NO_SIGNING_CERTIFICATE_FOUND, "signature.no-certificate"),
        (SubIndication.FORMAT_FAILURE, "signature.unverifiable"),
        (None, "signature.unverifiable"),
    ],
)
def test_what_could_not_be_computed_is_undecided(world: World, failure: SubIndication | None, code: str) -> None:
    report = world.judge(world.facts(integrity=Integrity.UNKNOWN, failure=failure))
    assert said(report.verdicts[0]) == undecided(failure or SubIndication.CUSTOM)
    assert (report.verdicts[0].process, report.outcome) == (Process.NONE, Outcome.INDETERMINATE)
    assert codes(report.verdicts[0]) == [code]


def test_certificate_that_is_not_in_the_material(world: World) -> None:
    facts = world.facts()
    world.material = Material()
    assert said(world.judge(facts).verdicts[0]) == undecided(SubIndication.NO_SIGNING_CERTIFICATE_FOUND)


def test_unknown_issuer(world: World) -> None:
    stranger = root("Stranger").issue("Kẻ lạ")
    verdict = world.judge(world.facts(stranger)).verdicts[0]
    assert said(verdict) == undecided(SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
    assert codes(verdict)[0] == "signature.unknown-issuer"
    assert "Stranger" in verdict.findings[0].message()


def test_empty_trust_says_so_itself(world: World) -> None:
    verdict = world.judge(world.facts(), trust=EMPTY_TRUST).verdicts[0]
    assert said(verdict) == undecided(SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
    assert codes(verdict)[0] == "trust.empty"


def test_anchor_of_another_purpose_is_no_anchor(world: World) -> None:
    world.news()
    only_tsa = trust(world.root, purposes=(Purpose.TSA,))
    assert codes(world.judge(world.facts(), trust=only_tsa).verdicts[0])[0] == "trust.empty"


def test_anchor_not_confirmed_is_no_anchor(world: World) -> None:
    world.news()
    verdict = world.judge(world.facts(), trust=trust(world.root, confirmed=False)).verdicts[0]
    assert said(verdict) == undecided(SubIndication.NO_CERTIFICATE_CHAIN_FOUND)


def test_same_name_with_another_key_is_no_issuer(world: World) -> None:
    world.news()
    impostor = root("Root")
    forged = world.ca.issue("Nguyễn Văn An")
    other = World(root=impostor)
    assert said(other.judge(other.facts(forged)).verdicts[0]) == undecided(
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE
    )  # the test keys are shared by name: the path is real, only its news is missing
    strange = World(root=root("Another root"))
    assert said(strange.judge(strange.facts(forged)).verdicts[0]) == undecided(SubIndication.NO_CERTIFICATE_CHAIN_FOUND)


def test_wrong_key_usage(world: World) -> None:
    world.news()
    signer = world.ca.issue("Mã hóa", usage=("key_encipherment",))
    verdict = world.judge(world.facts(signer)).verdicts[0]
    assert said(verdict) == undecided(SubIndication.CHAIN_CONSTRAINTS_FAILURE)
    assert verdict.engine_value == "InvalidCertificateError"
    assert "key_encipherment" in verdict.findings[0].message()


def test_no_key_usage_at_all_is_no_restriction(world: World) -> None:
    world.news()
    assert said(world.judge(world.facts(world.ca.issue("Tự do", usage=()))).verdicts[0]) == PASSED


def test_certificate_of_a_server_only(world: World) -> None:
    world.news()
    signer = world.ca.issue("may-chu.example.vn", eku=(ExtendedKeyUsageOID.SERVER_AUTH,))
    assert said(world.judge(world.facts(signer)).verdicts[0]) == undecided(SubIndication.CHAIN_CONSTRAINTS_FAILURE)
    both = world.ca.issue("hai việc", eku=(ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION))
    assert said(world.judge(world.facts(both)).verdicts[0]) == PASSED


def test_issuer_that_is_no_authority(world: World) -> None:
    world.news()
    fake = world.person.issue("Con của An")
    world.carry(world.person.crl(NOW))
    verdict = world.judge(world.facts(fake)).verdicts[0]
    assert said(verdict) == undecided(SubIndication.CHAIN_CONSTRAINTS_FAILURE)
    assert verdict.engine_value == "PathValidationError"


def test_certificate_policies_must_hold_when_asked_for(world: World) -> None:
    world.news()
    oid = "2.16.704.1.1"
    rules = replace(POLICY.certificate[Purpose.DOCUMENT_SIGNER], policies=frozenset({oid}))
    policy = replace(POLICY, certificate={**POLICY.certificate, Purpose.DOCUMENT_SIGNER: rules})
    assert said(world.judge(world.facts(), policy=policy).verdicts[0]) == undecided(
        SubIndication.CHAIN_CONSTRAINTS_FAILURE
    )
    stated = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(oid), None)])
    ca = world.root.issue("Policy CA", ca=True, life=(day(2018), day(2085)), extra=((stated, False),))
    world.carry(ca.crl(NOW))
    signer = ca.issue("Theo chính sách", extra=((stated, False),))
    assert said(world.judge(world.facts(signer), policy=policy).verdicts[0]) == PASSED


def test_certificates_never_valid_together(world: World) -> None:
    signer = world.ca.issue("Quá sớm", life=(day(2010), day(2012)))
    verdict = world.judge(world.facts(signer)).verdicts[0]
    assert said(verdict) == undecided(SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE)
    assert codes(verdict)[0] == "signature.chain-unsound"


def test_revocation_missing(world: World) -> None:
    verdict = world.judge(world.facts()).verdicts[0]
    assert said(verdict) == undecided(SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE)
    assert codes(verdict)[0] == "signature.revocation-unknown"
    assert [use.status for use in verdict.revocations] == ["unknown", "unknown"]


def test_revocation_missing_is_accepted_where_the_policy_says_so(world: World) -> None:
    lenient = {
        purpose: replace(settings, rule=RevocationRule.IF_AVAILABLE) for purpose, settings in POLICY.revocation.items()
    }
    verdict = world.judge(world.facts(), policy=replace(POLICY, revocation=lenient)).verdicts[0]
    assert said(verdict) == PASSED
    assert codes(verdict) == ["signature.revocation-not-required"] * 2


def test_revocation_stale(world: World) -> None:
    world.news(NOW - timedelta(days=30))
    verdict = world.judge(world.facts()).verdicts[0]
    assert said(verdict) == undecided(SubIndication.TRY_LATER)
    assert verdict.engine_value == "StaleRevinfoError"


def test_maximum_age_is_shorter_than_the_next_update(world: World) -> None:
    world.news(NOW - timedelta(days=3))
    assert said(world.judge(world.facts()).verdicts[0]) == PASSED
    strict = {purpose: replace(settings, max_age=timedelta(days=1)) for purpose, settings in POLICY.revocation.items()}
    assert said(world.judge(world.facts(), policy=replace(POLICY, revocation=strict)).verdicts[0]) == undecided(
        SubIndication.TRY_LATER
    )


def test_grace_period_waits_for_newer_data(world: World) -> None:
    waiting = {purpose: replace(settings, grace=timedelta(hours=24)) for purpose, settings in POLICY.revocation.items()}
    policy, hour = replace(POLICY, revocation=waiting), timedelta(hours=1)
    facts = world.facts(timestamps=(world.stamp(),))
    world.news(SIGNED + hour)
    verdict = world.judge(facts, policy=policy, at=SIGNED + 2 * hour).verdicts[0]
    assert said(verdict) == undecided(SubIndication.TRY_LATER)
    world.news(SIGNED + 25 * hour)
    assert said(world.judge(facts, policy=policy, at=SIGNED + 26 * hour).verdicts[0]) == PASSED


def test_revoked_without_proof(world: World) -> None:
    world.news(revoked=[(world.person, day(2026, 2, 1), "key_compromise")])
    verdict = world.judge(world.facts()).verdicts[0]
    assert said(verdict) == undecided(SubIndication.REVOKED_NO_POE)
    assert verdict.revocations[0].status == "revoked"
    assert verdict.revocations[0].revoked_at == day(2026, 2, 1)
    assert "key_compromise" in verdict.findings[0].message()


def test_revoked_authority(world: World) -> None:
    world.news(revoked=[(world.ca, day(2026, 2, 1), "ca_compromise")])
    verdict = world.judge(world.facts()).verdicts[0]
    assert said(verdict) == undecided(SubIndication.REVOKED_CA_NO_POE)


def test_revocation_after_the_checked_time_does_not_count(world: World) -> None:
    world.news(day(2026, 4, 2), revoked=[(world.person, day(2026, 4, 1), "superseded")])
    assert said(world.judge(world.facts()).verdicts[0]) == PASSED


def test_suspended_certificate_may_come_back(world: World) -> None:
    world.news(revoked=[(world.person, day(2026, 2, 1), "certificate_hold")])
    assert said(world.judge(world.facts()).verdicts[0]) == undecided(SubIndication.TRY_LATER)
    world.news(NOW + timedelta(hours=1))
    assert said(world.judge(world.facts(), at=NOW + timedelta(hours=2)).verdicts[0]) == PASSED


def test_expired_and_not_yet_valid(world: World) -> None:
    world.news(day(2030))
    assert said(world.judge(world.facts(), at=day(2030)).verdicts[0]) == undecided(SubIndication.OUT_OF_BOUNDS_NO_POE)
    world.news(day(2028, 12, 31))
    assert said(world.judge(world.facts(), at=day(2030)).verdicts[0]) == undecided(
        SubIndication.OUT_OF_BOUNDS_NOT_REVOKED
    )
    assert said(world.judge(world.facts(), at=day(2020)).verdicts[0]) == undecided(SubIndication.OUT_OF_BOUNDS_NO_POE)


def test_expired_authority(world: World) -> None:
    ca = world.root.issue("Short CA", ca=True, life=(day(2018), day(2027)))
    world.news(day(2028))
    world.carry(ca.crl(day(2028)))
    verdict = world.judge(world.facts(ca.issue("Dài hơn CA")), at=day(2028)).verdicts[0]
    assert said(verdict) == undecided(SubIndication.OUT_OF_BOUNDS_NO_POE)
    assert "Short CA" in verdict.findings[0].message()


def test_weak_algorithms(world: World) -> None:
    world.news()
    sha1 = world.facts(algorithms=(AlgorithmUse(use="digest", name="sha1"),))
    assert said(world.judge(sha1).verdicts[0]) == undecided(SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE)
    for use in (
        AlgorithmUse(use="digest", name="md5"),
        AlgorithmUse(use="signature", name="rsa", key_size=1024),
        AlgorithmUse(use="signature", name="1.2.3.4"),
    ):
        verdict = world.judge(world.facts(algorithms=(use,))).verdicts[0]
        assert said(verdict) == undecided(SubIndication.CRYPTO_CONSTRAINTS_FAILURE)
        assert use.name in verdict.findings[0].message()


def test_algorithm_that_will_end_is_announced(world: World) -> None:
    world.news(day(2028))
    facts = world.facts(algorithms=(AlgorithmUse(use="signature", name="rsa", key_size=2048),))
    verdict = world.judge(facts, at=day(2028)).verdicts[0]
    assert said(verdict) == PASSED
    assert codes(verdict) == ["signature.algorithm-ending"]
    assert verdict.holds_until == day(2029)


def test_trust_that_ended(world: World) -> None:
    world.news()
    ended = trust(world.root, valid_until=day(2026, 1, 1))
    verdict = world.judge(world.facts(), trust=ended).verdicts[0]
    assert said(verdict) == undecided(SubIndication.NO_CERTIFICATE_CHAIN_FOUND_NO_POE)
    later = trust(world.root, valid_from=day(2027))
    assert said(world.judge(world.facts(), trust=later).verdicts[0]) == undecided(
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    )


def test_suspicious_change_and_missing_coverage_never_pass(world: World) -> None:
    world.news()
    changed = world.facts(modification=Modification.SUSPICIOUS, changes=("page added",))
    verdict = world.judge(changed).verdicts[0]
    assert said(verdict) == undecided(SubIndication.SIG_CONSTRAINTS_FAILURE)
    assert "page added" in verdict.findings[0].message()
    partly = world.judge(world.facts(scope=Scope(whole_document=False))).verdicts[0]
    assert said(partly) == undecided(SubIndication.SIG_CONSTRAINTS_FAILURE)
    assert codes(partly) == ["signature.not-whole"]
    both = world.facts(modification=Modification.SUSPICIOUS, scope=Scope(whole_document=False))
    assert len(codes(world.judge(both).verdicts[0])) == 2


def test_change_is_told_also_where_the_certificate_decides(world: World) -> None:
    verdict = world.judge(world.facts(modification=Modification.SUSPICIOUS, changes=("x",))).verdicts[0]
    assert said(verdict) == undecided(SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE)
    assert codes(verdict) == ["signature.revocation-unknown", "signature.modified-after-signing"]


def test_condition_found_in_the_bytes_comes_last(world: World) -> None:
    facts = world.facts(failure=SubIndication.SIG_CONSTRAINTS_FAILURE)
    assert said(world.judge(facts).verdicts[0]) == undecided(SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE)
    world.news()
    assert said(world.judge(facts).verdicts[0]) == undecided(SubIndication.SIG_CONSTRAINTS_FAILURE)


def test_role_from_the_anchor_before_the_certificate(world: World) -> None:
    world.news()
    facts = world.facts()
    facts = replace(facts, certificate=replace(facts.certificate, role=Role.PERSON))
    seal = trust(world.root, purposes=(Purpose.AGENCY_SEAL,))
    assert world.judge(facts, trust=seal).verdicts[0].role is Role.AGENCY
    assert world.judge(facts).verdicts[0].role is Role.PERSON


def test_anchor_that_signs_itself_needs_no_news(world: World) -> None:
    self_signed = trust(world.person)
    verdict = world.judge(world.facts(), trust=self_signed).verdicts[0]
    assert said(verdict) == PASSED
    assert [use.status for use in verdict.revocations] == ["not-needed"]


def test_files_without_signatures(world: World) -> None:
    judging = Judging(trust=world.trust, policy=POLICY, at=NOW)
    for state, code in (
        (SignedState.UNSIGNED, "signature.none"),
        (SignedState.NOT_SIGNABLE, "signature.not-signable"),
        (SignedState.UNREADABLE, "signature.cannot-verify"),
    ):
        report = judge_file(FileSignatures(path="a.pdf", state=state), Material(), judging)
        assert report.outcome is Outcome.INDETERMINATE
        assert [finding.code for finding in report.file.findings] == [code]
        assert judge_file(report.file, Material(), judging).file == report.file


def test_outcome_of_several_signatures(world: World) -> None:
    world.news()
    good, unknown = world.facts(), world.facts(id="2", integrity=Integrity.UNKNOWN)
    broken = world.facts(id="3", integrity=Integrity.BROKEN)
    assert world.judge(good, replace(good, id="4")).outcome is Outcome.PASSED
    assert world.judge(good, unknown).outcome is Outcome.INDETERMINATE
    assert world.judge(good, unknown, broken).outcome is Outcome.FAILED


def test_claimed_time(world: World) -> None:
    world.news()
    assert codes(world.judge(world.facts(claimed_signing_time=SIGNED)).verdicts[0]) == ["signature.time-unproven"]
    late = world.facts(claimed_signing_time=SIGNED + timedelta(days=1), timestamps=(world.stamp(),))
    verdict = world.judge(late).verdicts[0]
    assert (said(verdict), codes(verdict)) == (PASSED, ["signature.claimed-time-late"])


def test_collector_is_asked_once_and_only_for_what_is_missing(world: World) -> None:
    asked: list[int] = []

    class Fetching:
        def collect(self, chain: tuple[bytes, ...], material: Material, at: datetime, policy: object) -> None:
            asked.append(len(chain))
            for issuer in (world.root, world.ca):
                material.add(MaterialKind.CRL, issuer.crl(at), MaterialSource.FETCHED)

    world.collector = Fetching()
    facts = world.facts()
    assert said(world.judge(facts, replace(facts, id="2")).verdicts[1]) == PASSED
    assert asked == [3]
    assert said(world.judge(facts).verdicts[0]) == PASSED
    assert asked == [3]


def test_missing_issuer_is_fetched(world: World) -> None:
    class Fetching:
        def collect(self, chain: tuple[bytes, ...], material: Material, at: datetime, policy: object) -> None:
            material.add(MaterialKind.CERTIFICATE, world.ca.der, MaterialSource.FETCHED)

    world.news()
    facts = world.facts()
    ca = world.carry(world.ca.der, kind=MaterialKind.CERTIFICATE)[0]
    del world.material.items[ca]
    assert said(world.judge(facts).verdicts[0]) == undecided(SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
    assert said(world.judge(facts, collector=Fetching()).verdicts[0]) == PASSED


def test_what_of_the_trust_store_was_used_joins_the_material(world: World) -> None:
    store = replace(
        trust(world.root),
        intermediates=(world.ca.der,),
        crls=(world.root.crl(NOW), world.ca.crl(NOW), world.tsa_ca.crl(NOW)),
    )
    facts = world.facts()
    for entity in (world.root, world.ca):
        del world.material.items[world.carry(entity.der, kind=MaterialKind.CERTIFICATE)[0]]
    first = world.judge(facts, trust=store)
    assert said(first.verdicts[0]) == PASSED
    kept = [item.kind for item in world.material if item.source is MaterialSource.TRUST_STORE]
    assert sorted(kept) == [MaterialKind.CERTIFICATE] * 2 + [MaterialKind.CRL] * 2
    again = world.judge(facts, trust=trust(world.root))
    assert (said(again.verdicts[0]), again.verdicts[0].chain) == (PASSED, first.verdicts[0].chain)
