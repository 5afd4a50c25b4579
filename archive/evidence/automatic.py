"""Sealing that the configuration asks for, beside other work: it never makes that work fail."""

from collections.abc import Iterator

from archive.archive import Archive
from archive.evidence.values import SealedBatch, SealFailed, SealResult
from model.errors import ArchiveError


class AutomaticSealing:
    """Seals while a command runs, as `seal` in chauban.toml says.

    After a failure nothing more is tried before the end of the run: an authority that is away would be waited for
    again and again. What waits is told of by the results, and sealed later.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._failed = False

    def tick(self) -> Iterator[SealResult]:
        """Seal if it is time; yield what became of it."""
        if not self._failed:
            yield from self._seal(ended=False)

    def end(self) -> Iterator[SealResult]:
        """Seal at the end of an ingest, if the configuration asks for it."""
        yield from self._seal(ended=True)

    def _seal(self, *, ended: bool) -> Iterator[SealResult]:
        from archive.evidence.seal import seal_if_due

        try:
            for result in seal_if_due(self._archive, ingest_ended=ended):
                self._failed = self._failed or not isinstance(result, SealedBatch)
                yield result
        except ArchiveError as error:  # such as a trust folder that cannot be used
            self._failed = True
            yield SealFailed(authority="", waiting=0, problem=error)
