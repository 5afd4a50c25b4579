"""A single timestamp token judged at a time: what an evidence record is made of.

Source:
    ETSI EN 319 102-1 v1.4.1, 5.4; RFC 4998 5.3 (each timestamp holds at the time of the one that renews it)
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from model.findings import Outcome
from model.material import Material, MaterialItem, MaterialKind, MaterialSource
from model.signatures import FileSignatures, Integrity, SignedState, SubIndication, TimestampKind
from preservation.evidence.values import TokenVerdict
from preservation.signatures.judging.desk import Desk, trust_crls
from preservation.signatures.judging.stamps import judge_stamps
from preservation.signatures.judging.values import Collector, Judging
from preservation.signatures.policy import SignaturePolicy
from preservation.timestamps.token import timestamp_facts
from preservation.trust.store import TrustStore


def judge_token(
    token: bytes,
    imprint: Callable[[str], bytes | None],
    judging: Judging,
    *,
    id: str,
    material: Iterable[MaterialItem] = (),
) -> TokenVerdict:
    """Return what a token is worth at the time of a judgement, with the validation data it carries itself.

    Args:
        token: DER `TimeStampToken`.
        imprint: digest of what it stamps, by algorithm name.
        judging: trust (purpose tsa), policy and the time.
        id: names it in findings.
        material: further validation data that is at hand.
    """
    at_hand = Material()
    at_hand.update(material)
    facts = timestamp_facts(token, imprint, id=id, kind=TimestampKind.ARCHIVE, material=at_hand)
    desk = Desk(at_hand, judging)
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


def token_material(token: bytes, imprint: Callable[[str], bytes | None], judging: Judging) -> tuple[MaterialItem, ...]:
    """Return the certificates of a token's paths and all that is said of their revocation, as far as it is at hand.

    Args:
        token: DER `TimeStampToken`.
        imprint: digest of what it stamps, by algorithm name.
        judging: trust (purpose tsa), policy and the time; its collector fetches what is missing.
    """
    material = Material()
    facts = timestamp_facts(token, imprint, id="timestamp", kind=TimestampKind.ARCHIVE, material=material)
    desk = Desk(material, judging)
    desk.lay_out()
    (stamp,) = judge_stamps(FileSignatures(path="", state=SignedState.UNSIGNED, timestamps=(facts,)), desk).file
    found = Material()
    lists = dict(trust_crls(judging))
    for subject in stamp.held.subjects if stamp.held else ():
        for cert in subject.route.certs:
            found.add(MaterialKind.CERTIFICATE, cert.der, MaterialSource.TRUST_STORE)
        for statement in (one for said in subject.said for one in said):
            if statement.material in material.items:
                found.keep(material.items[statement.material])
            elif statement.material in lists:
                found.add(MaterialKind.CRL, lists[statement.material], MaterialSource.TRUST_STORE)
            for signer in statement.signers:
                if signer in material.items:
                    found.keep(material.items[signer])
    return tuple(found)


def token_check(
    trust: TrustStore,
    policy: SignaturePolicy,
    now: Callable[[], datetime],
    collector: Callable[[], Collector | None] = lambda: None,
) -> Callable[[bytes, Callable[[str], bytes | None]], TokenVerdict]:
    """Return what judges each new token of a timestamp authority at the time it arrives.

    Args:
        trust: who is trusted for timestamps.
        policy: the signature policy.
        now: tells the time.
        collector: gives what fetches missing validation material for one token; by default nothing is fetched.
    """

    def check(token: bytes, imprint: Callable[[str], bytes | None]) -> TokenVerdict:
        judging = Judging(trust=trust, policy=policy, at=now(), collector=collector())
        return judge_token(token, imprint, judging, id="timestamp")

    return check
