"""Login Subtype: what each way in is called, and the row that a password reset leaves."""

import pytest

from freshtoken_api.answers.soql import ask_query
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.history.login_csv import csv_page
from freshtoken_model.history.login_history import LoginFilter
from freshtoken_model.org import Org

from ..world import ADA, FRESH, INTEGRATION, NORA, OFFICE, PASSWORD, SAM, SAMS

APP = "Acme Dashboards"


def subtype(org: Org) -> tuple[str, str]:
    """Value and label of the newest row, as JSON and CSV have them."""
    row = org.history.logins(limit=1)[0]
    return row.fields()["LoginSubType"], row.cells()[-1]


def link(org: Org, username: str) -> str:
    return org.mail.all(username)[0].link or ""


@pytest.mark.parametrize(
    ("door", "named"),
    [
        (Door.SOAP, ("SoapApiLogin", "SOAP API")),
        (Door.OAUTH, ("OauthUsernamePassword", "OAuth Username-Password")),
        (Door.UI, ("UsernamePasswordUiLogin", "UI Username-Password")),
        (Door.CLIENT_CREDENTIALS, ("OauthClientCredentials", "OAuth Client Credentials")),
        (Door.WEB_SERVER, ("OauthWebServer", "OAuth Web Server")),
        (Door.JWT_BEARER, ("N/A", "N/A")),
    ],
)
@pytest.mark.parametrize("sent", [SAMS, "Wrong-1"])
def test_each_way_in_has_its_subtype_whether_or_not_it_lets_in(
    org: Org, door: Door, named: tuple[str, str], sent: str
) -> None:
    org.login(Attempt(SAM, sent, door, OFFICE, "64.0"))
    assert subtype(org) == named
    value = named[0] if named[0] != "N/A" else None
    found = ask_query(org, "SELECT LoginSubType FROM LoginHistory LIMIT 1", org.users.get(ADA)).rows
    assert found == [{"LoginSubType": value}]


@pytest.mark.parametrize("asked_by", ["an admin", "the user"])
def test_who_sets_a_password_through_a_link_leaves_a_row(org: Org, asked_by: str) -> None:
    before = len(org.history.logins(SAM))
    if asked_by == "an admin":
        org.passwords.reset(SAM)
    else:
        org.passwords.forgot(SAM)
    assert len(org.history.logins(SAM)) == before, "not at the click"
    org.passwords.use_link(link(org, SAM), FRESH)
    assert subtype(org) == ("UiPasswordReset", "UI Password Reset")
    row = org.history.logins(SAM)[0]
    assert (row.status, row.login_type, row.application) == ("Success", "Application", "Browser")
    assert row.login_time == org.clock.read().seen_org and row.source_ip == OFFICE
    assert row.login_url == "acme.my.salesforce.com"
    assert len(org.history.logins(SAM)) == before + 1


def test_a_refused_link_and_the_users_own_change_and_an_api_reset_leave_none(org: Org) -> None:
    before = len(org.history.logins(SAM))
    org.passwords.change(SAM, SAMS, FRESH)
    org.passwords.reset(SAM, through_api=True)
    with pytest.raises(Exception, match="link"):
        org.passwords.use_link("no such link", FRESH)
    assert len(org.history.logins(SAM)) == before


def test_the_row_of_a_reset_counts_as_no_failed_attempt_and_tells_no_login(org: Org) -> None:
    org.passwords.forgot(NORA)
    org.passwords.use_link(link(org, NORA), FRESH)
    row = org.history.logins(NORA)[0]
    assert row.accepted and org.history.attempt(row.event_id) is None
    assert org.users.get(NORA).failed_attempts == 0


def test_a_filter_by_subtype_lets_through_its_rows_and_no_others(org: Org) -> None:
    org.passwords.forgot(SAM)
    org.passwords.use_link(link(org, SAM), FRESH)
    org.login(Attempt(SAM, FRESH, Door.UI, OFFICE))
    org.login(Attempt(INTEGRATION, PASSWORD, Door.OAUTH, OFFICE))
    labels = org.history.subtypes()
    assert labels == [
        "OAuth Username-Password",
        "SOAP API",
        "UI Password Reset",
        "UI Username-Password",
    ]
    rows = org.history.logins()
    for label in labels:
        which = LoginFilter(subtype=label)
        wanted = [row for row in rows if row.subtype is not None and row.subtype.label == label]
        assert org.history.rows(org.history.ids(which)) == wanted != []
        lines = csv_page(org.history, which).lines.splitlines()
        assert [line.rsplit(",", 1)[1] for line in lines] == [label] * len(wanted)
    assert org.history.ids(LoginFilter(subtype="SOAP API", username=SAM)) == []
