"""Tables as text: CSV and tab-separated values."""

import csv
import io

from formats import findings as kinds
from formats import plaintext
from formats.content import Content
from model.text import N_

_ROWS = 1_000_000
_FIELD = 1 << 20


def validate(content: Content) -> None:
    """Check the encoding and that quoting closes; uneven rows are noted.

    Source:
        RFC 4180 section 2
    """
    plaintext.validate(content)
    if not isinstance(content.shared, str) or content.found("format.damaged"):
        return
    text = content.shared
    first = text.partition("\n")[0]
    separator = max(",;\t|", key=first.count)
    csv.field_size_limit(_FIELD)
    widths: set[int] = set()
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)):
            if row:
                widths.add(len(row))
            if number >= _ROWS:
                break
    except csv.Error as error:
        content.add(kinds.DAMAGED, detail=error)
        return
    if len(widths) > 1:
        content.add(
            kinds.IRREGULAR, detail=f"{N_('rows differ in their number of fields')}: {min(widths)}–{max(widths)}"
        )


def extract(content: Content, limit: int) -> str:
    """Return the decoded text."""
    return plaintext.extract(content, limit)
