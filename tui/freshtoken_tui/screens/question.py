"""Practice: a question, the verdict at once, a reason for each option, and the experiment that
proves it.
"""

from __future__ import annotations

import time
from dataclasses import replace
from secrets import token_hex
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Static

from freshtoken_model.training.content.sources import cited
from freshtoken_model.training.exam.study import PracticeSummary, Review, shuffled
from freshtoken_model.training.exports import RATINGS, both_answers
from freshtoken_tui.commands import local_keys
from freshtoken_tui.messages import OpenPage, Prove
from freshtoken_tui.widgets.bars import bar
from freshtoken_tui.widgets.button_grid import ButtonGrid
from freshtoken_tui.widgets.field import KeyButton, button
from freshtoken_tui.widgets.notes import show
from freshtoken_tui.widgets.question_view import QuestionView, ShownQuestion

from .page import Page, PageKind

if TYPE_CHECKING:
    from freshtoken_model.training.exam.questions import Question


class QuestionPage(Page):
    """Questions one by one."""

    TITLE = "Practice"
    FIRST = "QuestionView, #question-summary"
    KIND = PageKind.ALONE
    HELP = """\
## Practice
**A** to **E** choose; **Enter** answers and says that you are sure, **u** that you are not. Then
every option has its
reason. **p** plays the experiment that proves the answer, in the real screens. **f** flags, **n**
goes on, **i** copies a
line to report a question you doubt, **Esc** goes back to the list. At the end **w** asks again what
you got wrong. Wrong comes again soon, right
but unsure a little later; right and sure later still, and latest where you were quick.
"""
    BINDINGS = local_keys(
        "question",
        ("enter", "on_with_it", "Answer"),
        ("u", "press('question-unsure')", "Unsure"),
        ("n", "press('question-next')", "Next"),
        ("p", "press('question-prove')", "Prove it"),
        ("f", "press('question-flag')", "Flag"),
        ("i", "press('question-report')", "Report"),
        ("w", "press('question-again')", "Again"),
        ("escape", "press('question-leave')", "Back"),
    )

    _questions: list[Question]
    _place = 0
    _begun = 0.0
    _seed = ""
    _flagged: frozenset[str] = frozenset()
    _review: Review | None = None
    _given: tuple[tuple[Question, Review], ...] = ()
    """The questions that were answered, with their reviews."""
    _over = False
    """Whether the last question is behind one, and the summary is shown."""

    def compose(self) -> ComposeResult:
        """Question, verdict, buttons, where it is known from."""
        yield Static(id="question-verdict")
        yield QuestionView()
        yield Static(id="question-summary")
        with ButtonGrid():
            yield button("Again, only what I got wrong", "question-again", "primary", key="w")
            yield button("Answer", "question-answer", "primary", key="enter")
            yield button("Unsure", "question-unsure", key="u")
            yield button("Next", "question-next", key="n")
            yield button("Prove it", "question-prove", key="p")
            yield button("Flag", "question-flag", key="f")
            yield button("Report", "question-report", key="i")
            yield button("Back", "question-leave", key="esc")
        yield Static(id="question-known")

    def on_mount(self) -> None:
        """The summary can have the focus, so that a second Enter does not begin the next set."""
        self.query_one("#question-summary").can_focus = True

    @work(group="question", exclusive=True)
    async def begin(self, questions: list[Question]) -> None:
        """Ask these, from the first one on."""
        self._questions, self._seed = questions, token_hex(4)
        self._given, self._over = (), False
        study = await self.host.exam.in_room(lambda room: room.study())
        self._flagged = study.flagged if study is not None else frozenset()
        self._ask(0)

    def _ask(self, place: int) -> None:
        self._place, self._review = place, None
        question = self._questions[place]
        self.query_one(QuestionView).shown = ShownQuestion(
            question, tuple(shuffled(question, self._seed))
        )
        self._begun = time.monotonic()
        self.scroll_home(animate=False)
        self._draw()
        self.query_one(QuestionView).focus()

    @property
    def question(self) -> Question:
        """The one that is asked."""
        return self._questions[self._place]

    def _draw(self) -> None:
        question, review = self.question, self._review
        flag = " · flagged" if question.id in self._flagged else ""
        self.border_title = (
            f"Practice · {self._place + 1} of {len(self._questions)} · {question.topic.title}{flag}"
        )
        summary = PracticeSummary(self._given)
        right = f" · {summary.right} of {len(summary.given)} right" if summary.given else ""
        self.border_subtitle = f"{question.difficulty}{right}"
        self.query_one(QuestionView).display = not self._over
        self._draw_buttons(review is not None, bool(summary.missed))
        if self._over:
            self.border_title, self.border_subtitle = "Practice · done", ""
        told = _told(summary) if self._over else Content("")
        show(self.query_one("#question-summary", Static), told)
        known, verdict = Content(""), Content("")
        if review is not None and not self._over:
            verdict = _verdict(review)
            lines = [Content(line) for line in both_answers(question)]
            lines += [Content.styled(f"As of {question.as_of}. Known from", "bold")]
            lines += [
                Content.styled(f"· {line}", "$foreground 75%") for line in cited(question.sources)
            ]
            if question.unproved:
                lines.append(
                    Content.styled(f"Not proved here: {question.unproved}", "$foreground 75%")
                )
            known = Content("\n").join(lines)
        show(self.query_one("#question-verdict", Static), verdict)
        show(self.query_one("#question-known", Static), known)

    def _draw_buttons(self, answered: bool, missed: bool) -> None:
        """The buttons for what can be done now."""
        asked = not self._over
        for name, on_now in (
            ("again", self._over and missed),
            ("answer", asked and not answered),
            ("unsure", asked and not answered),
            ("next", asked),
            ("prove", asked and answered),
            ("flag", asked),
            ("report", asked),
        ):
            self.query_one(f"#question-{name}", Button).display = on_now
        following = self.query_one("#question-next", KeyButton)
        following.words = "Next" if answered else "Skip"
        following.set_class(answered, "-kind-primary")
        self.query_one(ButtonGrid).fit()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """At the end Enter does nothing more."""
        if action == "on_with_it":
            return not self._over
        return super().check_action(action, parameters)

    def action_on_with_it(self) -> None:
        """Enter answers; once answered it goes on."""
        self.action_press("question-answer" if self._review is None else "question-next")

    def _end(self) -> None:
        """After the last question: what it came to."""
        if not self._given:
            self.post_message(OpenPage("exam"))
            return
        self._over = True
        self._draw()
        self.scroll_home(animate=False)
        self.screen.set_focus(self.query_one("#question-summary"))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        match event.button.id:
            case "question-answer":
                self._answer(sure=True)
            case "question-unsure":
                self._answer(sure=False)
            case "question-next" if self._place + 1 < len(self._questions):
                self._ask(self._place + 1)
            case "question-next":
                self._end()
            case "question-again":
                self.begin(PracticeSummary(self._given).missed)
            case "question-leave":
                self.post_message(OpenPage("exam"))
            case "question-prove" if self.question.proof is None:
                self.notify(f"This question has no experiment: {self.question.unproved}")
            case "question-prove":
                shown = self.query_one(QuestionView).shown
                if shown is not None:
                    self.post_message(Prove(self.question, list(shown.order), "question"))
            case "question-flag":
                self._flag()
            case "question-report":
                self.host.copy(self.question.doubt, "A line to report this question with")

    @work(group="question", exclusive=True)
    async def _answer(self, sure: bool) -> None:
        view = self.query_one(QuestionView)
        shown, question = view.shown, self.question
        if shown is None or shown.answered:
            return
        if len(shown.chosen) != question.choose:
            self.notify(
                f"{question.asks or 'Choose one.'} A to {'ABCDE'[len(shown.order) - 1]} choose.",
                timeout=4,
            )
            return
        seconds = time.monotonic() - self._begun
        review = await self.host.exam.in_room(
            lambda room: room.answer(question, shown.chosen, sure, seconds)
        )
        if review is None:
            return
        self._review = review
        self._given = (*self._given, (question, review))
        view.shown = replace(shown, answered=True)
        self._draw()
        self.scroll_home(animate=False)
        view.focus()

    @work(group="flag", exclusive=True)
    async def _flag(self) -> None:
        name = self.question.id
        on_now = name not in self._flagged
        await self.host.exam.in_room(lambda room: room.flag(name, on_now))
        self._flagged ^= {name}
        self._draw()

    @on(QuestionView.Chosen)
    def _chosen(self, event: QuestionView.Chosen) -> None:
        event.stop()


def _told(summary: PracticeSummary) -> Content:
    """The summary of a set: score, time, and the topics missed."""
    answered, minutes = len(summary.given), divmod(round(summary.seconds), 60)
    lines = [
        Content.styled(f"{summary.right} of {answered} right", "bold"),
        Content.assemble(bar(summary.right / answered, 25)),
        Content(
            f"{minutes[0]}:{minutes[1]:02} in all, {summary.seconds / answered:.0f} s a question"
        ),
        Content(""),
    ]
    if summary.missed_topics:
        lines.append(Content.styled("Missed", "bold"))
    lines += [Content(f"{count:3}  {title}") for title, count in summary.missed_topics]
    return Content("\n").join(lines)


def _verdict(review: Review) -> Content:
    word, style = (
        ("✓ Right", "$text-success bold") if review.right else ("✗ Wrong", "$text-error bold")
    )
    how = "" if not review.right else " · sure" if review.sure else " · not sure"
    return Content.assemble(
        (word, style), f"{how} · {review.seconds:.0f} s · {RATINGS[review.rating]}"
    )
