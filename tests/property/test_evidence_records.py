"""Evidence records: ours are proven by a second verifier, and no change of one bit goes unseen."""

import csv
import re
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from functools import cache, partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from model.findings import Outcome
from model.material import Material
from model.signatures import Integrity, TimestampKind
from preservation.cms.digests import digest_bytes
from preservation.evidence.build import (
    ArchiveTimestampParts,
    HashTree,
    group_value,
    new_record,
    renew_timestamp,
    renew_tree,
    renewed_members,
)
from preservation.evidence.reading import canonical
from preservation.evidence.values import DataObject, RecordReport, TokenVerdict
from preservation.evidence.verify import digests_of, verify_record
from preservation.timestamps.token import timestamp_facts
from tests.conftest import DATA
from tests.fakes import rfc4998
from tests.fakes.pki import pki

START = datetime(2026, 3, 1, tzinfo=UTC)
EVIDENCE = DATA / "evidence"


def check_token(token: bytes, at: datetime, *, number: int) -> TokenVerdict:
    """The authority's signature alone: trust has its own tests."""
    facts = timestamp_facts(token, None, id=str(number), kind=TimestampKind.ARCHIVE, material=Material())
    return TokenVerdict(outcome=Outcome.PASSED if facts.integrity is Integrity.INTACT else Outcome.FAILED)


def objects(documents: list[bytes]) -> list[DataObject]:
    return [
        DataObject(name=f"file-{number}", digest=partial(digest_bytes, document))
        for number, document in enumerate(documents)
    ]


def verified(record: bytes, documents: list[bytes]) -> RecordReport:
    return verify_record(record, objects(documents), at=START, check_token=check_token, whole_group=True)


@cache
def stamped(value: bytes, algorithm: str, days: int = 0) -> bytes:
    return pki().timestamp(value, algorithm.replace("-", "_"), START + timedelta(days=days))


def sealed(groups: list[list[bytes]], algorithm: str = "sha256") -> list[bytes]:
    """Seal groups of documents under one timestamp; return a record for each."""
    members = [tuple(digest_bytes(document, algorithm) for document in group) for group in groups]
    tree = HashTree.over(algorithm, [group_value(algorithm, group) for group in members])
    token = stamped(tree.root, algorithm)
    return [
        new_record(ArchiveTimestampParts(algorithm=algorithm, first=group, siblings=tree.siblings(leaf), token=token))
        for leaf, group in enumerate(members)
    ]


def with_timestamp_renewed(record: bytes, days: int, algorithm: str = "sha256") -> bytes:
    *_, last = _tokens(record)
    value = digest_bytes(last, algorithm)
    token = stamped(value, algorithm, days)
    return renew_timestamp(record, ArchiveTimestampParts(algorithm=algorithm, first=(), siblings=(), token=token))


def with_tree_renewed(record: bytes, documents: list[bytes], algorithm: str, days: int) -> bytes:
    members = renewed_members(algorithm, [digest_bytes(document, algorithm) for document in documents], record)
    neighbour = digest_bytes(b"another package", algorithm)
    tree = HashTree.over(algorithm, [group_value(algorithm, members), neighbour])
    token = stamped(tree.root, algorithm, days)
    parts = ArchiveTimestampParts(algorithm=algorithm, first=members, siblings=tree.siblings(0), token=token)
    return renew_tree(record, parts)


def _tokens(record: bytes) -> list[bytes]:
    fields = [item for item in rfc4998.parse(record).children() if item.tag not in {0xA0, 0xA1}]
    return [stamp.children()[-1].whole for chain in fields[2].children() for stamp in chain.children()]


# -- records by others


