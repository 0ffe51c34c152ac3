"""freshtoken web in a real Chromium: the story by keyboard and by mouse, a reload in its middle, two
visitors at once, and what the page says when the connection is gone.
"""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from freshtoken_model.org import Org

from ..world import FRESH as NEW
from ..world import PASSWORD as OLD
from .browser import ALT, CONTROL, Browser, Page, program, until
from .visitors import Server

pytestmark = pytest.mark.skipif(program() is None, reason="there is no Chromium on this machine")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    name = program()
    assert name is not None
    made = Browser(name, tmp_path_factory.mktemp("profile"))
    yield made
    made.close()


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Callable[[str], Page]]:
    """First visits, each in a context of its own."""
    pages: list[Page] = []

    def one(name: str) -> Page:
        pages.append(browser.page(f"{server.url}/"))
        pages[-1].begin(name)
        return pages[-1]

    yield one
    for page in pages:
        page.close()


def org_of(server: Server, name: str) -> Path:
    for folder in server.orgs.iterdir():
        if json.loads((folder / "learner.json").read_text())["name"] == name:
            return folder / "org.db"
    raise AssertionError(name)


def logins(path: Path) -> list[str]:
    """The statuses of the API client's user in Login History, the newest first."""
    with Org(path) as org:
        return [row.status for row in org.history.logins("integration")]


def has_logins(path: Path, *newest: str) -> None:
    until(lambda: logins(path)[: len(newest)] == list(newest), f"{newest} in Login History")


def test_the_story_by_keyboard_with_a_reload_in_its_middle(
    server: Server, visit: Callable[[str], Page]
) -> None:
    page = visit("Robin")
    org = org_of(server, "Robin")
    page.sees("f1 Help")
    page.press("Enter")
    page.sees("Logged in as")
    page.press("n", ALT)  # ctrl+n is the browser's
    page.sees("Your security token stops working")
    page.type(OLD)
    page.tab_to("New password")
    page.type(NEW)
    page.tab_to("Verify new password")
    page.type(NEW)
    page.press("Enter")
    page.sees("Your password was changed.")
    page.press("F9")
    has_logins(org, "Invalid Password")
    page.sees("INVALID_LOGIN")
    page.call("Page.reload")
    page.sees("INVALID_LOGIN")
    page.press("F8")
    page.press("Enter")  # New password: what was chosen a moment ago
    page.press("F9")
    has_logins(org, "Invalid Password", "Invalid Password")
    page.press("F10")
    with Org(org) as opened:
        until(lambda: opened.clients.all()[0].holds == "live", "the client holds the live token")
    page.press("F9")
    has_logins(org, "Success", "Invalid Password", "Invalid Password")
    page.sees("CONNECTED")
    page.press("g", CONTROL)
    page.sees("5 records returned")


def test_the_story_by_mouse(server: Server, visit: Callable[[str], Page]) -> None:
    page = visit("Kim")
    org = org_of(server, "Kim")
    page.click("Log In")
    page.sees("Logged in as")
    page.click("Change My Password")
    page.sees("Your security token stops working")
    for label, word in (("Current password", OLD), ("New password", NEW), ("Verify", NEW)):
        page.click(label, right=24)
        page.type(word)
    page.sees("✓ both new passwords are the same")
    page.click("Change password")
    page.sees("Your password was changed.")
    page.click("Log in f9")
    has_logins(org, "Invalid Password")
    page.click("Newest token")
    with Org(org) as opened:
        until(lambda: opened.clients.all()[0].holds == "live", "the client holds the live token")


def test_two_visitors_at_once_see_their_own_org(
    server: Server, visit: Callable[[str], Page]
) -> None:
    robin, kim = visit("Robin"), visit("Kim")
    robin.press("Enter")
    robin.sees("Logged in as")
    kim.press("F9")
    until(lambda: len(logins(org_of(server, "Kim"))) == 2, "a login in the org of Kim")
    assert not any("Logged in as" in line for line in kim.lines())
    assert "Robin" in robin.script("document.querySelector('footer').innerText")


def test_what_is_pasted_arrives_in_the_field_at_the_cursor(
    visit: Callable[[str], Page],
) -> None:
    page = visit("Robin")
    page.click("Username", right=24)
    page.script(
        "const data = new DataTransfer(); data.setData('text/plain', 'ada@acme.example');"
        "const at = document.querySelector('.xterm-helper-textarea');"
        "at.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true}))"
    )
    page.sees("ada@acme.example")


def test_a_page_without_its_server_says_so_and_goes_on_when_it_is_back(
    browser: Browser, tmp_path: Path
) -> None:
    first = Server(tmp_path / "class")
    port = first.url.rpartition(":")[2]
    page = browser.page(f"{first.url}/")
    page.begin("Robin")
    first.stop(signal.SIGKILL)
    page.reads("The connection was lost")
    second = Server(tmp_path / "class", "--port", port)
    try:
        until(lambda: page.script("document.querySelector('#notice').hidden"), "it was there again")
        page.sees("Demo password")  # the words of welcome were read, and the org is the same
        page.press("q", CONTROL)
        page.reads("Your org is kept.")
        page.script("document.querySelector('#again').click()")
        page.sees("Demo password")
    finally:
        page.close()
        second.stop()
