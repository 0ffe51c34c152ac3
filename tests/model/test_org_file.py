"""The org file: who may read it, what is refused untouched, whole or not at all, and no secret
where none belongs.
"""

import json
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.export import export
from freshtoken_model.files import training_org
from freshtoken_model.org import Org
from freshtoken_model.store import database
from freshtoken_model.values.clock import HOUR, MINUTE
from freshtoken_model.values.errors import NotAllowedError, OrgFileError

from ..world import CHEAP, CLOUD, FRESH, INTEGRATION, OFFICE, PASSWORD, START


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_an_org_file_is_its_owners_alone(org_file: Path) -> None:
    assert stat.S_IMODE(org_file.stat().st_mode) == 0o600
    with Org(org_file, CHEAP) as org:
        org.tokens.reset(INTEGRATION)
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode) for path in org_file.parent.glob("org.db*")
        }
    assert len(modes) == 3 and set(modes.values()) == {0o600}, (
        "the files SQLite lays beside it as well"
    )


def test_a_new_org_does_not_take_up_the_log_of_one_that_was_deleted(tmp_path: Path) -> None:
    """A killed process leaves a log beside the file; who begins anew deletes the file, and not the
    log.
    """
    path = tmp_path / "org.db"
    Org.create(path, hashing=CHEAP)
    with Org(path, CHEAP) as org:
        org.passwords.change(INTEGRATION, PASSWORD, FRESH)
        log = Path(f"{path}-wal").read_bytes()
    path.unlink()
    Path(f"{path}-wal").write_bytes(log)
    Org.create(path, hashing=CHEAP)
    with Org(path, CHEAP) as org:
        assert list(org.database.tables.query("PRAGMA integrity_check")) == [
            {"integrity_check": "ok"}
        ]
        org.passwords.change(INTEGRATION, PASSWORD, FRESH)


def from_a_newer_version(path: Path) -> None:
    Org.create(path, hashing=CHEAP)
    with path.open("r+b") as file:
        file.seek(60)
        file.write((99).to_bytes(4, "big"))


def foreign_database(path: Path) -> None:
    conn = sqlite3.connect(path)
    conn.execute("create table user(id)")
    conn.close()


def text(path: Path) -> None:
    path.write_text("Dear diary, " * 100, encoding="utf-8")


