"""freshtoken web as a browser meets it: cookies, the WebSocket, places, ends."""

import json
import signal
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from freshtoken_model.org import Org

from ..world import invoke
from .visitors import (
    CTRL_Q,
    CTRL_S,
    ENTER,
    ESCAPE,
    F5,
    FAILED,
    FULL,
    IDLE,
    NOT_OURS,
    OTHER_TAB,
    PATIENCE,
    QUIT,
    STOPPED,
    UNKNOWN,
    WELCOME,
    Server,
    gone,
)

Start = Callable[..., Server]


def log_in(server: Server, cookie: str):
    """A tab in which the demo user is logged in, past the words of welcome."""
    tab = server.tab(cookie)
    tab.sees(WELCOME)
    tab.type(b"d")
    tab.sees("is approved by")
    tab.type(ENTER)
    tab.sees("Logged in as")
    return tab


# ---- The visit


def test_the_first_visit_asks_for_a_name_and_its_cookie_finds_the_org_again(
    server: Server,
) -> None:
    assert "Your name" in server.get("/").text
    answer = httpx.post(
        f"{server.url}/begin", data={"name": " Robin  <b> "}, headers={"origin": server.url}
    )
    cookie = answer.headers["set-cookie"]
    assert answer.headers["location"] == "/"
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
    page = server.get("/", cookie.partition(";")[0])
    assert "terminal.js" in page.text and "Robin &lt;b&gt;" in page.text
    (folder,) = server.orgs.iterdir()
    assert json.loads((folder / "learner.json").read_text())["name"] == "Robin <b>"
    assert cookie.partition("=")[2][:43] not in folder.name
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "learner.json").stat().st_mode) == 0o600


def test_a_reload_shows_the_app_where_it_was_in_the_size_of_the_new_tab(server: Server) -> None:
    cookie = server.come()
    log_in(server, cookie).close()
    again = server.tab(cookie, 90, 30)
    again.sees("Logged in as")
    assert len(server.apps()) == 1
    assert "90x30" not in again.text
    (org,) = server.orgs.glob("*/org.db")
    assert stat.S_IMODE(org.stat().st_mode) == 0o600


def test_the_keys_stand_at_the_foot_as_soon_as_the_window_has_the_focus(server: Server) -> None:
    tab = log_in(server, server.come())
    tab.say(type="blur")
    tab.say(type="focus")
    tab.sees("Palette")


def test_two_visitors_have_an_org_each(server: Server) -> None:
    one, other = server.come("One"), server.come("Other")
    log_in(server, one)
    elsewhere = server.tab(other)
    elsewhere.sees(WELCOME)
    elsewhere.type(ESCAPE)
    elsewhere.sees("not logged in")
    orgs = sorted(server.orgs.glob("*/org.db"))
    logins = []
    for path in orgs:
        with Org(path) as org:
            logins.append(sum(row.login_type == "Application" for row in org.history.logins()))
    assert len(orgs) == 2 and sorted(logins)[0] < sorted(logins)[1]


def test_a_second_tab_takes_over_and_the_first_one_is_told(server: Server) -> None:
    cookie = server.come()
    first = server.tab(cookie)
    first.sees(WELCOME)
    second = server.tab(cookie)
    second.sees(WELCOME)
    assert first.closes() == OTHER_TAB
    second.type(ESCAPE)
    second.sees("Demo password")


def test_who_leaves_is_told_so_and_can_begin_again_in_the_same_org(server: Server) -> None:
    cookie = server.come()
    tab = log_in(server, cookie)
    tab.type(CTRL_Q)
    assert tab.closes() == QUIT
    again = server.tab(cookie)
    again.sees("Demo password")  # the welcome was read, and the org is not new
    with Org(next(server.orgs.glob("*/org.db"))) as org:
        assert any(row.login_type == "Application" for row in org.history.logins())


def test_leaving_the_browser_to_somebody_else_forgets_the_cookie(server: Server) -> None:
    cookie = server.come("Robin")
    answer = httpx.post(f"{server.url}/leave", headers={"origin": server.url, "cookie": cookie})
    assert answer.status_code == 303 and "Max-Age=0" in answer.headers["set-cookie"]
    assert "Robin" in server.get("/", cookie).text, "the org is kept for who still has the key"


# ---- Places


