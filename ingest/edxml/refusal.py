"""How reading a message ends when it must be refused."""

from ingest.edxml import findings as kinds
from model.findings import Finding
from model.text import N_

SIZE = N_("its size in bytes")
TEXTS = N_("the length of its texts in bytes")
DEPTH = N_("the depth of its elements")
ELEMENTS = N_("the number of its elements")
PREFIXES = N_("the number of its namespace prefixes")
TOKEN = N_("the length of one tag or comment in bytes")
ATTACHMENTS = N_("the number of its attachments")
ATTACHMENT = N_("the size of an attachment in bytes")
TOTAL = N_("the size of all its attachments in bytes")


class Refused(Exception):
    """The message must be refused; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def beyond(what: str, limit: int, location: str = "") -> Refused:
    """Return the refusal of a message that is beyond a limit."""
    return Refused(kinds.BEYOND_LIMIT.at(location, what=what, limit=limit))