def short(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00")


def empty(path: Path) -> None:
    path.touch()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (from_a_newer_version, "newer freshtoken (format 99; this one reads up to"),
        (foreign_database, "is a database, but not an org file"),
        (text, "is not an org file"),
        (short, "is not an org file"),
        (empty, "is not an org file"),
    ],
)
def test_a_file_that_is_no_org_of_ours_is_refused_in_words_and_left_untouched(
    tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    path = folder / "some.db"
    make(path)
    before = files(folder), path.stat().st_mtime_ns
    with pytest.raises(OrgFileError) as caught:
        Org(path)
    message = str(caught.value)
    assert (
        words in message and str(path) in message and "\n" not in message and message.endswith(".")
    )
    with pytest.raises(NotAllowedError, match="exists already"):
        Org.create(path)
    assert (files(folder), path.stat().st_mtime_ns) == before


def test_a_missing_file_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(OrgFileError, match=r"There is no org file .* freshtoken org new"):
        Org(tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_org_file(tmp_path: Path) -> None:
    with pytest.raises(OrgFileError):
        Org(tmp_path)


def test_in_a_missing_folder_no_org_is_made(tmp_path: Path) -> None:
    with pytest.raises(OrgFileError, match="cannot be used"):
        Org.create(tmp_path / "missing" / "org.db", hashing=CHEAP)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "error", [RuntimeError("in between"), KeyboardInterrupt(), sqlite3.OperationalError("x")]
)
def test_an_org_is_made_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    fill = training_org.fill

    def interrupted(*given: Any) -> None:
        fill(*given)
        raise error

    monkeypatch.setattr(training_org, "fill", interrupted)
    with pytest.raises(type(error)):
        Org.create(tmp_path / "org.db", hashing=CHEAP)
    assert list(tmp_path.iterdir()) == []


def test_a_reset_that_fails_leaves_the_org_as_it_was(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    before, generation = export(org, with_secrets=True), org.info().generation

    def failing(*_: object) -> None:
        raise RuntimeError("in between")

    monkeypatch.setattr(training_org, "_clients", failing)
    with pytest.raises(RuntimeError):
        org.reset()
    assert (export(org, with_secrets=True), org.info().generation) == (before, generation)


def test_a_reset_gives_a_new_generation_and_the_training_org(org: Org, token: str) -> None:
    generation = org.info().generation
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    org.reset()
    assert org.info().generation != generation
    kinds = [event.kind for event in org.history.events()]
    assert kinds[-1] == "org_reset" and "password_changed" not in kinds
    assert org.clients.all()[0].token == token and org.clients.all()[0].holds == "live"
    assert org.login(
        Attempt(INTEGRATION, PASSWORD + token, Door.SOAP, CLOUD, "64.0")
    ).verdict.accepted


def play(org: Org) -> set[str]:
    """A little of everything; returns every secret that was about."""
    secrets = {user.demo_password for user in org.users.all() if user.demo_password}
    held = org.clients.all()[0]
    secrets |= {held.token, *(app.consumer_secret for app in org.apps.all())}

    def log_in(sent: str, door: Door, address: str = CLOUD) -> None:
        result = org.login(Attempt(INTEGRATION, sent, door, address, "64.0", client_id=held.id))
        secrets.update(filter(None, (sent, result.session_id)))

    log_in(PASSWORD + held.token, Door.SOAP)
    log_in("Wrong-Guess-1", Door.UI)
    org.clock.advance(7 * MINUTE)
    org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    log_in(FRESH + held.token, Door.OAUTH)
    org.clients.hold(held.id, password=FRESH, token=org.mail.newest_token(INTEGRATION) or "")
    org.tokens.reset(INTEGRATION)
    log_in(FRESH + (org.mail.newest_token(INTEGRATION) or ""), Door.SOAP)
    org.setup.choose("max_attempts", "3")
    for _ in range(3):
        log_in(FRESH, Door.SOAP)
    temporary = org.passwords.reset(INTEGRATION, through_api=True)
    log_in(temporary or "", Door.SOAP, OFFICE)
    org.passwords.use_link(org.mail.all(INTEGRATION)[0].link or "", "Third-Time-99")
    log_in("Third-Time-99", Door.SOAP)
    org.passwords.forgot("sam")
    org.passwords.forgot("sam@acme.example")
    org.clients.told(held.id, "blocked", "LOGIN_MUST_USE_SECURITY_TOKEN")
    org.clock.advance(2 * HOUR)
    org.users.freeze("nora")
    mails = org.mail.all()
    secrets |= {mail.token for mail in mails if mail.token} | {
        mail.link for mail in mails if mail.link
    }
    assert len(secrets) > 20
    return secrets | {temporary or ""}


def exported(path: Path, *, with_secrets: bool, reset_first: bool = False) -> bytes:
    Org.create(path, seed="7", frozen_at=START, hashing=CHEAP)
    with Org(path, CHEAP) as org:
        if reset_first:
            play(org)
            org.reset()
        play(org)
        return json.dumps(export(org, with_secrets)).encode()


@pytest.mark.parametrize("with_secrets", [False, True])
def test_same_seed_time_and_commands_export_the_same_bytes(
    tmp_path: Path, with_secrets: bool
) -> None:
    first = exported(tmp_path / "1.db", with_secrets=with_secrets)
    assert exported(tmp_path / "2.db", with_secrets=with_secrets) == first
    again = exported(tmp_path / "3.db", with_secrets=with_secrets, reset_first=True)
    assert again == exported(tmp_path / "4.db", with_secrets=with_secrets, reset_first=True)
    made, reset = b'"kind": "org_made"', b'"kind": "org_reset"'
    words = b"the org was set back to the training org", b"the training org was made"
    assert again.replace(reset, made).replace(*words) == first, (
        "after a reset the org is as it was made"
    )


def test_another_seed_has_other_secrets(tmp_path: Path) -> None:
    tokens: set[str] = set()
    for seed in ("1", "2", None, None):
        path = tmp_path / f"{len(tokens)}.db"
        Org.create(path, seed=seed, frozen_at=START, hashing=CHEAP)
        with Org(path, CHEAP) as org:
            tokens.add(org.clients.all()[0].token)
    assert len(tokens) == 4


def test_an_export_holds_no_secret_unless_asked(org: Org) -> None:
    secrets = play(org)
    plain, told = json.dumps(export(org)), json.dumps(export(org, with_secrets=True))
    assert [secret for secret in secrets if secret in plain] == []
    newest = org.mail.newest_token(INTEGRATION)
    assert (
        newest
        and newest in told
        and org.apps.all()[0].consumer_secret in told
        and "Velvet-Train-9" in told
    )


def test_event_log_and_login_history_hold_no_secret(org: Org) -> None:
    secrets = play(org)
    tables = ("event", "shape", "trace", "login_history")
    kept = "\n".join(
        str(list(row.values()))
        for table in tables
        for row in org.database.tables.query(f"select * from {table}")
    )
    assert "login_refused" in kept and CLOUD in kept
    assert [secret for secret in secrets if secret in kept] == []
    repeated = org.database.tables.execute(
        "select count(*), count(distinct shape_id) from event where trace_id is not null"
    )
    attempts, shapes = repeated.fetchone()
    assert shapes < attempts, "what many attempts share is stored once"


def test_session_ids_and_new_passwords_are_nowhere_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "org.db"
    Org.create(path, hashing=CHEAP)
    with Org(path, CHEAP) as org:
        session = org.login(Attempt(INTEGRATION, PASSWORD, Door.UI, CLOUD)).session_id or ""
        org.passwords.change(INTEGRATION, PASSWORD, FRESH, session)
        org.login(Attempt(INTEGRATION, FRESH, Door.UI, CLOUD))
    raw = path.read_bytes()
    assert INTEGRATION.encode() in raw and session.encode() not in raw and FRESH.encode() not in raw


def full(org: Org, spare: int) -> Callable[[], object]:
    """No page more than `spare` for the file; returns what makes the disk large again."""
    pages = org.database.conn.execute("PRAGMA page_count").fetchone()[0]
    org.database.conn.execute(f"PRAGMA max_page_count={pages + spare}")
    return lambda: org.database.conn.execute("PRAGMA max_page_count=1000000")


@pytest.mark.parametrize("spare", [0, 1, 2, 3])
def test_a_full_disk_undoes_a_use_case_whole_and_is_said_in_one_sentence(
    org: Org, spare: int
) -> None:
    enlarge, passwords, before = full(org, spare), [PASSWORD], {}
    with pytest.raises(OrgFileError, match="The disk is full"), database.plainly(org.path):
        while len(passwords) < 500:
            before = export(org, with_secrets=True)
            org.passwords.change(INTEGRATION, passwords[-1], f"Never-Used-{len(passwords)}")
            passwords.append(f"Never-Used-{len(passwords)}")
    assert export(org, with_secrets=True) == before
    assert not org.database.conn.in_transaction
    enlarge()
    token = org.mail.newest_token(INTEGRATION) or org.clients.all()[0].token
    assert org.login(
        Attempt(INTEGRATION, passwords[-1] + token, Door.SOAP, CLOUD, "64.0")
    ).verdict.accepted


def test_a_login_that_could_not_be_written_gave_no_session(org: Org, token: str) -> None:
    def kept() -> tuple[int, int]:
        sessions = org.database.tables.execute("select count(*) from session").fetchone()[0]
        return len(org.history.logins()), sessions

    org.setup.choose("repeated_logins_share", "no")
    rows, sessions = kept()
    enlarge, accepted, attempt = (
        full(org, 0),
        0,
        Attempt(INTEGRATION, PASSWORD + token, Door.SOAP, CLOUD, "64.0"),
    )
    with pytest.raises(sqlite3.OperationalError, match="full"):
        while accepted < 2_000:
            accepted += org.login(attempt).verdict.accepted
    enlarge()
    assert kept() == (rows + accepted, sessions + accepted)


def test_an_org_file_can_be_copied_and_opened_elsewhere(org_file: Path, tmp_path: Path) -> None:
    with Org(org_file, CHEAP) as org:
        org.passwords.change(INTEGRATION, PASSWORD, FRESH)
    shutil.copy(org_file, tmp_path / "copy.db")
    with Org(tmp_path / "copy.db", CHEAP) as copied:
        assert copied.login(Attempt(INTEGRATION, FRESH, Door.UI, CLOUD)).verdict.accepted
        assert [
            row["integrity_check"] for row in copied.database.tables.query("PRAGMA integrity_check")
        ] == ["ok"]


def test_the_heart_loads_no_terminal_and_no_http() -> None:
    script = (
        "import sys, freshtoken_model.org, freshtoken_model.export, freshtoken_model.pool\n"
        "outer = {'textual', 'starlette', 'httpx', 'uvicorn', 'freshtoken_tui', 'freshtoken_api'}\n"
        "print(sorted(outer & {name.partition('.')[0] for name in sys.modules}))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout.strip() == "[]"


def test_another_process_never_takes_the_wal_from_under_an_open_org(
    org_file: Path, org: Org
) -> None:
    """Reading an org file with plain open() would drop this process's locks when it is closed
    again.
    """
    org.users.all()
    Org(org_file, org.hashing).close()
    program = (
        "import sys; from pathlib import Path; from freshtoken_model.org import Org; o = "
        "Org(Path(sys.argv[1]));"
    )
    subprocess.run(
        [sys.executable, "-c", f"{program} o.users.freeze('sam'); o.close()", str(org_file)],
        check=True,
    )
    assert Path(f"{org_file}-wal").exists()
    assert org.users.get("sam").frozen
