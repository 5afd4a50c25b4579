"""The way of one document through the hash tree to its timestamp, as text that a person can follow with `openssl`.

Source:
    RFC 4998 4.3
"""

import re
from dataclasses import dataclass

from model.errors import InputError
from model.text import N_
from preservation.evidence.values import Record

_PLAIN = re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What `path.txt` says."""

    document: str
    """Path of the document in the bundle."""
    token: str
    """Path of the token in the bundle."""
    record: Record

    def text(self) -> str:
        """Return `path.txt`: fields, then a line with list number and hash value for every value of the path.

        Raises:
            InputError: the document's name has a line break, so that no line can name it.
        """
        if "\n" in self.document or "\r" in self.document or not _PLAIN.fullmatch(self.algorithm):
            raise InputError(
                N_("The name of {path} cannot be written in a line of text."),
                hint=N_("Choose another document for the walk by hand."),
                path=self.document,
            )
        stamp = self.record.chains[0].timestamps[0]
        lines = [
            "# The way from the document to the value its first timestamp signs (RFC 4998 4.3); verify.sh follows it.",
            f"document: {self.document}",
            f"algorithm: {self.algorithm}",
            f"token: {self.token}",
            f"attime: {int(stamp.time.timestamp())}",
            f"root: {stamp.imprint.hex()}",
            "# list number, hash value; the values of list 1 are the documents that were sealed together",
        ]
        lists = stamp.path or ((stamp.imprint,),)
        lines += [f"{number} {value.hex()}" for number, values in enumerate(lists, start=1) for value in values]
        return "\n".join(lines) + "\n"

    @property
    def algorithm(self) -> str:
        """Hash algorithm of the path, as `openssl dgst` names it."""
        return self.record.chains[0].algorithm
