"""The programs that examine files, with their versions, as agents of preservation events."""

from functools import cache
from importlib.metadata import version

from model.preservation import Agent, AgentType

_PACKAGES = ("pygfried", "pikepdf", "pypdfium2", "pillow", "lxml")


@cache
def tool_version(package: str) -> str:
    """Return the version of an installed library."""
    return version(package)


@cache
def tool_versions() -> tuple[Agent, ...]:
    """Return the libraries that identify, validate or read files."""
    return tuple(
        Agent(identifier=name, name=name, type=AgentType.SOFTWARE, version=tool_version(name)) for name in _PACKAGES
    )
