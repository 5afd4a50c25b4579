"""What stays of the record of a transfer when its content is destroyed: what became of it, without names of files.

Findings name files and quote descriptions. How many there were of which kind stays: the decision rests on that.
"""

import json
from typing import Any

_FINDINGS = "findings"
_LEFT_OUT = "findings_left_out"


def without_findings(report: str) -> str:
    """Return an ingest report without its findings, which are counted as left out; doing so again changes nothing."""
    try:
        data: dict[str, Any] = json.loads(report)
        found = data[_FINDINGS]
        data |= {_FINDINGS: [], _LEFT_OUT: int(data[_LEFT_OUT]) + len(found)}
    except (ValueError, KeyError, TypeError):
        return ""
    return json.dumps(data, ensure_ascii=True, sort_keys=True)


def transfer_left(content: bytes) -> bytes:
    """Return what stays of the stored record of a transfer.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    data: dict[str, Any] = json.loads(content)
    return json.dumps(data | {"report": without_findings(data["report"])}, ensure_ascii=True, sort_keys=True).encode()
