"""Whether a case file is secret, from its description alone: before anything is copied or indexed.

Source:
    Law on Archives 33/2024/QH15; Circular 05/2025/TT-BNV Annex I (mode 03 Mật).
"""

import re
from collections.abc import Iterable

from ingest.describe.titles import fold
from ingest.describe.values import clean_text
from ingest.sources.findings import SECRET
from model.casefile import CaseFile, Document
from model.elements import SECRET_MODE, code_word
from model.findings import Finding
from model.text import N_

_SECRET_WORDS = re.compile(r"(^|[^a-z])(mat|toimat|tuyetmat|bimat|secret|confidential|classified)([^a-z]|$)")
_SECRET_ANYWHERE = ("toimat", "tuyetmat", "bimat", "domat", "secret", "confidential", "classified")

CASE_FILE = N_("the case file")


def is_secret(case_file: CaseFile, documents: Iterable[Document]) -> Finding | None:
    """Return a finding when the case file or any of its documents is secret, else none.

    Unrecognised access levels count as secret when a word of secrecy is in them: when in doubt, keep out.
    """
    if is_secret_mode(case_file.mode):
        return SECRET.at("caseFile/mode", subject=CASE_FILE, value=_shown(case_file.mode))
    for document in documents:
        if is_secret_mode(document.mode):
            return SECRET.at(
                f"document[{document.ordinal}]/mode", subject=f"#{document.ordinal}", value=_shown(document.mode)
            )
    return None


def is_secret_mode(mode: str) -> bool:
    """Tell whether an access level, a code or the words of a clerk, says secret."""
    if mode in ("", "01", "02"):
        return False
    if mode == SECRET_MODE:
        return True
    folded = fold(mode)
    if any(word in folded for word in _SECRET_ANYWHERE):
        return True
    spaced = " ".join(fold(word) for word in re.split(r"[\W_]+", mode))
    return bool(_SECRET_WORDS.search(spaced)) or fold(clean_text(mode)[0]).lstrip("0") == "3"


def _shown(mode: str) -> str:
    return code_word("mode", mode, "vi")
