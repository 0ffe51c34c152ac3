"""An org file of an earlier format is brought to today's when it is opened, and keeps all that was
in it.
"""

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlite_utils import Database

from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.decision.words import refusing, unpack
from freshtoken_model.export import export
from freshtoken_model.org import Org
from freshtoken_model.store import schema as schema_file
from freshtoken_model.store.orgfile import APPLICATION_ID, FILE_FORMAT
from freshtoken_model.store.schema import migrations
from freshtoken_model.values.clock import DAY, HOUR
from freshtoken_model.values.errors import GrantRefusedError, OrgFileError

from ..world import CHEAP, CLOUD, FRESH, INTEGRATION, PASSWORD

NEXT = {
    1: "0002_real_clients",
    2: "0003_time_and_integrations",
    3: "0004_same_pages",
    4: "0005_attempt_columns",
    5: "0006_no_shadow",
    6: "0007_openid",
    7: "0008_app_policies",
    8: "0009_shared_sessions",
    9: "0010_login_host_of_a_client",
}
"""The migration behind a format."""
SHAPE_TEXT = """
select id, json_patch(json_object('door', door, 'address', address, 'api_version', api_version,
    'application', application, 'endpoint', endpoint, 'login_type', login_type, 'login_url',
    login_url), json_object('username', username)) as text from newer.shape
"""
"""How an attempt came in, as JSON until format 4; json_patch leaves out what is null."""
GONE = {"nobody", "probe"}
"""Tables that today's format no longer has, for unknown usernames, until formats 4 and 6."""


def tables(db: Database) -> dict[str, list[str]]:
    """The tables of an org file and their columns."""
    own = [
        name
        for name in db.table_names()
        if not name.startswith(("sqlite_", "_sqlite")) and name not in GONE
    ]
    return {name: [column.name for column in db[name].columns] for name in own}


def as_of(version: int, newer: Path, path: Path) -> Path:
    """A file as an earlier release left it: its tables alone, filled from another org file."""
    conn = sqlite3.connect(path, isolation_level=None)
    conn.execute(f"PRAGMA application_id={APPLICATION_ID}")
    db = Database(conn, execute_plugins=False)
    migrations.apply(db, stop_before=NEXT[version])
    conn.execute(f"PRAGMA user_version={version}")
    conn.execute("attach database ? as newer", [str(newer)])
    for table, columns in tables(db).items():
        found = f"({SHAPE_TEXT})" if table == "shape" and "text" in columns else f"newer.{table}"
        kept = conn.execute(f"select * from {found} limit 0").description
        names = ", ".join(name for name, *_ in kept if name in columns)
        conn.execute(f"delete from {table}")
        conn.execute(f"insert into {table}({names}) select {names} from {found}")
    if version == 1:
        conn.execute("update app set flows = 'password'")
    conn.close()
    return path


@pytest.fixture
def old_file(org_file: Path, tmp_path: Path) -> Path:
    """A file of the first release: a training org that was played with."""
    with Org(org_file, CHEAP) as org:
        org.setup.choose("max_attempts", "5")
        org.login(Attempt(INTEGRATION, "wrong", Door.SOAP, CLOUD, "64.0"))
        org.passwords.change(INTEGRATION, PASSWORD, FRESH)
        org.database.conn.execute("delete from client where protocol not in ('soap', 'oauth')")
        org.database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return as_of(1, org_file, tmp_path / "old.db")


@pytest.fixture
def second_file(org_file: Path, tmp_path: Path) -> Path:
    """A file of format 2: with real clients in it, an app that was used, somebody locked out,
    somebody after a reset.
    """
    with Org(org_file, CHEAP) as org:
        held = org.clients.get(1).token
        app = org.apps.get("Acme Dashboards")
        for client_id, sent in ((1, PASSWORD + held), (1, "wrong"), (2, "wrong"), (None, "wrong")):
            org.login(Attempt(INTEGRATION, sent, Door.SOAP, CLOUD, "64.0", client_id=client_id))
        org.apps.client_credentials(
            app, Attempt("", "", Door.CLIENT_CREDENTIALS, CLOUD, outside=True)
        )
        for _ in range(11):
            org.login(Attempt("sam@acme.example", "wrong", Door.SOAP, CLOUD, "64.0", client_id=2))
        org.passwords.reset("nora")
        org.database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return as_of(2, org_file, tmp_path / "second.db")


