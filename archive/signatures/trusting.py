"""What the archive in a folder says about trust, for commands that can also do without an archive."""

from functools import partial
from pathlib import Path

from archive.audit.recording import record_trust
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
        record=partial(record_trust, folder),
    )
