"""JSON documents and JSON Lines."""

import json

from formats import findings as kinds
from formats import plaintext
from formats.content import Content
from model.text import N_

LARGEST = 64 << 20


def validate(content: Content) -> None:
    """Check that the text is JSON, or one JSON value a line.

    Source:
        RFC 8259 sections 2 and 8.1
    """
    if content.size > LARGEST:
        content.skipped("chauban json", "too large")
        content.add(kinds.TOO_LARGE, what=N_("the JSON text"), limit=f"{LARGEST >> 20} MiB")
        return
    content.ran("chauban json", "1")
    data = content.data()
    try:
        text = data.decode("utf-8-sig" if data[:3] == b"\xef\xbb\xbf" else json.detect_encoding(data))
    except UnicodeDecodeError:
        content.add(kinds.DAMAGED, detail=N_("JSON is not in Unicode"))
        return
    content.shared = text
    try:
        _load(text)
    except RecursionError:
        content.add(kinds.DAMAGED, detail=N_("values are nested too deep"))
    except ValueError as error:
        content.add(kinds.DAMAGED, detail=error)


def extract(content: Content, limit: int) -> str:
    """Return the text with escapes resolved where they stand in strings."""
    if not isinstance(content.shared, str):
        return plaintext.extract(content, limit)
    if "\\u" not in content.shared:
        return content.shared
    return json.dumps(_load(content.shared), ensure_ascii=False)


def _load(text: str) -> object:
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2 or not lines[0].lstrip().startswith(("{", "[")):
            raise
        return [json.loads(line, parse_constant=_refuse) for line in lines]


def _refuse(constant: str) -> object:
    raise ValueError(f"{N_('a value that is not JSON')}: {constant}")
