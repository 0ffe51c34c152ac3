"""Worlds for moved time: integrations of every kind, what people do in between, and one beginning
in two org files.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import strategies as st

from freshtoken_model.login.clients import attempt_of
from freshtoken_model.login.login import LoginResult
from freshtoken_model.org import Org
from freshtoken_model.values.clock import HOUR, MINUTE, SECOND, parse_moment
from freshtoken_model.values.errors import OrgError

from ..world import CHEAP, FRESH, PASSWORD
from . import model_simulation

PASSWORDS = {"integration": PASSWORD, "sam": "Velvet-Train-9", "nora": "Marble-Garden-3", "loader": "Granite-Bridge-8",
             "ghost": "Wrong-1"}  # fmt: skip
BEGINNINGS = {
    "today": "2026-11-24T14:00",
    "on the eve of login hours and a new day": "2026-11-25T23:40",
    "before the integration user's password expires": "2026-12-22T13:30",
    "before any-api-auth is required": "2026-11-30T23:30",
    "before login() may be retired": "2027-02-14T23:30",
    "before the password flow is retired": "2027-02-19T23:30",
    "before login() is retired": "2027-05-31T23:30",
}


@dataclass(frozen=True)
class Program:
    """An integration to be: who, from where, by which door, with which credentials, when, and how
    it retries.
    """

    user: str
    network: str
    protocol: str
    habit: str
    retry: str
    holds: str
    every: int
    first: int
    names_app: bool = True

    def join(self, org: Org, number: int, start: int) -> None:
        """Make it one of the org's."""
        kind = "careful" if self.protocol == "soap" else "app-only"
        name = f"P{number}"
        made = org.integrations.add(
            name, f"{self.user}@acme.example", self.network, kind, self.every, start + self.first
        )
        org.integrations.change(
            name, first=start + self.first, every=self.every, habit=self.habit, retry=self.retry
        )
        org.database.conn.execute(
            "update client set protocol = ?, app_id = case when ? then app_id end where id = ?",
            (self.protocol, self.names_app, made.client_id),
        )
        live = org.clients.get(1).token if self.user == "integration" else ""
        token = {
            "right": live,
            "another's": org.clients.get(1).token,
            "unknown": "u" * 24,
            "code": "123456",
        }
        password = "Wrong-1" if self.holds == "wrong" else PASSWORDS[self.user]
        org.clients.hold(made.client_id, password=password, token=token.get(self.holds, ""))


programs = st.builds(
    Program,
    user=st.sampled_from(["integration", "integration", "integration", *PASSWORDS]),
    network=st.sampled_from(["cloud", "cloud", "office", "home"]),
    protocol=st.sampled_from(["soap", "soap", "soap", "oauth", "client_credentials", "jwt_bearer"]),
    habit=st.sampled_from(["every_run", "keep"]),
    retry=st.sampled_from(["none", "four", "loop", "fixed", "backoff", "breaker"]),
    holds=st.sampled_from(
        ["right", "right", "right", "missing", "wrong", "unknown", "another's", "code"]
    ),
    every=st.sampled_from([45 * SECOND, 5 * MINUTE, 5 * MINUTE, 7 * MINUTE, 15 * MINUTE, HOUR]),
    first=st.sampled_from([1, 0, SECOND, 4 * MINUTE, 5 * MINUTE, 20 * MINUTE]),
    names_app=st.booleans(),
)


def clients_of(org: Org, name: str) -> list[int]:
    return [
        client.id
        for client in org.clients.all()
        if client.username.startswith(name) and not client.outside
    ]


def give_the_newest_token(org: Org) -> None:
    for client_id in clients_of(org, "integration"):
        org.clients.hold(
            client_id, token=org.mail.newest_token("integration@acme.example") or "n" * 24
        )


def give_the_new_password(org: Org) -> None:
    for client_id in clients_of(org, "integration"):
        org.clients.hold(client_id, password=FRESH)


def move_to_the_office(org: Org) -> None:
    for client_id in clients_of(org, "integration")[1:]:
        org.clients.hold(client_id, network_id=org.setup.network("office").id)


def another_program(org: Org, logs_out: bool) -> None:
    """A program from outside logs in with what each client of the integration user holds."""
    for client_id in clients_of(org, "integration"):
        client = org.clients.get(client_id)
        app = org.clients.app(client)
        attempt = replace(attempt_of(client, app), client_id=None, outside=True)
        result: LoginResult | None
        if client.protocol == "soap":
            result = org.login(attempt)
        elif client.protocol == "oauth" and app is not None:
            result = org.apps.password(app, attempt).login
        else:
            continue
        if logs_out and result is not None and result.session_id:
            org.sessions.end(result.session_id)


def choosing(name: str, value: str) -> Callable[[Org], object]:
    return lambda org: org.setup.choose(name, value)


