"""What can be searched of signatures: gathered from the catalogue, document by document, in bounded memory."""

from collections.abc import Iterable

from archive.catalogue.values import HeldSignature, HeldSignedFile
from archive.search.values import SignatureTerms, Verdict
from model.signatures import Indication, SignedState

MOST = 2_000
"""Different values of one kind that are kept of a case file."""

_VERDICTS = {
    Indication.TOTAL_PASSED: Verdict.PASSED,
    Indication.TOTAL_FAILED: Verdict.FAILED,
    Indication.INDETERMINATE: Verdict.INDETERMINATE,
}
_STATES = {SignedState.UNSIGNED: Verdict.NONE, SignedState.UNREADABLE: Verdict.UNREADABLE}


class SignedDocuments:
    """The files of a package by document; documents are asked for in their order."""

    def __init__(self, files: Iterable[HeldSignedFile]) -> None:
        self._files = iter(files)
        self._next = next(self._files, None)

    def of(self, ordinal: int) -> SignatureTerms:
        """Return what can be searched of the signatures of one document."""
        found = []
        while self._next is not None and (self._next.document or 0) <= ordinal:
            if self._next.document == ordinal:
                found.append(self._next)
            self._next = next(self._files, None)
        return terms_of(found)


def terms_of(files: Iterable[HeldSignedFile]) -> SignatureTerms:
    """Return what can be searched of the signatures of some files, by their current verdicts."""
    values: dict[str, dict[str, None]] = {}
    for file in files:
        for signature in file.signatures:
            for name, value in _values(signature):
                known = values.setdefault(name, {})
                if value and len(known) < MOST:
                    known[value] = None
        if not file.signatures and file.state in _STATES:
            values.setdefault("states", {})[_STATES[file.state].value] = None
    verdicts = set(values.get("verdicts", ())) or {Verdict.NONE.value} & set(values.get("states", ()))
    verdicts |= {Verdict.UNREADABLE.value} & set(values.get("states", ()))
    return SignatureTerms(
        signers=tuple(values.get("signers", ())),
        issuers=tuple(values.get("issuers", ())),
        verdicts=tuple(verdict for verdict in Verdict if verdict.value in verdicts),
        sub_indications=tuple(values.get("sub_indications", ())),
        levels=tuple(values.get("levels", ())),
        algorithms=tuple(values.get("algorithms", ())),
        expiry=tuple(values.get("expiry", ())),
    )


def _values(signature: HeldSignature) -> Iterable[tuple[str, str]]:
    current = signature.current
    yield "signers", signature.signer
    yield "signers", signature.organisation
    yield "issuers", signature.issuer
    yield "verdicts", _VERDICTS[current.indication].value
    yield "sub_indications", current.sub_indication.value if current.sub_indication else ""
    yield "levels", signature.format
    if signature.level:
        yield "levels", signature.level
        yield "levels", f"{signature.format}-{signature.level}"
    for algorithm in signature.algorithms:
        yield "algorithms", algorithm.partition(" ")[0]
        yield "algorithms", algorithm.replace(" ", "-")
    yield "expiry", signature.expires.date().isoformat() if signature.expires else ""
