"""From a message, or from loose files, to a document on the desk."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ingest.describe.values import code_of, split_number
from ingest.desk.values import DeskAttachment, DeskDocument, DeskFile, DocumentKind
from ingest.edxml.values import Business, DocumentKey, EdxmlMessage, MessageKind
from model.dates import PartialDate
from model.elements import CODE_TABLES
from model.errors import InputError
from model.findings import Finding
from model.text import N_

OTHER_TYPE = "32"
_DRAFT = re.compile(r"(?:^|[^a-z])(?:du[^a-z]{0,2}thao|draft)(?:[^a-z]|$)")
_TEXT = 2000
_ITEMS = 1000
_FINDINGS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseFacts:
    """What an archivist says about loose files."""

    code: str = ""
    """Number and notation: `15/QĐ-UBND`."""
    date: PartialDate | None = None
    type_name: str = ""
    """In words, or its code."""
    organ_code: str = ""
    organ_name: str = ""
    subject: str = ""
    signer: str = ""
    maintenance: str = ""
    mode: str = ""
    description: str = ""
    pages: int | None = None
    draft: bool | None = None
    """None: the names of the files tell."""
    together: bool = False
    """All files are one document; else each is one."""


def document_of_message(
    message: EdxmlMessage, file: DeskFile, findings: Sequence[Finding], now: datetime, source: str
) -> DeskDocument:
    """Return what the desk keeps of a message that could be read."""
    is_status = message.kind is MessageKind.STATUS
    return DeskDocument(
        id=file.sha256,
        kind=DocumentKind.STATUS if is_status else DocumentKind.MESSAGE,
        files=(file,),
        key=message.key,
        business=message.business.type,
        concerns=message.response_for if is_status else _concerned(message),
        answers=() if is_status else message.response_for[:_ITEMS],
        sender=message.sender.code,
        organ_name=_short(message.sender.name or message.sender.in_charge),
        receivers=tuple(_short(receiver.name or receiver.code) for receiver in message.receivers[:_ITEMS]),
        receiver_codes=tuple(receiver.code for receiver in message.receivers[:_ITEMS]),
        type_name=_short(message.type_name),
        type_code=type_code(message.type_name),
        subject=_short(message.subject or message.content),
        pages=message.pages,
        due=message.due_date,
        signer=_short(" ".join(part for part in (message.signer_competence, message.signer_name) if part)),
        appendixes=tuple(_short(appendix) for appendix in message.appendixes[:_ITEMS]),
        attachments=tuple(
            DeskAttachment(
                name=item.name,
                size=item.size,
                sha256=item.sha256.hex() if item.path is not None else "",
                description=_short(item.description),
                nested=item.nested,
            )
            for item in message.attachments
        ),
        reason=_short(message.business.reason),
        status_code=message.status_code,
        status_text=_short(message.status_text),
        time=message.time,
        trace=message.trace[:_ITEMS],
        signature=message.signature.state,
        findings=tuple(findings)[:_FINDINGS],
        received_at=now,
        source=source,
    )


def loose_document(files: Sequence[DeskFile], facts: LooseFacts, now: datetime, source: str) -> DeskDocument:
    """Return the document that loose files are, with what is said about them."""
    number, notation = split_number(facts.code.strip())
    names = " ".join(file.name for file in files)
    draft = ""
    if facts.draft or (facts.draft is None and says_draft(f"{names} {facts.description}")):
        draft = N_("an archivist said so") if facts.draft else N_("its name or description says so")
    return DeskDocument(
        id=loose_identifier(files),
        kind=DocumentKind.LOOSE,
        files=tuple(files),
        key=DocumentKey(organ_code=facts.organ_code, number=number, notation=notation, date=facts.date),
        organ_name=facts.organ_name,
        type_name=facts.type_name,
        type_code=type_code(facts.type_name),
        subject=facts.subject or files[0].name.rpartition(".")[0] or files[0].name,
        signer=facts.signer,
        pages=facts.pages,
        maintenance=facts.maintenance,
        mode=facts.mode,
        description=facts.description,
        draft=draft,
        received_at=now,
        source=source,
    )


def with_facts(document: DeskDocument, facts: LooseFacts) -> DeskDocument:
    """Return a document with what an archivist says about it now; what is not said stays.

    What a message says of itself stands: number, date and issuer are given only where it is silent.

    Raises:
        InputError: the message says otherwise, or it only tells the status of another document.
    """
    is_loose = document.kind is DocumentKind.LOOSE
    if document.kind is DocumentKind.STATUS:
        raise InputError(
            N_("{document} is a status message; there is nothing to describe."),
            hint=N_("Describe the document that it tells the status of."),
            document=document.id[:12],
        )
    number, notation = split_number(facts.code.strip())
    key = document.key
    named: dict[str, Any] = {
        "number": number,
        "notation": notation,
        "date": facts.date,
        "organ_code": facts.organ_code,
    }
    fixed = {name: value for name, value in named.items() if value and not is_loose and getattr(key, name)}
    organ = document.organ_name if not is_loose else ""
    if any(getattr(key, name) != value for name, value in fixed.items()) or (facts.organ_name and organ):
        raise InputError(
            N_("Number, date and issuer of {document} are said by the message itself and cannot be changed."),
            hint=N_("Ask the issuing agency for a message that replaces this one; say what is odd with --note."),
            document=document.id[:12],
        )
    words = {
        "organ_name": facts.organ_name,
        "type_name": facts.type_name,
        "type_code": type_code(facts.type_name),
        "subject": facts.subject,
        "signer": facts.signer,
        "pages": facts.pages,
        "maintenance": facts.maintenance,
        "mode": facts.mode,
        "description": facts.description,
    }
    said: dict[str, Any] = {name: value for name, value in words.items() if value}
    if facts.draft is not None:
        said["draft"] = N_("an archivist said so") if facts.draft else ""
    return replace(document, key=replace(key, **{name: value for name, value in named.items() if value}), **said)


def loose_identifier(files: Sequence[DeskFile]) -> str:
    """Return the identifier of the document that files are: the digest of the file, or of all their digests."""
    if len(files) == 1:
        return files[0].sha256
    digests = "\n".join(sorted(file.sha256 for file in files))
    return hashlib.sha256(digests.encode()).hexdigest()


def says_draft(text: str) -> bool:
    """Tell whether a name or description says that something is a draft (dự thảo)."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return _DRAFT.search("".join(c for c in plain if not unicodedata.combining(c))) is not None


def type_code(words: str) -> str:
    """Return the code of a type of document; empty for no words, `32` for words that are none of the circular's."""
    if not words.strip():
        return ""
    code = code_of("typeName", words.strip())
    return code if code in CODE_TABLES["typeName"] else OTHER_TYPE


def _concerned(message: EdxmlMessage) -> tuple[DocumentKey, ...]:
    """Return the documents a message recalls, updates or replaces; one that recalls itself names its own key."""
    business = message.business
    if business.type is Business.NEW:
        return ()
    if business.type is Business.REPLACE and business.replaces:
        return tuple(DocumentKey(document_id=item.document_id) for item in business.replaces[:_ITEMS])
    if business.document_id:
        return (DocumentKey(document_id=business.document_id),)
    return (replace(message.key),) if business.type is not Business.REPLACE else ()


def _short(text: str) -> str:
    return text[:_TEXT]
