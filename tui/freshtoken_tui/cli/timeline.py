"""freshtoken timeline: who called when."""

from pathlib import Path

import click

from .common import command, echo, echo_text, opened, print_json
from .groups import CommandWithExamples
from .output_file import check_free, force_option, write_file
from .params import DURATION, STANDARD, File, Number


@click.command(cls=CommandWithExamples)
@click.option("--text", "as_text", is_flag=True, help="In sentences, for a screen reader.")
@click.option(
    "--svg",
    "svg_file",
    type=File(),
    help="Write the picture to a FILE.",
)
@force_option
@click.option("--last", type=DURATION, help="The last while, such as 3d; else everything.")
@click.option(
    "--cells",
    type=Number(8, 400),
    default=72,
    show_default=True,
    help="Columns of the picture.",
)
@command
def timeline(
    as_text: bool, svg_file: Path | None, force: bool, last: int | None, cells: int, as_json: bool
) -> None:
    """Each integration over org time: let in, refused, locked, and what happened to the
    password.
    """
    from freshtoken_model.history.timeline import begin, fitting
    from freshtoken_tui.timeline_render import as_picture, as_rows, as_sentences, as_svg

    if svg_file is not None:
        check_free(svg_file, force)
    with opened() as org:
        zone, now = org.info().time_zone, org.clock.read().seen_org
        start = now - last if last else org.timeline.span()[0]
        step = fitting(max(1, now - start), cells - 1)
        shown = org.timeline.read(begin(start, step, zone), step, cells)
    if svg_file is not None:
        write_file(svg_file, as_svg(shown, zone), force)
        if svg_file != STANDARD:
            echo(f"{svg_file} holds the picture.", err=True)
    if as_json:
        print_json(as_rows(shown))
    elif as_text:
        echo(*as_sentences(shown, zone))
    elif svg_file is None:
        echo_text(as_picture(shown, zone))
