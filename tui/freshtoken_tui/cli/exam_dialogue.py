"""Practice and the mock exam as a conversation in plain text: one question, one line typed; for
screen readers too.
"""

from __future__ import annotations

import sys
import textwrap
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from freshtoken_model.training.content.sources import cited
from freshtoken_model.training.content.trust import NotTrustedError
from freshtoken_model.training.exam.mock import PASS_WORDS
from freshtoken_model.training.exam.proofs import laboratory
from freshtoken_model.training.exam.questions import LETTERS
from freshtoken_model.training.exam.study import shuffled
from freshtoken_model.training.exports import both_answers
from freshtoken_model.values.clock import wall_clock
from freshtoken_tui.exit_codes import REFUSED

from .common import Stop, ask_trust, echo, echo_text

if TYPE_CHECKING:
    from freshtoken_model.training.content.steps import LineOutcome, LineStep
    from freshtoken_model.training.exam.exam_room import ExamRoom
    from freshtoken_model.training.exam.mock import ExamResult, Sitting
    from freshtoken_model.training.exam.questions import Question

TALK_WIDTH = 80
PRACTICE_HELP = (
    "Type letters: a, or ac where two are wanted; a? when you are not sure. Also: s skips, f "
    "flags, p proves it (after an\n"
    "answer), q leaves."
)
MOCK_HELP = (
    "Type letters to answer, - to take an answer away. Also: n next, p previous, g 12 goes to "
    "question 12, m marks for\n"
    "review, l lists all, t time left, z pauses where that was chosen, h hands in, q leaves (the "
    "clock runs on)."
)


def ask(prompt: str) -> str | None:
    """A line typed, with line editing on a terminal; None at its end."""
    if sys.stdin is None:
        return None
    if sys.stdin.isatty():
        import readline  # noqa: F401  # input() edits lines once it is there
    try:
        return input(prompt).strip().casefold()
    except (EOFError, KeyboardInterrupt):
        echo("")
        return None


def say(text: str, indent: str = "") -> None:
    """A paragraph of at most 80 columns."""
    echo(
        *textwrap.wrap(text, TALK_WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent))
    )


def say_question(question: Question, order: Sequence[int], head: str) -> None:
    """The text and the options, lettered as shown."""
    echo("", head)
    say(f"{question.flowing} {question.asks}".strip())
    for letter, place in zip(LETTERS, order, strict=False):
        say(question.options[place].text, f"  {letter}  ")


def say_reasons(question: Question, order: Sequence[int]) -> None:
    """Why each option is right or wrong, and where that is known from."""
    for letter, place in zip(LETTERS, order, strict=False):
        option = question.options[place]
        say(f"{'right' if option.right else 'wrong'}: {option.why}", f"  {letter}  ")
    for line in both_answers(question):
        say(line, "  ")
    echo(f"  As of {question.as_of}. Known from:")
    for line in cited(question.sources):
        say(line, "  - ")


def letters_of(places: frozenset[int], order: Sequence[int]) -> str:
    """Options as the letters they are shown with."""
    return "".join(letter for letter, place in zip(LETTERS, order, strict=False) if place in places)


def chosen_of(typed: str, order: Sequence[int]) -> frozenset[int] | None:
    """The options of letters typed; None for anything else."""
    known = dict(zip(LETTERS.casefold(), order, strict=False))
    letters = typed.replace(",", "").replace(" ", "")
    return (
        frozenset(known[one] for one in letters)
        if letters and all(one in known for one in letters)
        else None
    )


