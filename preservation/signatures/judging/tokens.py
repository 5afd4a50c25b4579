"""A single timestamp token judged at a time: what an evidence record is made of.

Source:
    ETSI EN 319 102-1 v1.4.1, 5.4; RFC 4998 5.3 (each timestamp holds at the time of the one that renews it)
"""

from collections.abc import Callable

from model.findings import Outcome
from model.material import Material
from model.signatures import FileSignatures, Integrity, SignedState, SubIndication, TimestampKind
from preservation.evidence.values import TokenVerdict
from preservation.signatures.judging.desk import Desk
from preservation.signatures.judging.stamps import judge_stamps
from preservation.signatures.judging.values import Judging
from preservation.timestamps.token import timestamp_facts


def judge_token(token: bytes, imprint: Callable[[str], bytes | None], judging: Judging, *, id: str) -> TokenVerdict:
    """Return what a token is worth at the time of a judgement, with the validation data it carries itself.

    Args:
        token: DER `TimeStampToken`.
        imprint: digest of what it stamps, by algorithm name.
        judging: trust (purpose tsa), policy and the time.
        id: names it in findings.
    """
    material = Material()
    facts = timestamp_facts(token, imprint, id=id, kind=TimestampKind.ARCHIVE, material=material)
    desk = Desk(material, judging)
    desk.lay_out()
    (stamp,) = judge_stamps(FileSignatures(path=id, state=SignedState.UNSIGNED, timestamps=(facts,)), desk).file
    verdict = stamp.verdict
    if facts.integrity is Integrity.BROKEN or facts.imprint_matches is False:
        return TokenVerdict(
            outcome=Outcome.FAILED, sub_indication=SubIndication.SIG_CRYPTO_FAILURE, findings=verdict.findings
        )
    return TokenVerdict(
        outcome=verdict.outcome,
        sub_indication=verdict.sub_indication,
        holds_until=stamp.assessment.holds_until if stamp.assessment and stamp.good else None,
        findings=() if verdict.outcome is Outcome.PASSED else (*facts.findings, *verdict.findings),
    )
