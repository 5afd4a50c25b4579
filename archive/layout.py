"""Where things lie in a store.

Source:
    docs/format/store-v1.md
"""

import re
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

AIPS = "aips/"
TRANSFERS = "transfers/"
CAMPAIGNS = "fixity/"
REGISTRY = "registry/"
ACCOUNTS = "accounts/"
HOLDS = "holds/"
RETENTION = "retention/"
STUBS = "stubs/"
REVIEWS = "reviews/"
REVIEW_FILES = "review-files/"
EVIDENCE = "evidence/"
EVIDENCE_BATCHES = "evidence/batches/"
SUBMISSIONS = "submissions/"
HANDOVERS = "handovers/"
AUDIT = "audit/"
AUDIT_SEGMENTS = "audit/segments/"
AUDIT_HEADS = "audit/heads/"
DAMAGED = "damaged/"
"""Where a store sets aside what was found damaged and replaced."""


def package_folder(aip_id: UUID) -> str:
    """Return the key prefix of a package, spread by the identifier's random last digits."""
    return f"{AIPS}{_spread(aip_id)}/{aip_id}/"


def container_key(aip_id: UUID, version: int) -> str:
    """Return the key of a package version's container."""
    return f"{package_folder(aip_id)}v{version:05d}/{container_name(aip_id, version)}.tar"


def container_name(aip_id: UUID, version: int) -> str:
    """Return the name of a package version: of its container and of the top folder in it."""
    return f"{aip_id}-v{version:05d}"


def digest_key(container: str) -> str:
    """Return the key of the digest file beside a container, in the form `sha256sum -c` reads."""
    return f"{container}.sha256"


def augmented_prefix(aip_id: UUID, version: int) -> str:
    """Return the key prefix of the archival copies of signed documents that are kept beside a package version."""
    return f"{package_folder(aip_id)}v{version:05d}/representations/augmented/"


def augmented_key(aip_id: UUID, version: int, sha256: bytes) -> str:
    """Return the key of an archival copy of a signed PDF: its digest is its name."""
    return f"{augmented_prefix(aip_id, version)}{sha256.hex()}.pdf"


def journal_prefix(aip_id: UUID) -> str:
    """Return the key prefix of a package's journal."""
    return f"{package_folder(aip_id)}journal/"


def journal_key(aip_id: UUID, event_id: UUID, time: datetime) -> str:
    """Return the key of one event in a package's journal; keys sort by time."""
    return f"{journal_prefix(aip_id)}{_stamp(time)}-{event_id}.json"


def transfer_key(transfer_id: UUID) -> str:
    """Return the key of the record of a transfer that was not accepted."""
    return f"{transfer_folder(transfer_id)}transfer.json"


def transfer_left_key(transfer_id: UUID) -> str:
    """Return the key of what stays of the record of a transfer whose content was destroyed."""
    return f"{transfer_folder(transfer_id)}left/transfer.json"


def resolution_key(transfer_id: UUID, time: datetime) -> str:
    """Return the key of an officer's decision about a refused transfer."""
    return f"{transfer_folder(transfer_id)}resolution-{_stamp(time)}.json"


def described_key(transfer_id: UUID) -> str:
    """Return the key of the description, as it was read, of a transfer handed in under a submission."""
    return f"{transfer_folder(transfer_id)}described.jsonl"


def submission_folder(submission_id: UUID) -> str:
    """Return the key prefix of a registered submission."""
    return f"{SUBMISSIONS}{submission_id}/"


def submission_key(submission_id: UUID) -> str:
    """Return the key of what was registered of a submission; it is put last, so that where it lies the list does."""
    return f"{submission_folder(submission_id)}registration.json"


def announced_key(submission_id: UUID, sha256: str) -> str:
    """Return the key of the announced list of a submission, one line a case file: its digest is its name."""
    return f"{submission_folder(submission_id)}announced/{sha256}.jsonl"


def submission_act_key(submission_id: UUID, subject: UUID, number: int) -> str:
    """Return the key of a decision.

    Args:
        subject: the transfer, or the submission, that it is about.
        number: of decisions about the subject before it.
    """
    return f"{submission_folder(submission_id)}acts/{subject}-{number:04d}.json"


def shared_tables(submission_id: UUID) -> str:
    """Return the key prefix of the tables that describe several case files of a submission."""
    return f"{submission_folder(submission_id)}tables/"


