"""Questions and progress for other programs: reviews as CSV, questions for Anki's text import, a
paper to print.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from freshtoken_model.training.content.sources import cited
from freshtoken_model.training.exam.questions import LETTERS, Question, Topic
from freshtoken_model.training.exam.study import Review, shuffled
from freshtoken_model.values.spreadsheet import csv_lines

RATINGS = ("", "Again", "Hard", "Good", "Easy")
"""FSRS's own words."""
COLUMNS = ("at", "question", "topic", "chosen", "right", "rating", "sure", "seconds", "mock")
STYLE = """
body { font: 11pt/1.45 Georgia, serif; max-width: 42em; margin: 2em auto; padding: 0 1em; color:
#111 }
h2 { font-size: 1.15em; border-bottom: 1px solid #999 } article { break-inside: avoid;
margin-bottom: 1.6em }
ol { list-style: upper-alpha } .right { font-weight: bold } .why, .known { color: #444; font-size:
.92em }
"""


def reviews_csv(reviews: Sequence[Review], bank: Sequence[Question]) -> str:
    """Every review, one a row. `chosen`: letters in the order of the file."""
    topics = {question.id: question.topic.id for question in bank}
    rows: list[tuple[str | int | float, ...]] = [COLUMNS]
    for one in reviews:
        moment = datetime.fromtimestamp(one.at / 1000, UTC).isoformat(timespec="seconds")
        chosen = "".join(LETTERS[place] for place in sorted(one.chosen) if place < len(LETTERS))
        values = (one.right, RATINGS[one.rating], one.sure, round(one.seconds, 1), one.mock)
        rows.append((moment, one.question, topics.get(one.question, ""), chosen, *values))
    return csv_lines(rows, "\r\n")


def for_anki(bank: Sequence[Question]) -> str:
    """Anki's text import format: one note a line, its guid the question's id, so that a second
    import updates.
    """
    lines = ["#separator:tab", "#html:true", "#guid column:1", "#tags column:4", "#deck:freshtoken"]
    for question in bank:
        options = "".join(f"<li>{escape(option.text)}</li>" for option in question.options)
        front = f'{escape(question.flowing)} {question.asks}<ol type="A">{options}</ol>'
        rows = [
            f"<p><b>{letter}{' ✓' if option.right else ''}</b> {escape(option.why)}</p>"
            for letter, option in zip(LETTERS, question.options, strict=False)
        ]
        answer = ", ".join(
            letter
            for letter, option in zip(LETTERS, question.options, strict=False)
            if option.right
        )
        back = (
            f"<b>{answer}</b>{''.join(rows)}<p>{escape(question.as_of)}. "
            f"{escape(' '.join(cited(question.sources)))}</p>"
        )
        fields = (f"freshtoken-{question.id}", front, back, f"freshtoken::{question.topic.id}")
        lines.append("\t".join(" ".join(field.split()) for field in fields))
    return "\n".join(lines) + "\n"


def paper_markdown(questions: Sequence[Question], title: str, answers: bool, seed: str) -> str:
    """A paper to print, as Markdown. `answers`: with the right options, all reasons and the
    sources.
    """
    lines = [f"# {title}", "", _preamble(questions, seed), ""]
    for number, question in enumerate(questions, 1):
        lines += [
            f"## Question {number}",
            "",
            " ".join(filter(None, (question.flowing, question.asks))),
            "",
        ]
        order = shuffled(question, seed)
        shown = [
            (letter, question.options[place]) for letter, place in zip(LETTERS, order, strict=False)
        ]
        lines += [f"- [ ] **{letter}** {option.text}" for letter, option in shown]
        if answers:
            lines += [
                "",
                f"Answer: **{', '.join(letter for letter, option in shown if option.right)}**",
                "",
            ]
            lines += [
                f"- {letter} {'(right)' if option.right else '(wrong)'}: {option.why}"
                for letter, option in shown
            ]
            lines += [
                "",
                *(f"- {line}" for line in (*both_answers(question), *cited(question.sources))),
            ]
        lines.append("")
    return "\n".join(lines)


def _preamble(questions: Sequence[Question], seed: str) -> str:
    return (
        f"{len(questions)} questions, written for freshtoken; none is taken from a real exam. "
        f"Paper {seed}."
    )


def both_answers(question: Question) -> list[str]:
    """Where exam and platform differ: a line for each."""
    if not question.exam_answer:
        return []
    return [f"Exam answer: {question.exam_answer}", f"Today's answer: {question.todays_answer}"]


def paper_html(questions: Sequence[Question], title: str, answers: bool, seed: str) -> str:
    """The same as one HTML page that prints well."""
    parts = [f"<h1>{escape(title)}</h1><p>{escape(_preamble(questions, seed))}</p>"]
    for number, question in enumerate(questions, 1):
        items = []
        for place in shuffled(question, seed):
            option = question.options[place]
            right = ' class="right"' if answers and option.right else ""
            why = f'<div class="why">{escape(option.why)}</div>' if answers else ""
            items.append(f"<li{right}>{escape(option.text)}{why}</li>")
        text = f"<p>{escape(question.flowing)} {question.asks}</p>"
        known = ""
        if answers:
            known = "".join(
                f'<p class="known">{escape(line)}</p>'
                for line in (*both_answers(question), *cited(question.sources))
            )
        parts.append(
            f"<article><h2>Question {number}</h2>{text}<ol>{''.join(items)}</ol>{known}</article>"
        )
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    return (
        f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'
    )


def bank_table(bank: Sequence[Question]) -> str:
    """What the bank has, topic by topic, as a Markdown table for the help topic `exams`."""
    by_topic: dict[Topic, list[Question]] = {}
    for question in bank:
        by_topic.setdefault(question.topic, []).append(question)
    rows = ["| topic | questions | proved | weight |", "|---|---|---|---|"]
    for topic, own in by_topic.items():
        rows.append(
            f"| {topic.title} | {len(own)} | {sum(one.proof is not None for one in own)} | "
            f"{topic.weight} |"
        )
    proved = sum(one.proof is not None for one in bank)
    return "\n".join([*rows, f"| **{len(by_topic)} topics** | **{len(bank)}** | **{proved}** | |"])
