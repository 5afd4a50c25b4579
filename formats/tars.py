"""TAR archives: headers, safe names, no links or devices."""

import tarfile

from formats import findings as kinds
from formats import zips
from formats.content import Content
from model.text import N_

_MEMBERS = 200_000
_REPORTED = 20


def validate(content: Content) -> None:
    """Walk the headers; names that leave the folder, links and devices are refused.

    Source:
        POSIX.1-2017 pax, ustar interchange format
    """
    content.ran("chauban tar", "1")
    content.stream.seek(0)
    names: list[str] = []
    content.shared = names
    found = 0
    try:
        with tarfile.open(fileobj=content.stream, mode="r:") as archive:
            while (member := archive.next()) is not None:
                names.append(member.name)
                why = zips.unsafe(member.name) or ("" if member.isreg() or member.isdir() else N_("link or device"))
                if why and found < _REPORTED:
                    found += 1
                    content.add(kinds.UNSAFE_MEMBER, member=member.name, why=why)
                if len(names) >= _MEMBERS:
                    content.add(kinds.TOO_LARGE, what=N_("the number of members"), limit=_MEMBERS)
                    return
                archive.members = []  # type: ignore[attr-defined]  # typeshed omits it; keeps memory bounded
    except tarfile.TarError as error:
        content.add(kinds.DAMAGED, detail=error)


def extract(content: Content, limit: int) -> str:
    """Return the names of the members, one a line."""
    return "\n".join(content.shared)[:limit] if isinstance(content.shared, list) else ""