def shared_table_key(submission_id: UUID, sha256: str, suffix: str) -> str:
    """Return the key of a table that describes several case files of a submission: its digest is its name."""
    return f"{shared_tables(submission_id)}{sha256}{suffix}"


def handover_folder(handover_id: UUID) -> str:
    """Return the key prefix of a hand-over to another archive."""
    return f"{HANDOVERS}{handover_id}/"


def handover_key(handover_id: UUID) -> str:
    """Return the key of what is to be handed over, one line a case file."""
    return f"{handover_folder(handover_id)}handover.jsonl"


def handover_left_out_key(handover_id: UUID) -> str:
    """Return the key of what was left out of a hand-over and why, one line a case file."""
    return f"{handover_folder(handover_id)}left-out.jsonl"


def handover_prepared_key(handover_id: UUID) -> str:
    """Return the key of what was written for a hand-over, one line a package; it lies there when all is written."""
    return f"{handover_folder(handover_id)}prepared.jsonl"


def handover_receipt_key(handover_id: UUID, sha256: str) -> str:
    """Return the key of a receipt as it came: its digest is its name."""
    return f"{handover_folder(handover_id)}receipts/{sha256}"


def handover_decisions(handover_id: UUID) -> str:
    """Return the key prefix of what was decided about the case files of a hand-over."""
    return f"{handover_folder(handover_id)}decisions/"


def handover_decision_key(handover_id: UUID, decision_id: UUID, time: datetime) -> str:
    """Return the key of a decision about case files of a hand-over; keys sort by time."""
    return f"{handover_decisions(handover_id)}{_stamp(time)}-{decision_id}.json"


def transfer_folder(transfer_id: UUID) -> str:
    """Return the key prefix of a transfer that was not accepted."""
    return f"{TRANSFERS}{_spread(transfer_id)}/{transfer_id}/"


def campaign_key(job_id: UUID, part_id: UUID) -> str:
    """Return the key of one part of a fixity campaign's record."""
    return f"{CAMPAIGNS}{job_id}/{part_id}.jsonl"


def registry_key(entry_id: UUID, time: datetime) -> str:
    """Return the key of one entry of the registry of fonds and agencies; keys sort by time."""
    return f"{REGISTRY}{_stamp(time)}-{entry_id}.json"


def account_folder(account_id: UUID) -> str:
    """Return the key prefix of an account's states."""
    return f"{ACCOUNTS}{account_id}/"


def account_key(account_id: UUID, number: int) -> str:
    """Return the key of one state of an account; keys sort by number."""
    return f"{account_folder(account_id)}{number:06d}.json"


def hold_key(hold_id: UUID, act: str) -> str:
    """Return the key of the record of a hold's placing (`placed`) or lifting (`lifted`)."""
    return f"{HOLDS}{hold_id}/{act}.json"


def decision_key(number: int) -> str:
    """Return the key of one decision about retention; keys sort by number."""
    return f"{RETENTION}{number:09d}.json"


def review_folder(review_id: UUID) -> str:
    """Return the key prefix of the acts of a review."""
    return f"{REVIEWS}{review_id}/"


def review_act_key(review_id: UUID, number: int, act: str) -> str:
    """Return the key of one act of a review; keys sort by number."""
    return f"{review_folder(review_id)}{number:06d}-{act}.json"


def review_list_key(review_id: UUID, spool_id: UUID, number: int) -> str:
    """Return the key of a part of a review's list, or of the results of its execution."""
    return f"{REVIEW_FILES}{review_id}/{spool_id}/{number:06d}.jsonl"


def review_file_key(review_id: UUID, sha256: str) -> str:
    """Return the key of a file that was handed in for a review: its digest is its name."""
    return f"{REVIEW_FILES}{review_id}/{sha256}"


def stub_key(aip_id: UUID) -> str:
    """Return the key of what is left of a destroyed record; it lies in every store before a byte is removed."""
    return f"{STUBS}{aip_id}.json"


def stub_digests_key(aip_id: UUID) -> str:
    """Return the key of the digests of a destroyed record's files, by which its evidence can still be verified."""
    return f"{STUBS}{aip_id}-digests.jsonl"


def destroyed_key(aip_id: UUID) -> str:
    """Return the key of the report that nothing is left of a destroyed record."""
    return f"{STUBS}{aip_id}-destroyed.json"


def audit_segment_key(first: int) -> str:
    """Return the key of the segment of the audit log that begins with an entry; keys sort by number."""
    return f"{AUDIT_SEGMENTS}{first:012d}.jsonl"


