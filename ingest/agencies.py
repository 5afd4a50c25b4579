"""What the old codes of agencies became, by the registry of agencies."""

from collections.abc import Callable

from archive.archive import Archive
from ingest.legacy.values import OLD_AGENCY


def new_codes(archive: Archive) -> Callable[[str], str]:
    """Return what gives the code that an old 13-character code became; empty where no successor is registered.

    Source:
        Decision 20/2020/QĐ-TTg (codes with the highest level first).
    """

    def new_code(code: str) -> str:
        if not OLD_AGENCY.fullmatch(code):
            return ""
        chain = archive.catalogue.successor_chain(code)
        return next((agency.code for agency in chain if not OLD_AGENCY.fullmatch(agency.code)), "")

    return new_code
