"""What a mock exam came to: the score, topic by topic, and every question with its reasons."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, DataTable, Static

from freshtoken_model.training.content.sources import cited
from freshtoken_model.training.exam.mock import PASS, ExamResult, Scored
from freshtoken_model.training.exam.questions import LETTERS
from freshtoken_model.training.exports import both_answers
from freshtoken_tui.commands import local_keys
from freshtoken_tui.messages import OpenPage, Prove
from freshtoken_tui.widgets.bars import bar
from freshtoken_tui.widgets.button_grid import ButtonGrid
from freshtoken_tui.widgets.field import button
from freshtoken_tui.widgets.notes import show
from freshtoken_tui.widgets.question_view import QuestionView, ShownQuestion
from freshtoken_tui.widgets.table import RowTable, fill, follow_cursor

from .page import Page, PageKind


class ResultPage(Page):
    """The result of a mock exam, and the review of it."""

    TITLE = "Result"
    FIRST = "#result-list"
    KIND = PageKind.ALONE
    HELP = """\
## The result
A question is right when all its right options were chosen, and no other. **Enter** shows a question
with the reasons;
there **→** and **←** go on and back, **p** proves it, **Esc** leads to the list again. What you
missed comes up again in practice, in the set Missed last time.
"""
    BINDINGS = local_keys(
        "result",
        ("p", "press('result-prove')", "Prove it"),
        ("escape", "press('result-leave')", "Back"),
        ("right,n", "step(1)", "Next"),
        ("left", "step(-1)", "Previous"),
    )
    _result: ExamResult | None = None

    def compose(self) -> ComposeResult:
        """Score, topics, the questions, the one under the cursor."""
        yield Static(id="result-score")
        yield Static(id="result-topics")
        yield RowTable("result-list", enter_does="Question")
        yield Static(id="result-given")
        yield QuestionView()
        yield Static(id="result-known")
        with ButtonGrid():
            yield button("Prove it", "result-prove", key="p")
            yield button("Back", "result-leave", key="esc")

    def first_focus(self) -> str:
        """Read the result again; back from an experiment the question is still shown."""
        self.load()
        return "QuestionView" if self.has_class("-one") else self.FIRST

    @work(group="result", exclusive=True)
    async def load(self) -> None:
        """Read the result of the sitting that is asked for."""
        wanted = self.host.exam.shown_result
        found = await self.host.exam.in_room(lambda room: room.results())
        mine = next((one for one in found or () if one.sitting.id == wanted), None)
        if mine is None or (
            self._result is not None and self._result.sitting.id == mine.sitting.id
        ):
            return
        self._result = mine
        self._draw(mine)

    def _draw(self, result: ExamResult) -> None:
        form = result.sitting.form
        word, style = (
            ("✓ Passed", "$text-success bold")
            if result.passed
            else ("✗ Not passed", "$text-error bold")
        )
        minutes, seconds = divmod(result.sitting.used(0) // 1000, 60)
        each = result.sitting.used(0) / 1000 / len(result.sitting.questions)
        lines = [
            Content.assemble(
                (word, style),
                f"  {result.right} of {form.scored}, {result.percent}%; {form.to_pass} are needed",
            ),
            Content.assemble(bar(result.right / form.scored, 50, PASS)),
            Content(f"{minutes}:{seconds:02} of {form.minutes} minutes, {each:.0f} s a question"),
        ]
        if result.gone:
            lines.append(
                Content(
                    f"{result.gone} questions are no longer in the bank; the score is that of the "
                    f"day."
                )
            )
        show(self.query_one("#result-score", Static), Content("\n").join(lines))
        topics = [
            Content.assemble(bar(right / of, 12, PASS), f"  {right:2} of {of:2}  {title}")
            for title, right, of in result.by_topic
        ]
        weak = result.practise_next
        topics.append(
            Content.assemble(
                ("Practise next: ", "bold"),
                ", ".join(weak) if weak else "nothing below the pass mark",
            )
        )
        show(self.query_one("#result-topics", Static), Content("\n").join(topics))
        rows, keys = [], []
        for number, one in enumerate(result.questions, 1):
            glyph, style = ("✓", "$text-success bold") if one.right else ("✗", "$text-error bold")
            text = one.question.flowing[: max(20, self.size.width - 34)].rstrip() + "…"
            kind = "" if one.counts else "not scored"
            rows.append(
                (
                    Content(f"{number:2}"),
                    Content.styled(glyph, style),
                    Content(f"{one.answer.seconds:4.0f} s"),
                    Content.styled("⚑", "$text-warning") if one.answer.marked else Content(" "),
                    Content.assemble(text, (f" {kind}", "$foreground 60%")),
                )
            )
            keys.append(one.question.id)
        fill(
            self.query_one("#result-list", DataTable), ("", "", "time", "", "Question"), rows, keys
        )
        self.border_title = f"Result · mock exam of {form.scored}"
        self._show_list()

    @property
    def _one(self) -> Scored | None:
        table = self.query_one("#result-list", DataTable)
        if self._result is None or not 0 <= table.cursor_row < len(self._result.questions):
            return None
        return self._result.questions[table.cursor_row]

    def _show_list(self) -> None:
        self.remove_class("-one")
        self.border_subtitle = "esc back"
        self.query_one("#result-list").focus()

    @on(DataTable.RowHighlighted, "#result-list")
    def _follow(self, event: DataTable.RowHighlighted) -> None:
        if not self.has_class("-one"):
            follow_cursor(self, event.data_table)

    @on(DataTable.RowSelected, "#result-list")
    def _show_one(self) -> None:
        one = self._one
        if one is None or self._result is None:
            return
        number = self.query_one("#result-list", DataTable).cursor_row + 1
        glyph, style = (
            ("✓ Right", "$text-success bold") if one.right else ("✗ Wrong", "$text-error bold")
        )
        given = "".join(
            letter
            for letter, place in zip(LETTERS, one.order, strict=False)
            if place in one.answer.chosen
        )
        head = Content.assemble(
            (glyph, style),
            f" · {number} of {len(self._result.questions)} · you chose ",
            given or "nothing",
        )
        show(self.query_one("#result-given", Static), head)
        view = self.query_one(QuestionView)
        view.shown = ShownQuestion(one.question, one.order, one.answer.chosen, answered=True)
        known = [
            *both_answers(one.question),
            *(f"· {line}" for line in cited(one.question.sources)),
        ]
        show(
            self.query_one("#result-known", Static),
            Content.styled("\n".join(known), "$foreground 75%"),
        )
        self.add_class("-one")
        self.border_subtitle = "← →  p proves it  esc the list"
        self.scroll_home(animate=False)
        view.focus()

    def action_step(self, by: int) -> None:
        """To the next question, or back."""
        if self.has_class("-one") and self._result is not None:
            table = self.query_one("#result-list", DataTable)
            table.move_cursor(
                row=min(max(table.cursor_row + by, 0), len(self._result.questions) - 1),
                animate=False,
            )
            self._show_one()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        one = self._one
        if event.button.id == "result-leave":
            if self.has_class("-one"):
                self._show_list()
            else:
                self.post_message(OpenPage("exam"))
        elif one is not None and one.question.proof is None:
            self.notify(f"This question has no experiment: {one.question.unproved}")
        elif one is not None:
            self.post_message(Prove(one.question, list(one.order), "result"))
