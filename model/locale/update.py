"""Brings the message catalogue level with the code: extract, merge, compile.

Run by `make messages`; a test fails when a message has no translation or the compiled file is stale.
Both files depend on the messages and translations only: a second run changes no byte.
"""

import ast
import io
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("model", "formats", "preservation", "archive", "ingest", "examples")
KEYWORDS = {"_": 1, "N_": 1, "translate": 1, "ngettext": 2}
UNMARKED = (
    "required",
    "No such file or directory",
    "Permission denied",
    "Operation not permitted",
    "Input/output error",
    "Is a directory",
    "Not a directory",
    "File name too long",
    "No space left on device",
    "Read-only file system",
)
"""Words of the command-line library and of the operating system that nobody marks where they are written."""
FORMAT_POLICY = ROOT / "formats" / "data" / "format-policy.toml"
CATALOGUE = ROOT / "model" / "locale" / "vi" / "LC_MESSAGES" / "chauban.po"
_HEADER = "# Vietnamese messages of Châu Bản. Brought level with the code by `make messages`."
_DATE = datetime(2026, 1, 1, tzinfo=UTC)


def extracted() -> Catalog:
    """Return every message of the code, and those of the command-line library, without translations."""
    catalog = Catalog(
        locale="vi",
        project="chauban",
        version="1",
        header_comment=_HEADER,
        msgid_bugs_address="chauban",
        creation_date=_DATE,
        revision_date=_DATE,
        last_translator="Châu Bản",
        language_team="vi",
        charset="utf-8",
        fuzzy=False,
    )
    for word in UNMARKED:
        catalog.add(word)
    for reason in _policy_reasons():
        catalog.add(reason)
    for path in sources():
        for message in _messages(path):
            catalog.add(message)
    return catalog


def sources() -> list[Path]:
    """Return the files whose messages users can meet, sorted."""
    folders = [*(ROOT / folder for folder in FOLDERS), Path(click.__file__).parent]
    return [ROOT / "cli.py", *(path for folder in folders for path in sorted(folder.rglob("*.py")))]


def merged() -> Catalog:
    """Return the Vietnamese catalogue with every message of the code, translated where it was translated."""
    known = committed()
    catalog = extracted()
    for message in catalog:
        before = known.get(message.id) if message.id else None
        if before is not None and before.id == message.id and not before.fuzzy:
            message.string = before.string
    return catalog


def committed() -> Catalog:
    """Return the Vietnamese catalogue as it is on disk."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="vi")


def untranslated(catalog: Catalog) -> list[str]:
    """Return the messages without a translation."""
    return [_text(message.id) for message in catalog if message.id and not _is_translated(message.string)]


def po_bytes(catalog: Catalog) -> bytes:
    """Return the catalogue as the text file people edit, sorted."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=110, no_location=True, sort_output=True, ignore_obsolete=True)
    return buffer.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    """Return the catalogue compiled, as the program reads it."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def main() -> None:
    """Merge and compile; the exit code is 1 when something is not translated."""
    catalog = merged()
    CATALOGUE.write_bytes(po_bytes(catalog))
    CATALOGUE.with_suffix(".mo").write_bytes(mo_bytes(catalog))
    missing = untranslated(catalog)
    for message in missing:
        sys.stdout.write(f"untranslated: {message}\n")
    sys.exit(1 if missing else 0)


def _messages(path: Path) -> Iterator[str | tuple[str, ...]]:
    """Yield what is marked in a file; unlike a tokenizer's, the syntax tree's calls include those inside f-strings."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
            wanted = KEYWORDS[node.func.id]
            texts = [item.value for item in node.args[:wanted] if isinstance(item, ast.Constant)]
            named = tuple(text for text in texts if isinstance(text, str) and text)
            if len(named) == wanted:
                yield named[0] if wanted == 1 else named


def _policy_reasons() -> Iterator[str]:
    """Yield the reasons that the format policy gives, which findings repeat."""
    data = tomllib.loads(FORMAT_POLICY.read_text(encoding="utf-8"))
    for table in (*data["default"].values(), *data["rule"]):
        if table.get("reason"):
            yield table["reason"]


def _is_translated(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def _text(identifier: object) -> str:
    return str(identifier[0]) if isinstance(identifier, tuple | list) else str(identifier)


if __name__ == "__main__":
    main()
