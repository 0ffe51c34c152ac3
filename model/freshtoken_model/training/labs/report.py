"""What a learner did in labs, and when: to hand in."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from freshtoken_model.decision.words import event_words
from freshtoken_model.org import Org
from freshtoken_model.values.clock import iso, wall_clock
from freshtoken_model.values.errors import OrgError
from freshtoken_model.values.kinds import EventKind
from freshtoken_model.values.visible import visible

from . import progress
from .classroom import Classroom
from .labs import Lab, began

MOST = 200
"""Events told of a lab's org."""
NOTE_WORDS = {
    progress.STARTED: "started",
    progress.LAB_RESET: "set back to its beginning",
    progress.FAILED: "checked, not solved: {}",
    progress.HINT: "asked for hint {}",
    progress.SOLVED: "solved",
    progress.GAVE_UP: "gave up, and saw the reference solution",
}


def _wall(moment: int | None) -> str | None:
    return (
        None
        if moment is None
        else datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="seconds")
    )


def labs_report(labs: Sequence[Lab], room: Classroom, learner: str = "") -> dict[str, Any]:
    """Every lab that was started: its state, its notes by wall clock, what happened in its org by
    org time.
    """
    notes = room.progress.notes()
    found = []
    for lab in labs:
        mine = [note for note in notes if note.lab == lab.id]
        if not mine:
            continue
        record = progress.record_of(mine)
        found.append(
            {
                "id": lab.id,
                "title": lab.title,
                "state": record.state,
                "gave_up": record.gave_up,
                "hints": record.hints,
                "failed_checks": sum(note.what == progress.FAILED for note in mine),
                "started_at": _wall(record.started_at),
                "solved_at": _wall(record.solved_at),
                "notes": [
                    {"at": _wall(n.at), "what": NOTE_WORDS.get(n.what, n.what).format(n.detail)}
                    for n in mine
                ],
                "events": _events(lab, room),
            }
        )
    return {"learner": learner, "written_at": _wall(wall_clock()), "labs": found}


def _events(lab: Lab, room: Classroom) -> list[dict[str, Any]]:
    """What happened in the lab's org since it began, the first MOST; nothing when the org is gone
    or another.
    """
    path = room.path(lab)
    if not path.exists():
        return []
    try:
        with Org(path) as org:
            events = org.history.events(after=began(org.database, lab.id), limit=MOST)
    except OrgError:
        return []
    told = [e for e in events if e.kind not in (EventKind.CLIENT_TOLD, EventKind.MAIL_READ)]
    return [
        {"org_time": iso(e.at), "what": event_words(e.kind, e.username, e.client, e.detail)}
        for e in told
    ]


def report_markdown(report: dict[str, Any]) -> str:
    """The report as Markdown."""
    of = f" of {visible(report['learner'])}" if report["learner"] else ""
    lines = [
        f"# Labs{of}",
        "",
        f"Written {report['written_at']}.",
        "",
        "| lab | state | hints | failed checks | solved |",
    ]
    lines.append("|---|---|---|---|---|")
    lines += [
        f"| {lab['title']} | {lab['state']} | {lab['hints']} | {lab['failed_checks']} | "
        f"{lab['solved_at'] or ''} |"
        for lab in report["labs"]
    ]
    for lab in report["labs"]:
        lines += ["", f"## {lab['title']}", ""]
        lines += [f"- {note['at']} {note['what']}" for note in lab["notes"]]
        if lab["events"]:
            lines += ["", "In its org, by org time:", ""]
            lines += [f"- {event['org_time']} {event['what']}" for event in lab["events"]]
    return "\n".join(lines) + "\n"
