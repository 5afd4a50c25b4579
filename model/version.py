"""The program's own name and version, as preservation metadata record it."""

from functools import cache
from importlib import metadata

PROGRAM = "chauban"


@cache
def program_version() -> str:
    """Return the installed version of the program."""
    return metadata.version(PROGRAM)


@cache
def library_version(distribution: str) -> str:
    """Return the installed version of a library; empty when it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
