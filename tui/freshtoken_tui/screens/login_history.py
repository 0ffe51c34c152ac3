"""Login History: what Salesforce shows of every login, one status a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import DataTable

from freshtoken_tui.widgets.notes import MarginNote
from freshtoken_tui.widgets.table import fill

from .page import Page

if TYPE_CHECKING:
    from freshtoken_tui.picture import Picture

SHOWN = 500
HEADINGS = ("Login Time", "Status", "Username", "Source IP", "Login Type", "Application", "API Version", "Login URL")


class LoginHistory(Page):
    """Real columns, real statuses."""

    TITLE = "Login History"
    FIRST = "#logins"
    HELP = """\
## Login History
Setup > Login History. The columns and the texts of Status are Salesforce's. A wrong password and a wrong token read alike
(`Invalid Password`, an inference: checked.md B13); a missing token has a row of its own. An unknown username leaves no row.
"""

    def compose(self) -> ComposeResult:
        """A note, and the table."""
        yield MarginNote("Wrong password and wrong token read alike here. Only Why, in the API client, tells them apart.")
        yield DataTable(id="logins", cursor_type="row", cell_padding=1, zebra_stripes=True)

    def draw(self, picture: Picture) -> None:
        """Read the rows anew."""
        self.load()

    @work(group="logins", exclusive=True)
    async def load(self) -> None:
        """Read and list them."""
        rows, _ = await self.desk.attempt(lambda org: org.history.logins(limit=SHOWN), refresh=False)
        picture = self.picture
        if rows is None or picture is None:
            return
        from freshtoken_model.clock import at

        zone = picture.info.time_zone
        cells = [
            (
                Content(f"{at(login.login_time, zone):%d %b %H:%M:%S}"),
                Content.styled(login.status, "$text-success" if login.status == "Success" else "$text-error"),
                Content(login.username),
                Content(login.source_ip),
                Content(login.login_type),
                Content(login.application),
                Content(login.api_version),
                Content(login.login_url),
            )
            for login in rows
        ]
        fill(self.query_one("#logins", DataTable), HEADINGS, cells)
