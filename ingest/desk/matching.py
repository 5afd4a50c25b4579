"""Which line of the yearly plan a document belongs to: by keywords, type and organisation."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from ingest.describe.titles import fold
from ingest.desk.desk import VIETNAM, Desk, line_of
from ingest.desk.values import DeskDocument, PlanLine

_WORD = re.compile(r"[a-z0-9]+")


def words_of(text: str) -> list[str]:
    """Return the words of a text without case and accents."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


class PlanMatcher:
    """Finds the one line a document fits; the plan of a year is read once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._years: dict[int, _YearPlan] = {}

    def match(self, document: DeskDocument) -> PlanLine | None:
        """Return the only line that fits; none when none or several do."""
        date = document.key.date
        year = date.year if date is not None else document.received_at.astimezone(VIETNAM).year
        if year not in self._years:
            lines = (line_of(row) for row in self._desk.index.plan(year))
            self._years[year] = _YearPlan(self._desk, lines)
        found = list(self._years[year].fitting(document))
        return found[0] if len(found) == 1 else None


class _YearPlan:
    """The lines of one year that say what belongs into them, by the first word of each keyword."""

    def __init__(self, desk: Desk, lines: Iterable[PlanLine]) -> None:
        self._organ = desk.keys.organ
        self._by_word: dict[str, list[tuple[list[str], PlanLine]]] = {}
        self._without_word: list[PlanLine] = []
        agencies = set()
        for line in lines:
            agencies.add(line.agency_code)
            keywords = [words for keyword in line.keywords if (words := words_of(keyword))]
            for words in keywords:
                self._by_word.setdefault(words[0], []).append((words, line))
            if not keywords and (line.types or line.organs):
                self._without_word.append(line)
        self._several = len(agencies) > 1

    def fitting(self, document: DeskDocument) -> Iterator[PlanLine]:
        """Yield the lines that fit, each once."""
        seen: set[str] = set()
        for line in (*self._by_keyword(document), *self._without_word):
            if line.id not in seen and self._fits(line, document):
                seen.add(line.id)
                yield line

    def _by_keyword(self, document: DeskDocument) -> Iterator[PlanLine]:
        words = words_of(document.subject)
        for place, word in enumerate(words):
            for wanted, line in self._by_word.get(word, ()):
                if words[place : place + len(wanted)] == wanted:
                    yield line

    def _fits(self, line: PlanLine, document: DeskDocument) -> bool:
        if line.types and document.type_code not in line.types:
            return False
        if line.organs and not self._is_of(line, document):
            return False
        if self._several and line.agency_code and document.receiver_codes:
            parties = {self._organ(code) for code in (document.sender, *document.receiver_codes)}
            return self._organ(line.agency_code) in parties
        return True

    def _is_of(self, line: PlanLine, document: DeskDocument) -> bool:
        code, name = self._organ(document.key.organ_code or document.sender), fold(document.organ_name)
        return any(self._organ(organ) == code or fold(organ) == name for organ in line.organs)