def nearly_use_up_the_rate_limit(org: Org) -> None:
    """3,590 logins of the integration user, from its last one on."""
    now, conn = org.clock.read().seen_org, org.database.conn
    (last,) = conn.execute("select max(login_time) from login_history where user_id = 1").fetchone()
    first = max(last, now - 50 * MINUTE)
    rows = [(first + (now - first) * number // 3_590,) for number in range(3_590)]
    conn.executemany(
        "insert into login_history(user_id, login_time, shape_id, status, event_id)"
        " values (1, ?, (select min(id) from shape), 'success', (select min(id) from event))",
        rows,
    )


ACTS: dict[str, Callable[[Org], object]] = {
    "the user changes the password": lambda org: org.passwords.change("integration", PASSWORD, FRESH),
    "an admin resets the password": lambda org: org.passwords.reset("integration"),
    "the user resets the token": lambda org: org.tokens.reset("integration"),
    "the clients get the newest token": give_the_newest_token,
    "the clients get the new password": give_the_new_password,
    "the clients move to the office": move_to_the_office,
    "another program logs in": lambda org: another_program(org, logs_out=False),
    "another program logs in and out": lambda org: another_program(org, logs_out=True),
    "freeze": lambda org: org.users.freeze("integration"),
    "unfreeze": lambda org: org.users.freeze("integration", False),
    "unlock": lambda org: org.users.unlock("integration"),
    "deactivate sam": lambda org: org.admin.edit_user("sam", active=False),
    "end sessions": lambda org: org.admin.end_sessions("integration"),
    "expire all": lambda org: org.admin.expire_all_passwords(),
    "never expires": lambda org: org.users.permit("integration", "password-never-expires", True),
    "no api": lambda org: org.users.permit("sam", "api-enabled", False),
    "no any-api-auth": lambda org: org.users.permit("integration", "use-any-api-auth", False),
    "codes": lambda org: org.users.permit("integration", "mfa-for-api-logins", True),
    "an authenticator": lambda org: org.users.register_authenticator("integration"),
    "login hours": lambda org: org.admin.set_login_hours("Integration", "thu", "0:05", "0:20"),
    "login hours today": lambda org: org.admin.set_login_hours("Integration", "tue", "13:00", "14:25"),
    "login range": lambda org: org.admin.add_login_range("Integration", "203.0.113.0", "203.0.113.9"),
    "trust the cloud": lambda org: org.setup.add_trusted_range("203.0.113.0", "203.0.113.255"),
    "no flows": lambda org: org.apps.choose_flows("Acme Dashboards", ["refresh_token"]),
    "nobody to run as": lambda org: org.apps.run_as("Acme Dashboards", None),
    "a signing key": lambda org: org.apps.register_key("Acme Dashboards", model_simulation.public_pem()),
    "rate limit nearly reached": nearly_use_up_the_rate_limit,
    "pause": lambda org: org.integrations.pause("P0"),
    "start": lambda org: org.integrations.pause("P0", False),
    "start P1": lambda org: org.integrations.pause("P1", False),
    "another schedule": lambda org: org.integrations.change("P0", every=3 * MINUTE, retry="fixed"),
    **{
        f"{name} = {value}": choosing(name, value)
        for name, value in [
            ("max_attempts", "3"), ("max_attempts", "0"), ("lockout_minutes", "0"), ("lockout_minutes", "30"),
            ("session_timeout", "15"), ("soap_login", "off"), ("any_api_auth", "on"), ("missing_token_counts", "no"),
            ("missing_token_fault", "invalid_login"), ("mfa_api_accepts_token", "yes"), ("password_expires", "365"),
            ("password_expires", "60"), ("release_calendar", "on"), ("any_api_auth_date", "2026-12-01"),
            ("login_retirement", "2027-02-15"), ("rate_limit", "off"), ("oauth_password_flow", "off"),
            ("enforce_ip_ranges", "on"), ("repeated_logins_share", "no"), ("repeated_logins_share", "yes"),
        ]
    },
}  # fmt: skip
acts = st.lists(st.sampled_from(list(ACTS)), max_size=4)


def does(org: Org, act: str) -> str:
    """Do it, or be told why not."""
    try:
        ACTS[act](org)
    except OrgError as refused:
        return f"{type(refused).__name__}: {refused}"
    return ""


@contextmanager
def begun(
    template: Path, beginning: str, before: list[str], joining: list[Program]
) -> Iterator[tuple[Org, model_simulation.Slow]]:
    """The same beginning in two org files: one in which the clock is moved, one for the slow
    way.
    """
    with tempfile.TemporaryDirectory() as folder:
        quick, slow = Path(folder) / "quick.db", Path(folder) / "slow.db"
        shutil.copy(template, quick)
        with Org(quick, CHEAP) as org:
            org.clock.set(parse_moment(BEGINNINGS[beginning], "Europe/London"))
            for act in before:
                does(org, act)
            for number, program in enumerate(joining):
                program.join(org, number, org.clock.read().seen_org)
        shutil.copy(quick, slow)
        reference = model_simulation.Slow(slow)
        try:
            with Org(quick, CHEAP) as org:
                yield org, reference
        finally:
            reference.org.close()
