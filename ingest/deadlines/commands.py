"""`chauban retention deadlines`."""

from collections.abc import Sequence
from pathlib import Path

import click

from archive.drawing import FORMATS
from archive.open_commands import opened
from archive.retention.deadlines import DeadlineState, plot_deadlines
from ingest.deadlines.calendar import all_deadlines
from model.errors import EXIT_DONE, EXIT_FAILED, ConfigurationError
from model.findings import printable
from model.rendering import json_line
from model.text import N_, _


def commands() -> Sequence[click.Command]:
    """Return the commands of this package; they belong into the group `retention`."""
    return (deadlines,)


@click.command(help=N_("The deadlines of the norm for each agency: what must be in which archive by when."))
@click.option("--agency", default="", help=N_("Only of this agency (identifier code)."))
@click.option("--overdue", is_flag=True, help=N_("Only what is overdue; ends with 3 when there is something."))
@click.option("--plot", type=click.Path(path_type=Path), help=N_("Draw the calendar into a file: .svg, .png or .pdf."))
@click.option("--json", "as_json", is_flag=True, help=N_("One JSON object a line."))
@click.pass_context
def deadlines(ctx: click.Context, agency: str, overdue: bool, plot: Path | None, as_json: bool) -> None:
    """List the deadlines, the next first, and draw them."""
    if plot is not None and plot.suffix.lower() not in FORMATS:
        raise click.UsageError(_("A picture ends in one of: {formats}.").format(formats=", ".join(FORMATS)))
    with opened(ctx) as archive:
        found = all_deadlines(archive, agency)
        today = archive.clock.now().date()
    if overdue:
        found = [item for item in found if item.state(today) is DeadlineState.OVERDUE]
    for item in found:
        click.echo(json_line(item.to_json(today)) if as_json else item.line(today))
    if plot is not None:
        _draw(plot, plot_deadlines(found, today, plot.suffix.lower()))
    ctx.exit(EXIT_FAILED if overdue and found else EXIT_DONE)


def _draw(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ConfigurationError(
            N_("{path} cannot be written: {why}."), hint=N_("Choose another place."), path=path, why=error.strerror
        ) from error
    click.echo(printable(str(path)), err=True)
