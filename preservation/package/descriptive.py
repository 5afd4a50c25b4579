"""Descriptive metadata as one EAD3 finding aid.

Source:
    EAD3 1.1; docs/format/aip-v1.md section 6.4.
"""

from collections.abc import Sequence
from datetime import datetime

from model.casefile import CaseFile, Document
from model.dates import PartialDate
from model.elements import code_word
from preservation.package.blob import Blob
from preservation.package.profiles import EARK
from preservation.package.simpledc import element_text
from preservation.package.xmltext import escape, href, time_text

_LANGUAGE_CODES = {
    "01": ("vie",),
    "02": ("eng",),
    "03": ("fre",),
    "04": ("rus",),
    "05": ("chi",),
    "06": ("vie", "eng"),
    "07": ("vie", "rus"),
    "08": ("vie", "fre"),
    "09": ("lzh",),
    "10": ("vie", "chi"),
}
"""The circular's language codes in ISO 639-2/B and 639-3; others are `und`."""

_DAO_TYPES = {"01": "borndigital", "02": "derived"}


class Ead3:
    """One EAD3 finding aid of a case file, written while its documents pass by."""

    def __init__(self, blob: Blob, case_file: CaseFile, *, objid: str, created: datetime, software: str) -> None:
        self._blob = blob
        self._case_file = case_file
        self._documents = False
        agency = case_file.agency_name or case_file.agency_code or case_file.fonds_code or "unknown"
        blob.write(
            _EAD3_HEAD.format(
                objid=escape(objid),
                title=escape(case_file.title or case_file.file_code or objid),
                agency=escape(agency),
                created=time_text(created, EARK.zone),
                software=escape(software),
            )
        )
        blob.write(_case_file_did(case_file, objid) + _case_file_notes(case_file))

    def add(self, document: Document) -> None:
        """Write one document as a component."""
        if not self._documents:
            self._blob.write("<dsc>")
            self._documents = True
        self._blob.write(_component(document, self._case_file))

    def finish(self) -> None:
        """End the finding aid."""
        self._blob.write(("</dsc>" if self._documents else "") + "</archdesc></ead>\n")


