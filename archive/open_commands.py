"""Opening the archive that the global options name, for every command that acts on one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import click

from archive.accounts.acting import identify
from archive.archive import Archive, open_archive
from archive.configuration import Configuration
from archive.disposal.hook import BEYOND
from model.text import use_language


@contextmanager
def opened(ctx: click.Context, *, for_rebuild: bool = False) -> Iterator[Archive]:
    """Open the archive that the global options name, in the language its configuration asks for."""
    with open_archive(ctx.obj, for_rebuild=for_rebuild) as bare:
        archive = replace(bare, beyond=ctx.meta.get(BEYOND, ()))
        use_configured_language(ctx, archive.configuration)
        identify(archive)
        yield archive


def use_configured_language(ctx: click.Context, configuration: Configuration) -> None:
    """Speak the language of `chauban.toml`, unless --lang or CHAUBAN_LANG names one."""
    source = ctx.find_root().get_parameter_source("lang")
    if configuration.language and source is click.core.ParameterSource.DEFAULT:
        use_language(configuration.language)
