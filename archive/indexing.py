"""This node's search index, brought level with the catalogue's change feed before each search."""

from collections.abc import Iterator
from contextlib import contextmanager

from archive.archive import Archive
from archive.search.entries import index_entries
from archive.search.follower import follow
from archive.search.index import SearchIndex


@contextmanager
def open_index(archive: Archive) -> Iterator[SearchIndex]:
    """Open the index; one that is missing, damaged or another catalogue's is made anew."""
    index = SearchIndex.open(archive.index_folder, source_id=source_id(archive))
    try:
        yield index
    finally:
        index.close()


def bring_level(archive: Archive, index: SearchIndex) -> int:
    """Apply every change the index has not seen; return how many were applied."""
    return follow(
        index,
        archive.catalogue.changes,
        lambda aip_id, version: index_entries(archive, aip_id, version),
    )


def source_id(archive: Archive) -> str:
    """Return what identifies the catalogue's change feed: a rebuilt catalogue has another."""
    return archive.catalogue.get_setting("feed-id") or str(archive.configuration.archive_id)
