"""Writes the pages that say what the code says: exit codes, findings and commands.

Run by `make docs`; with `--check` nothing is written and stale pages are named.
"""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import click

import cli
from ingest.policy import load_policy
from ingest.sources.findings import UNSAFE_TO_KEEP_PARTLY
from model.errors import VERDICT_MEANINGS, ArchiveError, error_classes
from model.findings import FindingKind, finding_kinds
from model.text import translate, use_language

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("model", "formats", "preservation", "archive", "ingest")
INTAKE = ("format", "intake", "metadata")
"""Prefixes of the findings that an intake policy judges."""
WIDTH = 100

PREFIXES = {
    "aip": "the archival package of this program, against docs/format/aip-v1.md",
    "audit": "the audit log: its entries, their order, its heads",
    "bag": "BagIt bags, against RFC 8493",
    "casefile": "case files on the desk: what their closing review found",
    "csip": "E-ARK information packages, against CSIP, SIP and AIP 2.x; the code after the dot is the requirement's",
    "custody": "what is held: copies, digests, what a store has too much or too little",
    "disposal": "destruction: why a record was kept, what blocked it, what is left to be done elsewhere",
    "edxml": "edXML messages of the document axis, against QCVN 102:2016/BTTTT",
    "evidence": "evidence records: their hash trees, timestamps and renewals, and what they cover",
    "format": "files: identification, well-formedness, protection, readability",
    "handover": "hand-overs to another archive, and what may be released after them",
    "intake": "what is handed in: names, links, limits, duplicates, secrecy",
    "legacy": "what was converted from Circular 02/2019/TT-BNV, and what needs a decision",
    "metadata": "the description of a case file and its documents",
    "mets": "METS files beyond what CSIP says",
    "package": "packages of every kind: how they are packed and named",
    "plan": "the yearly list of case files",
    "premis": "PREMIS files",
    "proof": "proof bundles: what they can and cannot prove",
    "reception": "a submission against its registration, its list and the holdings",
    "retention": "spreadsheets of disposal schedules",
    "signature": "electronic signatures: what was found in a file, and the verdict on it",
    "submission": "packages of other systems as they come in",
    "timestamp": "timestamp tokens, against RFC 3161",
    "trust": "the trust folder, trusted lists, and what was to be fetched",
    "tt02": "packages and descriptions of Circular 02/2019/TT-BNV",
    "tt05": "packages of Circular 05/2025/TT-BNV",
    "watch": "what lies in a watched folder",
    "xml": "XML files: size, depth, entities, schema",
}

HEAD = "<!-- Written by docs/generate.py from the code (`make docs`). Do not edit. -->\n"


def exit_codes() -> str:
    """Return the page of exit codes."""
    errors: dict[int, list[type[ArchiveError]]] = {}
    for error in error_classes():
        errors.setdefault(error.exit_code, []).append(error)
    lines = [
        "# Exit codes",
        "",
        HEAD,
        "What `chauban` ends with. Codes are only added; one that is not in this table means failure.",
        "In a batch the severest wins: 130, 12, any other error, 5, 3, 4, 0.",
        "",
        "| code | meaning | ý nghĩa | error (`code` in `error/1`) | worth another try |",
        "|---|---|---|---|---|",
    ]
    for code in sorted({*VERDICT_MEANINGS, *errors}):
        if code in VERDICT_MEANINGS:
            lines.append(_row(code, VERDICT_MEANINGS[code], "–", "–"))
        for error in errors.get(code, ()):
            lines.append(_row(code, error.meaning, f"`{error.code}`", "yes" if error.retryable else "no"))
    lines += [
        "",
        "An error is one sentence on stderr with what to do about it; with `--json` it is one object of the",
        "schema `error/1` there, with `code`, `message` and `hint`. Nothing of it is on stdout.",
    ]
    return "\n".join(lines) + "\n"


def _row(code: int, meaning: str, error: str, again: str) -> str:
    return f"| {code} | {meaning} | {translate(meaning, 'vi')} | {error} | {again} |"