def rows(path: Path) -> dict[str, list[dict]]:
    """What an org file keeps, by table."""
    conn = sqlite3.connect(path)
    conn.row_factory = sqlite3.Row
    names = tables(Database(conn, execute_plugins=False))
    found = {
        table: [dict(row) for row in conn.execute(f"select * from {table}")] for table in names
    }
    conn.close()
    return found


def of_old(rows: list[dict], old: list[dict]) -> list[dict]:
    """Rows with the columns that the old ones have; how an attempt came in as the JSON it was."""
    if old and "text" in old[0] and "door" in rows[0]:
        rows = [{"id": row.pop("id"), "text": as_json(row)} for row in rows]
    return [{name: row[name] for name in old[0]} for row in rows] if old else rows


def as_json(shape: dict) -> str:
    known = {name: value for name, value in shape.items() if value is not None}
    return json.dumps(known, separators=(",", ":"))


def version(path: Path) -> int:
    conn = sqlite3.connect(path)
    (found,) = conn.execute("PRAGMA user_version").fetchone()
    conn.close()
    return found


def test_a_file_of_the_first_release_keeps_every_row_and_value(old_file: Path) -> None:
    before = rows(old_file)
    assert (
        version(old_file) == 1
        and "outside" not in before["client"][0]
        and len(before["client"]) == 2
    )
    Org(old_file, CHEAP).close()
    assert version(old_file) == FILE_FORMAT == 10
    after = rows(old_file)
    for table, old in before.items():
        assert of_old(after[table], old) == old, table


def test_a_file_of_the_second_format_keeps_every_row_and_value(second_file: Path) -> None:
    before = rows(second_file)
    assert (
        version(second_file) == 2
        and "expires_at" not in before["user"][0]
        and "preset" not in before["org"][0]
    )
    assert all(
        before[table]
        for table in ("app", "event", "login_history", "session", "token", "mail", "reset_link")
    )
    Org(second_file, CHEAP).close()
    assert version(second_file) == FILE_FORMAT
    after = rows(second_file)
    for table, old in before.items():
        assert of_old(after[table], old) == old, table


def test_the_gate_that_refused_is_read_out_of_the_traces_of_before(second_file: Path) -> None:
    with Org(second_file, CHEAP) as org:
        found = list(org.database.tables.query("select text, gate, code from trace"))
        migrated = [row["id"] for row in org.database.tables.query("select id from trace")]
        for row in found:
            step = refusing(unpack(row["text"]))
            assert (row["gate"], row["code"]) == ((step.gate, step.code) if step else ("", ""))
        assert {row["gate"] for row in found} >= {"", "not_locked", "password"}
        org.login(Attempt(INTEGRATION, "wrong", Door.SOAP, CLOUD, "64.0", client_id=1))
        again = [row["id"] for row in org.database.tables.query("select id from trace")]
    assert again == migrated, "a trace that is known already is stored once"


@pytest.mark.parametrize("before", [3, 4, 5])
def test_what_was_done_in_an_older_org_can_still_be_taken_back(
    before: int, org_file: Path, tmp_path: Path
) -> None:
    with Org(org_file, CHEAP) as org:
        org.login(Attempt("ghost@acme.example", "wrong", Door.SOAP, CLOUD, "64.0"))
        org.users.freeze("kim")
        org.database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    older = as_of(before, org_file, tmp_path / "older.db")
    conn = sqlite3.connect(older)
    if before == 3:
        conn.execute("insert into undo select max(id), 'nobody', '1', '[1, 0]' from step")
    else:  # the image of a user had a shadow counter at its end
        conn.execute("update undo set image = json_insert(image, '$[#]', 7) where tab = 'user'")
    conn.commit()
    conn.close()
    with Org(older, CHEAP) as org:
        assert version(older) == FILE_FORMAT and org.users.get("kim").frozen
        org.rewind.back(2)
        assert not org.users.get("kim").frozen
        assert all(
            event.kind != "login_refused" for event in org.history.events(org.info().last_event - 1)
        )