def _foreign() -> list[dict[str, str]]:
    with (EVIDENCE / "expected.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _data(row: dict[str, str]) -> list[DataObject]:
    folder = (EVIDENCE / row["path"]).parent / "data"
    digest = re.search(r"digest only: (SHA-\d+) (\S+)", row["why"])
    if digest:
        known = {digest[1].lower().replace("-", ""): b64decode(digest[2])}
        return [DataObject(name="digest", digest=digests_of(known))]
    names = re.findall(r"data/([\w.-]+\.\w+)", row["why"].partition(" with ")[0])
    found = []
    for name in names:
        content = (folder / name).read_bytes()
        shape = partial(_canonical_digest, content)
        found.append(DataObject(name=name, digest=partial(digest_bytes, content), canonical=shape))
    return found


def _canonical_digest(content: bytes, algorithm: str, method: str) -> bytes | None:
    try:
        return digest_bytes(canonical(etree.fromstring(content), method), algorithm)
    except etree.XMLSyntaxError:
        return None


@pytest.mark.parametrize("row", _foreign(), ids=lambda row: row["path"])
def test_records_by_others_get_their_verdict(row: dict[str, str]) -> None:
    record = (EVIDENCE / row["path"]).read_bytes()
    report = verify_record(record, _data(row), at=START, check_token=check_token)
    expected = {"er-valid": Outcome.PASSED, "er-invalid": Outcome.FAILED, "malformed": Outcome.FAILED}
    assert report.outcome is expected[row["expected"]], report.findings
    covered = {item.covered for item in report.objects}
    assert covered == ({True} if row["expected"] == "er-valid" else {False}) or row["expected"] == "malformed"


def test_part_of_a_group_is_not_the_group() -> None:
    row = next(row for row in _foreign() if row["path"].endswith("er-data-group.xml"))
    report = verify_record((EVIDENCE / row["path"]).read_bytes(), _data(row)[:2], at=START, check_token=check_token)
    assert report.outcome is Outcome.INDETERMINATE
    assert "evidence.group-mismatch" in {finding.code for finding in report.findings}


# -- our own


@pytest.mark.parametrize("count", [1, 2, 3, 5, 17, 100, 1000])
def test_every_package_of_a_batch_is_proven_by_both_verifiers(count: int) -> None:
    groups = [[b"package %d, file %d" % (number, file) for file in range(1 + number % 4)] for number in range(count)]
    for number, record in enumerate(sealed(groups)):
        assert rfc4998.verify(record, groups[number])
        if count <= 100 or number % 97 == 0:
            report = verified(record, groups[number])
            assert report.outcome is Outcome.PASSED, report.findings
            assert report.proof_time == START


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 10_000), st.data())
def test_any_leaf_of_a_tree_of_any_size_leads_to_the_root(count: int, data: st.DataObject) -> None:
    leaves = [digest_bytes(number.to_bytes(4, "big"), "sha256") for number in range(count)]
    tree = HashTree.over("sha256", leaves)
    leaf = data.draw(st.integers(0, count - 1))
    value = leaves[leaf]
    for sibling in tree.siblings(leaf):
        value = digest_bytes(b"".join(sorted((value, sibling))), "sha256")
    assert value == tree.root


@settings(max_examples=12, deadline=None)
@given(st.lists(st.sampled_from(["timestamp", "sha512", "sha3-512"]), min_size=1, max_size=5))
def test_renewal_in_any_order_keeps_every_earlier_proof(steps: list[str]) -> None:
    documents = [b"decision", b"annex"]
    (record,) = sealed([documents])
    algorithm = "sha256"
    for number, step in enumerate(steps, start=1):
        if step == "timestamp":
            record = with_timestamp_renewed(record, number, algorithm)
        else:
            algorithm = step
            record = with_tree_renewed(record, documents, algorithm, number)
    report = verified(record, documents)
    assert report.outcome is Outcome.PASSED, report.findings
    assert report.proof_time == START
    assert len(report.timestamps) == len(steps) + 1
    assert rfc4998.verify(record, documents)
    assert verified(record, [b"decision", b"annexe"]).outcome is not Outcome.PASSED


def test_a_missing_or_an_added_file_is_noticed() -> None:
    documents = [b"one", b"two", b"three"]
    (record, _) = sealed([documents, [b"other"]])
    assert verified(record, documents[:2]).outcome is Outcome.INDETERMINATE
    assert verified(record, [*documents, b"four"]).outcome is Outcome.INDETERMINATE
    assert not rfc4998.verify(record, documents[:2])


def test_a_single_document_is_proven_by_its_packages_record() -> None:
    documents = [b"one", b"two", b"three"]
    (record, _) = sealed([documents, [b"other"]])
    report = verify_record(record, objects(documents[1:2]), at=START, check_token=check_token)
    assert report.outcome is Outcome.PASSED
    assert "evidence.others-covered" in {finding.code for finding in report.findings}


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_bit_of_record_or_payload_can_be_flipped_unseen(data: st.DataObject) -> None:
    documents = [b"one", b"two"]
    record = _renewed_sample()
    position = data.draw(st.integers(0, len(record) * 8 - 1))
    changed = bytearray(record)
    changed[position // 8] ^= 1 << position % 8
    report = verified(bytes(changed), documents)
    if report.outcome is Outcome.PASSED:
        # The only bytes nobody signed or hashed: encodings of the last token that mean the same.
        assert bytes(changed[: _last_token_start(record)]) == record[: _last_token_start(record)]
        assert [stamp.time for stamp in report.timestamps] == [
            START,
            START + timedelta(days=1),
            START + timedelta(days=2),
        ]


@cache
def _renewed_sample() -> bytes:
    documents = [b"one", b"two"]
    (record,) = sealed([documents])
    return with_tree_renewed(with_timestamp_renewed(record, 1), documents, "sha512", 2)


def _last_token_start(record: bytes) -> int:
    return record.index(_tokens(record)[-1])


@given(st.binary(max_size=400))
def test_no_bytes_make_the_verifier_fail(content: bytes) -> None:
    assert verified(content, [b"one"]).outcome is not Outcome.PASSED


def test_truncated_records_are_refused() -> None:
    record = _renewed_sample()
    for length in range(0, len(record), 97):
        assert verified(record[:length], [b"one", b"two"]).outcome is Outcome.FAILED
