"""Evidence records and proof bundles made with the PKI of the tests."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import BinaryIO

from asn1crypto import cms, crl

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
from preservation.evidence.reading import read_record
from preservation.proof.bundle import ProofFile, ProofParts, ProofRecord
from tests.fakes.pki import pki

START = datetime(2026, 3, 1, tzinfo=UTC)
AT = START + timedelta(days=20)
"""When the tests verify, unless they say otherwise."""


@cache
def stamped(value: bytes, algorithm: str, tsa: str, days: int, damage: bool = False) -> bytes:
    """Return a token that carries the revocation lists of its authority, as of `AT`."""
    at = START + timedelta(days=days)
    token = pki().timestamp(value, algorithm.replace("-", "_"), at, tsa=tsa, damage=damage)
    signed = cms.ContentInfo.load(token)["content"].copy()
    signed["crls"] = [crl.CertificateList.load(one) for one in pki().crls(tsa, AT)]
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump(force=True))


@dataclass(frozen=True, kw_only=True)
class Sealing:
    """How a record is made."""

    documents: tuple[bytes, ...] = (b"decision", b"annex", b"map")
    neighbours: int = 5
    algorithm: str = "sha256"
    tsa: str = "tsa"
    renewals: tuple[str, ...] = ()
    """`timestamp`, or the algorithm of a new hash tree."""
    damage: bool = False
    """The authority's signature on the last token does not fit."""

    def record(self) -> bytes:
        """Return the evidence record of the documents."""
        members = tuple(digest_bytes(one, self.algorithm) for one in self.documents)
        first = self._tree(self.algorithm, members, 0, last=not self.renewals)
        record, algorithm = new_record(first), self.algorithm
        for number, step in enumerate(self.renewals, start=1):
            last = number == len(self.renewals)
            if step == "timestamp":
                value = digest_bytes(read_record(record).timestamps[-1].token, algorithm)
                token = self._token(value, algorithm, number, last=last)
                parts = ArchiveTimestampParts(algorithm=algorithm, first=(), siblings=(), token=token)
                record = renew_timestamp(record, parts)
            else:
                algorithm = step
                digests = [digest_bytes(one, algorithm) for one in self.documents]
                renewed = renewed_members(algorithm, digests, record)
                record = renew_tree(record, self._tree(algorithm, renewed, number, last=last))
        return record

    def _tree(self, algorithm: str, members: tuple[bytes, ...], days: int, *, last: bool) -> ArchiveTimestampParts:
        others = [digest_bytes(b"neighbour %d" % number, algorithm) for number in range(self.neighbours)]
        tree = HashTree.over(algorithm, [group_value(algorithm, members), *others])
        token = self._token(tree.root, algorithm, days, last=last)
        return ArchiveTimestampParts(algorithm=algorithm, first=members, siblings=tree.siblings(0), token=token)

    def _token(self, value: bytes, algorithm: str, days: int, *, last: bool) -> bytes:
        return stamped(value, algorithm, self.tsa, days, self.damage and last)


def proof_file(path: str, content: bytes) -> ProofFile:
    """Return bytes as a file of a proof."""

    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        yield io.BytesIO(content)

    return ProofFile(path=path, open=opened)


NAMES = ("Quyết định số 12.txt", "phụ lục/annex 1.txt", "map.bin")


def parts(sealing: Sealing = Sealing(), *, label: str = "Hồ sơ 12/QĐ-UBND", **changes: object) -> ProofParts:
    """Return the parts of a proof bundle of everything that was sealed."""
    files = [proof_file(name, content) for name, content in zip(NAMES, sealing.documents, strict=False)]
    given: dict[str, object] = {
        "label": label,
        "created": AT,
        "data": tuple(files),
        "complete": True,
        "records": (ProofRecord(authority="Sông Hồng TSA (thử nghiệm)", content=sealing.record()),),
        "certificates": (pki().certificate(sealing.tsa), *pki().chain(sealing.tsa, root=True)),
        "revocation_lists": pki().crls(sealing.tsa, AT),
        "reports": (proof_file("signatures.json", b"{}"),),
    }
    return ProofParts(**(given | changes))  # type: ignore[arg-type]  # values by name, as the fields say