@pytest.mark.parametrize("before", [6, 7])
def test_a_change_of_an_app_and_its_grants_in_an_older_org_can_still_be_taken_back(
    before: int, org_file: Path, tmp_path: Path
) -> None:
    with Org(org_file, CHEAP) as org:
        conn = org.database.conn
        sql = "insert into {}(app_id, user_id, digest, scope, {}) values (1, 1, 'd', 'api', {})"
        conn.execute(sql.format("refresh_token", "issued_at, used_at", "1, 2"))
        conn.execute(sql.format("authorization_code", "callback, challenge, made_at", "'', '', 3"))
        flows = org.apps.choose_flows("Acme Dashboards", ["password", "web_server"]).flows
        org.apps.choose_flows("Acme Dashboards", ["password"])
        conn.execute("update refresh_token set used_at = 9")
        conn.execute("update authorization_code set used_at = 9")
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    older = as_of(before, org_file, tmp_path / "older.db")
    conn = sqlite3.connect(older)
    for table, added in (("app", 2), ("refresh_token", 2), ("authorization_code", before == 6)):
        for _ in range(added):
            shorter = "update undo set image = json_remove(image, '$[#-1]') where tab = ?"
            conn.execute(shorter, (table,))
    conn.commit()
    conn.close()
    with Org(older, CHEAP) as org:
        org.rewind.back(1)
        app = org.apps.get("Acme Dashboards")
        assert (app.flows, app.refresh_rotation, app.ip_relaxation) == (flows, False, "enforce")
        (token,) = org.database.tables.query(
            "select used_at, family, replaced_at from refresh_token"
        )
        assert token == {"used_at": 2, "family": None, "replaced_at": None}
        (code,) = org.database.tables.query("select used_at, nonce from authorization_code")
        assert code == {"used_at": None, "nonce": ""}


def test_an_org_of_the_second_format_has_no_integrations_and_no_calendar_until_somebody_wants_them(
    second_file: Path,
) -> None:
    with Org(second_file, CHEAP) as org:
        assert org.integrations.all() == [] and org.clock.next_run() is None
        assert org.info().preset == "default" and org.setup.values()["release_calendar"] == "off"
        assert org.setup.org_settings().calendar == ()
        before = org.history.newest()
        org.clock.advance(2 * DAY)
        assert org.history.newest() == before
        org.integrations.change("Nightly sync", every=HOUR)
        org.clock.advance(2 * HOUR)
        assert org.history.newest() == before + 2


@pytest.mark.parametrize("days", ["30", "90", "365", "0"])
def test_users_of_the_second_format_get_the_expiry_that_a_new_org_would_have_planned(
    org_file: Path, tmp_path: Path, days: str
) -> None:
    with Org(org_file, CHEAP) as org:
        org.setup.choose("password_expires", days)
        org.passwords.reset("nora")
        planned = {
            row["id"]: row["expires_at"]
            for row in org.database.tables.query("select id, expires_at from user")
        }
        aged = {user.id: user.password_changed_at + int(days) * DAY for user in org.users.all()}
        now = org.clock.read().seen_org
        org.database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        nora = org.users.get("nora").id
    wanted = {
        i: due if days != "0" and i != nora and due > now else None for i, due in aged.items()
    }
    assert planned == wanted
    with Org(as_of(2, org_file, tmp_path / "second.db"), CHEAP) as org:
        assert {
            row["id"]: row["expires_at"]
            for row in org.database.tables.query("select id, expires_at from user")
        } == wanted
        org.clock.advance(400 * DAY)
        told = [
            (event.user_id, event.at)
            for event in org.history.events()
            if event.kind == "password_expired"
        ]
        assert sorted(told) == sorted((i, due) for i, due in wanted.items() if due)


