"""An experiment on the stage: its steps one by one, beside the API client, and which options
hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Static

from freshtoken_model.training.exam.questions import LETTERS
from freshtoken_tui.commands import local_keys
from freshtoken_tui.widgets.button_grid import ButtonGrid
from freshtoken_tui.widgets.field import KeyButton, button
from freshtoken_tui.widgets.hanging import HangingList, HangingRow
from freshtoken_tui.widgets.notes import show

from .page import Page, PageKind

if TYPE_CHECKING:
    from freshtoken_tui.parts.exam import ProofPlay

DIM = "$foreground 60%"
TRUE_SENTENCE, FALLS = (
    ("✓", "$text-success bold", "holds"),
    ("✗", "$text-error bold", "does not hold"),
)


class ProofPage(Page):
    """The experiment of a question."""

    TITLE = "Prove it"
    KIND = PageKind.STAGE
    FIRST = "#proof-next"
    HELP = """\
## Prove it
The experiment plays in a separate org, made for it; yours waits. **n** plays the next step: what
an API client does goes
through its pane, where **Wire** and **Why** tell what was sent and what the org decided (f8,
ctrl+t). After the last step
each option stands or falls by what is seen. You may look around, and try things yourself. **l**
leads back.
"""
    BINDINGS = local_keys(
        "proof",
        ("n", "press('proof-next')", "Next"),
        ("l,escape", "press('proof-leave')", "Back"),
    )

    def compose(self) -> ComposeResult:
        """Compose the question, its steps and its options."""
        yield Static(id="proof-text")
        yield HangingList(id="proof-steps")
        yield HangingList(id="proof-options")
        with ButtonGrid():
            yield button("Next step", "proof-next", "primary", key="n")
            yield button("Back", "proof-leave", key="l")

    def on_mount(self) -> None:
        """Redraw whenever the experiment has moved on."""
        self.call_after_refresh(self._follow)

    async def _follow(self) -> None:
        self.host.exam.proof_changed.subscribe(self, self.show_proof)
        await self.show_proof(self.host.exam.proof)

    async def show_proof(self, play: ProofPlay | None) -> None:
        """Draw it as it stands."""
        if play is None:
            return
        self.border_title = f"Prove it · {play.question.topic.title}"
        show(self.query_one("#proof-text", Static), Content.styled(play.question.flowing, DIM))
        await self.query_one("#proof-steps", HangingList).fill(_steps(play))
        await self.query_one("#proof-options", HangingList).fill(_options(play))
        over = play.next_step is None and play.next_option is None
        label = "Next step" if play.next_step is not None else "Try the next option"
        found = self.query_one("#proof-next", KeyButton)
        found.display = not over
        found.words = label
        self.query_one(ButtonGrid).fit()
        if over:
            self.query_one("#proof-leave").focus()
        if play.next_step is None:
            self.call_after_refresh(self.scroll_end, animate=False)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "proof-next":
            self.host.exam.prove_on()
        else:
            self.host.exam.leave_proof()


def _line(text: str) -> str:
    return f"freshtoken {text.removeprefix('!').strip()}"


def _steps(play: ProofPlay) -> Iterator[HangingRow]:
    proof, nothing = play.experiment.proof, Content("")
    if proof.setup:
        yield nothing, Content.styled("Before", "bold")
    for line in proof.setup:
        yield Content("  "), Content.styled(_line(line), DIM)
    yield (
        nothing,
        Content.styled(
            "Steps" if proof.steps else "No common steps: every option is tried for itself", "bold"
        ),
    )
    for number, line in enumerate(proof.steps):
        if number < len(play.told):
            told = f"\n{play.told[number]}" if play.told[number] else ""
            yield Content.styled("✓ ", "$text-success"), Content.assemble(_line(line), (told, DIM))
        elif number == play.next_step:
            yield Content.styled("▸ ", "$text-primary bold"), Content(_line(line))
        else:
            yield Content("  "), Content.styled(_line(line), DIM)


def _options(play: ProofPlay) -> Iterator[HangingRow]:
    yield Content(""), Content.styled("What each option says, and what was seen", "bold")
    for letter, place in zip(LETTERS, play.order, strict=False):
        option, seen = play.question.options[place], play.seen.get(place)
        if seen is None:
            yield Content.assemble(("○ ", DIM), (letter, "bold"), "  "), Content(option.text)
            continue
        glyph, style, word = TRUE_SENTENCE if seen.holds else FALLS
        found = "; ".join(f"found {one.found}, it says {one.wanted}" for one in seen.measures)
        words = Content.assemble(option.text, "\n", (word, style), (f": {found}", DIM))
        yield Content.assemble((f"{glyph} ", style), (letter, "bold"), "  "), words
