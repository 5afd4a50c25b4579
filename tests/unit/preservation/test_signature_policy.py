"""The signature policy: the shipped one, and that every mistake in one is told."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from model.errors import ConfigurationError
from model.findings import Outcome, Severity
from model.signatures import (
    AlgorithmUse,
    FileSignatures,
    Indication,
    Process,
    Role,
    SignatureReport,
    SignatureVerdict,
    SignedState,
    SubIndication,
)
from preservation.signatures.judging.required import required_signatures
from preservation.signatures.policy import (
    SHIPPED,
    IntakeAction,
    RequiredAction,
    RevocationRule,
    load_signature_policy,
)
from preservation.trust.store import Purpose

TEXT = SHIPPED.read_text(encoding="utf-8")
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def write(tmp_path: Path) -> Path:
    return tmp_path / "policy.toml"


def test_shipped_policy() -> None:
    policy = load_signature_policy()
    assert re.fullmatch(r"chauban-signatures-2026-1\+[0-9a-f]{12}", policy.id)
    assert all(policy.revocation[purpose].rule is RevocationRule.REQUIRE for purpose in Purpose)
    assert policy.certificate[Purpose.TSA].extended_key_usage == {"time_stamping"}
    assert not policy.fetch.enabled
    assert policy.required_action is RequiredAction.WARN


@pytest.mark.parametrize(
    ("name", "use", "size", "allowed", "until"),
    [
        ("sha1", "digest", 0, True, datetime(2012, 8, 1, tzinfo=UTC)),
        ("sha1", "imprint", 0, True, datetime(2012, 8, 1, tzinfo=UTC)),
        ("sha256", "digest", 0, True, None),
        ("sha256", "signature", 0, False, None),
        ("md5", "digest", 0, False, None),
        ("rsa", "signature", 2048, True, datetime(2029, 1, 1, tzinfo=UTC)),
        ("rsa", "signature", 2047, False, None),
        ("rsa-pss", "signature", 2048, True, datetime(2029, 1, 1, tzinfo=UTC)),
        ("rsa-pss", "signature", 4096, True, None),
        ("ecdsa", "signature", 256, True, None),
        ("ecdsa", "signature", 224, False, None),
        ("dsa", "signature", 3072, False, None),
    ],
)
def test_algorithms(name: str, use: str, size: int, allowed: bool, until: datetime | None) -> None:
    policy = load_signature_policy()
    window = policy.window(name, use, size)
    assert (window.allowed, window.until) == (allowed, until)
    assert policy.until(AlgorithmUse(use=use, name=name, key_size=size)) == until
    if until is not None:
        assert window.at(until - timedelta(seconds=1))
        assert not window.at(until)


def test_beginning_of_an_algorithm(write: Path) -> None:
    write.write_text(TEXT.replace('name = "sha224"', 'name = "sha224"\nfrom = 2020-01-01T00:00:00Z'), encoding="utf-8")
    window = load_signature_policy(write).window("sha224", "digest", 0)
    assert not window.at(datetime(2019, 1, 1, tzinfo=UTC))
    assert window.at(datetime(2021, 1, 1, tzinfo=UTC))


def test_two_different_policies_have_different_ids(write: Path) -> None:
    write.write_text(TEXT + "\n# changed\n", encoding="utf-8")
    assert load_signature_policy(write).id != load_signature_policy().id


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('id = "', 'name = "'),
        ("clock_tolerance_seconds = 60", "clock_tolerance_seconds = 36000"),
        ("clock_tolerance_seconds = 60", 'clock_tolerance_seconds = "60"'),
        ("clock_tolerance_seconds = 60", "clock_tolerance_seconds = -1"),
        ('rule = "require"', 'rule = "never"'),
        ("[revocation.tsa]", "[revocation.web]"),
        ("max_age_hours = 0", "max_age_hour = 0"),
        ("policies = []", 'policies = "1.2.3"'),
        ('use = "digest"', 'use = "anything"'),
        ("until = 2012-08-01T00:00:00Z", "until = 2012-08-01"),
        ("minimum_size = 2048", "minimum_size = true"),
        ('"TOTAL-FAILED" = "refuse"', '"TOTAL-FAILED" = "delete"'),
        ('"TOTAL-FAILED" = "refuse"', '"INDETERMINATE/NOT_A_WORD" = "warn"'),
        ('"none" = "pass"\n', ""),
        ('signers = ["person", "agency"]', 'signers = ["person", "president"]'),
        ('signers = ["person", "agency"]', 'signers = [""]'),
        ('"01", "02"', '"33", "02"'),
        ('action = "warn"', 'action = "shout"'),
        ("enabled = false", 'enabled = "no"'),
        ("timeout_seconds = 10", "timeout_seconds = -10"),
        ("warn_days = 730", "warn_days = 99999999999"),
        ("[fetch]", "[fetch]\nproxy = 1"),
        ("[intake]", "[intake"),
    ],
)
def test_every_mistake_is_told(write: Path, old: str, new: str) -> None:
    assert old in TEXT
    write.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=re.escape(str(write))):
        load_signature_policy(write)


def test_files_that_are_no_policy(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\x00")
    (tmp_path / "huge").write_bytes(b"#" * (2 << 20))
    for path in (tmp_path / "absent", tmp_path / "binary", tmp_path / "huge", tmp_path):
        with pytest.raises(ConfigurationError):
            load_signature_policy(path)


def test_intake_actions(write: Path) -> None:
    exact = '"INDETERMINATE/NO_CERTIFICATE_CHAIN_FOUND" = "refuse"\n"none" = "warn"'
    write.write_text(TEXT.replace('"none" = "pass"', exact), encoding="utf-8")
    policy = load_signature_policy(write)
    indeterminate = Indication.INDETERMINATE
    assert policy.action(Indication.TOTAL_PASSED, None) is IntakeAction.PASS
    assert policy.action(indeterminate, SubIndication.TRY_LATER) is IntakeAction.WARN
    assert policy.action(indeterminate, SubIndication.NO_CERTIFICATE_CHAIN_FOUND) is IntakeAction.REFUSE
    assert policy.worst_action(SignedState.UNSIGNED, ()) is IntakeAction.WARN
    assert policy.worst_action(SignedState.UNREADABLE, ()) is IntakeAction.WARN
    assert policy.worst_action(SignedState.NOT_SIGNABLE, ()) is IntakeAction.PASS
    good = verdict(Role.PERSON)
    bad = verdict(Role.PERSON, indication=Indication.TOTAL_FAILED, sub_indication=SubIndication.HASH_FAILURE)
    assert policy.worst_action(SignedState.SIGNED, (good, bad)) is IntakeAction.REFUSE
    assert policy.worst_action(SignedState.SIGNED, (good,)) is IntakeAction.PASS


# --- required signatures -----------------------------------------------------------------------------------------


def verdict(role: Role, **changes: object) -> SignatureVerdict:
    given = {"id": "1", "indication": Indication.TOTAL_PASSED, "process": Process.BASIC, "validation_time": NOW}
    return SignatureVerdict(role=role, **(given | changes))  # type: ignore[arg-type]  # a test's shorthand


def report(*verdicts: SignatureVerdict) -> SignatureReport:
    file = FileSignatures(path="a.pdf", state=SignedState.SIGNED)
    return SignatureReport(file=file, verdicts=verdicts, outcome=Outcome.PASSED, checked_at=NOW)


def missing(document_type: str, *reports: SignatureReport) -> list[str]:
    found = required_signatures(document_type, reports, load_signature_policy())
    return [dict(finding.args).get("who", finding.code) for finding in found]


def test_decision_needs_person_and_agency() -> None:
    person, agency = verdict(Role.PERSON), verdict(Role.AGENCY)
    assert missing("02", report(person, agency)) == []
    assert missing("02", report(person), report(agency)) == []
    assert missing("02", report(person)) == ["agency"]
    assert missing("02", report(agency)) == ["person"]
    assert missing("02") == ["person", "agency"]
    assert missing("32") == []


def test_signature_of_unknown_role_stands_for_one() -> None:
    unknown = verdict(Role.UNKNOWN)
    assert missing("02", report(verdict(Role.PERSON), unknown)) == []
    assert missing("02", report(unknown)) == ["agency"]


def test_signature_that_did_not_pass_is_none() -> None:
    doubtful = verdict(Role.AGENCY, indication=Indication.INDETERMINATE, sub_indication=SubIndication.TRY_LATER)
    assert missing("02", report(verdict(Role.PERSON), doubtful)) == ["agency"]


def test_agency_signs_after_the_person() -> None:
    later = NOW + timedelta(hours=1)
    person, agency = verdict(Role.PERSON, best_signature_time=later), verdict(Role.AGENCY, best_signature_time=NOW)
    assert missing("02", report(person, agency)) == ["signature.required-order"]
    assert missing("02", report(verdict(Role.PERSON), agency)) == []


@pytest.mark.parametrize(("action", "expected"), [("off", []), ("warn", ["warning"] * 2), ("refuse", ["error"] * 2)])
def test_weight_is_the_policys(write: Path, action: str, expected: list[str]) -> None:
    write.write_text(TEXT.replace('action = "warn"', f'action = "{action}"'), encoding="utf-8")
    findings = required_signatures("02", (), load_signature_policy(write))
    assert [finding.severity.value for finding in findings] == expected
    assert all(finding.severity in set(Severity) for finding in findings)