def test_the_clients_hours_of_before_are_counted(second_file: Path) -> None:
    with Org(second_file, CHEAP) as org:
        hours: Counter = Counter()
        for event in org.history.events(limit=-1):
            if event.kind in ("login_accepted", "login_refused") and event.client_id:
                locked = any(
                    g == "not_locked" and o == "refused"
                    for g, o, *_ in json.loads(event.trace or "[]")
                )
                kind = (
                    "accepted"
                    if event.kind == "login_accepted"
                    else "locked"
                    if locked
                    else "refused"
                )
                hours[event.client_id, event.at // HOUR, kind] += 1
        counted: Counter = Counter()
        for row in org.database.tables.query("select * from tally"):
            for kind in ("accepted", "refused", "locked"):
                counted[row["client_id"], row["hour"], kind] += row[kind]
        assert +counted == hours and {kind for *_, kind in hours} == {
            "accepted",
            "refused",
            "locked",
        }


@pytest.mark.parametrize("version", [1, 2])
def test_what_is_done_after_the_migration_can_be_taken_back_and_nothing_before(
    version: int, old_file: Path, second_file: Path
) -> None:
    path = {1: old_file, 2: second_file}[version]
    with Org(path, CHEAP) as org:
        assert org.rewind.steps() == []
        before = rows(path)
        org.tokens.reset("ada")
        assert len(org.rewind.steps()) == 1
        org.rewind.back()
        after = rows(path)
        assert {name: after[name] for name in ("user", "token", "mail", "event")} == {
            name: before[name] for name in ("user", "token", "mail", "event")
        }


def test_what_is_new_stands_at_its_defaults(old_file: Path) -> None:
    with Org(old_file, CHEAP) as org:
        user, app = org.users.get(INTEGRATION), org.apps.all()[0]
        assert (user.use_any_api_auth, user.mfa_api, user.authenticator) == (True, False, False)
        assert (app.flows, app.run_as, app.public_key, app.callbacks) == (
            ("password",),
            None,
            None,
            (),
        )
        assert not any(client.outside for client in org.clients.all())
        with pytest.raises(GrantRefusedError, match="unsupported_grant_type"):
            org.apps.client_credentials(app, Attempt("", "", Door.CLIENT_CREDENTIALS, CLOUD))


def test_sessions_tokens_and_passwords_of_before_go_on_working(old_file: Path, token: str) -> None:
    with Org(old_file, CHEAP) as org:
        client = org.clients.get(1)
        checked = org.sessions.check(client.session)
        assert (
            checked.fault is None and checked.session is not None and checked.session.app_id is None
        )
        assert client.holds == "retired" and client.token == token
        mailed = org.mail.newest_token(INTEGRATION) or ""
        assert org.login(
            Attempt(INTEGRATION, FRESH + mailed, Door.SOAP, CLOUD, "64.0")
        ).verdict.accepted
        assert not org.login(
            Attempt(INTEGRATION, FRESH + token, Door.SOAP, CLOUD, "64.0")
        ).verdict.accepted
        assert org.setup.values()["max_attempts"] == "5"


def test_a_client_from_outside_and_a_flow_without_a_password_find_room_in_it(
    old_file: Path,
) -> None:
    with Org(old_file, CHEAP) as org:
        name = org.apps.choose_flows("Acme Dashboards", ["client_credentials"]).name
        app = org.apps.run_as(name, INTEGRATION)
        attempt = Attempt("", "", Door.CLIENT_CREDENTIALS, CLOUD, outside=True)
        assert org.apps.client_credentials(app, attempt).session_id
        assert [client.name for client in org.clients.all() if client.outside] == [
            "Acme Dashboards as integration"
        ]


def schema(db: Database) -> set[tuple[str, str]]:
    """Indexes and triggers of an org file."""
    return {
        (row["type"], row["name"])
        for row in db.query("select type, name from sqlite_master where type != 'table'")
    }


def test_a_migrated_file_has_the_tables_indexes_and_triggers_of_a_new_one(
    old_file: Path, org_file: Path
) -> None:
    with Org(old_file, CHEAP) as old, Org(org_file, CHEAP) as new:
        old_tables, new_tables = old.database.tables, new.database.tables
        assert tables(old_tables) == tables(new_tables)
        assert schema(old_tables) == schema(new_tables)
        assert [
            row["integrity_check"] for row in old.database.tables.query("PRAGMA integrity_check")
        ] == ["ok"]
        assert list(old.database.tables.query("PRAGMA foreign_key_check")) == []


def test_opening_it_again_changes_nothing_more(old_file: Path) -> None:
    with Org(old_file, CHEAP) as org:
        first = export(org, with_secrets=True)
    with Org(old_file, CHEAP) as org:
        assert export(org, with_secrets=True) == first


def test_two_processes_that_open_it_at_once_migrate_it_once(old_file: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from freshtoken_model.org import Org; "
        "Org(Path(sys.argv[1])).close()"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, str(old_file)]) for _ in range(3)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    with Org(old_file, CHEAP) as org:
        assert len(org.clients.all()) == 2 and version(old_file) == FILE_FORMAT


def test_records_that_do_not_fit_together_leave_the_file_as_it_was(old_file: Path) -> None:
    conn = sqlite3.connect(old_file)
    conn.execute("update user set profile_id = 99")
    conn.commit()
    conn.close()
    before = rows(old_file)
    with pytest.raises(OrgFileError, match="do not fit together"):
        Org(old_file, CHEAP)
    assert version(old_file) == 1 and rows(old_file) == before


def test_a_migration_that_is_interrupted_leaves_the_file_as_it_was(
    old_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(old_file)

    def interrupted(db: Database) -> None:
        migrations.apply(db)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(
            schema_file, "migrations", type("Interrupted", (), {"apply": staticmethod(interrupted)})
        )
        with pytest.raises(KeyboardInterrupt):
            Org(old_file, CHEAP)
    assert version(old_file) == 1 and rows(old_file) == before
    Org(old_file, CHEAP).close()
    assert version(old_file) == FILE_FORMAT
