"""What the catalogue says about the desk, made again from the desk's folder."""

from collections.abc import Iterator

from archive.archive import Archive
from ingest.desk.desk import Desk, reindex
from model.errors import ArchiveError
from model.text import N_, _


def restore_desk(archive: Archive) -> Iterator[tuple[str, str]]:
    """Make the desk's index again; yield each log with what was wrong with it, in words.

    Raises:
        ConflictError: somebody is changing the desk.
    """
    desk = Desk(archive)
    if not desk.folder.path.is_dir():
        archive.catalogue.desk.clear()
        return
    with desk.folder.locked():
        try:
            desk.folder.redo()
            torn = reindex(desk)
        except ArchiveError as error:
            yield "desk", error.message
            return
    for log in torn:
        yield f"desk/{log}", _(N_("its last line was cut off and was left out"))
