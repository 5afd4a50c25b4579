"""Records that prove records: what stays of data that is gone while its hash algorithm ages.

Source:
    RFC 4998 1.1 (an evidence record may be a data object of another); docs/evidence.md
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from model.findings import Outcome
from preservation.cms.digests import digest_bytes
from preservation.evidence.values import DataObject, RecordReport, TokenCheck
from preservation.evidence.verify import verify_record


def verify_nested(
    records: Sequence[bytes], objects: Sequence[DataObject], *, at: datetime, check_token: TokenCheck
) -> RecordReport:
    """Verify records of which each proves the one before; return the report on the first.

    Args:
        records: the record of the files first.
        objects: the files.
        at: the time of the verification: the last record must hold then, each other at the time the next one proves.
        check_token: judges a token at a time.
    """
    moment = at
    for position in range(len(records) - 1, 0, -1):
        inner = DataObject(name=f"record-{position}", digest=partial(digest_bytes, records[position - 1]))
        report = verify_record(records[position], [inner], at=moment, check_token=check_token)
        if report.outcome is not Outcome.PASSED or report.proof_time is None:
            return report
        moment = report.proof_time
    return verify_record(records[0], objects, at=moment, check_token=check_token, whole_group=True)