def test_when_all_places_are_taken_a_page_says_so_until_somebody_leaves(start: Start) -> None:
    server = start("--most", "1")
    first, second = server.come(), server.come()
    tab = server.tab(first)
    tab.sees(WELCOME)
    page = server.get("/", second)
    assert page.status_code == 503 and "there is room for 1." in page.text
    assert server.tab(second).closes() == FULL
    assert server.get("/", first).status_code == 200, "who has a place comes back to it"
    tab.type(CTRL_Q)
    assert tab.closes() == QUIT
    assert server.get("/", second).status_code == 200
    server.tab(second).sees(WELCOME)


def test_an_app_that_nobody_uses_is_ended(start: Start) -> None:
    server = start("--idle", "1s")
    assert server.tab(server.come()).closes() == IDLE
    assert server.get("/").status_code == 200


# ---- Ends


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_stopped_says_goodbye_and_leaves_no_app_behind(
    server: Server, number: int
) -> None:
    tab = server.tab(server.come())
    tab.sees(WELCOME)
    (app,) = server.apps()
    assert server.stop(number) == 0
    assert tab.closes() == STOPPED
    assert gone(app)


def test_the_apps_of_a_server_that_is_killed_end_by_themselves(server: Server) -> None:
    tab = server.tab(server.come())
    tab.sees(WELCOME)
    (app,) = server.apps()
    (org,) = server.orgs.glob("*/org.db")
    tab.say(type="blur")  # nothing blinks, and no minute passes: the app has nothing to draw
    assert invoke("clock", "freeze", "--org", org).exit_code == 0
    tab.sees("❚❚")
    server.stop(signal.SIGKILL)
    for _ in range(PATIENCE * 10):
        if gone(app):
            return
        threading.Event().wait(0.1)
    raise AssertionError("the app of a visitor outlives its server")


def test_an_app_that_fails_is_told_apart_from_one_that_was_left(server: Server) -> None:
    cookie = server.come()
    (folder,) = server.orgs.iterdir()
    (folder / "org.db").write_text("no org")
    assert server.tab(cookie).closes() == FAILED
    said = server.errors.read_text()
    assert "exit code 3" in said and "is not an org file" in said and folder.name in said


def test_an_app_that_cannot_be_started_is_told_to_both_sides(server: Server) -> None:
    cookie = server.come()
    (folder,) = server.orgs.iterdir()
    (folder / "trusted.json").mkdir()
    assert server.tab(cookie).closes() == FAILED
    assert f"The app of {folder.name} could not be started" in server.errors.read_text()


# ---- What a browser does not let happen


def test_files_are_downloaded_by_who_wrote_them_alone(server: Server) -> None:
    cookie, other = server.come(), server.come()
    tab = log_in(server, cookie)
    tab.type(F5)
    tab.sees("2 logins")
    tab.type("c")
    asked = tab.is_asked()
    assert asked["type"] == "download" and asked["name"].endswith(".csv")
    file = server.get(f"/files/{asked['name']}", cookie)
    assert file.text.splitlines()[0].startswith("Username,")
    assert "attachment" in file.headers["content-disposition"]
    assert server.get(f"/files/{asked['name']}", other).status_code == 404
    assert server.get(f"/files/{asked['name']}").status_code == 404


def test_no_ports_are_opened_on_the_machine_of_the_server(server: Server) -> None:
    tab = log_in(server, server.come())
    tab.type(CTRL_S)
    tab.sees("In a browser no ports are opened")


def test_programs_run_if_whoever_runs_the_server_has_allowed_them(
    server: Server, tmp_path: Path
) -> None:
    cookie = server.come()
    (folder,) = server.orgs.iterdir()
    allowed = tmp_path / "data" / "freshtoken" / "trusted.json"
    allowed.parent.mkdir(parents=True)
    allowed.write_text('{"format": 1, "folders": {"/course": "1234"}}')
    (folder / "trusted.json").write_text('{"format": 1, "folders": {"/own": "5678"}}')
    server.tab(cookie).sees(WELCOME)
    assert (folder / "trusted.json").read_text() == allowed.read_text()


# ---- The hostile


@pytest.mark.parametrize(
    "value",
    ["", "x", "../../../etc", "a" * 43, "A" * 5_000, "%2e%2e%2f", "learner.json"],
)
def test_a_key_that_nobody_was_given_opens_nothing(server: Server, value: str) -> None:
    name = server.come("Robin").partition("=")[0]
    kept = sorted(server.orgs.rglob("*"))
    cookie = f"{name}={value}"
    page = server.get("/", cookie)
    assert page.status_code == 200 and "Your name" in page.text
    assert server.tab(cookie).closes() == UNKNOWN
    assert server.get("/files/learner.json", cookie).status_code == 404
    assert sorted(server.orgs.rglob("*")) == kept


