"""An org as plain data: for `org show` and `org export`. Same seed, frozen time and commands: the
same bytes.
"""

from typing import Any

from freshtoken_model.decision.policies import PasswordPolicy
from freshtoken_model.decision.settings import assumptions, settings
from freshtoken_model.decision.words import event_words, unpack
from freshtoken_model.values.clock import iso
from freshtoken_model.values.records import App, Client, IpRange, Mail, User

from .org import Org
from .store import database


def _moment(value: int | None) -> str | None:
    return None if value is None else iso(value)


def user_row(user: User, policy: PasswordPolicy) -> dict[str, Any]:
    """A user as `org show` tells it. The demo password is shown while it is unchanged."""
    return {
        "username": user.username,
        "name": user.name,
        "id": user.record_id,
        "email": user.email,
        "profile": user.profile,
        "purpose": user.purpose,
        "state": user.state,
        "locked_until": _moment(user.locked_until),
        "failed_login_attempts": user.failed_attempts,
        "attempts_left": policy.attempts_left(user),
        "api_enabled": user.api_enabled,
        "api_only_user": user.api_only,
        "use_any_api_auth": user.use_any_api_auth,
        "mfa_for_api_logins": user.mfa_api,
        "authenticator_registered": user.authenticator,
        "password_changed_at": iso(user.password_changed_at),
        "must_change_password": user.must_change_password,
        "token_state": user.token_state,
        "token_issued_at": _moment(user.token_issued_at),
        "token_retired_at": _moment(user.token_retired_at),
        "token_retired_by": user.token_retired_by,
        "demo_password": user.demo_password,
    }


def client_row(client: Client) -> dict[str, Any]:
    """An API client, without the secrets it holds."""
    return {
        "name": client.name,
        "username": client.username,
        "network": client.network,
        "protocol": client.protocol,
        "outside": client.outside,
        "api_version": client.api_version,
        "login_host": client.login_host,
        "light": client.light,
        "token_state": client.holds,
    }


def app_row(app: App) -> dict[str, Any]:
    """A connected app, without its secret."""
    return {
        "name": app.name,
        "key": app.consumer_key,
        "run_as_user": app.run_as,
        "flows": list(app.flows),
        "callbacks": list(app.callbacks),
        "signing_key_registered": app.public_key is not None,
        "refresh_token_rotation": app.refresh_rotation,
        "ip_relaxation": app.ip_relaxation,
    }


def range_row(found: IpRange) -> dict[str, Any]:
    """A trusted IP range."""
    return {"start": found.first, "end": found.last, "description": found.description}


def mail_row(mail: Mail) -> dict[str, Any]:
    """A mail, with its text and the secrets in it."""
    return {
        "to": mail.email,
        "username": mail.username,
        "sent_at": iso(mail.sent_at),
        "subject": mail.subject,
        "read": mail.read_at is not None,
        "body": mail.body,
        "token": mail.token,
        "link": mail.link,
    }


def show(org: Org) -> dict[str, Any]:
    """What `org show` prints: the demo secrets of the training org among it."""
    with database.read(org.database):
        info, clock, values = org.info(), org.clock.read(), org.setup.values()
        switchable = {setting.name for setting in assumptions() if setting.choices}
        return {
            "file": str(org.path),
            "name": info.name,
            "kind": info.kind,
            "id": info.record_id,
            "my_domain": f"https://{info.my_domain}.my.salesforce.com",
            "time_zone": info.time_zone,
            "created_release": info.created_release,
            "users": [user_row(user, org.passwords.policy_of(user)) for user in org.users.all()],
            "networks": [
                {"name": n.name, "address": n.address, "trusted": n.trusted}
                for n in org.setup.networks()
            ],
            "trusted_ip_ranges": [range_row(found) for found in org.setup.trusted_ranges()],
            "clients": [
                {**client_row(client), "held_token": client.token or None}
                for client in org.clients.all()
            ],
            "apps": [{**app_row(app), "secret": app.consumer_secret} for app in org.apps.all()],
            "policies": {name: value for name, value in values.items() if name not in switchable},
            "assumptions": {name: value for name, value in values.items() if name in switchable},
            "clock": {"now": iso(clock.seen_org), "mode": clock.mode},
        }


def export(org: Org, with_secrets: bool = False) -> dict[str, Any]:
    """Everything of an org, the event log with its traces included. Secrets only when asked for."""
    with database.read(org.database):
        shown = show(org)
        del shown["file"]
        if not with_secrets:
            _leave_out_secrets(shown)
        db = org.database
        shown["settings"] = {
            name: setting.words(org.setup.values()[name]) for name, setting in settings().items()
        }
        shown["tokens"] = [
            {
                "username": row["username"],
                "issued_at": iso(row["issued_at"]),
                "issued_by": row["issued_by"],
                "retired_at": _moment(row["retired_at"]),
                "retired_by": row["retired_by"],
                **({"digest": row["digest"]} if with_secrets else {}),
            }
            for row in database.rows(
                db,
                "select t.*, u.username from token t join user u on u.id = t.user_id order by t.id",
            )
        ]
        shown["mails"] = [mail_row(found) for found in reversed(org.mail.all())]
        if not with_secrets:
            for mail in shown["mails"]:
                del mail["body"], mail["token"], mail["link"]
        shown["sessions"] = [
            {
                "username": row["username"],
                "kind": row["kind"],
                "source_ip": row["source_ip"],
                "opened_at": iso(row["opened_at"]),
                "used_at": iso(row["used_at"]),
                "ended_at": _moment(row["ended_at"]),
                "ended_by": row["ended_by"],
            }
            for row in database.rows(
                db,
                "select s.*, u.username from session s join user u on u.id = s.user_id order by "
                "s.id",
            )
        ]
        shown["login_history"] = [row.fields() for row in reversed(org.history.logins(limit=-1))]
        shown["events"] = [
            {
                "at": iso(event.at),
                "kind": event.kind,
                "username": event.username,
                "client": event.client,
                "words": event_words(event.kind, event.username, event.client, event.detail),
                "detail": event.detail,
                "number": event.number,
                "gates": [
                    [s.gate, s.outcome.value, s.code, *s.values]
                    for s in unpack(event.trace or "[]")
                ],
            }
            for event in org.history.events(limit=-1)
        ]
    return shown


def _leave_out_secrets(shown: dict[str, Any]) -> None:
    for user in shown["users"]:
        del user["demo_password"]
    for client in shown["clients"]:
        del client["held_token"]
    for app in shown["apps"]:
        del app["secret"]
