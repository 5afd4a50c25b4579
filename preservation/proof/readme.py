"""README.txt and README.html of a proof bundle: what it is and how to check it, with the exact commands.

Both languages stand in one page whatever language is in force: the page leaves the house, and says for itself.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from string import Template

from model.findings import printable
from preservation.evidence.values import Record

LANGUAGES = ("vi", "en")
_HTML = """<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><title>README</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{{max-width:52em;margin:2em auto;padding:0 1em;font:16px/1.5 system-ui,sans-serif}}
pre{{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit}}</style></head>
<body>{body}</body></html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """A root certificate of the bundle, for comparison."""

    path: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRecord:
    """A record of the bundle."""

    path: str
    authority: str
    tokens: tuple[str, ...]
    """Paths of its tokens, in order."""
    record: Record
    roots: tuple[str, ...] = ()
    """Of each token the path of the root certificate it leads to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the page says of one bundle."""

    label: str
    created: datetime
    complete: bool
    count: int
    """Files in `data/`."""
    document: str
    """The document that `verify.sh` walks; empty where the files are gone."""
    records: tuple[ReadRecord, ...]
    roots: tuple[Fingerprint, ...]
    container: str = ""
    """Name of the stored package (TAR); empty when the bundle has no commands for it."""
    member: str = ""
    """Path of the walked document in it."""


def readme_text(facts: Facts) -> str:
    """Return `README.txt`."""
    return "\n\n".join(_page(facts, language) for language in LANGUAGES)


def readme_html(facts: Facts) -> str:
    """Return `README.html`: the same words."""
    pages = (
        f'<section lang="{language}"><pre>{escape(_page(facts, language))}</pre></section>' for language in LANGUAGES
    )
    return _HTML.format(body="<hr>".join(pages))


def _page(facts: Facts, language: str) -> str:
    name = f"data/{_template(facts)}.{language}.txt"
    text = files("preservation.proof").joinpath(name).read_text(encoding="utf-8")
    first = facts.records[0] if facts.records else None
    return Template(text).substitute(
        label=printable(facts.label),
        created=_day(facts.created, language),
        count=facts.count,
        scope=_SCOPES[language][facts.complete],
        records="\n".join(_record_lines(facts, language)),
        fingerprints="\n".join(_roots(facts)) or "    –",
        root=" ".join(shlex.quote(one.path) for one in facts.roots) or "ROOT.pem",
        record=first.path if first else "",
        existed=_day(first.record.chains[0].timestamps[0].time, language) if first else "–",
        document=printable(facts.document),
        commands="\n\n".join(_token_commands(facts)),
        tar=_tar(facts),
    )


def _template(facts: Facts) -> str:
    """Return the name of the page: of a proof, of files that are not sealed, or of a proof whose files are gone."""
    if not facts.records:
        return "unsealed"
    return "readme" if facts.count else "gone"


_SCOPES = {
    "vi": {True: "toàn bộ gói hồ sơ đã được niêm phong cùng nhau", False: "một phần của gói hồ sơ đã được niêm phong"},
    "en": {True: "the whole package that was sealed together", False: "a part of the package that was sealed together"},
}


def _record_lines(facts: Facts, language: str) -> Iterator[str]:
    for one in facts.records:
        yield f"    {one.path}  ({printable(one.authority)})"
        for stamp in one.record.timestamps:
            yield f"        {_day(stamp.time, language)}  {stamp.algorithm}"


def _roots(facts: Facts) -> Iterator[str]:
    for one in facts.roots:
        yield f"    {one.path}: {printable(one.name)}\n        SHA-256 {one.sha256}"
        yield f"        openssl x509 -in {shlex.quote(one.path)} -noout -fingerprint -sha256"


def _token_commands(facts: Facts) -> Iterator[str]:
    for one in facts.records:
        for token, stamp, path in zip(one.tokens, one.record.timestamps, one.roots, strict=True):
            root = shlex.quote(path) if path else "ROOT.pem"
            yield (
                f"    openssl ts -verify -digest {stamp.imprint.hex()} \\\n"
                f"      -in {shlex.quote(token)} -token_in -CAfile {root} \\\n"
                f"      -untrusted certs.pem -attime {int(stamp.time.timestamp())}"
            )


def _tar(facts: Facts) -> str:
    document = shlex.quote(facts.document)
    if not facts.container:
        return f"    tar -cf - {document} | tar -tvf -\n    sha512sum {document}"
    return (
        f"    tar -tvf {shlex.quote(facts.container)}\n"
        f"    tar -xOf {shlex.quote(facts.container)} {shlex.quote(facts.member)} | sha512sum\n"
        f"    sha512sum {document}"
    )


def _day(moment: datetime, language: str) -> str:
    at = moment.astimezone(UTC)
    return f"{at:%d/%m/%Y %H:%M:%S} UTC" if language == "vi" else f"{at:%Y-%m-%d %H:%M:%S} UTC"