def audit_head_key(size: int) -> str:
    """Return the key of the head of the audit log at a size."""
    return f"{AUDIT_HEADS}{size:012d}.json"


def batch_folder(batch_id: UUID) -> str:
    """Return the key prefix of a batch of packages that one timestamp seals."""
    return f"{EVIDENCE_BATCHES}{batch_id}/"


def batch_key(batch_id: UUID) -> str:
    """Return the key of a batch's description."""
    return f"{batch_folder(batch_id)}batch.json"


def token_key(batch_id: UUID) -> str:
    """Return the key of a batch's timestamp token."""
    return f"{batch_folder(batch_id)}token.tst"


def batch_material_key(batch_id: UUID, identifier: str, kind: str) -> str:
    """Return the key of a piece of validation data of a batch's timestamp."""
    return f"{batch_folder(batch_id)}validation-data/{identifier}.{kind}"


def batch_object_key(batch_id: UUID, number: int) -> str:
    """Return the key of the archive timestamp of an object other than a package that is in a batch."""
    return f"{batch_folder(batch_id)}objects/{number:04d}.ats"


def renewals_prefix(batch_id: UUID) -> str:
    """Return the key prefix of what renews a batch's timestamp."""
    return f"{batch_folder(batch_id)}renewals/"


def renewal_key(batch_id: UUID, number: int, suffix: str) -> str:
    """Return the key of a part of a batch's renewal by a further timestamp.

    Args:
        number: from 1; numbers may be left out.
        suffix: `tst` the timestamp before it, with its validation data, as the renewal covers it; `ats` the archive
            timestamp that covers it, by which the renewal counts; `json` the event.
    """
    return f"{renewals_prefix(batch_id)}{number:04d}.{suffix}"


def earlier_prefix(batch_id: UUID, earlier: UUID) -> str:
    """Return the key prefix of what a batch that begins a new chain covers of an earlier batch."""
    return f"{batch_folder(batch_id)}earlier/{earlier}-"


def earlier_token_key(batch_id: UUID, earlier: UUID, number: int) -> str:
    """Return the key of the last timestamp of an earlier batch, with its validation data, as a new chain covers it.

    Args:
        number: of the last renewal that the new chain covers; 0: none.
    """
    return f"{earlier_prefix(batch_id, earlier)}{number:04d}.tst"


def evidence_prefix(aip_id: UUID, version: int) -> str:
    """Return the key prefix of the archive timestamps beside a package version."""
    return f"{package_folder(aip_id)}v{version:05d}/evidence/"


class EvidencePart(NamedTuple):
    """An archive timestamp beside a package version, as its key tells of it."""

    aip_id: UUID
    version: int
    authority: str
    chain: int
    batch_id: UUID

    @property
    def key(self) -> str:
        """Its key."""
        name = f"{self.authority}-{self.chain:04d}-{self.batch_id}.ats"
        return f"{evidence_prefix(self.aip_id, self.version)}{name}"


_RECORD = ".er"


def kept_record_key(part: EvidencePart) -> str:
    """Return the key of the evidence record of a package that is gone, which a new chain covers in its place."""
    return part.key.removesuffix(".ats") + _RECORD


def kept_record_part(key: str) -> EvidencePart | None:
    """Return what the key of such a record says; none for any other key."""
    return evidence_part(key.removesuffix(_RECORD) + ".ats") if key.endswith(_RECORD) else None


_PART = re.compile(
    r"aips/../../(?P<aip>[0-9a-f-]{36})/v(?P<version>\d{5})/evidence/"
    r"(?P<authority>[a-z0-9][a-z0-9-]*)-(?P<chain>\d{4})-(?P<batch>[0-9a-f-]{36})\.ats"
)


def evidence_part(key: str) -> EvidencePart | None:
    """Return what the key of an archive timestamp beside a package version says; none for any other key."""
    found = _PART.fullmatch(key)
    if found is None:
        return None
    try:
        part = EvidencePart(
            UUID(found["aip"]), int(found["version"]), found["authority"], int(found["chain"]), UUID(found["batch"])
        )
    except ValueError:
        return None
    return part if part.key == key else None


def _spread(identifier: UUID) -> str:
    digits = identifier.hex
    return f"{digits[-4:-2]}/{digits[-2:]}"


def _stamp(time: datetime) -> str:
    return time.strftime("%Y%m%dT%H%M%S%fZ")
