"""Fills an empty org file with the training org of org.toml. Everything in it is made up."""

import ipaddress
import json
import secrets
from dataclasses import dataclass, replace
from typing import Any

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
from freshtoken_model.decision.lights import Light
from freshtoken_model.decision.settings import release
from freshtoken_model.decision.verdict import Door
from freshtoken_model.login.clients import CLIENT_SQL, attempt_of
from freshtoken_model.login.login import Logins
from freshtoken_model.simulation.integrations import schedule
from freshtoken_model.store import apps as app_rows
from freshtoken_model.store import clients as client_rows
from freshtoken_model.store import org_row
from freshtoken_model.store import setup as setup_rows
from freshtoken_model.store import tokens as token_rows
from freshtoken_model.store import users as user_rows
from freshtoken_model.store.connection import Database
from freshtoken_model.store.use_case import UseCase, one
from freshtoken_model.values.clock import DAY, parse_duration, parse_moment, wall_clock
from freshtoken_model.values.errors import BadValueError
from freshtoken_model.values.kinds import Cause, EventKind
from freshtoken_model.values.names import match_name
from freshtoken_model.values.records import Client, record

FILE, PRESETS, DEFAULT = "org.toml", "presets.toml", "default"
RETURNED = "5 records returned"
SANDBOX_NAME = "--training.sandbox"
"""What the My Domain of a training org that is a sandbox has behind its name."""


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
    sandbox: bool = False


def presets() -> dict[str, str]:
    """The presets and what each is."""
    others = {
        row["name"]: row["label"]
        for row in freshtoken_data.rows(PRESETS, "preset", "name", "label", "starts_at")
    }
    return {DEFAULT: "the training org of the story", **others}


def preset_named(name: str) -> str:
    """The preset of a name typed by hand. Raises UnknownNameError."""
    return match_name("preset", name, list(presets()))


def _content(preset: str) -> dict[str, Any]:
    """org.toml, with the tables that a preset replaces."""
    content = dict(freshtoken_data.load(FILE))
    if preset == DEFAULT:
        return content
    rows = freshtoken_data.rows(PRESETS, "preset", "name")
    found = next(row for row in rows if row["name"] == preset)
    return {
        **content,
        "org": {**content["org"], "starts_at": found["starts_at"]},
        "client": found["client"],
    }


def starts_at(preset: str) -> int:
    """The first moment of a preset, in ms. Raises UnknownNameError."""
    return parse_moment(_content(preset_named(preset))["org"]["starts_at"], "UTC")


def fill(
    db: Database,
    hashing: Hashing,
    beginning: Beginning,
    kind: EventKind = EventKind.ORG_MADE,
) -> int:
    """The training org, in the write transaction of the caller; returns the id of the event that
    says so. Dates of org.toml move with `frozen_at`.

    Raises UnknownNameError for a preset, OrgError for a release that does not exist.
    """
    beginning = replace(beginning, preset=preset_named(beginning.preset))
    content = _content(beginning.preset)
    org = {
        **content["org"],
        "created_release": beginning.created_release or content["org"]["created_release"],
    }
    try:
        release(org["created_release"])
    except ValueError as error:
        raise BadValueError(f"{error}.", org["created_release"]) from None
    seed, frozen_at = beginning.seed, beginning.frozen_at
    starts_at = parse_moment(org["starts_at"], "UTC")
    now = starts_at if frozen_at is None else frozen_at
    source = Source(seed)
    work = UseCase(db, now, source)
    _org_row(work, org, beginning)
    _places(work, content)
    issued = _users(work, hashing, now - starts_at)
    for app in content.get("app", []):
        app_rows.apps.update(
            db, _id_of(db, "app", app["name"]), run_as=_id_of(db, "user", app["run_as"])
        )
    plan_expiry(work)
    _clients(work, hashing, content["client"], issued, now - starts_at)
    for number, account in enumerate(freshtoken_data.rows(FILE, "account", "name", "industry"), 1):
        setup_rows.accounts.insert(db, record_id=record_id("001", number), **account)
    event_id = work.event(kind)
    org_row.set_draws(db, source.draws)
    return event_id


def _org_row(work: UseCase, org: dict[str, Any], beginning: Beginning) -> None:
    wall, frozen_at = wall_clock(), beginning.frozen_at
    org_row.insert_org(
        work.db,
        record_id=record_id("00D", 62**4 + int.from_bytes(work.source.bytes(3), "big")),
        name=org["name"],
        kind=org["kind"],
        my_domain=org["my_domain"] + (SANDBOX_NAME if beginning.sandbox else ""),
        time_zone=org["time_zone"],
        created_release=org["created_release"],
        preset=beginning.preset,
        seed=work.source.seed,
        generation=secrets.token_hex(8),
        frozen_at=frozen_at,
        clock_mode="running" if frozen_at is None else "frozen",
        anchor_wall=wall,
        anchor_org=work.now,
        seen_wall=wall,
        seen_org=work.now,
    )


