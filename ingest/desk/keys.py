"""What a document is called, made comparable: by the identifier of its message, and by issuer, number and date.

Source:
    QCVN 102:2016/BTTTT; Decision 20/2020/QĐ-TTg (identifier codes of agencies).
"""

import hashlib
import re
from collections.abc import Iterator

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.desk import FILE, SELF
from ingest.describe.titles import fold
from ingest.desk.values import DeskDocument, DocumentKind
from ingest.edxml.values import Business, DocumentKey
from model.dates import PartialDate

ANSWER = "answer"
RECALL = "recall"
UPDATE = "update"
REPLACE = "replace"
STATUS = "status"
CONCERNING = (RECALL, UPDATE, REPLACE, STATUS)
"""Roles of a document that speaks of another one and belongs beside it."""

_ROLES = {Business.RECALL: RECALL, Business.UPDATE: UPDATE, Business.REPLACE: REPLACE}
_OLD_CODE = re.compile(r"\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}")
_WRITTEN = re.compile(r"([^,\s]{1,35}),(\d{4})[/-](\d{1,2})[/-](\d{1,2}),(.{1,60})")
_LONGEST = 200


class KeyMaker:
    """Makes keys; remembers under which code the registry knows an agency now."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._codes: dict[str, str] = {}

    def organ(self, code: str) -> str:
        """Return the code of an agency in one form: the newer one where both are known."""
        written = "".join(code.upper().split())
        if written not in self._codes:
            if len(self._codes) > 50_000:
                self._codes.clear()
            self._codes[written] = self._known(written)
        return self._codes[written]

    def keys(self, document: DeskDocument) -> tuple[tuple[str, str], ...]:
        """Return every key of a document with its role: its names, what it answers and speaks of, its files."""
        own = tuple(self.of(document.key))
        role = STATUS if document.kind is DocumentKind.STATUS else _ROLES.get(document.business, "")
        concerned = {key for reference in document.concerns for key in self.of(reference)}
        found = [(key, role) for key in sorted(concerned)] if role else []
        if document.kind is not DocumentKind.STATUS and not (role in (RECALL, UPDATE) and concerned.intersection(own)):
            found += [(key, SELF) for key in own]
        found += [(key, ANSWER) for reference in document.answers for key in self.of(reference)]
        if len(document.files) > 1:
            found += [(file.sha256, FILE) for file in document.files]
        return tuple(dict.fromkeys(found))

    def of(self, key: DocumentKey) -> Iterator[str]:
        """Yield the keys of a document's name: equal for the same document, however its name was written."""
        if key.document_id:
            yield "i:" + _bounded("".join(key.document_id.lower().split()))
            if found := _WRITTEN.fullmatch(key.document_id.strip()):
                number, _, notation = found[5].partition("/")
                day = _date(found[2], found[3], found[4])
                if day is not None:
                    yield from self._parts(found[1], number, notation, day)
        if key.date is not None and key.number:
            yield from self._parts(key.organ_code, key.number, key.notation, key.date)

    def _parts(self, organ: str, number: str, notation: str, date: PartialDate) -> Iterator[str]:
        if organ and number and date.day is not None:
            parts = (self.organ(organ), fold(number).lstrip("0") or "0", fold_notation(notation), date.iso)
            yield "p:" + _bounded("|".join(parts))

    def _known(self, code: str) -> str:
        if not _OLD_CODE.fullmatch(code):
            return code
        agency = self._catalogue.get_agency(code)
        successor = agency.successor_code if agency is not None else ""
        if successor and not _OLD_CODE.fullmatch(successor.upper()):
            return successor.upper()
        return code.rpartition(".")[2] if code.startswith("000.00.00.") else code


def fold_notation(text: str) -> str:
    """Return a notation such as `QĐ-UBND` apart from case and spaces; signs count."""
    return "".join(text.upper().replace("–", "-").split())


def is_notice(document: DeskDocument, makes: KeyMaker) -> bool:
    """Tell whether a message only speaks of another document and has no number of its own."""
    if document.kind is DocumentKind.STATUS:
        return True
    speaks = document.business in (Business.RECALL, Business.UPDATE)
    return speaks and not any(role == SELF for _, role in makes.keys(document))


def _date(year: str, month: str, day: str) -> PartialDate | None:
    try:
        return PartialDate(int(year), int(month), int(day))
    except ValueError:
        return None


def _bounded(text: str) -> str:
    return text if len(text) <= _LONGEST else hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
