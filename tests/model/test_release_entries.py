"""The entries of the release calendar: every one has a day and a source; those that change
something here say what, and are in force by org time and by the calendar's switch.
"""

import pytest

import freshtoken_data
from freshtoken_model.decision.release_entries import Entry, release_entries
from freshtoken_model.decision.words import RELEASES
from freshtoken_model.org import Org
from freshtoken_model.training.content.sources import sources
from freshtoken_model.values.clock import parse_moment

ZONE = "Europe/London"
FIELDS = {"id", "from", "when", "says", "here", "switched", "sources"}


def entries(org: Org) -> dict[str, Entry]:
    found = release_entries(org.setup.values(), ZONE, org.clock.read().seen_org)
    return {one.id: one for one in found}


def test_every_row_has_its_fields_a_source_that_exists_and_its_place_by_day() -> None:
    rows = freshtoken_data.rows("calendar.toml", "entry", "id", "from", "when", "says", "sources")
    assert len({row["id"] for row in rows}) == len(rows) >= 20
    assert [row["from"] for row in rows] == sorted(row["from"] for row in rows)
    for row in rows:
        assert set(row) <= FIELDS and row["sources"], row["id"]
        assert all(name in sources() for name in row["sources"]), row["id"]
        assert "here" in row or "switched" not in row, row["id"]
    assert {row["switched"] for row in rows if "switched" in row} == set(RELEASES)


@pytest.mark.parametrize(
    ("name", "day", "kind"),
    [
        ("uninstalled-apps", "2025-09-01", "news"),
        ("automatic-freezes", "2026-04-24", "effect"),
        ("mfa-employees", "2026-07-20", "news"),
        ("any-api-auth", "2026-10-10", "effect"),
        ("refresh-idle", "2026-11-04", "effect"),
        ("email-verification", "2026-12-01", "news"),
        ("password-flow", "2027-02-20", "effect"),
        ("login-retired", "2027-06-01", "effect"),
        ("api-31-to-40-gone", "2028-06-01", "news"),
    ],
)
def test_an_entry_begins_on_its_day_and_is_an_effect_or_news(
    org: Org, name: str, day: str, kind: str
) -> None:
    entry = entries(org)[name]
    assert (entry.at, entry.kind) == (parse_moment(day, ZONE), kind)
    assert bool(entry.here) is (kind == "effect")


def test_a_state_follows_org_time_the_switch_and_the_setting_of_the_day(org: Org) -> None:
    def states() -> list[str]:
        found = entries(org)
        return [
            found[name].state
            for name in ("any-api-auth", "password-flow", "device-flow", "passkeys")
        ]

    assert states() == ["off", "off", "to come", "in force"]
    org.setup.choose("release_calendar", "on")
    assert states() == ["in force", "to come", "to come", "in force"]
    org.setup.choose("any_api_auth_date", "never")
    org.clock.set(parse_moment("2027-03-01T12:00", ZONE))
    assert states() == ["never", "in force", "in force", "in force"]
    assert list(entries(org))[-1] == "any-api-auth", "one without a day comes last"