@pytest.mark.parametrize(
    "path",
    [
        "/files/..%2flearner.json",
        "/files/%2e%2e/learner.json",
        "/files/learner.json",
        "/files/.hidden",
        "/files/link.csv",
        "/files/",
        "/files/a%00.csv",
        "/static/../site.py",
        "/static/..%2fsite.py",
        "/static/%2e%2e/%2e%2e/app.py",
        "/terminal",
        "/org.db",
    ],
)
def test_a_path_leads_out_of_no_folder(server: Server, path: str) -> None:
    cookie = server.come()
    (folder,) = server.orgs.iterdir()
    (folder / "files").mkdir()
    (folder / "files" / ".hidden").write_text("secret")
    (folder / "files" / "link.csv").symlink_to(folder / "learner.json")
    host, port = server.url.removeprefix("http://").split(":")
    raw = f"GET {path} HTTP/1.1\r\nhost: {host}:{port}\r\ncookie: {cookie}\r\n\r\n"
    with socket.create_connection((host, int(port))) as conn:  # httpx would tidy the path up
        conn.sendall(raw.encode())
        answer = conn.recv(65_536)
    assert answer.split(b" ")[1] == b"404", answer


def test_pages_of_others_cannot_use_a_visitors_cookie(server: Server) -> None:
    cookie = server.come()
    url = server.url.replace("http", "ws", 1) + "/terminal"
    for origin in ("http://evil.example", None, "null", "http://127.0.0.1:1"):
        given = None if origin is None else Origin(origin)
        with pytest.raises(InvalidStatus) as refused:
            connect(url, additional_headers={"Cookie": cookie}, origin=given)
        assert refused.value.response.status_code == 403
        headers = {"origin": origin} if origin else {}
        answer = httpx.post(f"{server.url}/begin", data={"name": "x"}, headers=headers)
        assert answer.status_code == 403
    assert len(list(server.orgs.iterdir())) == 1


def test_a_server_on_loopback_answers_to_no_other_name(server: Server) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "", "10.0.0.1"):
        assert server.get("/", host=host).status_code == 403
    for host in ("localhost:1234", "127.0.0.1", "[::1]:80"):
        assert server.get("/", host=host).status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        "",
        "{",
        "[]",
        "7",
        '{"type": "resize", "width": "wide", "height": 4}',
        '{"type": "resize"}',
        "[" * 50_000,
        '{"type": "resize", "width": 1e999, "height": 1}',
    ],
)
def test_a_tab_that_talks_nonsense_is_left_and_the_app_goes_on(
    talkative: tuple[Server, str], said: str
) -> None:
    server, cookie = talkative
    tab = server.tab(cookie)
    tab.sees(WELCOME)
    tab.socket.send(said)
    assert tab.closes() == NOT_OURS
    again = server.tab(cookie, 10**9, -5)
    again.sees("freshtoken")
    again.close()


@pytest.fixture(scope="module")
def talkative(tmp_path_factory: pytest.TempPathFactory):
    """One server, and one visitor, for all that is said to them."""
    folder = tmp_path_factory.mktemp("talk")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        server = Server(folder / "class")
    yield server, server.come()
    server.stop()


def test_a_message_that_is_too_long_and_a_form_that_is_too_long_are_refused(
    server: Server,
) -> None:
    cookie = server.come()
    tab = server.tab(cookie)
    tab.sees(WELCOME)
    tab.type(b"x" * 70_000)
    assert tab.closes() == 1009
    answer = httpx.post(
        f"{server.url}/begin", data={"name": "x" * 5_000}, headers={"origin": server.url}
    )
    assert answer.status_code == 413


def test_every_page_forbids_what_it_does_not_need(server: Server) -> None:
    for path in ("/", "/static/terminal.js", "/nowhere"):
        policy = server.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy


# ---- The command line


def test_an_address_that_others_reach_is_warned_about(start: Start) -> None:
    server = start("--host", "0.0.0.0")
    assert server.url.startswith("http://127.0.0.1:")
    assert server.get("/", host="class.example").status_code == 200
    assert "there is no password" in server.errors.read_text()


def test_without_websockets_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    found = invoke("web")
    assert found.exit_code == 2 and "pip install 'freshtoken[web]'" in found.stderr
