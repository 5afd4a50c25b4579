"""Builds the stand-alone verifier: one Python program file that needs nothing but Python, for decades from now.

It is made of the product's own reading and verification of evidence records, so that both say the same, of the
program around it (`offline/`), and of the ASN.1 library with its licence.
"""

import ast
import io
import zipfile
from functools import cache
from importlib import metadata
from importlib.resources import files

_EPOCH = (1980, 1, 1, 0, 0, 0)
_START = ("preservation.proof.offline.older", "preservation.proof.offline.main")
_OURS = ("model", "preservation")
_WORDS = "preservation/proof/data/words.json"
_UNUSED = frozenset({"csr.py", "pdf.py", "pkcs12.py"})
"""Modules of the ASN.1 library that nothing here reads."""
_FUTURE = "from __future__ import annotations"
_MAIN = '''\
"""Verifies a proof of existence, offline; see README.txt beside it."""

import sys
from pathlib import Path

if sys.version_info < (3, 9):
    sys.exit("Python 3.9 or newer, please / Can Python 3.9 tro len")

from preservation.proof.offline.older import prepare

prepare()

from preservation.proof.offline.main import main

sys.exit(main(sys.argv[1:], Path(sys.argv[0]).resolve().parent))
'''


@cache
def build_verifier() -> bytes:
    """Return `verify.pyz`: run as `python3 -I verify.pyz`; the same bytes at every call."""
    entries = {"__main__.py": _MAIN.encode(), _WORDS: _resource(_WORDS)}
    for name, source in _modules().items():
        entries[f"{name.replace('.', '/')}.py"] = _for_older(source).encode()
        packages = name.split(".")[:-1]
        entries |= {f"{'/'.join(packages[:depth])}/__init__.py": b"" for depth in range(1, len(packages) + 1)}
    entries |= dict(_asn1_library())
    stream = io.BytesIO()
    stream.write(b"#!/usr/bin/env python3\n")
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(entries):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            entry.create_system = 3
            archive.writestr(entry, entries[name])
    return stream.getvalue()


def _modules() -> dict[str, str]:
    """Return the source of the program's modules and of every module of ours they import when they are loaded."""
    found: dict[str, str] = {}
    todo = list(_START)
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found[name] = _resource(f"{name.replace('.', '/')}.py").decode("utf-8")
        todo += _imported(found[name])
    return found


def _imported(source: str) -> list[str]:
    names = []
    for statement in ast.parse(source).body:
        if not isinstance(statement, ast.ImportFrom) or not (statement.module or "").startswith(_OURS):
            continue
        module = str(statement.module)
        for one in statement.names:  # a module of a package, or something in a module
            inner = f"{module}.{one.name}"
            names.append(inner if _is_module(inner) else module)
    return names


def _is_module(name: str) -> bool:
    package, _dot, rest = name.partition(".")
    return files(package).joinpath(f"{rest.replace('.', '/')}.py").is_file()


def _resource(name: str) -> bytes:
    package, _slash, rest = name.partition("/")
    return files(package).joinpath(rest).read_bytes()


def _for_older(source: str) -> str:
    """Return a module whose annotations are not computed: Python 3.9 cannot compute all of them."""
    if _FUTURE in source:
        return source
    closing = source.index('"""', 3) + 3  # every module begins with its docstring
    return f"{source[:closing]}\n\n{_FUTURE}{source[closing:]}"


def _asn1_library() -> list[tuple[str, bytes]]:
    found = []
    for item in files("asn1crypto").iterdir():
        if item.name.endswith(".py") and item.name not in _UNUSED:
            found.append((f"asn1crypto/{item.name}", item.read_bytes()))
    shipped = metadata.distribution("asn1crypto").files or ()
    licence = next((item for item in shipped if item.name == "LICENSE"), None)
    if licence is None:
        raise FileNotFoundError("the licence of asn1crypto")
    return [*found, ("asn1crypto/LICENSE", licence.read_binary())]
