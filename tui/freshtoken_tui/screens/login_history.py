"""Login History: what Salesforce shows of every login, one status a row; a million rows scroll, are
filtered, exported.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from textual import on, work
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, Select, Static

from freshtoken_model.history.login_history import PAGE, LoginFilter, LoginRow, parse_span
from freshtoken_model.values.clock import at, wall_clock
from freshtoken_tui.commands import local_keys
from freshtoken_tui.dialogs.modals import Confirm
from freshtoken_tui.messages import ShowAttempt
from freshtoken_tui.widgets.login_table import WIDTHS, LoginTable
from freshtoken_tui.widgets.notes import QUIET, MarginNote, show
from freshtoken_tui.widgets.row_ids import RowIds

from .history_file import NotWrittenError, in_this_folder, write_history
from .login_filters import PICKED, LoginFilters
from .page import Page

if TYPE_CHECKING:
    from freshtoken_model.org import Org
    from freshtoken_tui.view import OrgView

Answer = TypeVar("Answer")
FIRST_ROWS, GATHERED = 100, 20_000
"""Rows read to begin with; ids read at once from then on."""
TOLD = 0.15
"""Seconds between two looks at how many have been gathered: each is a layout."""
WITH_DETAIL, LABEL = 150, 15
"""Columns from which the row of the cursor is shown whole beside the rows; those of its labels."""
NOTE = "Wrong password and wrong token read alike: Enter shows Why."


class LoginHistory(Page):
    """Real columns, real statuses."""

    TITLE = "Login History"
    FIRST = "LoginTable"
    HELP = """\
## Login History
Setup > Login History. The columns and the texts of Status are Salesforce's. A wrong password and a
wrong token read alike (`Invalid Password` [INF login-history-wrong-token]); a missing token has
another row. An unknown username leaves no row. Salesforce lists the newest 20,000 of six months
[DOC login-history-extent]; here are all rows.

