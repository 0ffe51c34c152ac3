"""freshtoken incident: the tale of a user's trouble."""

import click

from freshtoken_model.values.clock import at, iso
from freshtoken_tui.exit_codes import REFUSED

from .common import Stop, command, echo, opened, print_json
from .groups import CommandWithExamples, argument


@click.command(cls=CommandWithExamples)
@argument("user")
@command
def incident(user: str, as_json: bool) -> None:
    """Tell the latest trouble of USER: who changed what, who failed first and why, what ended it,
    what prevents it.
    """
    with opened() as org:
        found = org.incidents.of(user)
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
        echo(f"{at(sentence.at, zone):%a %d %b %H:%M:%S}  {sentence.words}")
    echo("", "What would have prevented it:")
    for words in found.prevention:
        echo(f"- {words}")
