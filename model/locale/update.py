"""Brings the message catalogue level with the code: extract, merge, compile.

Run by `make messages`; a test fails when a message has no translation or the compiled file is stale.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("model", "formats", "preservation", "archive", "ingest", "examples")
KEYWORDS = {"_": None, "N_": None, "translate": (1,), "ngettext": (1, 2), "_element": (3,)}
CATALOGUE = ROOT / "model" / "locale" / "vi" / "LC_MESSAGES" / "chauban.po"


def extracted() -> Catalog:
    """Return every message of the code, and those of the command-line library."""
    catalog = Catalog(project="chauban", charset="utf-8")
    for folder in FOLDERS:
        for message in _messages(ROOT / folder, KEYWORDS):
            catalog.add(message)
    for message in _messages_of_file(ROOT / "cli.py"):
        catalog.add(message)
    for message in _messages(Path(click.__file__).parent, {"_": None, "ngettext": (1, 2)}):
        catalog.add(message)
    return catalog


def merged() -> Catalog:
    """Return the Vietnamese catalogue with every message of the code, translated where it was translated."""
    with CATALOGUE.open("rb") as file:
        catalog = read_po(file, locale="vi")
    catalog.update(extracted(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def untranslated(catalog: Catalog) -> list[str]:
    """Return the messages without a translation."""
    return [_text(message.id) for message in catalog if message.id and not _is_translated(message.string)]


def main() -> None:
    """Merge and compile."""
    catalog = merged()
    with CATALOGUE.open("wb") as file:
        write_po(file, catalog, width=110, no_location=True, sort_output=True, omit_header=False)
    with CATALOGUE.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalog)
    missing = untranslated(catalog)
    for message in missing:
        sys.stdout.write(f"untranslated: {message}\n")
    sys.exit(1 if missing else 0)


def _messages(folder: Path, keywords: Mapping[str, tuple[int, ...] | None]) -> Iterator[str | tuple[str, ...]]:
    for _file, _line, message, _comments, _context in extract_from_dir(
        folder, method_map=[("**.py", "python")], keywords=keywords
    ):
        yield message


def _messages_of_file(path: Path) -> Iterator[str | tuple[str, ...]]:
    from babel.messages.extract import extract_from_file

    for _line, message, _comments, _context in extract_from_file("python", path, keywords=KEYWORDS):
        yield message


def _is_translated(string: object) -> bool:
    return all(string) if isinstance(string, tuple) else bool(string)


def _text(identifier: object) -> str:
    return str(identifier[0]) if isinstance(identifier, tuple | list) else str(identifier)


if __name__ == "__main__":
    main()
