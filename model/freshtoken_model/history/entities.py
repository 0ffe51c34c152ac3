"""The org's objects as the API shows them: one view of the tables for each."""

from functools import cache

from freshtoken_model.decision.credentials import record_id, record_number, whole_id
from freshtoken_model.decision.login_types import RESET_LINK, SUBTYPES
from freshtoken_model.values.clock import iso, parse_moment
from freshtoken_model.values.kinds import LoginSubType
from freshtoken_model.values.visible import visible

from .login_history import status_texts
from .objects import BOOLEAN, IDENTIFIER, MOMENT, TEXT, Entity, ObjectField

LOGIN_PREFIX = "0Ya"


def _moment(text: str) -> int | None:
    try:
        return parse_moment(text, "UTC")
    except ValueError:
        return None


def _login_id(text: str) -> int | None:
    whole = whole_id(text) or ""
    return record_number(whole) if whole.startswith(LOGIN_PREFIX) else None


def _filled(column: str) -> str:
    """The SQL of a column, N/A where it is empty."""
    return f"coalesce(nullif({column}, ''), 'N/A')"


def _dates(moment: str) -> dict[str, ObjectField]:
    """The standard date fields of an object, all of one moment: freshtoken keeps no other
    [assumption record_dates].
    """
    return {
        name: ObjectField(MOMENT, moment, iso, _moment, "rowkey")
        for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp")
    }


ORG_MADE = "(select min(at) from event)"
"""The SQL of the moment the org was made."""


@cache
def entities() -> dict[str, Entity]:
    """The objects that can be queried, by name in lower case."""
    statuses = " ".join(
        f"when {_quoted(key)} then {_quoted(text)}" for key, text in status_texts().items()
    )
    reset = f"door = 'ui' and endpoint = {_quoted(RESET_LINK)}"
    subtypes = f"when {reset} then {_quoted(LoginSubType.PASSWORD_RESET)} " + " ".join(
        f"when door = {_quoted(door)} then {_quoted(subtype)}" for door, subtype in SUBTYPES.items()
    )
    found = (
        Entity(
            "Account",
            "001",
            {
                "Id": ObjectField(IDENTIFIER, "record_id", store=whole_id),
                "Name": ObjectField(TEXT, "name"),
                # a text field without a text is null in Salesforce [assumption]
                "Industry": ObjectField(TEXT, "nullif(industry, '')", nullable=True),
                **_dates(ORG_MADE),
            },
            table="account",
        ),
        Entity(
            "User",
            "005",
            {
                "Id": ObjectField(IDENTIFIER, "record_id", store=whole_id),
                "Username": ObjectField(TEXT, "username"),
                "FirstName": ObjectField(TEXT, "first_name"),
                "LastName": ObjectField(TEXT, "last_name"),
                "Name": ObjectField(TEXT, "first_name || ' ' || last_name"),
                "Email": ObjectField(TEXT, "email"),
                "IsActive": ObjectField(BOOLEAN, "active", show=bool),
                **_dates("password_changed_at"),
            },
            table="user",
        ),
        Entity(
            "Organization",
            "00D",
            {
                "Id": ObjectField(IDENTIFIER, "record_id", store=whole_id),
                "Name": ObjectField(TEXT, "name"),
                "InstanceName": ObjectField(TEXT, "'FRESH1'"),
                "IsSandbox": ObjectField(BOOLEAN, "my_domain like '%.sandbox'", show=bool),
                "TrialExpirationDate": ObjectField(TEXT, "null", nullable=True),
                "NamespacePrefix": ObjectField(TEXT, "null", nullable=True),
                "OrganizationType": ObjectField(TEXT, "'Developer Edition'"),
                **_dates(ORG_MADE),
            },
            table="org",
        ),
        Entity(
            "LoginHistory",
            LOGIN_PREFIX,
            {
                "Id": ObjectField(
                    IDENTIFIER, "login_history.id", _login_record_id, _login_id, "rowkey"
                ),
                "UserId": ObjectField(IDENTIFIER, "user.record_id", store=whole_id),
                # rows are added in the order of org time, which moves forward only
                "LoginTime": ObjectField(MOMENT, "login_time", iso, _moment, "rowkey"),
                "LoginType": ObjectField(TEXT, "login_type", visible),
                "LoginSubType": ObjectField(TEXT, f"case {subtypes} end", nullable=True),
                "SourceIp": ObjectField(TEXT, "address", visible),
                "LoginUrl": ObjectField(TEXT, "login_url", visible),
                "Status": ObjectField(TEXT, f"case status {statuses} else status end", visible),
                "Application": ObjectField(TEXT, _filled("application"), visible),
                "ApiType": ObjectField(
                    TEXT,
                    "case when door != 'soap' then 'N/A'"
                    " when endpoint glob '*/Soap/c/*' then 'SOAP Enterprise'"
                    " else 'SOAP Partner' end",
                ),
                "ApiVersion": ObjectField(TEXT, _filled("api_version"), visible),
            },
            table="login_history",
            joins="join user on user.id = user_id join shape on shape.id = shape_id",
            newest_first=True,
            admins_only=True,
        ),
    )
    return {entity.name.lower(): entity for entity in found}


def _login_record_id(key: int) -> str:
    return record_id(LOGIN_PREFIX, key)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
