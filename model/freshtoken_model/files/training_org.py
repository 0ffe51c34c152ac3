"""Fills an empty org file with the training org of org.toml. Everything in it is made up."""

import ipaddress
import json
import secrets
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

import freshtoken_data
from freshtoken_model.accounts.users import plan_expiry
from freshtoken_model.decision.credentials import (
    TOKEN_LENGTH,
    Hashing,
    Source,
    VerifiedPasswords,
    digest,
    record_id,
    seeded_bytes,
)
from freshtoken_model.decision.settings import release
from freshtoken_model.decision.verdict import Door
from freshtoken_model.login.clients import CLIENT_SQL, attempt_of
from freshtoken_model.login.login import Logins
from freshtoken_model.simulation.integrations import schedule
from freshtoken_model.store.use_case import Work, one
from freshtoken_model.values.clock import DAY, parse_duration, parse_moment, wall_clock
from freshtoken_model.values.errors import OrgError, UnknownName
from freshtoken_model.values.records import Client, record

FILE, PRESETS, DEFAULT = "org.toml", "presets.toml", "default"
RETURNED = "5 records returned"


def _number(address: str) -> int:
    return int(ipaddress.IPv4Address(address))


@dataclass(frozen=True, slots=True)
class Beginning:
    """How an org begins: its seed, a frozen moment (ms), one of the presets, the release it counts
    as made in.
    """

    seed: str | None = None
    frozen_at: int | None = None
    preset: str = DEFAULT
    created_release: str | None = None


def presets() -> dict[str, str]:
    """The presets and what each is."""
    others = {
        row["name"]: row["label"]
        for row in freshtoken_data.rows(PRESETS, "preset", "name", "label", "starts_at")
    }
    return {DEFAULT: "the training org of the story", **others}


def _content(preset: str) -> dict[str, Any]:
    """org.toml, with the tables that a preset replaces. Raises UnknownName."""
    content = dict(freshtoken_data.load(FILE))
    if preset == DEFAULT:
        return content
    found = next(
        (row for row in freshtoken_data.rows(PRESETS, "preset", "name") if row["name"] == preset),
        None,
    )
    if found is None:
        raise UnknownName(f"There is no preset {preset!r}. There are: {', '.join(presets())}.")
    return {
        **content,
        "org": {**content["org"], "starts_at": found["starts_at"]},
        "client": found["client"],
    }


def starts_at(preset: str) -> int:
    """The first moment of a preset, in ms. Raises UnknownName."""
    return parse_moment(_content(preset)["org"]["starts_at"], "UTC")


def fill(db: Database, hashing: Hashing, beginning: Beginning, kind: str = "org_made") -> None:
    """The training org, in the write transaction of the caller. Dates of org.toml move with
    `frozen_at`.

    Raises UnknownName for a preset, OrgError for a release that does not exist.
    """
    content = _content(beginning.preset)
    org = {
        **content["org"],
        "created_release": beginning.created_release or content["org"]["created_release"],
    }
    try:
        release(org["created_release"])
    except ValueError as error:
        raise OrgError(str(error)) from None
    seed, frozen_at = beginning.seed, beginning.frozen_at
    starts_at = parse_moment(org["starts_at"], "UTC")
    now = starts_at if frozen_at is None else frozen_at
    source = Source(seed)
    work = Work(db, now, source)
    _org_row(work, org, frozen_at)
    work.run("update org set preset = ?", beginning.preset)
    _places(work, content)
    issued = _users(work, hashing, now - starts_at)
    for app in content.get("app", []):
        work.run(
            "update app set run_as = (select id from user where username = ?) where name = ?",
            app["run_as"],
            app["name"],
        )
    plan_expiry(work)
    _clients(work, hashing, content["client"], issued, now - starts_at)
    for number, account in enumerate(freshtoken_data.rows(FILE, "account", "name", "industry"), 1):
        work.run(
            "insert into account(record_id, name, industry) values (?,?,?)",
            record_id("001", number),
            account["name"],
            account["industry"],
        )
    work.event(kind)
    work.run("update org set draws = ?", source.draws)


def empty(db: Database) -> None:
    """Remove every row, in the write transaction of the caller; the schema stays."""
    db.conn.execute("PRAGMA defer_foreign_keys=ON")
    db.conn.execute("update org set step = 0")  # starting over is not a step: nothing of it is kept
    tables = [
        row["name"] for row in db.query("select name from sqlite_master where type = 'table'")
    ]
    for table in tables:
        if not table.startswith(("sqlite_", "_sqlite_")):
            db.conn.execute(f"delete from {table}")
    db.conn.execute("delete from sqlite_sequence")


def _org_row(work: Work, org: dict[str, Any], frozen_at: int | None) -> None:
    wall = wall_clock()
    work.run(
        "insert into org(id, record_id, name, kind, my_domain, time_zone, created_release, seed, "
        "draws, generation,"
        " frozen_at, clock_mode, anchor_wall, anchor_org, seen_wall, seen_org) values "
        "(1,?,?,?,?,?,?,?,0,?,?,?,?,?,?,?)",
        record_id("00D", 62**4 + int.from_bytes(work.source.bytes(3), "big")),
        org["name"],
        org["kind"],
        org["my_domain"],
        org["time_zone"],
        org["created_release"],
        work.source.seed,
        secrets.token_hex(8),
        frozen_at,
        "running" if frozen_at is None else "frozen",
        wall,
        work.now,
        wall,
        work.now,
    )


