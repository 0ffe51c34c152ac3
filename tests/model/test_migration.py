"""An org file of format 1 (the first release) is brought to today's when it is opened, and keeps all that was in it."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlite_utils import Database

from freshtoken_model import storage
from freshtoken_model.apps import GrantRefused
from freshtoken_model.credentials import Hashing
from freshtoken_model.errors import OrgFileError
from freshtoken_model.export import export
from freshtoken_model.org import Org
from freshtoken_model.orgfile import APPLICATION_ID, VERSION
from freshtoken_model.schema import migrations
from freshtoken_model.verdict import Attempt, Door

from .states import FRESH, INTEGRATION, PASSWORD

CHEAP = Hashing(memory_kib=8, passes=1)
CLOUD = "203.0.113.7"
KEPT = ("org", "profile", "user", "token", "session", "mail", "client", "account", "event", "login_history", "setting")


def tables(db: Database) -> dict[str, list[str]]:
    """The tables of an org file and their columns."""
    own = [name for name in db.table_names() if not name.startswith(("sqlite_", "_sqlite"))]
    return {name: [column.name for column in db[name].columns] for name in own}


@pytest.fixture
def old_file(org_file: Path, tmp_path: Path) -> Path:
    """A file as the first release left it: its tables alone, filled from a training org that was played with."""
    with Org(org_file, CHEAP) as org:
        org.setup.choose("max_attempts", "5")
        org.login(Attempt(INTEGRATION, "wrong", Door.SOAP, CLOUD, "64.0"))
        org.passwords.change(INTEGRATION, PASSWORD, FRESH)
        org.database.conn.execute("delete from client where protocol not in ('soap', 'oauth')")
        org.database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = tmp_path / "old.db"
    conn = sqlite3.connect(path, isolation_level=None)
    conn.execute(f"PRAGMA application_id={APPLICATION_ID}")
    db = Database(conn, execute_plugins=False)
    migrations.apply(db, stop_before="0002_real_clients")
    conn.execute("PRAGMA user_version=1")
    conn.execute("attach database ? as newer", [str(org_file)])
    for table, columns in tables(db).items():
        names = ", ".join(columns)
        conn.execute(f"delete from {table}")
        conn.execute(f"insert into {table}({names}) select {names} from newer.{table}")
    conn.execute("update app set flows = 'password'")
    conn.close()
    return path


def rows(path: Path) -> dict[str, list[dict]]:
    """What an org file keeps, by table."""
    conn = sqlite3.connect(path)
    conn.row_factory = sqlite3.Row
    found = {table: [dict(row) for row in conn.execute(f"select * from {table}")] for table in KEPT}
    conn.close()
    return found


def version(path: Path) -> int:
    conn = sqlite3.connect(path)
    (found,) = conn.execute("PRAGMA user_version").fetchone()
    conn.close()
    return found


def test_a_file_of_the_first_release_keeps_every_row_and_value(old_file: Path) -> None:
    before = rows(old_file)
    assert version(old_file) == 1 and "outside" not in before["client"][0] and len(before["client"]) == 2
    Org(old_file, CHEAP).close()
    assert version(old_file) == VERSION == 2
    after = rows(old_file)
    for table, old in before.items():
        names = list(old[0]) if old else []
        assert [{name: row[name] for name in names} for row in after[table]] == old, table


def test_what_is_new_stands_at_its_defaults(old_file: Path) -> None:
    with Org(old_file, CHEAP) as org:
        user, app = org.users.get(INTEGRATION), org.apps.all()[0]
        assert (user.use_any_api_auth, user.mfa_api, user.authenticator) == (True, False, False)
        assert (app.flows, app.run_as, app.public_key, app.callbacks) == (("password",), None, None, ())
        assert not any(client.outside for client in org.clients.all())
        with pytest.raises(GrantRefused, match="unsupported_grant_type"):
            org.apps.client_credentials(app, Attempt("", "", Door.CLIENT_CREDENTIALS, CLOUD))


def test_sessions_tokens_and_passwords_of_before_go_on_working(old_file: Path, token: str) -> None:
    with Org(old_file, CHEAP) as org:
        client = org.clients.get(1)
        checked = org.sessions.check(client.session)
        assert checked.fault is None and checked.session is not None and checked.session.app_id is None
        assert client.holds == "retired" and client.token == token
        mailed = org.mail.newest_token(INTEGRATION) or ""
        assert org.login(Attempt(INTEGRATION, FRESH + mailed, Door.SOAP, CLOUD, "64.0")).verdict.accepted
        assert not org.login(Attempt(INTEGRATION, FRESH + token, Door.SOAP, CLOUD, "64.0")).verdict.accepted
        assert org.setup.policies().max_attempts == 5


def test_a_client_from_outside_and_a_flow_without_a_password_find_room_in_it(old_file: Path) -> None:
    with Org(old_file, CHEAP) as org:
        name = org.apps.choose_flows("Acme Dashboards", ["client_credentials"]).name
        app = org.apps.run_as(name, INTEGRATION)
        attempt = Attempt("", "", Door.CLIENT_CREDENTIALS, CLOUD, outside=True)
        assert org.apps.client_credentials(app, attempt).session_id
        assert [client.name for client in org.clients.all() if client.outside] == ["Acme Dashboards as integration"]


def test_a_migrated_file_has_the_tables_of_a_new_one(old_file: Path, org_file: Path) -> None:
    with Org(old_file, CHEAP) as old, Org(org_file, CHEAP) as new:
        assert tables(old.database) == tables(new.database)
        assert [row["integrity_check"] for row in old.database.query("PRAGMA integrity_check")] == ["ok"]
        assert list(old.database.query("PRAGMA foreign_key_check")) == []


def test_opening_it_again_changes_nothing_more(old_file: Path) -> None:
    with Org(old_file, CHEAP) as org:
        first = export(org, with_secrets=True)
    with Org(old_file, CHEAP) as org:
        assert export(org, with_secrets=True) == first


def test_two_processes_that_open_it_at_once_migrate_it_once(old_file: Path) -> None:
    program = "import sys; from pathlib import Path; from freshtoken_model.org import Org; Org(Path(sys.argv[1])).close()"
    running = [subprocess.Popen([sys.executable, "-c", program, str(old_file)]) for _ in range(3)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    with Org(old_file, CHEAP) as org:
        assert len(org.clients.all()) == 2 and version(old_file) == VERSION


def test_records_that_do_not_fit_together_leave_the_file_as_it_was(old_file: Path) -> None:
    conn = sqlite3.connect(old_file)
    conn.execute("update user set profile_id = 99")
    conn.commit()
    conn.close()
    before = rows(old_file)
    with pytest.raises(OrgFileError, match="do not fit together"):
        Org(old_file, CHEAP)
    assert version(old_file) == 1 and rows(old_file) == before


def test_a_migration_that_is_interrupted_leaves_the_file_as_it_was(old_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows(old_file)

    def interrupted(db: Database) -> None:
        migrations.apply(db)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(storage, "migrations", type("Interrupted", (), {"apply": staticmethod(interrupted)}))
        with pytest.raises(KeyboardInterrupt):
            Org(old_file, CHEAP)
    assert version(old_file) == 1 and rows(old_file) == before
    Org(old_file, CHEAP).close()
    assert version(old_file) == VERSION
