"""The trust folder: what it trusts, and that it fails closed."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.errors import ConfigurationError, ConflictError, InputError, NotFoundError
from preservation.trust import editing
from preservation.trust.store import (
    EMPTY_TRUST,
    MANIFEST,
    SIGNING,
    Anchor,
    ListContent,
    Purpose,
    TrustedList,
    load_trust,
)
from tests.fakes.judging import NOW, Entity, World, day, root

WORLD = World()
ROOT, CA = WORLD.root, WORLD.ca
ADDED = datetime(2026, 1, 31, 8, tzinfo=UTC)


def pem(*entities: Entity) -> bytes:
    return b"".join(one.cert.public_bytes(serialization.Encoding.PEM) for one in entities)


def fingerprint(entity: Entity) -> str:
    return editing.fingerprint_of(entity.der)


def add(folder: Path, entity: Entity = ROOT, *purposes: Purpose, **changes: object) -> str:
    given = {"fingerprint": fingerprint(entity), "source": "Công báo 12/2026", "now": ADDED, "by": "Lan"}
    return editing.add_anchor(folder, entity.der, purposes or SIGNING, **(given | changes))  # type: ignore[arg-type]  # a test's shorthand


# --- an inspector's own selection --------------------------------------------------------------------------------


def test_selection_trusts_what_issued_itself(tmp_path: Path) -> None:
    (tmp_path / "bundle.pem").write_bytes(pem(ROOT, CA))
    (tmp_path / "list.crl").write_bytes(ROOT.crl(NOW))
    (tmp_path / "readme.txt").write_text("not looked at")
    store = load_trust(tmp_path)
    assert [anchor.certificate for anchor in store.anchors] == [ROOT.der]
    assert store.anchors[0].purposes == tuple(Purpose)
    assert store.intermediates == (CA.der,)
    assert store.crls == (ROOT.crl(NOW),) or len(store.crls) == 1
    assert store.findings == ()


def test_selection_of_authorities_alone_trusts_them(tmp_path: Path) -> None:
    (tmp_path / "ca.der").write_bytes(CA.der)
    store = load_trust(tmp_path)
    assert [anchor.certificate for anchor in store.anchors] == [CA.der]


def test_subfolders_give_one_purpose(tmp_path: Path) -> None:
    for purpose, entity in ((Purpose.TSA, WORLD.tsa_ca), (Purpose.AGENCY_SEAL, CA)):
        (tmp_path / purpose).mkdir()
        (tmp_path / purpose / "a.cer").write_bytes(entity.der)
    store = load_trust(tmp_path)
    assert [anchor.certificate for anchor in store.trusted([Purpose.TSA])] == [WORLD.tsa_ca.der]
    assert [anchor.certificate for anchor in store.trusted([Purpose.AGENCY_SEAL])] == [CA.der]
    assert store.trusted([Purpose.DOCUMENT_SIGNER]) == ()


def test_selection_with_unreadable_files_says_so(tmp_path: Path) -> None:
    (tmp_path / "bad.cer").write_bytes(b"nothing")
    (tmp_path / "bad.crl").write_bytes(b"nothing")
    (tmp_path / "huge.pem").write_bytes(b"x" * (5 << 20))
    (tmp_path / "good.cer").write_bytes(ROOT.der)
    store = load_trust(tmp_path)
    assert len(store.anchors) == 1
    assert [finding.code for finding in store.findings] == ["trust.unreadable-file"] * 3


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    content=st.binary(max_size=300)
    | st.builds(lambda text: b"-----BEGIN CERTIFICATE-----" + text, st.binary(max_size=100))
)
def test_hostile_files_never_raise(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.cer").write_bytes(content)
    (tmp_path / "b.crl").write_bytes(content)
    assert len(load_trust(tmp_path).findings) == 2


def test_no_folder() -> None:
    with pytest.raises(ConfigurationError):
        load_trust(Path("/nowhere/at/all"))


def test_empty_store_trusts_nobody(tmp_path: Path) -> None:
    assert load_trust(tmp_path).id == EMPTY_TRUST.id
    assert EMPTY_TRUST.trusted(Purpose) == ()


# --- a folder with trust.toml ------------------------------------------------------------------------------------


def test_what_was_added_is_read_back(tmp_path: Path) -> None:
    identifier = add(tmp_path, ROOT, Purpose.DOCUMENT_SIGNER, valid_from=day(2020), valid_until=day(2040))
    editing.add_intermediate(tmp_path, CA.der, now=ADDED, by="Lan")
    editing.add_crl(tmp_path, ROOT.crl(NOW), source="http://crl", now=ADDED)
    store = load_trust(tmp_path)
    (anchor,) = store.anchors
    assert anchor == Anchor(
        certificate=ROOT.der,
        purposes=(Purpose.DOCUMENT_SIGNER,),
        valid_from=day(2020),
        valid_until=day(2040),
        source="Công báo 12/2026",
        added=ADDED,
        added_by="Lan",
        confirmed=True,
        file=f"anchors/{identifier[:32]}.cer",
    )
    assert (store.intermediates, len(store.crls), store.findings) == ((CA.der,), 1, ())
    assert anchor.name == "Root"


def test_id_follows_what_is_trusted_and_nothing_else(tmp_path: Path) -> None:
    add(tmp_path / "a")
    add(tmp_path / "b", by="Minh", source="another")
    first, second = load_trust(tmp_path / "a"), load_trust(tmp_path / "b")
    assert first.id == second.id
    add(tmp_path / "b", ROOT, Purpose.TSA)
    assert load_trust(tmp_path / "b").id != first.id


def test_purposes_add_up_and_order_does_not_matter(tmp_path: Path) -> None:
    add(tmp_path, ROOT, Purpose.TSA)
    add(tmp_path, ROOT, Purpose.DOCUMENT_SIGNER)
    assert load_trust(tmp_path).anchors[0].purposes == (Purpose.DOCUMENT_SIGNER, Purpose.TSA)


def test_without_fingerprint_not_trusted_until_confirmed(tmp_path: Path) -> None:
    add(tmp_path, fingerprint="")
    store = load_trust(tmp_path)
    assert store.trusted(Purpose) == ()
    assert [finding.code for finding in store.findings] == ["trust.unconfirmed"]
    add(tmp_path)
    assert len(load_trust(tmp_path).trusted(Purpose)) == 1


def test_wrong_fingerprint_changes_nothing(tmp_path: Path) -> None:
    for wrong in (fingerprint(CA), hashlib.sha1(ROOT.der).hexdigest(), "zz"):
        with pytest.raises(InputError, match="fingerprint"):
            add(tmp_path, fingerprint=wrong)
    assert not (tmp_path / MANIFEST).exists()
    add(tmp_path, fingerprint=fingerprint(ROOT).replace(":", " ").lower())


def test_several_certificates_or_none_are_refused(tmp_path: Path) -> None:
    for content in (pem(ROOT, CA), b"nothing", b""):
        with pytest.raises(InputError):
            editing.add_anchor(tmp_path, content, SIGNING, fingerprint="", now=ADDED)
    with pytest.raises(InputError):
        editing.add_crl(tmp_path, ROOT.der[:50], now=ADDED)
    with pytest.raises(InputError):
        editing.add_anchor(tmp_path, ROOT.der, (), fingerprint="", now=ADDED)


def test_trust_is_ended_not_deleted(tmp_path: Path) -> None:
    identifier = add(tmp_path)
    assert editing.end_anchor(tmp_path, identifier[:12], until=day(2026, 6)) == identifier
    store = load_trust(tmp_path)
    assert store.anchors[0].valid_until == day(2026, 6)
    assert (tmp_path / store.anchors[0].file).exists()
    for unknown in ("", "00000000", identifier[:7]):
        with pytest.raises(NotFoundError):
            editing.end_anchor(tmp_path, unknown, until=day(2026, 6))


def test_unlisted_file_is_not_trusted(tmp_path: Path) -> None:
    add(tmp_path)
    (tmp_path / "anchors" / "smuggled.cer").write_bytes(root("Smuggled").der)
    (tmp_path / "smuggled.pem").write_bytes(pem(root("Smuggled")))
    store = load_trust(tmp_path)
    assert len(store.trusted(Purpose)) == 1
    assert [finding.location for finding in store.findings] == ["anchors/smuggled.cer"]


def test_changed_or_missing_file_fails_closed(tmp_path: Path) -> None:
    identifier = add(tmp_path)
    file = tmp_path / "anchors" / f"{identifier[:32]}.cer"
    file.write_bytes(root("Smuggled").der)
    with pytest.raises(ConfigurationError, match="SHA-256"):
        load_trust(tmp_path)
    file.unlink()
    with pytest.raises(ConfigurationError):
        load_trust(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version = 2",
        "version = 1\n[[anchor]]\n",
        "version = 1\nanchor = 3",
        'version = 1\n[[anchor]]\nfile = "../x"\nsha256 = "00"\npurposes = []',
        'version = 1\n[[anchor]]\nfile = "/etc/passwd"\nsha256 = "00"\npurposes = []',
        "not = toml = at all",
        "version = 1\n\xff",
    ],
)
def test_trust_toml_that_says_nothing_sensible(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigurationError):
        load_trust(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        'purposes = ["everything"]',
        "purposes = []\nvalid_until = 2026-01-01",
        "purposes = []\nvalid_until = 2026-01-01T00:00:00",
        'purposes = []\nfingerprint_confirmed = "yes"',
    ],
)
def test_anchor_with_a_line_that_cannot_be_meant(tmp_path: Path, line: str) -> None:
    (tmp_path / "r.cer").write_bytes(ROOT.der)
    digest = hashlib.sha256(ROOT.der).hexdigest()
    (tmp_path / MANIFEST).write_text(f'version = 1\n[[anchor]]\nfile = "r.cer"\nsha256 = "{digest}"\n{line}\n')
    with pytest.raises(ConfigurationError):
        load_trust(tmp_path)


def test_every_name_survives_the_writing(tmp_path: Path) -> None:
    source = 'Quyết định "12" \\ \t\n\x7f 📜'
    add(tmp_path, source=source)
    assert load_trust(tmp_path).anchors[0].source == source


def test_broken_write_leaves_the_old_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path)
    before = load_trust(tmp_path)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("preservation.trust.editing.os.fsync", full)
    with pytest.raises(OSError, match="space"):
        add(tmp_path, CA)
    monkeypatch.undo()
    assert load_trust(tmp_path).id == before.id
    assert not list(tmp_path.rglob(".new-*"))


# --- trusted lists -----------------------------------------------------------------------------------------------


def test_lists_are_read_by_their_reader_or_said_not_to_be(tmp_path: Path) -> None:
    add(tmp_path)
    editing.add_list(tmp_path, b"<list/>", signers=["ab"], source="https://x", now=ADDED)
    store = load_trust(tmp_path)
    assert [finding.code for finding in store.findings] == ["trust.list-not-read"]

    def reader(entry: TrustedList) -> ListContent:
        assert (entry.content, entry.signers, entry.source) == (b"<list/>", ("ab",), "https://x")
        return ListContent(services=(Anchor(certificate=CA.der, purposes=SIGNING, valid_until=day(2030)),))

    with_list = load_trust(tmp_path, reader)
    assert [anchor.certificate for anchor in with_list.trusted(SIGNING)] == [ROOT.der, CA.der]
    assert with_list.id != store.id


def test_newer_issue_of_a_list_replaces_the_older(tmp_path: Path) -> None:
    first = editing.add_list(tmp_path, b"<list n='1'/>", now=ADDED)
    with pytest.raises(ConflictError):
        editing.add_list(tmp_path, b"<list n='1'/>", now=ADDED)
    editing.add_list(tmp_path, b"<list n='2'/>", now=ADDED, replaces=first)
    assert [entry.content for entry in load_trust(tmp_path).lists] == [b"<list n='2'/>"]
