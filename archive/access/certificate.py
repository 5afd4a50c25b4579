"""The certificate of a dissemination package: 11 items, and a code that anybody can work out again.

Source:
    Circular 05/2025/TT-BNV, Article 42 and Annex V; docs/giving-out.md
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from archive.forms.values import CertificateFacts, Issuer
from model.casefile import CaseFile, Document
from model.elements import code_word
from model.errors import InputError
from model.preservation import FileObject
from model.text import N_
from preservation.package.dip import AccessRequest
from preservation.package.profiles import VIETNAM

CERTIFICATE = "documentation/certificate.pdf"
DEFAULT_DAYS = 15
"""Days a certificate holds when the archive says nothing. The circular names the period and sets none: its 15 days
are for reading copies and for copies that nobody vouches for (Articles 37 and 40). A certificate cannot be called
back, so the shortest period it knows is taken."""
MAX_DAYS = 36_500
MAX_COPIES = 10_000
MAX_NAME = 200
MAX_ID = 50
_LISTED = 500
"""Files that are listed one by one; the code covers all of them, however many there are."""
_FORMS = {"pic": "Tài liệu ảnh", "media": "Tài liệu ghi âm, ghi hình"}
_PURPOSES = {"01": "Cá nhân", "02": "Công vụ", "03": "Công vụ đặc biệt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who is handed the package, and what the certificate promises: personal, and in no log or journal."""

    name: str
    identifier: str = ""
    """Number of the identity document."""
    valid_until: date | None = None
    """Last day of the certificate."""
    valid_days: int | None = None
    """Days after that of issue, instead of the last day; `DEFAULT_DAYS` when neither is given."""
    copies: int = 1

    def __post_init__(self) -> None:
        """See that the certificate can hold it.

        Raises:
            InputError: a text is empty, too long or cannot be printed, there are too many copies, or two last days.
        """
        for value, limit in ((self.name, MAX_NAME), (self.identifier, MAX_ID)):
            if len(value) > limit or not value.isprintable():
                raise InputError(
                    N_(
                        "Name or number of the recipient has more than {limit} characters, or some that cannot be read."
                    ),
                    hint=N_("Shorten or correct it."),
                    limit=limit,
                )
        if not self.name.strip() or not 1 <= self.copies <= MAX_COPIES:
            raise InputError(
                N_("A certificate needs the name of its recipient, and from 1 to {limit} copies."),
                hint=N_("Give --recipient and --copies."),
                limit=MAX_COPIES,
            )
        if self.valid_until is not None and self.valid_days is not None:
            raise InputError(
                N_("A certificate has one last day."), hint=N_("Give --valid-until or --valid-days, not both.")
            )
        if self.valid_days is not None and not 0 <= self.valid_days <= MAX_DAYS:
            raise InputError(
                N_("A certificate cannot hold {days} days."),
                hint=N_("Give from 0 to {limit} days."),
                days=self.valid_days,
                limit=MAX_DAYS,
            )


def authentication_code(objid: str, files: Iterable[FileObject]) -> str:
    """Return the code of a package: who holds the package can work it out again.

    The first 20 hexadecimal digits, in groups of four, of the SHA-256 of a text: the package's OBJID on
    the first line, then a line a content file as `sha256sum` writes it, by path.

    Args:
        objid: of the dissemination package.
        files: sorted by path.
    """
    digest = hashlib.sha256(f"{objid}\n".encode())
    for file in files:
        digest.update(f"{file.sha256.hex()}  {file.path}\n".encode())
    text = digest.hexdigest()[:20].upper()
    return "-".join(text[start : start + 4] for start in range(0, 20, 4))


def certificate_facts(
    *,
    archive_name: str,
    recipient: Recipient,
    request: AccessRequest,
    case_file: CaseFile,
    document: Document | None,
    code: str,
    created: datetime,
    files: Iterable[FileObject],
) -> CertificateFacts:
    """Return the facts of the certificate's 11 items.

    Args:
        document: the only one of the package; none for the whole case file.
        code: of `authentication_code`.
        created: of the package; aware.
        files: sorted by path.
    """
    day = created.astimezone(VIETNAM).date()
    return CertificateFacts(
        issuer=Issuer(agency=archive_name, day=day),
        authentication_code=code,
        archive=archive_name,
        recipient=recipient.name,
        recipient_id=recipient.identifier,
        original_code=(document.doc_code if document else "") or case_file.file_code,
        code=_number_and_notation(document),
        type_name=_type_name(case_file, document),
        subject=document.subject if document else case_file.title,
        purpose=request.purpose_content or _PURPOSES[request.purpose],
        issued=day,
        valid_until=_valid_until(recipient, day),
        copies=recipient.copies,
        digests=_digests(files),
    )


def _type_name(case_file: CaseFile, document: Document | None) -> str:
    if document is None:
        return "Tài liệu rời" if case_file.is_loose else "Hồ sơ"
    return _FORMS.get(document.form) or code_word("typeName", document.type_name, "vi")


def _valid_until(recipient: Recipient, day: date) -> date:
    until = recipient.valid_until or day + timedelta(
        days=DEFAULT_DAYS if recipient.valid_days is None else recipient.valid_days
    )
    if not day <= until <= day + timedelta(days=MAX_DAYS):
        raise InputError(
            N_("A certificate issued on {day} cannot hold until {until}."),
            hint=N_("Give a later day, no more than {limit} days ahead."),
            day=day,
            until=until,
            limit=MAX_DAYS,
        )
    return until


def _number_and_notation(document: Document | None) -> str:
    parts = (document.code_number, document.code_notation) if document else ()
    return "/".join(part for part in parts if part)


def _digests(files: Iterable[FileObject]) -> Sequence[tuple[str, str]]:
    """Return path and SHA-256 of each file; of none where there are too many to print."""
    found = [(file.path, file.sha256.hex()) for file in islice(files, _LISTED + 1)]
    return found if len(found) <= _LISTED else ()
