"""The collector gathers issuers, lists and OCSP responses of a chain, and nothing that is not one of them."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from model.material import Material, MaterialKind, MaterialSource
from preservation.trust.collect import FetchingCollector
from preservation.trust.fetch import FetchFailure, FetchKind, FetchResult
from preservation.trust.settings import FetchSettings
from tests.fakes.pki import SIGNED, Pki, pki

POLICY = SimpleNamespace(fetch=FetchSettings(enabled=True))


class Answers:
    """Answers as the PKI's services would, but for what is given otherwise; remembers what was asked."""

    def __init__(self, source: Pki | None = None, **otherwise: FetchResult | bytes) -> None:
        self.source, self.otherwise = source or pki(), otherwise
        self.asked: list[tuple[str, FetchKind]] = []

    def __call__(self, url: str, kind: FetchKind, data: bytes | None = None) -> FetchResult:
        self.asked.append((url, kind))
        given = self.otherwise.get(kind.value)
        if isinstance(given, FetchResult):
            return given
        if given is not None:
            return FetchResult(url=url, content=given, obtained=SIGNED)
        status, content = self.source.answer(url, data, SIGNED)
        if status != 200:
            return FetchResult(url=url, failure=FetchFailure.STATUS, detail=str(status))
        return FetchResult(url=url, content=content, obtained=SIGNED)


def collected(*labels: str, answers: Answers, material: Material | None = None) -> Material:
    kept = material or Material()
    collector = FetchingCollector(answers)
    for label in labels:
        collector.collect([pki().certificate(label)], kept, SIGNED, POLICY)
    return kept


def test_collector_completes_chain_and_lists() -> None:
    answers = Answers()
    material = collected("person", answers=answers)
    assert [item.content for item in material.of(MaterialKind.CERTIFICATE)] == [
        pki().certificate("public-ca"),
        pki().certificate("root-public"),
    ]
    assert {item.content for item in material.of(MaterialKind.CRL)} == set(pki().crls("person"))
    assert not list(material.of(MaterialKind.OCSP)), "a list is enough"
    for item in material:
        assert item.source is MaterialSource.FETCHED
        assert item.url.startswith("http://pki.test/")
        assert item.obtained == SIGNED


def test_collector_asks_ocsp_where_there_is_no_list() -> None:
    answers = Answers()
    material = collected("person-ocsp", answers=answers)
    assert len(list(material.of(MaterialKind.OCSP))) == 1
    assert [item.url for item in material.of(MaterialKind.CRL)] == [pki().url("crls/root-public/latest.crl")]


@pytest.mark.parametrize(
    "bad",
    [
        b"garbage",
        b"",
        FetchResult(url="x", failure=FetchFailure.TIMEOUT),
        pki().crl("gov-ca"),
        pki().crl("public-ca", SIGNED - timedelta(days=40)),
    ],
    ids=["garbage", "empty", "timeout", "another authority's", "out of date"],
)
def test_collector_falls_back_to_ocsp(bad: bytes | FetchResult) -> None:
    answers = Answers(crl=bad)
    material = collected("person", answers=answers)
    assert len(list(material.of(MaterialKind.OCSP))) == 1
    current = [item.content for item in material.of(MaterialKind.CRL)]
    assert bad == pki().crl("public-ca", SIGNED - timedelta(days=40)) or not current


def test_collector_keeps_no_garbage() -> None:
    garbage = b"\x30\x03\x02\x01\x05"
    answers = Answers(crl=garbage, ocsp=garbage, certificate=garbage)
    assert len(collected("person", "person-ocsp", "agency", answers=answers)) == 0


def test_collector_keeps_no_foreign_answers() -> None:
    answers = Answers(ocsp=pki().ocsp("person"), certificate=pki().certificate("gov-ca"))
    material = collected("person-ocsp", answers=answers)
    assert len(material) == 0
    material = collected("person-ocsp", answers=answers, material=_with("public-ca"))
    assert not list(material.of(MaterialKind.OCSP)), "an answer about somebody else is none"


def _with(*labels: str) -> Material:
    material = Material()
    for label in labels:
        material.add(MaterialKind.CERTIFICATE, pki().certificate(label))
    return material


def test_collector_uses_issuers_that_are_here() -> None:
    answers = Answers()
    collected("person", answers=answers, material=_with("root-public", "public-ca"))
    assert all(kind is FetchKind.CRL for _, kind in answers.asked)


def test_collector_asks_once_for_several_signatures() -> None:
    answers = Answers()
    collected("person", "person-expiring", "person-revoked-after", answers=answers)
    assert len(answers.asked) == len(set(answers.asked)) == 4


def test_collector_obeys_the_number_of_requests() -> None:
    policy = SimpleNamespace(fetch=FetchSettings(enabled=True, max_requests=2))
    answers, material = Answers(), Material()
    collector = FetchingCollector(answers)
    for label in ("person", "person-gov", "person-ec", "tsa"):
        collector.collect([pki().certificate(label)], material, SIGNED, policy)
    assert len(answers.asked) == 2
    assert [result.failure for result in collector.failures] == [FetchFailure.BUDGET]
    (finding,) = collector.findings("a.pdf")
    assert "limit of requests" in finding.message()


def test_collector_obeys_the_time() -> None:
    policy = SimpleNamespace(fetch=FetchSettings(enabled=True, total=0.0))
    answers = Answers()
    FetchingCollector(answers).collect([pki().certificate("person")], Material(), SIGNED, policy)
    assert not answers.asked


def test_collector_asks_nothing_when_switched_off() -> None:
    answers = Answers()
    policy = SimpleNamespace(fetch=FetchSettings())
    FetchingCollector(answers).collect([pki().certificate("person")], Material(), SIGNED, policy)
    assert not answers.asked


def test_collector_asks_nothing_about_roots_and_responders() -> None:
    answers = Answers()
    collected("root-public", "root-ec", answers=answers)
    assert not answers.asked
    collected("public-ocsp", answers=answers, material=_with("public-ca", "root-public"))
    assert [url for url, _ in answers.asked] == [pki().url("crls/root-public/latest.crl")]


def test_collector_says_what_could_not_be_had() -> None:
    answers = Answers(crl=FetchResult(url="http://pki.test/x.crl", failure=FetchFailure.NOT_ALLOWED))
    collector = FetchingCollector(answers)
    collector.collect([pki().certificate("agency")], Material(), SIGNED, POLICY)
    finding = collector.findings("a.pdf")[0]
    assert finding.code == "trust.not-fetched"
    assert "does not list" in finding.message()
    assert finding.remedy()


@pytest.mark.parametrize("chain", [[], [b""], [b"garbage"], [b"\x30\x80"]])
def test_collector_survives_unreadable_chains(chain: list[bytes]) -> None:
    FetchingCollector(Answers()).collect(chain, Material(), SIGNED, POLICY)
