"""States of the training org in which a login is refused, each made in one call."""

import json

from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.org import Org

from ..world import INTEGRATION, PASSWORD

LEES = "Silver-Meadow-5"
GHOST = "ghost@acme.example"


def sql(org: Org, statement: str, *values: object) -> None:
    org.database.conn.execute(statement, values)


def nothing(org: Org) -> None:
    pass


def lock(org: Org) -> None:
    sql(org, "update user set locked_at = 0, locked_until = null where username = ?", INTEGRATION)


def freeze(org: Org) -> None:
    org.users.freeze(INTEGRATION)


def close_for_the_day(org: Org) -> None:
    hours = json.dumps({"tue": [0, 14 * 60]})  # it is Tuesday, 14:00
    sql(org, "update profile set login_hours = ? where name = 'Integration'", hours)


def use_up_the_rate_limit(org: Org) -> None:
    org.login(Attempt(INTEGRATION, PASSWORD, Door.UI, "198.51.100.20"))
    sql(org, "delete from login_history where id < (select max(id) from login_history)")
    sql(
        org,
        "insert into login_history(user_id, login_time, shape_id, status, event_id)"
        " with recursive n(i) as (select 2 union all select i + 1 from n where i < 3600)"
        " select user_id, login_time, shape_id, status, event_id from login_history, n",
    )


def switch_soap_login_off(org: Org) -> None:
    org.setup.choose("soap_login", "off")


def switch_password_flow_off(org: Org) -> None:
    org.setup.choose("oauth_password_flow", "off")


def prevent_the_login_host(org: Org) -> None:
    org.setup.choose("prevent_login_at_login_host", "on")
    org.setup.choose("prevent_soap_login_at_login_host", "on")


def require_any_api_auth(org: Org) -> None:
    org.setup.choose("any_api_auth", "on")
    org.users.permit(INTEGRATION, "use-any-api-auth", False)


def require_codes(org: Org) -> None:
    org.users.permit(INTEGRATION, "mfa-for-api-logins", True)
    org.users.register_authenticator(INTEGRATION)


def take_api_enabled(org: Org) -> None:
    org.users.permit(INTEGRATION, "api-enabled", False)


def reset_the_token(org: Org) -> None:
    org.tokens.reset(INTEGRATION)
