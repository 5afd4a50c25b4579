"""Compares the revisions of a PDF after a signature: which changes they made, and whether the signer permitted these.

The difference analysis compares two revisions, which costs far more than anything else here. Where several signatures
follow one another, the stretch from one to the next is analysed once, for all that came before it.

Source:
    ISO 32000-2, sections 12.8.2.2 to 12.8.2.4
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    ModificationLevel,
    StandardDiffPolicy,
    SuspiciousModification,
)
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm

from model.signatures import Modification
from preservation.signatures.pdf import findings as kinds
from preservation.signatures.pdf.changes import OVERLAY, UNEXPLAINED, Changes
from preservation.signatures.pdf.disputed import drawn_over, flaw_after
from preservation.signatures.pdf.reading import Document, Place, entry, raw_items

_ANALYSES = 500
"""Pairs of revisions that are compared in one file."""
_REFERENCES = 20
"""Signature references that are looked at."""
_STREAMS = "/AdditionalStreams"
_LENIENT_POLICY = StandardDiffPolicy(
    DEFAULT_DIFF_POLICY.global_rules, DEFAULT_DIFF_POLICY.form_rule, reject_object_freeing=False
)
"""For updates that mark only numbers as free that no object had: Acrobat and others skip numbers so."""


class Unknowable(Exception):
    """What was changed cannot be found out."""


@dataclass(slots=True, kw_only=True)
class Updates:
    """The updates of one document."""

    document: Document
    checkpoints: tuple[int, ...]
    """Revisions that are wholly signed, ascending."""
    describe: Callable[[int], tuple[str, ...]]
    """Tells in words what was changed after a revision."""
    _compared: dict[tuple[object, ...], Any] = field(default_factory=dict)

    def after(self, place: Place) -> Changes:
        """Return what was changed after a signature, and whether that is permitted.

        Raises:
            Unknowable, and what the library raises on hostile bytes: it cannot be found out.
        """
        flaw = self.document.inconsistent or flaw_after(self.document, place.revision)
        if flaw:
            raise Unknowable(flaw)
        doc_mdp, field_mdp = _permissions(place)
        level = ModificationLevel.NONE
        for revision in range(place.revision + 1, self.document.revisions):
            base = max((known for known in self.checkpoints if place.revision <= known < revision), default=None)
            result = self._compare(place.revision if base is None else base, revision, doc_mdp, field_mdp)
            if isinstance(result, SuspiciousModification):
                what = self.describe(place.revision) or (UNEXPLAINED,)
                found = kinds.CHANGED.at(place.id, what=", ".join(what))
                return Changes(modification=Modification.SUSPICIOUS, changes=what, findings=(found,))
            level = max(level, result.modification_level)
        if doc_mdp is not None and level.value > doc_mdp.value:
            found = kinds.NOT_PERMITTED.at(place.id, what=level.name)
            return Changes(modification=Modification.SUSPICIOUS, changes=(level.name,), findings=(found,))
        if level is ModificationLevel.NONE:
            return Changes(modification=Modification.NONE)
        cover = drawn_over(self.document, place.revision)
        if cover:
            found = kinds.DRAWN_OVER.at(place.id, field=cover)
            return Changes(modification=Modification.SUSPICIOUS, changes=(OVERLAY,), findings=(found,))
        return Changes(modification=Modification.PERMITTED, changes=(level.name,))

    def _compare(self, old: int, new: int, doc_mdp: Any, field_mdp: Any) -> Any:
        """Return the result of the difference analysis, kept for the signatures before."""
        key = (old, new, doc_mdp, repr(field_mdp))
        if key not in self._compared:
            if len(self._compared) >= _ANALYSES:
                raise Unknowable("there are too many revisions")
            try:
                self._compared[key] = self._policy(old, new).apply(
                    old=self._view(old),
                    new=self._view(new),
                    field_mdp_spec=field_mdp,
                    doc_mdp=doc_mdp,
                )
            except SuspiciousModification as exc:
                self._compared[key] = exc
        return self._compared[key]

    def _policy(self, old: int, new: int) -> StandardDiffPolicy:
        """Return the policy for an update: one that frees an object of the older revision is always suspicious."""
        xrefs = self.document.reader.xrefs
        freed = [
            generic.Reference(one.idnum, generation)
            for one in xrefs.refs_freed_in_revision(new)
            for generation in {0, one.generation, max(one.generation - 1, 0)}
        ]
        gone = any(xrefs.get_historical_ref(reference, old) is not None for reference in freed)
        return _LENIENT_POLICY if freed and not gone else DEFAULT_DIFF_POLICY

    def _view(self, revision: int) -> Any:
        """Return a revision without a reference of its trailer that leads nowhere.

        LibreOffice keeps its source in `/AdditionalStreams`. Common signing software (PDFBox) renumbers that reference
        into the void with every update, where the analysis would stumble over it, or over the object that takes the
        number later. No viewer reads the entry.
        """
        view = self.document.reader.get_historical_resolver(revision)
        named = [item for item in raw_items(entry(view.trailer_view, _STREAMS), _REFERENCES) if _is_reference(item)]
        xrefs = self.document.reader.xrefs
        if named and all(xrefs.get_historical_ref(item.reference, revision) is None for item in named):
            view.trailer_view.pop(_STREAMS)
        return view


def _is_reference(item: Any) -> bool:
    return isinstance(item, generic.IndirectObject)


def _permissions(place: Place) -> tuple[Any, Any]:
    """Return what the signer permitted: for the document, and for fields of its form."""
    document = fields = None
    for item in raw_items(entry(place.dictionary, "/Reference"), _REFERENCES):
        reference = item.get_object()
        method = entry(reference, "/TransformMethod")
        if method == "/DocMDP" and document is None:
            document = MDPPerm(entry(reference["/TransformParams"], "/P") or MDPPerm.FILL_FORMS.value)
        elif method == "/FieldMDP" and fields is None:
            fields = FieldMDPSpec.from_pdf_object(reference["/TransformParams"])
    allowed = entry(entry(place.field, "/Lock"), "/P")
    if document is None and allowed is not None:
        document = MDPPerm(allowed)
    return document, fields
