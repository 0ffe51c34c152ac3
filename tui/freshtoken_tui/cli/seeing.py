"""freshtoken timeline and incident: who called when, and the tale of a user's trouble."""

from pathlib import Path
from typing import Any

import click

from freshtoken_tui.exit_codes import REFUSED

from .common import Stop, command, echo, echo_text, opened, print_json
from .output_file import check_free, force_option, write_file


@click.command()
@click.option("--text", "as_text", is_flag=True, help="In sentences, for a screen reader.")
@click.option(
    "--svg",
    "svg_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the picture to a FILE.",
)
@force_option
@click.option("--last", metavar="DURATION", help="The last while, such as 3d; else everything.")
@click.option(
    "--cells",
    type=click.IntRange(8, 400),
    default=72,
    show_default=True,
    help="Columns of the picture.",
)
@command
def timeline(
    as_text: bool, svg_file: Path | None, force: bool, last: str | None, cells: int, as_json: bool
) -> None:
    """Each integration over org time: let in, refused, locked, and what happened to the
    password.
    """
    from freshtoken_model.history.timeline import begin, fitting
    from freshtoken_model.values.clock import parse_duration
    from freshtoken_tui.timeline_render import MADE_HERE, as_picture, as_rows, as_sentences, as_svg

    try:
        span = parse_duration(last) if last else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--last") from error
    if svg_file is not None:
        check_free(svg_file, MADE_HERE, force)
    with opened() as org:
        zone, now = org.info().time_zone, org.clock.read().seen_org
        start = now - span if span else org.timeline.span()[0]
        step = fitting(max(1, now - start), cells - 1)
        shown = org.timeline.read(begin(start, step, zone), step, cells)
    if svg_file is not None:
        write_file(svg_file, as_svg(shown, zone), MADE_HERE, force)
        echo(f"{svg_file} holds the picture.", err=True)
    if as_json:
        print_json(as_rows(shown))
    elif as_text:
        echo(*as_sentences(shown, zone))
    elif svg_file is None:
        echo_text(as_picture(shown, zone))


@click.command()
@click.argument("user")
@command
def incident(user: str, as_json: bool) -> None:
    """Tell the latest trouble of USER: who changed what, who failed first and why, what ended it,
    what prevents it.
    """
    from freshtoken_model.values.clock import at, iso

    with opened() as org:
        found: Any = org.incidents.of(user)
        zone = org.info().time_zone
    if as_json:
        print_json(
            {
                "username": found.user.username,
                "state": found.user.state,
                "culprit": found.culprit,
                "over": found.over,
                "sentences": [
                    {"at": iso(s.at), "words": s.words, "event": s.event_id}
                    for s in found.sentences
                ],
                "prevention": list(found.prevention),
            }
        )
        return
    if not found.sentences:
        raise Stop(f"No login as {found.user.username} was refused.", REFUSED)
    for sentence in found.sentences:
        echo(f"{at(sentence.at, zone):%a %d %b %H:%M}  {sentence.words}")
    echo("", "What would have prevented it:")
    for words in found.prevention:
        echo(f"- {words}")