New rows come in at the top; a reader further down keeps the place. The time filter takes `today`,
`2h`, `3d` (the last while), `2026-11-24T14:00` (from then on), or two of these: `3d..today`. The
CSV holds the filtered rows, with Salesforce's column headings, and is written to the present
folder.
"""
    BINDINGS = local_keys(
        "history",
        ("slash", "filters", "Filters"),
        ("escape", "rows", "Back to the rows"),
        ("x", "clear", "Clear the filters"),
        ("c", "export", "Export CSV"),
    )

    _generation = ""
    _time = ""
    """The time filter that counts: what was typed last and made sense."""
    _which: LoginFilter | None = None
    _exported: int | None = None
    _gathering = _following = _behind = _stale = _failed = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._picked = dict.fromkeys(PICKED, "")

    def compose(self) -> ComposeResult:
        """Filters, a note, the number of rows, the rows."""
        yield LoginFilters()
        yield MarginNote(NOTE, id="history-note")
        yield Static(id="history-count")
        with Horizontal(id="history-rows"):
            yield LoginTable()
            yield Static(id="login-detail")

    def on_mount(self) -> None:
        """What the line of numbers tells of."""
        super().on_mount()
        self.watch(self.table, "unseen", self._tell, init=False)

    def on_resize(self) -> None:
        """Filters and rows have other room."""
        self.filters.keep_room()
        self.query_one("#login-detail").display = self.size.width >= WITH_DETAIL
        self._tell_row()

    @property
    def filters(self) -> LoginFilters:
        """The filters above the rows."""
        return self.query_one(LoginFilters)

    @property
    def table(self) -> LoginTable:
        """The table of rows."""
        return self.query_one(LoginTable)

    # ---- Reading

    def draw(self, picture: OrgView) -> None:
        """Read the new rows; in another generation of the file, all of them."""
        if picture.info.generation != self._generation:
            self._generation = picture.info.generation
            self._begin()
        else:
            self.follow()

    def _begin(self) -> None:
        """Read what the filters stand at, from the newest row on."""
        picture = self.picture
        if picture is None:
            return
        now, zone = picture.clock.now(wall_clock()), picture.info.time_zone
        self.table.zone, self.table.year = zone, at(now, zone).year
        since, until = parse_span(self._time, now, zone)
        self._which = LoginFilter(**self._picked, since=since, until=until)
        for clear in self.query("#clear-filters"):
            clear.disabled = self._which.empty
        self.load(self._which)

    @work(group="logins", exclusive=True)
    async def load(self, which: LoginFilter) -> None:
        """The first rows at once; the ids of the others, when they must be gathered, page by page
        behind them.
        """

        def first(org: Org) -> tuple[int, list[int], list[LoginRow]]:
            known = org.history.newest()
            ids = org.history.ids(which, known + 1, FIRST_ROWS) if known else []
            return known, ids, org.history.rows(ids)

        found = await self._read(first)
        if found is None:
            self._generation = ""  # to begin again at the next picture
            return
        known, ids, rows = found
        table, gathered = self.table, RowIds(known, gathered=not which.empty)
        if gathered.gathered:
            gathered.extend(ids)
        table.empty = "" if which.empty else "No login matches the filters."
        table.start(gathered, rows)
        self._gathering = gathered.gathered and len(ids) == FIRST_ROWS
        self._say()
        self._tell()
        self._stale = True
        # The filters follow; and what came in before the table knew of `known`.
        self.call_after_refresh(self.follow)
        told = monotonic()
        while self._gathering:
            more = await self._read(
                lambda org: array("q", org.history.ids(which, gathered.oldest, GATHERED))
            )
            if more is None:
                self._generation = ""
                return
            gathered.extend(more)
            self._gathering = len(more) == GATHERED
            if not self._gathering or monotonic() - told > TOLD:
                table.grown()
                self._tell()
                told = monotonic()

    async def _read(self, use_case: Callable[[Org], Answer]) -> Answer | None:
        """Run a use case that reads; what is wrong is said in the note. Nothing when the app is
        closing meanwhile.
        """
        answer, error = await self.host.org.run(use_case, refresh=False)
        if not self.query(LoginTable):
            return None
        if error or self._failed:
            self._say(error)
        self._failed = bool(error)
        return answer

    def _say(self, error: str = "") -> None:
        """A sentence about what went wrong in the note's place; without one, the note."""
        more = f" Salesforce lists the newest {PAGE:,} only." if self.table.ids.known > PAGE else ""
        self.query_one("#history-note", MarginNote).tell(
            Content.styled(error, "$text-error") if error else NOTE + more
        )

    @work(group="follow-logins")
    async def follow(self) -> None:
        """Read what came in since. Asked while at it, once more afterwards: never cut short, so
        that it does get done.
        """
        self._behind = True
        if self._following:
            return
        self._following = True
        try:
            while self._behind:
                self._behind = False
                await self._catch_up()
                if self._stale:
                    self._stale = False
                    await self._offer()
        finally:
            self._following = False

    async def _catch_up(self) -> None:
        which, ids = self._which, self.table.ids
        if which is None:
            return
        known = ids.known

        def newer(org: Org) -> tuple[int, list[int]]:
            newest = org.history.newest()
            return newest, [] if which.empty or newest <= known else org.history.ids(
                which, newest + 1, -1, known
            )

        found = await self._read(newer)
        if (
            found is None
            or which is not self._which
            or ids is not self.table.ids
            or found[0] <= known
        ):
            return
        self.table.arrived(ids.arrive(*found))
        self._stale = True
        self._tell()

    async def _offer(self) -> None:
        """Bring in the filters, and what can be picked: the org's users, and what occurs."""
        await self.filters.mount_all_of_them(self._which is not None and not self._which.empty)
        picture = self.picture
        found = await self._read(
            lambda org: (
                org.history.statuses(),
                *map(org.history.shapes, ("address", "application")),
                org.history.subtypes(),
            )
        )
        if found is None or picture is None:
            return
        for name, values in zip(
            PICKED, ([user.username for user in picture.users], *found), strict=True
        ):
            self.filters.offer(name, values, self._picked[name])

    @on(LoginTable.Missing)
    @work(group="login-rows")
    async def _fetch(self, event: LoginTable.Missing) -> None:
        event.stop()
        ids = self.table.ids
        rows = await self._read(lambda org: org.history.rows(event.ids))
        if ids is self.table.ids:
            self.table.supply(event.ids, rows)

    def _tell(self) -> None:
        """The numbers, in one line."""
        if not self.query(LoginTable):
            return
        ids, unseen = self.table.ids, self.table.unseen
        count = f"{len(ids):,}{f' of {ids.known:,}' if ids.gathered else ''}"
        noun = "login" if ids.known == 1 else "logins"
        words = [(f"{count} {noun}{' so far …' if self._gathering else ''}", "")]
        if unseen:
            words.append((f" · ▲ {unseen:,} new above (home)", "bold $text-primary"))
        if self._exported is not None:
            words.append((f" · {self._exported:,} exported …", "$text-primary"))
        show(self.query_one("#history-count", Static), Content.assemble(*words))

    # ---- Filters

    @on(Select.Changed)
    def _pick(self, event: Select.Changed) -> None:
        event.stop()
        name = str(event.select.id).removeprefix("filter-")
        picked = str(event.select.selection or "")
        if self._picked[name] != picked:
            self._picked[name] = picked
            self._begin()

    @on(Input.Submitted, "#filter-time")
    @on(Input.Blurred, "#filter-time")
    def _typed(self, event: Input.Submitted | Input.Blurred) -> None:
        """Filter by a time, if it is one."""
        event.stop()
        try:
            parse_span(event.value, 0, self.table.zone)
        except ValueError as error:
            self._say(str(error))
            return
        self._say()
        if event.value.strip() != self._time:
            self._time = event.value.strip()
            self._begin()
        if isinstance(event, Input.Submitted):
            self.table.focus()

    def action_filters(self) -> None:
        """Focus the first filter."""
        self.query("#filter-username").focus()

    def action_rows(self) -> None:
        """From the filters back to the rows; a time half typed is forgotten."""
        if self.table.has_focus:
            raise SkipAction
        self.query_one("#filter-time", Input).value = self._time
        self.table.focus()

    @on(Button.Pressed, "#clear-filters")
    def action_clear(self) -> None:
        """Empty every filter and show all rows."""
        self.filters.clear()
        self._picked, self._time = dict.fromkeys(PICKED, ""), ""
        self._say()
        self._begin()
        self.table.focus()

    @on(LoginTable.Moved)
    def _tell_row(self) -> None:
        """All columns of the row of the cursor, below each other."""
        detail, row = self.query_one("#login-detail", Static), self.table.row_shown
        if detail.display:
            lines = [] if row is None else zip(WIDTHS, row.texts, strict=True)
            show(
                detail,
                Content("\n").join(
                    Content.assemble((name.ljust(LABEL), QUIET), text) for name, text in lines
                ),
            )

    @on(LoginTable.Chosen)
    def _chosen(self, event: LoginTable.Chosen) -> None:
        event.stop()
        self.post_message(ShowAttempt(event.event_id))

    # ---- Export

    @on(Button.Pressed, "#export")
    @work(group="export")
    async def action_export(self) -> None:
        """What the filters show, newest first, as CSV in the present folder; half a file is
        none.
        """
        which, known, picture = self._which, self.table.ids.known, self.picture
        if self._exported is not None or which is None or picture is None:
            return
        now = at(picture.clock.now(wall_clock()), picture.info.time_zone)
        stem = f"login-history-{now:%Y-%m-%dT%H%M}"
        question = f"Save the logins that are shown as {in_this_folder(stem)}.csv?"
        ask = not self.app.is_web  # a browser is handed the file, wherever it was written
        if ask and not await self.app.push_screen_wait(Confirm(question, "Save", safe=False)):
            return
        self._exported = 0
        try:
            path, rows = await write_history(
                self.host, stem, which, known, picture.info.generation, self._tell_exported
            )
        except NotWrittenError as error:
            self.app.notify(str(error), severity="error", timeout=8)
        else:
            self.host.wrote(path, f"{rows:,} logins")
        finally:
            self._tell_exported(None)

    def _tell_exported(self, rows: int | None) -> None:
        """How many rows are in the file so far; None when none is being written."""
        self._exported = rows
        self._tell()
