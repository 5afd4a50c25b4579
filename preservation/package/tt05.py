"""The check of the packages of Circular 05/2025/TT-BNV: what CSIP does not say.

The printed circular contradicts itself in places and real accepted packages differ from it; what is
known to differ is told as a note and fails nothing.

Source:
    Circular 05/2025/TT-BNV, Annexes I (AIP_hoso), II (AIP_tailieu), III (SIP_hoso), IV (SIP_tailieu) and V (DIP)
"""

from pathlib import PurePath

from model.findings import FindingLog, Severity
from preservation.package import findings as kinds
from preservation.package import tt05_findings as more
from preservation.package.metscheck import MetsWatcher
from preservation.package.tree import SubTree
from preservation.package.tt05_cross import CaseFacts, CrossCheck
from preservation.package.tt05_description import Description, check_elements, read_description, written_date
from preservation.package.tt05_elements import (
    ARCHIVAL,
    DISSEMINATION,
    SUBMISSION,
    case_elements,
    case_layout,
    document_layout,
    is_loose,
)
from preservation.package.tt05_linked import LinkedContext, check_linked
from preservation.package.tt05_mets import PackageFacts, Tt05Mets
from preservation.package.tt05_schemas import PackageSchemas

__all__ = ["ARCHIVAL", "DISSEMINATION", "SUBMISSION", "Tt05Check", "case_elements"]

_DESCRIPTION = "metadata/descriptive/EAD.xml"
_PREMIS = "metadata/preservation/PREMIS.xml"
_FORMS = {"ead_doc": "", "ead_pic": "pic", "ead_media": "media"}