def practise(room: ExamRoom, questions: Sequence[Question], seed: str) -> tuple[int, int]:
    """Ask questions one by one. Returns how many were answered, and how many of them right."""
    flagged = set(room.study().flagged)
    answered = right = 0
    echo_text(PRACTICE_HELP, err=True)
    for number, question in enumerate(questions, 1):
        order = shuffled(question, seed)
        say_question(
            question,
            order,
            f"{number} of {len(questions)} · {question.topic.title} · {question.difficulty}",
        )
        begun, reviewed = time.monotonic(), False
        while True:
            typed = ask("Next (Enter), p, f or q: " if reviewed else "Answer: ")
            if typed is None:
                echo("", "The input ended.", err=True, always=True)
            if typed is None or typed == "q":
                return answered, right
            if typed in ("s", "n") or (reviewed and not typed):
                break
            if typed == "f":
                flagged ^= {question.id}
                room.flag(question.id, question.id in flagged)
                echo("Flagged." if question.id in flagged else "No longer flagged.")
            elif typed == "p" and reviewed:
                try:
                    say_proof(question, order)
                except (Stop, NotTrustedError) as refusal:
                    echo_text(str(refusal))
            elif typed == "?":
                echo_text(PRACTICE_HELP)
            elif not reviewed:
                chosen = chosen_of(typed.removesuffix("?"), order)
                if chosen is None:
                    echo_text(PRACTICE_HELP)
                elif len(chosen) != question.choose:
                    echo(f"{question.asks or 'Choose one.'} You chose {len(chosen)}.")
                else:
                    review = room.answer(
                        question, chosen, not typed.endswith("?"), time.monotonic() - begun
                    )
                    answered, right, reviewed = answered + 1, right + review.right, True
                    echo(
                        "Right."
                        if review.right
                        else f"Wrong: {letters_of(question.right, order)} is right."
                    )
                    say_reasons(question, order)
    return answered, right


def say_proof(question: Question, order: Sequence[int]) -> bool:
    """Play a question's experiment, and say how each option stands. Returns whether it shows what
    the question says.
    """
    from freshtoken_model.training.exam.questions import LETTERS

    from .steps import run_quick

    if question.proof is None:
        say(f"This question has no proof: {question.unproved}")
        return True
    ask_trust(question)
    with laboratory(run_quick) as place:
        experiment = place.set_up(question)
        for line in question.proof.setup:
            echo(f"before  $ freshtoken {line.removeprefix('!').strip()}")
        for step, outcome in experiment.play(question.proof.steps):
            _say_step(step, outcome)
        sound = True
        for letter, at in zip(LETTERS, order, strict=False):
            option = question.options[at]
            echo("", f"{letter}  {option.text}")
            if option.do:
                for line in option.do:
                    echo(f"    $ freshtoken {line.removeprefix('!').strip()}")
            seen = experiment.fork(option) if option.do else experiment.observe(option)
            sound = sound and seen.holds == option.right
            say("holds" if seen.holds else "does not hold", "    ")
            for sentence in seen.sightings:
                say(sentence, "    - ")
    return sound


def _say_step(step: LineStep, outcome: LineOutcome) -> None:
    echo(f"$ freshtoken {step.line}")
    said = (outcome.out + outcome.said).strip()
    if said:
        echo(*(f"  {line}" for line in said.split("\n")))


def _clock(milliseconds: int) -> str:
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes} min {seconds:02} s"


def sit(room: ExamRoom, sitting: Sitting) -> ExamResult | None:
    """Sit a mock exam to its end, or until one leaves. Returns the result, None when it was
    left.
    """
    echo_text(MOCK_HELP, err=True)
    place, show = sitting.at, True
    while True:
        found = room.sitting(sitting.id)
        if found is None:
            raise Stop("That mock exam is no longer there: the progress was reset.", REFUSED)
        sitting = found
        if sitting.handed_in_at is not None:
            echo("The time is over; the exam was handed in as it was.")
            return room.hand_in(sitting)
        if show:
            sitting = room.look(sitting, place)
            _say_place(room, sitting, place)
        typed, show = ask("> "), False
        match typed.split() if typed is not None else None:
            case None | ["q"]:
                if sitting.pausable:
                    room.pause(sitting)
                echo(
                    "Paused."
                    if sitting.pausable
                    else f"The clock runs on: {_clock(_left(sitting))} left."
                )
                return None
            case [] | ["n"]:
                place, show = min(place + 1, len(sitting.questions) - 1), True
            case ["p"]:
                place, show = max(place - 1, 0), True
            case ["g", number] if number.isdecimal() and 0 < int(number) <= len(sitting.questions):
                place, show = int(number) - 1, True
            case ["m"]:
                on = not sitting.answers[place].marked
                room.mark(sitting, place, on)
                echo("Marked for review." if on else "No longer marked.")
            case ["l"]:
                _say_all(sitting)
            case ["t"]:
                echo(f"{_clock(_left(sitting))} left.")
            case ["z"] if sitting.pausable:
                room.pause(sitting)
                ask("Paused; Enter goes on. ")
                room.resume(sitting)
                show = True
            case ["z"]:
                echo("This exam was begun without pauses: its clock does not stop.")
            case ["h"]:
                if _sure(sitting):
                    return room.hand_in(sitting)
            case ["-"]:
                room.choose(sitting, place, frozenset())
                echo("No answer.")
            case _:
                _answer(room, sitting, place, typed or "")


