"""Trusted lists (ETSI TS 119 612): only a pinned signer counts, windows follow the history, old lists say no more."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from model.errors import InputError
from preservation.trust.editing import add_list
from preservation.trust.lists import BadList, head_of, merged, read_list, signing_certificates, verified_list
from preservation.trust.store import Anchor, Purpose, TrustedList, load_trust
from preservation.trust.updating import bring, sources
from tests.fakes.pki import pki
from tests.fakes.trusted_lists import NEXT, Service, lists_of, signed_list

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def entry(content: bytes, *signers: str) -> TrustedList:
    return TrustedList(file="lists/vn.xml", content=content, signers=signers or (pin("agency"),))


def pin(label: str) -> str:
    return hashlib.sha256(pki().certificate(label)).hexdigest()


def test_services_become_anchors_by_purpose_and_window() -> None:
    content = signed_list(
        Service(label="public-ca", kinds=("ForeSignatures", "ForeSeals")),
        Service(label="gov-ca", kinds=("ForeSeals",)),
        Service(label="ec-ca", kinds=("ForWebSiteAuthentication",)),
        Service(label="revoked-ca", status="withdrawn", history=(("granted", datetime(2020, 1, 1, tzinfo=UTC)),)),
        Service(label="tsa-ca", type="TSA/QTST"),
    )
    read = read_list(entry(content), NOW)
    assert read.findings == ()
    found = {anchor.id: anchor for anchor in read.services}
    assert found[pin("public-ca")].purposes == (Purpose.DOCUMENT_SIGNER, Purpose.AGENCY_SEAL)
    assert found[pin("gov-ca")].purposes == (Purpose.AGENCY_SEAL,)
    assert found[pin("tsa-ca")].purposes == (Purpose.TSA,)
    assert pin("ec-ca") not in found
    withdrawn = found[pin("revoked-ca")]
    assert (withdrawn.valid_from, withdrawn.valid_until) == (
        datetime(2020, 1, 1, tzinfo=UTC),
        datetime(2024, 1, 1, tzinfo=UTC),
    )
    assert found[pin("tsa-ca")].valid_until == NEXT, "a list vouches until its next issue"
    assert "VN 7" in found[pin("tsa-ca")].source


@pytest.mark.parametrize(
    ("content", "signers", "code"),
    [
        (signed_list(Service(label="gov-ca")), (), "trust.list-unpinned"),
        (signed_list(Service(label="gov-ca")), ("00" * 32,), "trust.list-not-verified"),
        (signed_list(Service(label="gov-ca"), signer="person"), (), "trust.list-not-verified"),
        (signed_list(Service(label="gov-ca")).replace(b">VN<", b">VM<"), (), "trust.list-not-verified"),
        (b"<a/>", (), "trust.list-not-verified"),
        (b"no list", (), "trust.list-unreadable"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', (), "trust.list-unreadable"),
    ],
)
def test_what_is_not_signed_by_those_who_may_counts_for_nothing(
    content: bytes, signers: tuple[str, ...], code: str
) -> None:
    given = entry(content, *signers)
    if code == "trust.list-unpinned":
        given = replace(given, signers=())
    read = read_list(given, NOW)
    assert read.services == ()
    assert [finding.code for finding in read.findings] == [code]


def test_only_what_the_signature_covers_is_read() -> None:
    """The signed list wrapped into another one: the outer, unsigned services are not seen."""
    signed = signed_list(Service(label="gov-ca"))
    other = signed_list(Service(label="unknown-ca"), signer="person")
    inner = signed[signed.index(b"?>") + 2 :] if signed.startswith(b"<?xml") else signed
    wrapped = other.replace(b"<SchemeInformation>", b"<SchemeInformation><x>" + inner + b"</x>", 1)
    read = read_list(entry(wrapped), NOW)
    assert pin("unknown-ca") not in {anchor.id for anchor in read.services}


def test_an_old_list_is_said_to_be_stale_and_still_judges_its_time() -> None:
    content = signed_list(Service(label="gov-ca"))
    read = read_list(entry(content), NEXT + timedelta(days=1))
    assert [finding.code for finding in read.findings] == ["trust.list-stale"]
    assert read.services[0].valid_until == NEXT


def test_windows_that_meet_are_one() -> None:
    def window(start: int, end: int | None) -> Anchor:
        until = datetime(end, 1, 1, tzinfo=UTC) if end else None
        begin = datetime(start, 1, 1, tzinfo=UTC)
        return Anchor(certificate=b"x", purposes=(Purpose.TSA,), valid_from=begin, valid_until=until)

    assert merged([window(2018, 2020), window(2016, 2018)]) == [window(2016, 2020)]
    assert merged([window(2016, 2018), window(2019, None)]) == [window(2016, 2018), window(2019, None)]
    assert merged([window(2016, None), window(2017, 2018)]) == [window(2016, None)]


def test_signer_certificates_are_found_unverified() -> None:
    assert signing_certificates(signed_list(Service(label="gov-ca"))) == (pki().certificate("agency"),)
    with pytest.raises(BadList):
        verified_list(signed_list(Service(label="gov-ca")), ())


def test_a_newer_list_follows_and_an_older_one_is_refused(tmp_path: Path) -> None:
    first, second = (signed_list(Service(label="gov-ca"), sequence=number) for number in (7, 8))
    add_list(tmp_path, first, signers=(pin("agency"),), now=NOW, source="http://tsl.test/vn.xml")
    assert sources(tmp_path) == ("http://tsl.test/vn.xml",)
    brought = bring(load_trust(tmp_path), second, source="second.xml", now=NOW, by="")
    assert brought.new
    (kept,) = load_trust(tmp_path, read_list).lists
    assert kept.content == second
    assert kept.signers == (pin("agency"),)
    with pytest.raises(InputError):
        bring(load_trust(tmp_path), first, source="first.xml", now=NOW, by="")
    assert not bring(load_trust(tmp_path), second, source="again.xml", now=NOW, by="").new
    forged = signed_list(Service(label="unknown-ca"), sequence=9, signer="person")
    with pytest.raises(InputError):
        bring(load_trust(tmp_path), forged, source="forged.xml", now=NOW, by="")


def test_a_list_of_lists_says_who_signs_the_others(tmp_path: Path) -> None:
    national = signed_list(Service(label="gov-ca"), signer="person")
    with pytest.raises(InputError):
        bring(load_trust(tmp_path), national, source="vn.xml", now=NOW, by="")
    lotl = lists_of(("VN", "http://tsl.test/vn.xml", "person"))
    bring(load_trust(tmp_path), lotl, source="lotl.xml", now=NOW, by="", signers=(pin("agency"),))
    bring(load_trust(tmp_path), national, source="vn.xml", now=NOW, by="")
    store = load_trust(tmp_path, read_list)
    assert [anchor.id for anchor in store.services] == [pin("gov-ca")]
    head = head_of(verified_list(lotl, (pin("agency"),)))
    assert head.of_lists
    assert [(one.territory, one.signers) for one in head.pointers] == [("VN", (pin("person"),))]


def test_base64_of_certificates_may_be_folded() -> None:
    content = signed_list(Service(label="gov-ca"))
    assert base64.b64encode(pki().certificate("gov-ca"))[:20] in content
