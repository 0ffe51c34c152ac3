"""freshtoken exam: practice, mock exams and progress in plain text; same engine, same records as in
the app.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from freshtoken_tui.exit_codes import REFUSED

from . import start_app
from .common import (
    Stop,
    agree,
    ask_trust,
    command,
    echo,
    print_json,
    print_table,
    trusting,
    yes_option,
)
from .exam_files import exam_export, exam_import, exam_paper
from .exam_questions import chosen_questions, open_room, question_options, question_row
from .groups import Group, argument
from .params import NamedChoice

if TYPE_CHECKING:
    from freshtoken_tui.app import FreshtokenApp

EXAM_ABOUT = (
    "These questions were written for freshtoken; none is taken from a real exam. Officially one "
    "or two questions of the\n"
    "Platform Administrator exam touch this subject; the topics' weights here are ours."
)

SIZE = "Scored questions; time and pass mark are scaled from the real exam's 60."


@click.group(cls=Group, invoke_without_command=True)
@click.option(
    "--content", metavar="DIR", help="A folder with questions of your own; else FRESHTOKEN_CONTENT."
)
@click.option("--only", is_flag=True, help="The questions of that folder, and no others.")
@click.pass_context
def exam(ctx: click.Context, content: str | None, only: bool) -> None:
    """Exam practice whose answers are proved by the org itself. Without a command: the app, at its
    Exam page.
    """
    ctx.meta["content"], ctx.meta["only"] = content, only
    if ctx.invoked_subcommand is None:

        def begin(app: FreshtokenApp) -> None:
            app.exam.content = (content, only)
            app.action_command("exam")

        ctx.exit(start_app(ctx.obj, begin, "freshtoken exam practice, mock, list or stats"))


@exam.command("practice")
@click.option(
    "--set",
    "which",
    type=NamedChoice(("due", "new", "missed", "flagged", "all")),
    help="Else due, then new.",
)
@question_options
@command
def exam_practice(
    which: str | None, topic: str, search: str, count: int | None, as_json: bool
) -> None:
    """Practise: a verdict and reasons at once, and when to see each question again. With --json:
    what would be asked.
    """
    from secrets import token_hex

    from .exam_dialogue import practise

    room = open_room()
    questions = chosen_questions(room, which, topic, search, count)
    if as_json:
        print_json([question_row(question) for question in questions])
        return
    if not questions:
        raise Stop("Nothing is due, and nothing is new. --set all asks everything.", REFUSED)
    echo(*EXAM_ABOUT.split("\n"), err=True)
    answered, right = practise(room, questions, token_hex(4))
    if answered:
        echo("", f"{right} of {answered} right.")


@exam.command("mock")
@click.option(
    "--questions",
    "size",
    type=NamedChoice(("10", "20", "30", "60")),
    default="60",
    show_default=True,
    help=SIZE,
)
@click.option(
    "--unscored",
    is_flag=True,
    help="Five more that are not scored, and not told apart, as in the real exam.",
)
@click.option(
    "--pause",
    "pausable",
    is_flag=True,
    help="The clock may be stopped; else it never stops, even when you leave.",
)
@click.option("--seed", metavar="WORD", help="The same seed gives the same exam.")
@command
def exam_mock(size: str, unscored: bool, pausable: bool, seed: str | None, as_json: bool) -> None:
    """Sit a mock exam, or go on with the open one. Exit 1 when it is not passed, or left. --json
    prints it and its state.
    """
    from freshtoken_model.training.exam.mock import UNSCORED, ExamForm

    from .exam_dialogue import say_result, sit

    room = open_room()
    sitting = room.sitting()
    if sitting is None:
        sitting = room.start(ExamForm(int(size), UNSCORED if unscored else 0), pausable, seed)
        echo(*EXAM_ABOUT.split("\n"), "", err=True)
    else:
        echo("Going on with the open mock exam.", err=True)
        sitting = room.resume(sitting)
    if as_json:
        print_json(
            {
                "id": sitting.id,
                "questions": list(sitting.questions),
                "minutes": sitting.form.minutes,
            }
        )
        return
    rule = (
        "The clock stops while you pause."
        if sitting.pausable
        else "The clock does not stop, even when you leave."
    )
    form = sitting.form
    echo(
        f"{form.shown} questions, {form.minutes} minutes, {form.to_pass} of {form.scored} to "
        f"pass. {rule}",
        err=True,
    )
    found = sit(room, sitting)
    if found is None:
        click.get_current_context().exit(REFUSED)
    say_result(found)
    if not found.passed:
        click.get_current_context().exit(REFUSED)


@exam.command("stats")
@command
def exam_stats(as_json: bool) -> None:
    """Readiness by topic, what falls due, the streak, and the mock exams so far."""
    room = open_room()
    study, results = room.study(), room.results()
    readiness, forecast = study.readiness(), study.forecast()
    mocks = [
        {
            "at": datetime.fromtimestamp(one.sitting.started_at / 1000)
            .astimezone()
            .isoformat(timespec="minutes"),
            "right": one.right,
            "of": one.sitting.form.scored,
            "percent": one.percent,
            "passed": one.passed,
        }
        for one in results
    ]
    if as_json:
        topics = [
            {
                "topic": r.topic.id,
                "title": r.topic.title,
                "ready": round(r.share, 3),
                "seen": r.seen,
                "questions": r.questions,
            }
            for r in readiness
        ]
        counts = {
            name: len(study.pick(name)) for name in ("due", "new", "missed", "flagged", "all")
        }
        answered = {"answers": len(study.reviews), "streak": study.streak(), "forecast": forecast}
        print_json({"topics": topics, "sets": counts, **answered, "mocks": mocks})
        return
    rows = [
        (r.topic.id, f"{r.share:4.0%}", f"{r.seen} of {r.questions}", r.topic.title)
        for r in readiness
    ]
    print_table(rows, ("TOPIC", "READY", "SEEN", "TITLE"))
    echo(
        "",
        "Ready: the chance to know an answer tomorrow (FSRS), over all questions of the topic; "
        "new ones count nothing.",
    )
    echo(
        f"Due today {forecast[0]}, then day by day {', '.join(map(str, forecast[1:]))}. Streak: "
        f"{study.streak()} {'day' if study.streak() == 1 else 'days'}."
    )
    for one in mocks:
        word = "passed" if one["passed"] else "not passed"
        echo(f"Mock exam {one['at']}: {one['right']} of {one['of']}, {one['percent']}%, {word}")


@exam.command("list")
@click.option(
    "--topic", default="", metavar="TOPIC", help="Only of this topic; exam stats names them."
)
@click.option("--search", default="", metavar="WORDS", help="Only questions with these words.")
@command
def exam_list(topic: str, search: str, as_json: bool) -> None:
    """Every question: its id, topic, difficulty, and whether an experiment proves it."""
    questions = chosen_questions(open_room(), "all", topic, search, None)
    if as_json:
        print_json([question_row(question) for question in questions])
        return
    rows = [(q.id, q.topic.id, str(q.difficulty), "proved" if q.proof else "") for q in questions]
    print_table(rows, ("ID", "TOPIC", "DIFFICULTY", ""))


@exam.command("show")
@argument("question_id", metavar="QUESTION")
@command
def exam_show(question_id: str, as_json: bool) -> None:
    """QUESTION with its answers, reasons and sources, and a line to report it with."""
    from .exam_dialogue import letters_of, say, say_question, say_reasons

    question = open_room().question(question_id)
    order = range(len(question.options))
    if as_json:
        reasons = [{"text": o.text, "right": o.right, "why": o.why} for o in question.options]
        print_json(
            {
                **question_row(question),
                "options": reasons,
                "sources": list(question.sources),
                "report": question.doubt,
            }
        )
        return
    say_question(question, order, f"{question.id} · {question.topic.title} · {question.difficulty}")
    echo(f"  Right: {letters_of(question.right, order)}")
    say_reasons(question, order)
    say(f"In doubt? Report it with this line: {question.doubt}")


@exam.command("prove")
@argument("question_id", metavar="QUESTION")
@trusting
@command
def exam_prove(question_id: str, as_json: bool) -> None:
    """Play the experiment of QUESTION: the steps, and which options hold. Exit 1 if it does not
    show what it should.
    """
    from .exam_dialogue import say_proof

    question = open_room().question(question_id)
    ask_trust(question)
    if as_json:
        from freshtoken_model.training.exam.proofs import laboratory

        from .steps import run_quick

        with laboratory(run_quick) as place:
            seen = place.set_up(question).results() if question.proof else []
        rows = [
            {"text": o.text, "right": o.right, "holds": s.holds}
            for o, s in zip(question.options, seen, strict=False)
        ]
        print_json({"id": question.id, "proved": question.proof is not None, "options": rows})
        sound = all(row["right"] == row["holds"] for row in rows)
    else:
        sound = say_proof(question, range(len(question.options)))
    if not sound:
        click.get_current_context().exit(REFUSED)


@exam.command("reset")
@yes_option
@click.option("--undo", is_flag=True, help="Take the last reset back.")
@command
def exam_reset(yes: bool, undo: bool, as_json: bool) -> None:
    """Start over with every question and mock exam. --undo takes that back: nothing is deleted."""
    room = open_room()
    if undo:
        room.undo_reset()
        said = "As it was before the reset."
    else:
        agree("Start over? Answers and mock exams so far will not count.", yes)
        said = (
            f"{room.reset()} notes do not count any more. Take it back: freshtoken exam reset "
            f"--undo"
        )
    print_json({"undone": undo}) if as_json else echo(said, err=True)


exam.add_command(exam_export)
exam.add_command(exam_import)
exam.add_command(exam_paper)
