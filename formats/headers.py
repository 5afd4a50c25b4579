"""How a mail message is told from other plain text, without loading what reads mail."""

import re

_FIELD = re.compile(
    rb"^(?:From|To|Cc|Subject|Date|Message-ID|MIME-Version|Received|Return-Path|X-[\w-]+):",
    re.IGNORECASE | re.MULTILINE,
)


def looks_like_mail(head: bytes) -> bool:
    """Tell whether a text begins with the header fields of a message."""
    block = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    fields = {match.lower() for match in _FIELD.findall(block)}
    return len(fields) >= 3 and _FIELD.match(block) is not None