def _left(sitting: Sitting) -> int:
    return sitting.left(wall_clock())


def _answer(room: ExamRoom, sitting: Sitting, place: int, typed: str) -> None:
    question = room.question(sitting.questions[place])
    chosen = chosen_of(typed, sitting.orders[place])
    if chosen is None:
        echo_text(MOCK_HELP)
    elif len(chosen) != question.choose:
        echo(f"{question.asks or 'Choose one.'} You chose {len(chosen)}; nothing was noted.")
    else:
        room.choose(sitting, place, chosen)
        echo(f"Noted: {letters_of(chosen, sitting.orders[place])}.")


def _say_place(room: ExamRoom, sitting: Sitting, place: int) -> None:
    marked = " · marked" if sitting.answers[place].marked else ""
    head = (
        f"Question {place + 1} of {len(sitting.questions)} · {_clock(_left(sitting))} left{marked}"
    )
    say_question(room.question(sitting.questions[place]), sitting.orders[place], head)
    if sitting.answers[place].chosen:
        echo(f"  Your answer: {letters_of(sitting.answers[place].chosen, sitting.orders[place])}")


def _say_all(sitting: Sitting) -> None:
    for number, (answer, order) in enumerate(zip(sitting.answers, sitting.orders, strict=True), 1):
        echo(
            f"{number:3}  {letters_of(answer.chosen, order) or '-':3} "
            f"{'marked' if answer.marked else ''}".rstrip()
        )


def _sure(sitting: Sitting) -> bool:
    open_ones = [str(place + 1) for place in sitting.unanswered]
    if open_ones:
        say(f"{len(open_ones)} unanswered, and unanswered is wrong: {', '.join(open_ones)}.")
    marked = [str(place + 1) for place, answer in enumerate(sitting.answers) if answer.marked]
    if marked:
        say(f"Marked for review: {', '.join(marked)}.")
    return ask("Hand in? (y/N) ") in ("y", "yes")


def say_result(result: ExamResult, review: bool = True) -> None:
    """What a mock exam came to, topic by topic; and every question with its reasons."""
    form = result.sitting.form
    echo(
        "",
        f"{'Passed' if result.passed else 'Not passed'}: {result.right} of {form.scored}, "
        f"{result.percent}%.",
    )
    say(
        f"{form.to_pass} are needed ({PASS_WORDS}). Right is a question with all its right "
        f"options chosen, and no other."
    )
    for title, right, of in result.by_topic:
        echo(f"  {title:36} {right:2} of {of:2}  {'█' * round(20 * right / of)}")
    used = result.sitting.used(0)
    echo(
        f"Time: {_clock(used)} of {form.minutes} min, "
        f"{used / 1000 / len(result.sitting.questions):.0f} s a question."
    )
    if result.practise_next:
        say(f"Practise next: {', '.join(result.practise_next)}.")
    if result.gone:
        echo(f"{result.gone} questions are no longer in the bank; the score is that of the day.")
    for number, one in enumerate(result.questions if review else (), 1):
        kind = "" if one.counts else " · not scored"
        say_question(
            one.question,
            one.order,
            f"{number} · {'right' if one.right else 'wrong'}{kind} · {one.answer.seconds:.0f} s",
        )
        given, wanted = (
            letters_of(one.answer.chosen, one.order) or "nothing",
            letters_of(one.question.right, one.order),
        )
        echo(f"  You chose {given}; right: {wanted}.")
        say_reasons(one.question, one.order)