class Tt05Check:
    """The check of one package: give its watchers to the METS files first, then finish."""

    def __init__(self, package: SubTree, package_type: str, log: FindingLog, *, ours: bool) -> None:
        """Prepare the check.

        Args:
            package: the tree seen from the package's root folder.
            package_type: SIP, AIP or DIP.
            log: where findings go.
            ours: the package was written by this archive: what it lacks was judged at intake and is only noted.
        """
        self._package = package
        self._type = package_type
        self._log = log
        self._ours = ours
        self._notes = more.Gathered(log)
        self._facts = PackageFacts()

    def watcher(self, path: str) -> MetsWatcher:
        """Return what watches one of the package's METS files."""
        return Tt05Mets(
            self._type,
            self._package.at(path),
            self._facts,
            self._notes,
            root=path == "METS.xml",
            weight=Severity.INFO if self._ours else None,
        )

    def finish(self) -> None:
        """Check descriptions, links, linked documents, preservation metadata and schemas."""
        schemas = PackageSchemas(self._package, self._log)
        case = self._check_case(schemas)
        cross = CrossCheck(self._type, case, self._notes, self._log, ours=self._ours)
        held = preserved = False
        forms: set[str] = set()
        context = LinkedContext(package_type=self._type, fonds=self._facts.fonds, loose=case.loose)
        for path, _size in self._package.files():
            kind = _kind_of(path)
            held = held or kind == "data"
            preserved = preserved or kind == "premis"
            if kind == "linked":
                check_linked(self._package, path, context, self._log)
            elif kind == "document":
                forms.add(self._check_document(path, case, cross, schemas))
        cross.finish()
        for form in sorted(forms) if not self._ours else ():
            schemas.compare(form, document_layout(self._type, form, loose=case.loose))
        if not held:
            self._log.add(kinds.TT05_NO_DATA.at(self._package.at("representations")))
        self._check_links()
        self._check_preservation(preserved=preserved)
        self._check_names(case)
        self._notes.tell()

    def _check_case(self, schemas: PackageSchemas) -> CaseFacts:
        path = _DESCRIPTION
        place = self._package.at(path)
        if self._package.size(path) is None:
            self._log.add(kinds.TT05_NO_DESCRIPTION.at(place))
            return CaseFacts(place=place)
        values = read_description(self._package, path, self._log)
        if values is None:
            return CaseFacts(place=place)
        loose = self._type != DISSEMINATION and is_loose(values)
        layout = case_layout(self._type, loose=loose)
        description = Description(
            place=place, values=values, layout=layout, weight=self._weight, log=self._log, notes=self._notes
        )
        check_elements(description, partial_dates=self._type != SUBMISSION)
        if not self._ours:
            self._undeclared(description, schemas, "case")
            schemas.compare("case", layout)
        return CaseFacts(
            place=place,
            known=self._type != DISSEMINATION,
            loose=loose,
            code=description.first("fileCode"),
            start=written_date(description.first("startDate")),
            end=written_date(description.first("endDate")),
            maintenance=description.first("maintenance"),
            mode=description.first("mode"),
            origin=description.first("confidenceLevel"),
            total=description.first("totalDoc"),
        )

    @property
    def _weight(self) -> Severity:
        return Severity.WARNING if self._ours else Severity.ERROR

    def _check_document(self, path: str, case: CaseFacts, cross: CrossCheck, schemas: PackageSchemas) -> str:
        form = _form_of(path)
        values = read_description(self._package, path, self._log)
        if values is None:
            cross.count()
            return form
        layout = document_layout(self._type, form, loose=case.loose)
        description = Description(
            place=self._package.at(path),
            values=values,
            layout=layout,
            weight=Severity.WARNING if layout.uncertain else self._weight,
            log=self._log,
            notes=self._notes,
        )
        check_elements(description, partial_dates=self._type != SUBMISSION)
        if not self._ours:
            self._undeclared(description, schemas, form)
        cross.add(description)
        return form

    def _undeclared(self, description: Description, schemas: PackageSchemas, kind: str) -> None:
        schema, names = schemas.undeclared(kind, description.values)
        for name in names:
            finding = more.SCHEMA_UNDECLARED.at(description.place, element=name[:60], schema=schema)
            self._notes.add(more.SCHEMA_UNDECLARED, finding)

    def _check_links(self) -> None:
        """Check that each document has a file and each file a document, where METS links them at all."""
        if not self._facts.links:
            return
        linked = self._facts.linked
        for path, _size in self._package.files():
            kind = _kind_of(path)
            if kind in ("document", "data") and path not in linked:
                found = more.DOCUMENT_NOT_LINKED if kind == "document" else more.FILE_NOT_LINKED
                weight = Severity.INFO if self._ours else None
                self._log.add(found.at(self._package.at(path), severity=weight))

    def _check_preservation(self, *, preserved: bool) -> None:
        package, log = self._package, self._log
        there = package.size(_PREMIS) is not None
        if self._type == ARCHIVAL:
            if not there:
                log.add(kinds.TT05_NO_PREMIS.at(package.at(_PREMIS)))
            if not preserved:
                path = "representations/rep1/metadata/preservation/PREMIS_rep1.xml"
                log.add(kinds.TT05_NO_PREMIS.at(package.at(path)))
        elif self._type == SUBMISSION and (there or preserved):
            log.add(kinds.TT05_PREMIS_IN_SIP.at(package.at(_PREMIS)))
        if not any(path.startswith("schemas/") for path, _size in package.files()):
            log.add(kinds.TT05_NO_SCHEMAS.at(package.at("schemas")))

    def _check_names(self, case: CaseFacts) -> None:
        facts = self._facts
        if self._type != SUBMISSION:
            return
        if facts.registration and facts.registration == case.code:
            self._log.add(more.REGISTRATION_IS_CODE.at(self._package.at("METS.xml")))
        name = PurePath(self._package.location).name
        if self._package.kind == "zip" and facts.objid and facts.objid.lower() not in name.lower():
            self._log.add(more.ZIP_NAME.at(self._package.location, name=name[:200], objid=facts.objid[:200]))


def _kind_of(path: str) -> str:
    parts = path.split("/", 3)
    if len(parts) < 4 or parts[0] != "representations":
        return ""
    if parts[2] == "data":
        return "linked" if path.endswith(".fetch.txt") else "data"
    if parts[2] != "metadata" or not path.lower().endswith(".xml"):
        return ""
    if parts[3].startswith("preservation/"):
        return "premis"
    name = parts[3].rpartition("/")[2].lower()
    return "document" if name.startswith(tuple(_FORMS)) else ""


def _form_of(path: str) -> str:
    name = path.rpartition("/")[2].lower()
    return next(form for prefix, form in _FORMS.items() if name.startswith(prefix))
