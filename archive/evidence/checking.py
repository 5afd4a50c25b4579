"""Whether the timestamps of a batch hold, going by what they carry themselves, and what is laid into the last of them.

Nothing is ever stamped over a chain that is broken: its successor would look good and prove nothing.

Source:
    RFC 4998 5.2, 5.3
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from archive.archive import Archive
from archive.catalogue.evidence_values import EvidenceBatch
from archive.evidence.authorities import TokenTrust
from archive.evidence.chains import batch_chain, read_tail, token_in
from archive.evidence.storing import read_batch, read_object
from archive.layout import batch_folder
from model.errors import IntegrityError
from model.findings import Outcome
from model.material import MaterialItem, MaterialKind, MaterialSource
from model.text import N_
from preservation.evidence.build import HashTree, assemble, with_token
from preservation.evidence.reading import UnknownAlgorithm, UnreadableRecord, token_contents
from preservation.evidence.values import DataObject, RecordReport, TokenVerdict
from preservation.evidence.verify import digests_of, verify_record
from preservation.signatures.judging.lifetime import self_proving
from preservation.signatures.judging.tokens import judge_token
from preservation.signatures.judging.values import Judging

_KINDS = {kind.value: kind for kind in MaterialKind}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedChain:
    """The timestamps of a batch that hold now."""

    batch: EvidenceBatch
    timestamps: tuple[bytes, ...]
    """DER archive timestamps over the root of its tree; the last one's token carries its validation data."""
    last: int
    """Number of the newest renewal; 0: none."""
    free: int
    """Number of the next."""

    @property
    def token(self) -> bytes:
        """The last token, with its validation data."""
        return token_in(self.timestamps[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class AloneCheck:
    """Judges tokens by what they carry and by the anchors; revocation lists from elsewhere do not count."""

    trust: TokenTrust
    accepted: bytes = b""
    """A new token that was judged when it arrived."""

    def __call__(self, token: bytes, at: datetime, *, number: int) -> TokenVerdict:
        """Judge one token."""
        if self.accepted and token == self.accepted:
            return TokenVerdict(outcome=Outcome.PASSED)
        try:
            _time, algorithm, value = token_contents(token)
        except UnknownAlgorithm:
            return TokenVerdict(outcome=Outcome.INDETERMINATE)
        judging = Judging(trust=replace(self.trust.trust, crls=()), policy=self.trust.policy, at=at)
        return judge_token(token, lambda name: value if name == algorithm else None, judging, id=str(number))


def checked_chain(archive: Archive, batch: EvidenceBatch, trust: TokenTrust) -> CheckedChain:
    """Return the timestamps of a batch, its last token completed with what proves it valid now.

    Raises:
        IntegrityError: a timestamp does not hold, or the batch is not what was sealed.
        NotFoundError, StorageError: it cannot be read.
    """
    try:
        chain = batch_chain(archive.copies, batch.id, batch.algorithm)
        _time, algorithm, value = token_contents(token_in(chain[-1]))
        judging = Judging(trust=trust.trust, policy=trust.policy, at=archive.clock.now(), collector=trust.collector())
        at_hand = _stored_material(archive, batch)
        proven = self_proving(token_in(chain[-1]), lambda name: value if name == algorithm else None, judging, at_hand)
        chain[-1] = with_token(chain[-1], proven.token)
    except (ValueError, UnreadableRecord, UnknownAlgorithm) as error:
        raise _broken(batch, str(error)) from error
    _same_tree(archive, batch)
    must_hold(batch, verified(batch, chain, at=archive.clock.now(), check=AloneCheck(trust=trust)))
    tail = read_tail(archive.copies, batch.id)
    return CheckedChain(batch=batch, timestamps=tuple(chain), last=tail.last, free=tail.free)


def verified(batch: EvidenceBatch, chain: Sequence[bytes], *, at: datetime, check: AloneCheck) -> RecordReport:
    """Verify the timestamps of a batch over the root of its tree."""
    root = DataObject(name=str(batch.id), digest=digests_of({batch.algorithm: batch.root}))
    return verify_record(assemble([chain]), [root], at=at, check_token=check)


def must_hold(batch: EvidenceBatch, report: RecordReport) -> None:
    """See that a verification passed.

    Raises:
        IntegrityError: it did not.
    """
    if report.outcome is not Outcome.PASSED:
        words = " ".join(dict.fromkeys(finding.message() for finding in report.findings))
        raise _broken(batch, words or report.outcome.value)


def completed_chain(archive: Archive, batch: EvidenceBatch, token: bytes) -> list[bytes]:
    """Return the timestamps of a batch with a token, completed before, in the place of its last.

    Raises:
        NotFoundError, IntegrityError, StorageError: they cannot be read.
    """
    chain = batch_chain(archive.copies, batch.id, batch.algorithm)
    return [*chain[:-1], with_token(chain[-1], token)]


def _same_tree(archive: Archive, batch: EvidenceBatch) -> None:
    """See that the description of the batch in the stores leads to the root that was stamped.

    Raises:
        IntegrityError: it does not.
    """
    plan = read_batch(archive.copies, batch.id)
    if HashTree.over(plan.algorithm, [leaf.value for leaf in plan.leaves]).root != batch.root:
        raise _broken(batch, _NOT_ITS_TREE)


def _stored_material(archive: Archive, batch: EvidenceBatch) -> list[MaterialItem]:
    """Return the validation data that was kept when the batch was sealed."""
    found = []
    for item in archive.copies.list(f"{batch_folder(batch.id)}validation-data/"):
        kind = _KINDS.get(item.key.rpartition(".")[2])
        if kind is not None:
            content = read_object(archive.copies, item.key)
            found.append(MaterialItem(kind=kind, content=content, source=MaterialSource.DOCUMENT))
    return found


_NOT_ITS_TREE = N_("the description of the batch does not lead to what was stamped")


def _broken(batch: EvidenceBatch, why: str) -> IntegrityError:
    return IntegrityError(
        N_("The evidence of batch {batch} ({authority}) does not hold, so it is not renewed: {why}"),
        hint=N_(
            "Import current revocation lists of the timestamp authority with `chauban trust add` and try again. If it"
            " still does not hold, rely on the record of the other authority and tell the person responsible."
        ),
        batch=batch.id,
        authority=batch.authority,
        why=why,
    )
