"""What was changed in a PDF after a signature, and whether such a change is permitted.

Source:
    ISO 32000-2, sections 12.8.2.2 to 12.8.2.4; ETSI EN 319 142-1, section 5.4
"""

from dataclasses import dataclass, field
from typing import Any

from pyhanko.pdf_utils.misc import PdfStrictReadError

from model.findings import Finding
from model.signatures import Modification
from model.text import N_
from preservation.signatures.pdf import findings as kinds
from preservation.signatures.pdf.coverage import Coverage, Reach
from preservation.signatures.pdf.differences import changes_between
from preservation.signatures.pdf.reading import Document, Place, why

UNEXPLAINED = N_("changes that could not be explained")
UNCLEAR = N_("unclear what was signed")
OVERLAY = N_("a signature field drawn over the page")
BEFORE = N_("bytes before the beginning")
AFTER = N_("bytes after the end")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What happened after one signature."""

    modification: Modification
    changes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True, kw_only=True)
class History:
    """The revisions of one document and what lies between them."""

    document: Document
    checkpoints: tuple[int, ...] = ()
    """Revisions that are wholly signed, ascending."""
    trailing: tuple[int, int] = (0, 0)
    """Where bytes after the end of the document begin, and how many there are."""
    _updates: Any = None
    _described: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def after(self, place: Place, coverage: Coverage) -> Changes:
        """Return what was changed after a signature; what cannot be found out counts as suspicious."""
        if coverage.reach is Reach.PART:
            return Changes(modification=Modification.SUSPICIOUS, changes=(UNCLEAR,))
        outside = self._outside(coverage)
        if coverage.reach is Reach.FILE or place.revision + 1 >= self.document.revisions:
            return outside or Changes(modification=Modification.NONE)
        try:
            inside = self._inside(place)
        except PdfStrictReadError:
            raise
        except Exception as exc:  # noqa: BLE001 - the boundary of one analysis: what it cannot explain is suspicious
            reason = why(exc)
            inside = Changes(
                modification=Modification.SUSPICIOUS,
                changes=self._describe(place.revision) or (UNEXPLAINED,),
                findings=(kinds.UNEXPLAINED.at(place.id, reason=reason),),
            )
        if outside is None:
            return inside
        return Changes(
            modification=Modification.SUSPICIOUS,
            changes=(*inside.changes, *outside.changes),
            findings=(*inside.findings, *outside.findings),
        )

    def _outside(self, coverage: Coverage) -> Changes | None:
        """Return what stands before or after the PDF and is not signed."""
        start, count = self.trailing
        changes: list[str] = []
        if self.document.header:
            changes.append(BEFORE)
        if count and coverage.end <= start:
            changes.append(AFTER)
        return Changes(modification=Modification.SUSPICIOUS, changes=tuple(changes)) if changes else None

    def _inside(self, place: Place) -> Changes:
        """Return what later revisions changed; the difference analysis is loaded for the first one that has any."""
        from preservation.signatures.pdf.updates import Updates

        if self._updates is None:
            self._updates = Updates(document=self.document, checkpoints=self.checkpoints, describe=self._describe)
        found: Changes = self._updates.after(place)
        return found

    def _describe(self, revision: int) -> tuple[str, ...]:
        if revision not in self._described:
            self._described[revision] = changes_between(self.document, revision)
        return self._described[revision]