def _id_of(db: Database, table: str, name: str) -> int:
    """The id of the row that has a name."""
    column = "username" if table == "user" else "name"
    return int(one(db, f"select id from {table} where {column} = ?", name)["id"])


def _places(work: UseCase, content: dict[str, Any]) -> None:
    for number, profile in enumerate(freshtoken_data.rows(FILE, "profile", "name"), 1):
        hours = profile.get("login_hours")
        profile_id = setup_rows.profiles.insert(
            work.db,
            record_id=record_id("00e", number),
            name=profile["name"],
            administers=int(profile.get("administers", False)),
            login_hours=json.dumps(hours) if hours else None,
        )
        for first, last in profile.get("login_ip_ranges", ()):
            setup_rows.login_ranges.insert(
                work.db, profile_id=profile_id, first=_number(first), last=_number(last)
            )
    for trusted in freshtoken_data.rows(FILE, "trusted_ip_range", "start", "end", "description"):
        setup_rows.trusted_ranges.insert(
            work.db,
            first=_number(trusted["start"]),
            last=_number(trusted["end"]),
            description=trusted["description"],
        )
    for network in freshtoken_data.rows(FILE, "network", "name", "label", "address"):
        setup_rows.networks.insert(work.db, **network)
    for app in content.get("app", []):
        app_rows.apps.insert(
            work.db,
            name=app["name"],
            consumer_key="3MVG9" + work.source.text(80),
            consumer_secret=work.source.bytes(32).hex().upper(),
            flows=",".join(app["flows"]),
            callbacks="\n".join(app["callbacks"]),
        )


def _users(work: UseCase, hashing: Hashing, shift: int) -> dict[str, str]:
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
        user_id = user_rows.users.insert(
            work.db,
            record_id=ident,
            username=user["username"],
            first_name=user["first_name"],
            last_name=user["last_name"],
            email=user["email"],
            profile_id=_id_of(work.db, "profile", user["profile"]),
            purpose=user["purpose"],
            active=int(user.get("active", True)),
            api_only=int(user.get("api_only", False)),
            password_hash=hashing.hash(user["password"], salt),
            password_changed_at=work.now - user["password_age_days"] * DAY,
            demo_password=user["password"],
            has_reset_token=int(user["token"] == "reset"),
        )
        if user["token"] == "reset":
            token = work.source.text(TOKEN_LENGTH)
            token_rows.tokens.insert(
                work.db,
                user_id=user_id,
                digest=digest(token),
                issued_at=parse_moment(user["token_issued_at"], "UTC") + shift,
                issued_by=Cause.TOKEN_RESET,
            )
            issued[user["username"]] = token
    return issued


def _clients(
    work: UseCase,
    hashing: Hashing,
    clients: list[dict[str, Any]],
    issued: dict[str, str],
    shift: int,
) -> None:
    for client in clients:
        user_row = one(
            work.db, "select demo_password from user where username = ?", client["username"]
        )
        takes_password = Door(client["protocol"]).takes_password
        client_id = client_rows.clients.insert(
            work.db,
            name=client["name"],
            username=client["username"],
            password=user_row["demo_password"] if takes_password else "",
            token=issued[client["username"]] if client["holds_token"] else "",
            network_id=_id_of(work.db, "network", client["network"]),
            protocol=client["protocol"],
            api_version=client["api_version"],
            app_id=_id_of(work.db, "app", client["app"]) if "app" in client else None,
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


def _opened_before(work: UseCase, hashing: Hashing, client_id: int, at: int) -> None:
    """The client logged in at an earlier moment, as any client does: Login History and trace know
    of it.
    """
    client = record(Client, one(work.db, CLIENT_SQL + " where c.id = ?", client_id))
    past = UseCase(work.db, at, work.source)
    result = Logins(work.db, hashing, VerifiedPasswords()).decide_within(
        past, attempt_of(client, None)
    )
    light, told = (
        (Light.CONNECTED, RETURNED)
        if result.verdict.accepted
        else (Light.BLOCKED, result.verdict.fault or "")
    )
    client_rows.record_answers(work.db, [(light, told, at, result.session_id, client_id)])
    past.event(EventKind.CLIENT_TOLD, client_id=client_id, detail=f"{light}: {told}")
