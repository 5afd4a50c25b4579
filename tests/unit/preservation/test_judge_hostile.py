"""Certificates made to hurt: loops, floods and nonsense end as a verdict, in bounded time."""

import time
from dataclasses import replace

import pytest

from model.findings import Outcome
from model.material import Material, MaterialKind
from model.signatures import CertificateFacts, FileSignatures, Indication, SignedState, SubIndication
from preservation.signatures.judging import cascade, paths
from preservation.signatures.judging.judge import judge_file
from preservation.signatures.judging.values import Judging
from tests.fakes.judging import NOW, POLICY, Entity, World, day, signature

LIFE = (day(2018), day(2085))


@pytest.fixture
def world() -> World:
    return World()


def test_authorities_that_certify_one_another(world: World) -> None:
    first = world.root.issue("A", ca=True, life=LIFE)
    second = first.issue("B", ca=True, life=LIFE)
    loop = second.issue("A", ca=True, life=LIFE, key="A")
    world.carry(loop.der, kind=MaterialKind.CERTIFICATE)
    world.news()
    world.carry(first.crl(NOW), second.crl(NOW))
    verdict = world.judge(world.facts(second.issue("Ký"))).verdicts[0]
    assert verdict.indication is Indication.TOTAL_PASSED
    assert len(verdict.chain) == 4


def test_loop_that_leads_nowhere(world: World) -> None:
    first = Entity(world.ca.cert, world.ca.key)
    second = first.issue("B", ca=True, life=LIFE)
    back = second.issue("Signers CA", ca=True, life=LIFE, key="Signers CA")
    facts = world.facts(second.issue("Ký"))
    material = Material()
    for entity in (second, back):
        material.add(MaterialKind.CERTIFICATE, entity.der)
    material.add(MaterialKind.CERTIFICATE, world.material.get(facts.certificate.id) or b"")
    world.material = material
    assert world.judge(facts).verdicts[0].sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_flood_of_authorities_that_all_certify_one_another(world: World) -> None:
    names = [f"Mesh {number}" for number in range(7)]
    authorities = [world.tsa_ca.issue(name, ca=True, life=LIFE) for name in names]
    for one in authorities:
        for name in names:
            world.carry(one.issue(name, ca=True, life=LIFE, key=name).der, kind=MaterialKind.CERTIFICATE)
    facts = world.facts(authorities[0].issue("Ký"))
    material = Material()
    for identifier, item in world.material.items.items():
        if item.content not in {world.root.der, world.tsa_ca.der, *(one.der for one in authorities)}:
            material.items[identifier] = item
    world.material = material
    started = time.perf_counter()
    assert world.judge(facts).verdicts[0].sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert time.perf_counter() - started < 5


def test_flood_of_certificates_of_one_name(world: World) -> None:
    for number in range(600):
        impostor = Entity(world.root.cert, world.root.key).issue("Signers CA", ca=True, key=f"k{number % 5}")
        world.carry(impostor.der, kind=MaterialKind.CERTIFICATE)
    started = time.perf_counter()
    world.judge(world.facts())
    assert time.perf_counter() - started < 5


def test_path_longer_than_any_real_one(world: World) -> None:
    current = world.root
    for number in range(paths.MAX_DEPTH + 2):
        current = current.issue(f"Tầng {number}", ca=True, life=LIFE)
    verdict = world.judge(world.facts(current.issue("Ký"))).verdicts[0]
    assert verdict.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_nonsense_in_the_place_of_the_certificate(world: World) -> None:
    facts = world.facts()
    content = world.material.get(facts.certificate.id) or b""
    for spoilt in (b"", b"\x30\x00", content[:40], content[:-5], b"\x30\x82\xff\xff" + content[4:]):
        material = Material()
        identifier = material.add(MaterialKind.CERTIFICATE, spoilt)
        certificate = replace(facts.certificate, id=identifier)
        report = judge_file(
            FileSignatures(path="a", state=SignedState.SIGNED, signatures=(replace(facts, certificate=certificate),)),
            material,
            Judging(trust=world.trust, policy=POLICY, at=NOW),
        )
        assert report.outcome is Outcome.INDETERMINATE


def test_each_byte_of_a_certificate_spoilt(world: World) -> None:
    """Whatever byte is wrong: a verdict, never an error; and never a pass, since the issuer signed something else."""
    world.news()
    der = world.person.der
    for position in range(0, len(der), 3):
        spoilt = der[:position] + bytes([der[position] ^ 0x15]) + der[position + 1 :]
        identifier = world.material.add(MaterialKind.CERTIFICATE, spoilt)
        facts = signature(world.person)
        facts = replace(facts, certificate=replace(facts.certificate, id=identifier))
        verdict = world.judge(facts).verdicts[0]
        assert verdict.indication is Indication.INDETERMINATE, position
        del world.material.items[identifier]


def test_error_of_the_program_is_a_verdict_of_that_signature_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.news()
    bad, good = world.facts(id="bad"), world.facts(id="good")
    real = cascade.judge_case

    def breaks(case: cascade.Case) -> object:
        if case.facts.id == "bad":
            raise ValueError("math domain error")
        return real(case)

    monkeypatch.setattr("preservation.signatures.judging.judge.judge_case", breaks)
    report = world.judge(bad, good)
    assert report.verdicts[0].sub_indication is SubIndication.CUSTOM
    assert [finding.code for finding in report.verdicts[0].findings] == ["signature.checker-failed"]
    assert report.verdicts[1].indication is Indication.TOTAL_PASSED
    assert report.outcome is Outcome.INDETERMINATE


def test_facts_that_claim_another_certificate_than_the_material_holds(world: World) -> None:
    world.news()
    facts = world.facts()
    lying = replace(facts, certificate=replace(facts.certificate, name="Somebody else"))
    assert isinstance(lying.certificate, CertificateFacts)
    assert world.judge(lying).verdicts[0].chain[0] == facts.certificate.id


def test_a_thousand_files_by_one_signer_cost_one_path(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.news()
    facts = world.facts(timestamps=(world.stamp(),))
    world.judge(facts)
    asked = []
    monkeypatch.setattr(paths, "_against_rfc5280", lambda *_: asked.append(1))
    started = time.perf_counter()
    for _ in range(300):
        assert world.judge(facts).outcome is Outcome.PASSED
    assert asked == []
    assert time.perf_counter() - started < 6
