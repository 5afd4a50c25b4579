"""Which CRLs and OCSP responses count, and who may sign them."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from model.material import MaterialKind
from model.signatures import Indication, SubIndication
from tests.fakes.judging import NOW, Entity, World, day

OCSP_EKU = (ExtendedKeyUsageOID.OCSP_SIGNING,)
MISSING = SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE


@pytest.fixture
def world() -> World:
    """News of the authorities is here, none of the signer."""
    made = World()
    made.carry(made.root.crl(NOW))
    return made


def verdict_of(world: World, signer: Entity | None = None) -> SubIndication | str:
    verdict = world.judge(world.facts(signer)).verdicts[0]
    return "passed" if verdict.indication is Indication.TOTAL_PASSED else verdict.sub_indication or ""


def ocsp(world: World, content: bytes) -> None:
    world.carry(content, kind=MaterialKind.OCSP)


def test_ocsp_of_the_issuer(world: World) -> None:
    ocsp(world, world.ca.ocsp(world.person, NOW))
    verdict = world.judge(world.facts()).verdicts[0]
    assert verdict.indication is Indication.TOTAL_PASSED
    assert (verdict.revocations[0].kind, verdict.revocations[1].kind) == ("ocsp", "crl")


def test_ocsp_that_says_revoked(world: World) -> None:
    ocsp(world, world.ca.ocsp(world.person, NOW, revoked=day(2026, 2, 1)))
    assert verdict_of(world) is SubIndication.REVOKED_NO_POE


def test_any_word_of_a_revocation_wins_over_good_ones(world: World) -> None:
    ocsp(world, world.ca.ocsp(world.person, NOW))
    world.carry(world.ca.crl(NOW - timedelta(days=1), [(world.person, day(2026, 2, 1), "superseded")]))
    assert verdict_of(world) is SubIndication.REVOKED_NO_POE


def test_ocsp_without_next_update_counts_for_a_day(world: World) -> None:
    ocsp(world, world.ca.ocsp(world.person, NOW - timedelta(hours=23), hours=None))
    assert verdict_of(world) == "passed"
    world.at = NOW + timedelta(hours=2)
    assert verdict_of(world) is SubIndication.TRY_LATER


def test_ocsp_of_a_delegate(world: World) -> None:
    responder = world.ca.issue("Responder", eku=OCSP_EKU)
    ocsp(world, world.ca.ocsp(world.person, NOW, responder=responder))
    assert verdict_of(world) == "passed"


@pytest.mark.parametrize("kind", ["no purpose", "other issuer", "ended"])
def test_ocsp_of_somebody_else(world: World, kind: str) -> None:
    if kind == "no purpose":
        responder = world.ca.issue("Responder")
    elif kind == "other issuer":
        responder = world.tsa_ca.issue("Responder", eku=OCSP_EKU)
    else:
        responder = world.ca.issue("Responder", life=(day(2020), day(2025)), eku=OCSP_EKU)
    ocsp(world, world.ca.ocsp(world.person, NOW, responder=responder))
    assert verdict_of(world) is MISSING


def test_ocsp_of_a_delegate_that_was_revoked(world: World) -> None:
    responder = world.ca.issue("Responder", eku=OCSP_EKU)
    ocsp(world, world.ca.ocsp(world.person, NOW, responder=responder))
    world.carry(world.ca.crl(NOW - timedelta(days=30), [(responder, day(2026, 1, 1), "key_compromise")]))
    assert verdict_of(world) is SubIndication.TRY_LATER


def test_ocsp_about_another_certificate(world: World) -> None:
    ocsp(world, world.ca.ocsp(world.ca.issue("Người khác"), NOW))
    assert verdict_of(world) is MISSING


def test_damaged_signatures_of_revocation_data(world: World) -> None:
    for content, kind in (
        (world.ca.crl(NOW), MaterialKind.CRL),
        (world.ca.ocsp(world.person, NOW), MaterialKind.OCSP),
    ):
        world.carry(content[:-1] + bytes([content[-1] ^ 1]), kind=kind)
    assert verdict_of(world) is MISSING


def test_crl_of_another_key_with_the_same_name(world: World) -> None:
    impostor = world.tsa_ca.issue("Signers CA", ca=True, key="another key")
    world.carry(impostor.der, kind=MaterialKind.CERTIFICATE)
    world.carry(impostor.crl(NOW))
    assert verdict_of(world) is MISSING


def test_crl_of_the_issuers_second_key(world: World) -> None:
    second = world.root.issue("Signers CA", ca=True, key="second key", life=(day(2018), day(2085)))
    world.carry(second.der, kind=MaterialKind.CERTIFICATE)
    world.carry(second.crl(NOW))
    assert verdict_of(world) == "passed"


def test_crl_of_a_certificate_that_may_not_sign_lists(world: World) -> None:
    second = world.root.issue("Signers CA", usage=("digital_signature",), key="second key")
    world.carry(second.der, kind=MaterialKind.CERTIFICATE)
    world.carry(second.crl(NOW))
    assert verdict_of(world) is MISSING


def scope(**changes: object) -> tuple[tuple[x509.IssuingDistributionPoint, bool], ...]:
    known: dict[str, object] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return ((x509.IssuingDistributionPoint(**(known | changes)), True),)


HERE = [x509.UniformResourceIdentifier("http://crl.example.vn/1.crl")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"only_contains_user_certs": True}, "passed"),
        ({"only_contains_ca_certs": True}, MISSING),
        ({"only_contains_attribute_certs": True}, MISSING),
        ({"only_some_reasons": frozenset({x509.ReasonFlags.key_compromise})}, MISSING),
        ({"full_name": HERE}, MISSING),
        ({"indirect_crl": True, "only_contains_user_certs": True}, "passed"),
    ],
)
def test_scope_of_a_list(world: World, changes: dict[str, object], expected: object) -> None:
    world.carry(world.ca.crl(NOW, extra=scope(**changes)))
    assert verdict_of(world) == expected


def test_list_for_a_part_counts_for_those_that_name_it(world: World) -> None:
    point = x509.CRLDistributionPoints([x509.DistributionPoint(HERE, None, None, None)])
    signer = world.ca.issue("Có điểm phân phối", extra=((point, False),))
    world.carry(world.ca.crl(NOW, extra=scope(full_name=HERE)))
    assert verdict_of(world, signer) == "passed"
    assert verdict_of(world) is MISSING


def test_list_of_some_reasons_that_names_the_certificate(world: World) -> None:
    reasons = scope(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise}))
    world.carry(world.ca.crl(NOW, [(world.person, day(2026, 2, 1), "key_compromise")], extra=reasons))
    assert verdict_of(world) is SubIndication.REVOKED_NO_POE


def test_delta_list_alone_proves_nothing_but_a_revocation(world: World) -> None:
    delta = ((x509.DeltaCRLIndicator(1), True),)
    world.carry(world.ca.crl(NOW, extra=delta))
    assert verdict_of(world) is MISSING
    world.carry(world.ca.crl(NOW, [(world.person, day(2026, 2, 1), "superseded")], extra=delta))
    assert verdict_of(world) is SubIndication.REVOKED_NO_POE


def test_list_with_an_unknown_critical_extension(world: World) -> None:
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
    world.carry(world.ca.crl(NOW, extra=((strange, True),)))
    assert verdict_of(world) is MISSING


def test_certificate_whose_issuer_gives_no_revocation_data(world: World) -> None:
    short = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.56"), b"\x05\x00")
    assert verdict_of(world, world.ca.issue("Ngắn hạn", extra=((short, False),))) == "passed"


def test_list_of_many_is_searched_fast(world: World) -> None:
    others = [world.ca.issue(f"Người {number}", key="shared") for number in range(3)]
    world.carry(world.ca.crl(NOW, [(one, day(2026, 2, 1), "unspecified") for one in others]))
    assert verdict_of(world) == "passed"
    assert verdict_of(world, others[1]) is SubIndication.REVOKED_NO_POE


def test_unreadable_material_is_named_and_left_aside(world: World) -> None:
    world.carry(b"no list at all", b"\x30\x03\x02\x01\x01")
    world.carry(b"\x30\x80", kind=MaterialKind.OCSP)
    world.carry(b"\x30\x00", kind=MaterialKind.CERTIFICATE)
    verdict = world.judge(world.facts()).verdicts[0]
    assert verdict.sub_indication is MISSING
    assert [finding.code for finding in verdict.findings].count("signature.material-unreadable") == 4
    world.carry(world.ca.crl(NOW))
    assert verdict_of(world) == "passed"
