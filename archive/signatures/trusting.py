"""What the archive in a folder says about trust, for commands that can also do without an archive."""

from functools import partial
from pathlib import Path

from archive.accounts.acting import identify
from archive.archive import open_archive
from archive.audit.recording import record_act
from archive.audit.values import Action
from archive.configuration import CONFIG_NAME, read_configuration
from preservation.trust.commands import ArchiveTrust


def archive_trust(folder: Path) -> ArchiveTrust:
    """Return what the archive in a folder says about trust; nothing where there is no archive."""
    if not (folder / CONFIG_NAME).is_file():
        return ArchiveTrust()
    settings = read_configuration(folder).signatures
    return ArchiveTrust(
        home=folder / settings.trust,
        folder=settings.trust_folder(folder),
        policy=settings.policy_file(folder),
        record=partial(_record, folder),
    )


def _record(folder: Path, what: str, object_: str, because: str) -> None:
    """Enter an act on the trust folder of the archive in a folder, with who is logged in there."""
    with open_archive(folder) as archive:
        identify(archive)
        record_act(archive, Action.TRUST, object_, because=because, details={"what": what})