_EAD3_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<ead xmlns="http://ead3.archivists.org/schema/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://ead3.archivists.org/schema/ ../../schemas/ead3.xsd">
<control><recordid>{objid}</recordid>
<filedesc><titlestmt><titleproper>{title}</titleproper></titlestmt></filedesc>
<maintenancestatus value="new"/>
<maintenanceagency><agencyname>{agency}</agencyname></maintenanceagency>
<maintenancehistory><maintenanceevent><eventtype value="created"/><eventdatetime>{created}</eventdatetime>\
<agenttype value="machine"/><agent>{software}</agent></maintenanceevent></maintenancehistory>
</control>
<archdesc level="file">
"""


def _case_file_did(case_file: CaseFile, objid: str) -> str:
    creator = case_file.agency_name or case_file.agency_code
    parts = [
        f'<unitid label="fileCode">{escape(case_file.file_code or objid)}</unitid>',
        _element("unitid", "paperFileCode", case_file.paper_file_code),
        _element("unitid", "fondsCode", case_file.fonds_code),
        f"<unittitle>{escape(case_file.title)}</unittitle>" if case_file.title else "",
        _date_range(case_file.start_date, case_file.end_date),
        f"<origination><corpname><part>{escape(creator)}</part></corpname></origination>" if creator else "",
        _languages(case_file.languages),
        _element("physdesc", "totalDoc", element_text(case_file.total_doc)),
        _element("physdesc", "numberOfPaper", element_text(case_file.number_of_paper)),
        _element("physdesc", "numberOfPage", element_text(case_file.number_of_page)),
        _element("physdesc", "format", _word("format", case_file.format)),
    ]
    return "<did>" + "".join(parts) + "</did>\n"


def _case_file_notes(case_file: CaseFile) -> str:
    return (
        _note("accessrestrict", "mode", _word("mode", case_file.mode))
        + _note("appraisal", "maintenance", _word("maintenance", case_file.maintenance))
        + _keywords(case_file.keywords)
        + _note("odd", "inforSign", case_file.infor_sign)
        + _note("odd", "confidenceLevel", _word("confidenceLevel", case_file.confidence_level))
        + _note("odd", "riskRecovery", element_text(case_file.risk_recovery))
        + _note("odd", "riskRecoveryStatus", _word("riskRecoveryStatus", case_file.risk_recovery_status))
        + _note("odd", "description", case_file.description)
        + _note("odd", "source", _word("source", case_file.source))
        + _more(case_file.more)
    )


def _component(document: Document, case_file: CaseFile) -> str:
    notation = "/".join(part for part in (document.code_number, document.code_notation) if part)
    maker = document.organ_name
    did = (
        f'<unitid label="docOrdinal">{document.ordinal}</unitid>'
        + _element("unitid", "docCode", document.doc_code)
        + _element("unitid", "docId", document.doc_id)
        + _element("unitid", "codeNumber/codeNotation", notation)
        + (f"<unittitle>{escape(document.subject)}</unittitle>" if document.subject else "")
        + _single_date(document.issued_date)
        + (f"<origination><name><part>{escape(maker)}</part></name></origination>" if maker else "")
        + _languages(document.languages)
        + _element("materialspec", "typeName", _word("typeName", document.type_name))
        + _element("physdesc", "numberOfPage", element_text(document.number_of_page))
        + _element("physdesc", "format", _word("format", document.format))
        + _digital_objects(document, case_file)
    )
    notes = (
        _note("accessrestrict", "mode", _word("mode", document.mode))
        + _note("appraisal", "maintenance", _word("maintenance", document.maintenance))
        + _keywords(document.keywords)
        + _note("odd", "inforSign", document.infor_sign)
        + _note("odd", "confidenceLevel", _word("confidenceLevel", document.confidence_level))
        + _note("odd", "autograph", document.autograph)
        + _note("odd", "process", element_text(document.process))
        + _note("odd", "riskRecovery", element_text(document.risk_recovery))
        + _note("odd", "riskRecoveryStatus", _word("riskRecoveryStatus", document.risk_recovery_status))
        + _note("odd", "description", document.description)
        + _note("odd", "form", document.form)
        + _more(document.more)
    )
    return f'<c level="item"><did>{did}</did>{notes}</c>\n'


def _digital_objects(document: Document, case_file: CaseFile) -> str:
    kind = _DAO_TYPES.get(document.confidence_level or case_file.confidence_level, "unknown")
    links = [f'<dao daotype="{kind}" href="../../representations/rep1/data/{href(path)}"/>' for path in document.files]
    return f"<daoset>{''.join(links)}</daoset>" if len(links) > 1 else "".join(links)


def _languages(codes: Sequence[str]) -> str:
    known = [name for code in codes for name in _LANGUAGE_CODES.get(code, ("und",))]
    items = "".join(f'<language langcode="{name}"/>' for name in dict.fromkeys(known))
    return f"<langmaterial>{items}</langmaterial>" if items else ""


def _keywords(keywords: Sequence[str]) -> str:
    items = "".join(f"<subject><part>{escape(word)}</part></subject>" for word in keywords)
    return f"<controlaccess>{items}</controlaccess>" if items else ""


def _single_date(moment: PartialDate | None) -> str:
    return f'<unitdate normal="{moment.iso}">{moment.vietnamese}</unitdate>' if moment else ""


def _date_range(start: PartialDate | None, end: PartialDate | None) -> str:
    if not start or not end:
        return _single_date(start or end)
    return f'<unitdate normal="{start.iso}/{end.iso}">{start.vietnamese} - {end.vietnamese}</unitdate>'


def _element(name: str, label: str, value: str) -> str:
    return f'<{name} label="{label}">{escape(value)}</{name}>' if value else ""


def _note(name: str, localtype: str, value: str) -> str:
    return f'<{name} localtype="{localtype}"><p>{escape(value)}</p></{name}>\n' if value else ""


def _more(elements: Sequence[tuple[str, str]]) -> str:
    """Return further elements as notes: the name as the head, so that any name can stand there."""
    return "".join(
        f'<odd localtype="more"><head>{escape(name)}</head><p>{escape(value)}</p></odd>\n' for name, value in elements
    )


def _word(table: str, code: str) -> str:
    """Return a code with its Vietnamese word, such as `01 Công khai`."""
    if not code:
        return ""
    word = code_word(table, code, "vi")
    return code if word == code else f"{code} {word}"