def _places(work: Work, content: dict[str, Any]) -> None:
    for number, profile in enumerate(freshtoken_data.rows(FILE, "profile", "name"), 1):
        hours = profile.get("login_hours")
        profile_id = work.run(
            "insert into profile(record_id, name, administers, login_hours) values (?,?,?,?)",
            record_id("00e", number),
            profile["name"],
            int(profile.get("administers", False)),
            json.dumps(hours) if hours else None,
        )
        for first, last in profile.get("login_ip_ranges", ()):
            work.run(
                "insert into login_ip_range(profile_id, first, last) values (?,?,?)",
                profile_id,
                _number(first),
                _number(last),
            )
    for trusted in freshtoken_data.rows(FILE, "trusted_ip_range", "start", "end", "description"):
        work.run(
            "insert into trusted_ip_range(first, last, description) values (?,?,?)",
            _number(trusted["start"]),
            _number(trusted["end"]),
            trusted["description"],
        )
    for network in freshtoken_data.rows(FILE, "network", "name", "label", "address"):
        work.run(
            "insert into network(name, label, address) values (?,?,?)",
            network["name"],
            network["label"],
            network["address"],
        )
    for app in content.get("app", []):
        work.run(
            "insert into app(name, consumer_key, consumer_secret, flows, callbacks) values "
            "(?,?,?,?,?)",
            app["name"],
            "3MVG9" + work.source.text(80),
            work.source.bytes(32).hex().upper(),
            ",".join(app["flows"]),
            "\n".join(app["callbacks"]),
        )


def _users(work: Work, hashing: Hashing, shift: int) -> dict[str, str]:
    """The users; returns the live tokens by username, for the clients that hold them."""
    issued = {}
    needed = (
        "username",
        "first_name",
        "last_name",
        "email",
        "profile",
        "password",
        "password_age_days",
        "token",
        "purpose",
    )
    for number, user in enumerate(freshtoken_data.rows(FILE, "user", *needed), 1):
        ident = record_id("005", number)
        seed = work.source.seed
        salt = work.source.bytes(16) if seed is None else seeded_bytes(seed, f"salt {ident} 0", 16)
        user_id = work.run(
            "insert into user(record_id, username, first_name, last_name, email, profile_id, "
            "purpose, active, api_only,"
            " password_hash, password_changed_at, demo_password, has_reset_token)"
            " values (?,?,?,?,?,(select id from profile where name = ?),?,?,?,?,?,?,?)",
            ident,
            user["username"],
            user["first_name"],
            user["last_name"],
            user["email"],
            user["profile"],
            user["purpose"],
            int(user.get("active", True)),
            int(user.get("api_only", False)),
            hashing.hash(user["password"], salt),
            work.now - user["password_age_days"] * DAY,
            user["password"],
            int(user["token"] == "reset"),
        )
        if user["token"] == "reset":
            token = work.source.text(TOKEN_LENGTH)
            work.run(
                "insert into token(user_id, digest, issued_at, issued_by) values "
                "(?,?,?,'token_reset')",
                user_id,
                digest(token),
                parse_moment(user["token_issued_at"], "UTC") + shift,
            )
            issued[user["username"]] = token
    return issued


def _clients(
    work: Work, hashing: Hashing, clients: list[dict[str, Any]], issued: dict[str, str], shift: int
) -> None:
    for client in clients:
        user_row = one(
            work.db, "select demo_password from user where username = ?", client["username"]
        )
        takes_password = Door(client["protocol"]).takes_password
        client_id = work.run(
            "insert into client(name, username, password, token, network_id, protocol, "
            "api_version, app_id) values"
            " (?,?,?,?,(select id from network where name = ?),?,?,(select id from app where name "
            "= ?))",
            client["name"],
            client["username"],
            user_row["demo_password"] if takes_password else "",
            issued[client["username"]] if client["holds_token"] else "",
            client["network"],
            client["protocol"],
            client["api_version"],
            client.get("app"),
        )
        if "session_opened_at" in client:
            _opened_before(
                work, hashing, client_id, parse_moment(client["session_opened_at"], "UTC") + shift
            )
        if "every" in client:
            first = parse_moment(client["first_run"], "UTC") + shift
            schedule(
                work,
                client_id,
                parse_duration(client["every"]),
                first,
                client["habit"],
                client["retry"],
            )


def _opened_before(work: Work, hashing: Hashing, client_id: int, at: int) -> None:
    """The client logged in at an earlier moment, as any client does: Login History and trace know
    of it.
    """
    client = record(Client, one(work.db, CLIENT_SQL + " where c.id = ?", client_id))
    past = Work(work.db, at, work.source)
    result = Logins(work.db, hashing, VerifiedPasswords()).decide_within(
        past, attempt_of(client, None)
    )
    light, told = (
        ("connected", RETURNED) if result.verdict.accepted else ("blocked", result.verdict.fault)
    )
    work.run(
        "update client set session = ?, light = ?, told = ?, told_at = ? where id = ?",
        result.session_id or "",
        light,
        told,
        at,
        client_id,
    )
    past.event("client_told", client_id=client_id, detail=f"{light}: {told}")
