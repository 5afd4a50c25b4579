"""What every descriptor reader is given and gives: a flow of case-level and document cells."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingest.describe import findings as kinds
from ingest.describe.convert import Cells
from ingest.describe.titles import REPEATABLE
from ingest.sources.values import Limits
from model.findings import FindingLog


class DescriptorError(Exception):
    """A descriptor cannot be read; the text says where and why. Always turned into a finding.

    Args:
        reason: an English sentence part without a full stop, such as `line 3, column 7: expecting a comma`.
    """


@dataclass(slots=True)
class Reading:
    """One descriptor being read."""

    path: Path
    """The descriptor's bytes."""
    name: str
    """For messages."""
    limits: Limits
    log: FindingLog
    case_code: str = ""
    """The case file wanted from a descriptor of several; empty for the only one."""
    case_cells: dict[str, object] = field(default_factory=dict)
    """What was said about the case file; complete once the documents were read to the end."""
    case_codes: set[str] = field(default_factory=set)
    """Case file codes met, where there may be several."""
    _unknown: set[str] = field(default_factory=set)

    def unknown(self, title: str) -> None:
        """Note a title that means nothing to us; each once."""
        if title not in self._unknown and len(self._unknown) < 1000:
            self._unknown.add(title)
            self.log.add(kinds.UNKNOWN_COLUMN.at(self.name, name=title[:200]))

    def say_of_case(self, attribute: str, value: object, title: str) -> None:
        """Note a case-level value; another value for the same attribute is a finding."""
        if value is None or value == "":
            return
        held = self.case_cells.get(attribute)
        if held is None:
            self.case_cells[attribute] = value
        elif attribute in REPEATABLE:
            self.case_cells[attribute] = [*(held if isinstance(held, list) else [held]), value]
        elif held != value:
            self.log.add(
                kinds.CASE_FIELD_DIFFERS.at(self.name, title=title[:200], value=str(held)[:200], other=str(value)[:200])
            )


def cells_of(reading: Reading, pairs: Mapping[str, object], means: Mapping[str, str]) -> Cells:
    """Return cells by attribute for values by title, noting titles that mean nothing."""
    cells: dict[str, object] = {}
    for title, value in pairs.items():
        attribute = means.get(title, "")
        if not attribute:
            reading.unknown(title)
        elif attribute in cells:
            reading.log.add(kinds.FIELD_TWICE.at(reading.name, title=title[:200]))
        else:
            cells[attribute] = value
    return cells


Documents = Iterator[Cells]
"""What a reader yields: the cells of one document after the other, in order."""