def findings() -> str:
    """Return the page of finding kinds."""
    kinds = sorted(finding_kinds().values(), key=lambda kind: (_prefix(kind), kind.code))
    lines = [
        "# Findings",
        "",
        HEAD,
        "Everything a check can find, by the prefix of its code. A finding is stored as its code and values and",
        "read in either language. *Weight* is what the check gives it: an error fails the check, a warning and a",
        "note do not; *undecided* means that something could not be checked, and the outcome is `INDETERMINATE`.",
        "*Intake* is what the shipped [intake policy](policy.md) does with it; *always* cannot be relaxed.",
        "Words in braces stand for values.",
        "",
    ]
    groups = {prefix: list(group) for prefix, group in groupby(kinds, _prefix)}
    lines += [f"- [{prefix}](#{prefix}): {len(group)}, {PREFIXES[prefix]}" for prefix, group in groups.items()]
    for prefix, group in groups.items():
        lines += ["", f"## {prefix}", "", f"{PREFIXES[prefix][:1].upper()}{PREFIXES[prefix][1:]}."]
        for kind in group:
            lines += ["", *_kind(kind)]
    return "\n".join(lines) + "\n"


def _prefix(kind: FindingKind) -> str:
    return kind.code.partition(".")[0]


def _kind(kind: FindingKind) -> Iterator[str]:
    facts = [kind.severity.value + (", undecided" if kind.undecided else "")]
    if _prefix(kind) in INTAKE:
        always = " (always)" if kind.code in UNSAFE_TO_KEEP_PARTLY else ""
        facts.append(f"intake: {load_policy().action(kind.code, kind.severity).value}{always}")
    if kind.source:
        facts.append(_plain(kind.source))
    yield f"**`{kind.code}`** · {' · '.join(facts)}"
    yield ""
    for language in ("en", "vi"):
        remedy = translate(kind.remedy, language)
        yield f"- {_plain(translate(kind.message, language))}" + (f" → {_plain(remedy)}" if remedy else "")


def _plain(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return " ".join(text.split()).replace("<", "&lt;").replace("*", "\\*").replace("[", "\\[")


def commands() -> str:
    """Return the page of commands, in the words of their own help."""
    lines = [
        "# Commands",
        "",
        HEAD,
        "The help of every command (`chauban --lang vi … --help` shows it in Vietnamese). Every option can also be",
        "set as a variable: `CHAUBAN_<COMMAND>_<OPTION>`, such as `CHAUBAN_SEARCH_LIMIT`. Data goes to stdout,",
        "everything else to stderr; with `--json` every line of stdout is one object with a versioned `schema`.",
        "How commands end: [exit codes](exit-codes.md).",
    ]
    for context in _contexts(cli.load_commands(), "chauban", None):
        lines += ["", f"## {context.command_path}", "", "```text", context.get_help(), "```"]
    return "\n".join(line.rstrip() for line in "\n".join(lines).splitlines()) + "\n"


def _contexts(command: click.Command, name: str, parent: click.Context | None) -> Iterator[click.Context]:
    settings = {**command.context_settings, "max_content_width": WIDTH, "terminal_width": WIDTH}
    context = click.Context(command, info_name=name, parent=parent, **settings)
    yield context
    if isinstance(command, click.Group):
        for child in sorted(command.commands):
            yield from _contexts(command.commands[child], child, context)


PAGES: dict[str, Callable[[], str]] = {
    "docs/exit-codes.md": exit_codes,
    "docs/findings.md": findings,
    "docs/commands.md": commands,
}


def import_everything() -> None:
    """Import every module of the product, so that every finding kind and error is known."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)


def main() -> None:
    """Write the pages, or with `--check` name those that are stale."""
    import_everything()
    use_language("en")
    stale = []
    for name, page in PAGES.items():
        path, text = ROOT / name, page()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    for name in stale:
        sys.stdout.write(f"{name}\n")
    sys.exit(1 if stale and "--check" in sys.argv else 0)


if __name__ == "__main__":
    main()
