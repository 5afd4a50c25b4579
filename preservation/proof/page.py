"""Builds `verify.html`: one page that verifies a proof of existence in any browser, without a network."""

import base64
import hashlib
from functools import cache
from importlib.resources import files

_SCRIPTS = ("der.js", "hashing.js", "signatures.js", "evidence.js", "inputs.js", "screen.js")


@cache
def build_page() -> bytes:
    """Return the page; it may load nothing and send nothing, and runs only its own script."""
    script = "\n".join(["'use strict';", f"const WORDS = {_words()};", *(_text(name) for name in _SCRIPTS)])
    style = _text("page.css")
    sources = f"script-src {_source(script)}; style-src {_source(style)}"
    policy = f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'"
    page = _text("page.html").replace("{policy}", policy).replace("{style}", style)
    return page.replace("{script}", script).encode("utf-8")


def _text(name: str) -> str:
    return files("preservation.proof").joinpath(f"data/page/{name}").read_text(encoding="utf-8")


def _words() -> str:
    content = files("preservation.proof").joinpath("data/words.json").read_text(encoding="utf-8")
    return content.strip().replace("<", "\\u003c")


def _source(content: str) -> str:
    """Return what names a script or style in a Content-Security-Policy (CSP 2, 4.2.5)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
