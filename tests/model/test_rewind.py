"""Back one step, as often as wanted: everything is as it was, row by row, and nothing of another
process is lost.
"""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from freshtoken_model import org as orgs
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.files import resets, rewind, snapshots
from freshtoken_model.files.training_org import Beginning
from freshtoken_model.org import Org
from freshtoken_model.simulation import advance
from freshtoken_model.store import use_case
from freshtoken_model.store.database import Follower
from freshtoken_model.values.clock import DAY, HOUR, MINUTE
from freshtoken_model.values.errors import (
    BadValueError,
    NotAllowedError,
    OrgError,
    UnknownNameError,
)
from freshtoken_model.values.records import Mail
from freshtoken_model.values.visible import visible

from ..world import CHEAP, CLOUD, FRESH, INTEGRATION, PASSWORD, START
from .gen_orgs import ACTS, Program
from .model_simulation import recount, tally

NOT_COMPARED = ("undo", "step", "shape", "trace")
CHANGES_BY_ITSELF = ("step", "generation", "anchor_wall", "anchor_org", "seen_wall")


def picture(org: Org) -> dict[str, list[dict]]:
    """Every row of every table, but those that keep the steps and the texts that many events
    share.
    """
    tables = [
        name
        for name in org.database.tables.table_names()
        if not name.startswith(("sqlite_", "_sqlite"))
    ]
    rows = {
        name: sorted(org.database.table(name).rows, key=repr)
        for name in tables
        if name not in NOT_COMPARED
    }
    for name in CHANGES_BY_ITSELF:
        del rows["org"][0][name]
    return rows


def login(org: Org, sent: str = "wrong", user: str = INTEGRATION, client: int | None = 1) -> bool:
    return org.login(
        Attempt(user, sent, Door.SOAP, CLOUD, "64.0", client_id=client)
    ).verdict.accepted


def accepted(org: Org) -> None:
    login(org, PASSWORD + org.clients.get(1).token)


def locks(org: Org) -> None:
    for _ in range(10):
        login(org)


def opened_in_the_interface(org: Org) -> str:
    return (
        org.login(Attempt("ada@acme.example", "Copper-Kettle-4", Door.UI, CLOUD)).session_id or ""
    )


def takes_a_refresh_token(org: Org) -> None:
    app, callback = org.apps.get("Acme Dashboards"), "http://localhost:1717/OauthRedirect"
    code = org.apps.authorize(app.consumer_key, callback, "", "", opened_in_the_interface(org))
    attempt = Attempt("", "", Door.WEB_SERVER, CLOUD)
    grant = org.apps.web_server(app, code, callback, "", attempt, public=False)
    org.apps.refresh(app, grant.refresh_token or "", CLOUD, public=False)


def newest_mail(org: Org, what: Callable[[Org, Mail], object]) -> None:
    for mail in org.mail.all()[:1]:
        what(org, mail)


def advancing(milliseconds: int) -> Callable[[Org], object]:
    return lambda org: org.clock.advance(milliseconds)


HANDS: dict[str, Callable[[Org], object]] = {
    **{
        name: act for name, act in ACTS.items() if name != "rate limit nearly reached"
    },  # that one goes behind the org
    "a login is refused": login,
    "a login is accepted": accepted,
    "nobody logs in": lambda org: login(org, user="ghost@acme.example", client=None),
    "ten refusals": locks,
    "somebody from outside": lambda org: org.login(
        Attempt(INTEGRATION, PASSWORD, Door.SOAP, CLOUD, "64.0", visible("Excel"), outside=True)
    ),
    "grants": takes_a_refresh_token,
    "a session ends": lambda org: org.sessions.end(opened_in_the_interface(org)),
    "a mail is read": lambda org: newest_mail(org, lambda org, mail: org.mail.read(mail.id)),
    "a mail is deleted": lambda org: newest_mail(org, lambda org, mail: org.mail.delete(mail.id)),
    "a client is told": lambda org: org.clients.told(1, "blocked", "INVALID_LOGIN"),
    "forgot": lambda org: org.passwords.forgot("nora@acme.example"),
    "the link is used": lambda org: newest_mail(
        org, lambda org, mail: org.passwords.use_link(mail.link or "", FRESH)
    ),
    "a range goes": lambda org: org.setup.remove_trusted_range(1),
    "a user is made": lambda org: org.admin.create_user(
        "new@acme.example", "New", "User", "n@x.example", "Standard User"
    ),
    "a profile is made": lambda org: org.admin.create_profile("Night shift"),
    "a policy of its own": lambda org: org.admin.set_policy("Integration", "max_attempts", "3"),
    "not its own": lambda org: org.admin.set_policy("Integration", "max_attempts", None),
    "a range of its own": lambda org: org.admin.add_login_range(
        "Integration", "203.0.113.0", "203.0.113.9"
    ),
    "renamed": lambda org: org.admin.edit_user("integration", username="sync@acme.example"),
    "an integration joins": lambda org: org.integrations.add(
        "P0", INTEGRATION, "cloud", "job-queue", 20 * MINUTE
    ),
    "it is removed": lambda org: org.integrations.remove("P0"),
    "the clock runs": lambda org: org.clock.switch(True),
    "the clock stops": lambda org: org.clock.switch(False),
    "touched": lambda org: org.clock.touch(),
    **{f"{minutes} minutes": advancing(minutes * MINUTE) for minutes in (0, 7, 45, 150)},
    **{f"{days} days": advancing(days * DAY) for days in (1, 3, 29)},
}


def does(org: Org, hand: str) -> None:
    with suppress(OrgError):  # refused: it leaves nothing
        HANDS[hand](org)


@settings(max_examples=12, suppress_health_check=list(HealthCheck), database=None, deadline=None)
@given(
    hands=st.lists(st.sampled_from(list(HANDS)), min_size=1, max_size=14),
    backs=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    batch=st.sampled_from([3, 1_000]),
    many=st.sampled_from([1, 5_000]),
)
@example(hands=list(HANDS), backs=[5, 40, 1_000], batch=3, many=1)
@example(hands=list(HANDS), backs=[5, 40, 1_000], batch=3, many=5_000)
@example(
    hands=["nobody logs in", "grants", "somebody from outside", "an integration joins", "1 days"],
    backs=[9],
    batch=3,
    many=1,
)
def test_going_back_leaves_every_table_as_it_was(
    org_file: Path, hands: list[str], backs: list[int], batch: int, many: int
) -> None:
    """`many`: from how many events on tables are emptied instead of cut."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(advance, "BATCH", batch)
        patched.setattr(rewind, "MANY", many)
        wall = itertools.count(1_800_000_000_000, 7)
        for module in (use_case, advance, rewind, orgs):
            patched.setattr(module, "wall_clock", lambda: next(wall))
        shutil.copy(org_file, Path(folder) / "org.db")
        with Org(Path(folder) / "org.db", CHEAP) as org:
            for back in backs:
                pictures = []
                for hand in hands:
                    before, last = picture(org), newest(org)
                    does(org, hand)
                    made = [step for step in org.rewind.steps(100) if step.id > last]
                    if made:
                        pictures.append((len(made), before))
                if not pictures:
                    continue
                generation = org.info().generation
                taken = pictures[-back:]
                undone = org.rewind.back(sum(made for made, _ in taken))
                assert len(undone) == sum(made for made, _ in taken)
                now = picture(org)
                for table, rows in taken[0][1].items():
                    assert now[table] == rows, table
                assert org.info().generation != generation
                assert tally(org.database) == recount(org.database)
                assert list(org.database.tables.query("PRAGMA foreign_key_check")) == []
                assert list(org.database.tables.query("PRAGMA integrity_check")) == [
                    {"integrity_check": "ok"}
                ]


def newest(org: Org) -> int:
    return next((step.id for step in org.rewind.steps(1)), 0)


# ---- what it says, what it refuses


@contextmanager
def another_process() -> Iterator[None]:
    """What is done in here is done by another process, as far as an org file can tell."""
    with pytest.MonkeyPatch.context() as patched:
        for module in (use_case, advance):
            patched.setattr(module, "PROCESS", "another-process")
        yield


@pytest.fixture
def other(org_file: Path) -> Iterator[Org]:
    with Org(org_file, CHEAP) as opened:
        yield opened


def test_steps_are_told_newest_first_each_with_its_words(org: Org) -> None:
    org.tokens.reset("integration")
    org.clock.advance(15 * MINUTE)
    login(org)
    org.clients.told(1, "blocked", "INVALID_LOGIN")
    steps = org.rewind.steps()
    assert [step.words for step in steps] == [
        f"a login as {INTEGRATION} was refused",
        "org clock: forward 15 minutes",
        f"{INTEGRATION} used Reset My Security Token",
    ]
    assert [step.at for step in steps] == [START + 15 * MINUTE] * 2 + [START]
    assert [step.id for step in org.rewind.steps(2)] == [step.id for step in steps[:2]]
    assert [step.id for step in org.rewind.back(2)] == [step.id for step in steps[:2]]
    assert org.rewind.steps() == steps[2:]
    assert org.clock.read().seen_org == START and org.clients.get(1).light == "connected"


def test_there_is_nothing_to_take_back_in_a_new_org_and_not_more_than_was_done(org: Org) -> None:
    with pytest.raises(NotAllowedError, match="nothing to take back"):
        org.rewind.back()
    org.tokens.reset("integration")
    before = picture(org)
    with pytest.raises(NotAllowedError, match="Only 1 step"):
        org.rewind.back(2)
    assert picture(org) == before


def test_starting_over_is_taken_back_with_every_step_before_it(org: Org) -> None:
    begun = picture(org)
    org.tokens.reset("integration")
    org.users.freeze("sam")
    before, earlier = picture(org), [step.words for step in org.rewind.steps()]
    org.reset()
    assert [step.words for step in org.rewind.steps()] == [
        "the org was set back to the training org"
    ]
    org.users.freeze("nora")
    assert len(org.rewind.back(2)) == 2
    assert (picture(org), [step.words for step in org.rewind.steps()]) == (before, earlier)
    org.rewind.back(2)
    assert picture(org) == begun
    with pytest.raises(NotAllowedError, match="nothing to take back"):
        org.rewind.back()


def test_one_reset_after_another_is_taken_back_one_by_one(org: Org, org_file: Path) -> None:
    org.users.freeze("sam")
    org.reset()
    org.users.freeze("nora")
    org.reset(Beginning(None, None, "night"))
    assert org.info().preset == "night"
    org.rewind.back()
    assert (org.info().preset, org.users.get("nora").frozen) == ("default", True)
    org.rewind.back(2)
    assert (org.users.get("sam").frozen, org.users.get("nora").frozen) == (True, False)
    assert not list(org_file.parent.glob(".*.before-*"))


def test_a_reset_whose_copy_is_gone_cannot_be_taken_back(org: Org, org_file: Path) -> None:
    org.users.freeze("sam")
    org.reset()
    (copy,) = org_file.parent.glob(".*.before-*")
    assert copy.stat().st_mode & 0o777 == 0o600
    copy.unlink()
    with pytest.raises(NotAllowedError, match="is gone"):
        org.rewind.back()
    assert not org.users.get("sam").frozen


def test_a_reset_is_not_taken_back_over_what_the_user_has_not_seen(org: Org, other: Org) -> None:
    org.users.freeze("sam")
    org.reset()
    seen = org.info().last_event
    other.users.freeze("nora")
    with pytest.raises(NotAllowedError, match="changed the org since"):
        org.rewind.back(2, seen=seen)
    assert org.users.get("nora").frozen and not org.users.get("sam").frozen


def test_a_reset_that_fails_changes_nothing_and_leaves_no_copy(org: Org, org_file: Path) -> None:
    org.users.freeze("sam")
    with pytest.raises(UnknownNameError):
        org.reset(Beginning(None, None, "noon"))
    with pytest.raises(BadValueError):
        org.reset(Beginning(None, None, "default", "Autumn '26"))
    assert org.users.get("sam").frozen
    assert not list(org_file.parent.glob(".*.before-*"))


@pytest.mark.parametrize("times", [1, 3, 100])
def test_a_reset_copies_again_what_others_changed_meanwhile(
    org: Org, other: Org, org_file: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    copied, left = snapshots.snapshot, itertools.count()

    def meanwhile(db: Any, to: Path) -> None:
        copied(db, to)
        if next(left) < times:
            other.users.freeze("sam", frozen=not other.users.get("sam").frozen)

    monkeypatch.setattr(snapshots, "snapshot", meanwhile)
    if times > resets.ROUNDS:
        with pytest.raises(NotAllowedError, match="Nothing was reset"):
            org.reset()
        assert not list(org_file.parent.glob(".*.before-*"))
    else:
        org.reset()
        assert not org.users.get("sam").frozen
        org.rewind.back()
    assert org.users.get("sam").frozen, "the last change of the other process is not lost"


def test_what_the_user_has_not_seen_is_not_taken_back(org: Org, other: Org) -> None:
    org.tokens.reset("integration")
    seen = org.info().last_event
    other.users.freeze("sam")
    before, generation = picture(org), org.info().generation
    with pytest.raises(NotAllowedError, match="changed the org since"):
        org.rewind.back(seen=seen)
    assert (picture(org), org.info().generation) == (before, generation)
    assert len(org.rewind.back(seen=org.info().last_event)) == 1 and not org.users.get("sam").frozen


DONE_ELSEWHERE: dict[str, Callable[[Org], object]] = {
    "a user is frozen": lambda org: org.users.freeze("sam"),
    "the clock is moved": lambda org: org.clock.advance(MINUTE),
    "a mail is read": lambda org: org.mail.read(org.mail.all()[0].id),
    "a client is told": lambda org: org.clients.told(1, "blocked", "INVALID_LOGIN"),
    "a session is used": lambda org: org.sessions.check(org.clients.get(1).session),
}


@pytest.mark.parametrize("what", list(DONE_ELSEWHERE))
def test_what_another_process_has_committed_since_is_not_taken_back(
    org: Org, other: Org, what: str
) -> None:
    org.integrations.remove("Nightly sync")
    org.clock.advance(HOUR)
    since = org.info().last_event
    org.tokens.reset("integration")
    with another_process():
        DONE_ELSEWHERE[what](other)
    before, generation = picture(org), org.info().generation
    with pytest.raises(NotAllowedError, match="Another process has changed the org"):
        org.rewind.back(len(org.rewind.steps()) - 2, org.info().last_event, since)
    assert (picture(org), org.info().generation) == (before, generation)


def test_what_it_has_committed_since_is_not_taken_back_with_a_step_that_it_made_before(
    org: Org, other: Org
) -> None:
    with another_process():
        other.tokens.reset("integration")
    since = org.info().last_event
    with another_process():
        other.mail.read(other.mail.all()[0].id)
    org.users.freeze("sam")
    with pytest.raises(NotAllowedError, match="Another process has changed the org"):
        org.rewind.back(2, since=since)
    org.rewind.back(1, since=since)
    assert org.mail.unread() == 0 and not org.users.get("sam").frozen


def test_what_another_process_did_before_we_came_may_be_taken_back(org: Org, other: Org) -> None:
    before = picture(org)
    with another_process():
        other.users.freeze("sam")
    org.tokens.reset("integration")
    org.rewind.back(2, since=org.rewind.steps()[0].first_event - 1)
    assert picture(org) == before


def test_one_of_our_own_steps_behind_anothers_can_be_taken_back_alone(org: Org, other: Org) -> None:
    since = org.info().last_event
    with another_process():
        other.users.freeze("sam")
    org.tokens.reset("integration")
    org.rewind.back(1, since=since)
    assert other.users.get("sam").frozen and other.users.get("integration").token_retired_at is None


def test_a_move_of_the_clock_that_another_process_interrupted_goes_back_to_where_it_was_interrupted(
    org: Org, other: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advance, "BATCH", 2)
    Program(
        "integration", "cloud", "soap", "every_run", "none", "right", 10 * MINUTE, 10 * MINUTE
    ).join(org, 0, START)
    since = org.info().last_event
    frozen: list[Any] = []

    def meanwhile(moment: int) -> None:
        if not frozen:
            frozen.append(moment)
            with another_process():
                other.users.freeze("sam")

    org.clock.advance(HOUR, meanwhile)
    assert "stopped on the way" in org.rewind.steps(3)[2].words
    org.rewind.back(1, since=since)
    assert org.clock.read().seen_org == frozen[0] < START + HOUR and org.users.get("sam").frozen
    with pytest.raises(NotAllowedError, match="Another process has changed the org"):
        org.rewind.back(2, since=since)


# ---- afterwards


def test_what_is_done_again_after_going_back_comes_to_the_same(org: Org) -> None:
    def night() -> dict[str, list[dict]]:
        org.tokens.reset("integration")
        org.passwords.change("integration", PASSWORD, FRESH)
        org.clock.advance(3 * DAY)
        org.passwords.reset("sam", True)
        return picture(org)

    start, first = picture(org), night()
    token = org.mail.newest_token(INTEGRATION)
    assert len(org.rewind.back(4)) == 4 and picture(org) == start
    assert night() == first and org.mail.newest_token(INTEGRATION) == token


def test_whoever_follows_the_file_learns_that_all_is_void(
    org: Org, other: Org, org_file: Path
) -> None:
    follower, known = Follower(org_file), other.info()
    org.passwords.change("integration", PASSWORD, FRESH)
    session = (
        org.login(Attempt(INTEGRATION, FRESH, Door.SOAP, "198.51.100.20", "64.0")).session_id or ""
    )
    assert (
        other.sessions.check(session).fault is None
        and follower.changed()
        and not follower.changed()
    )
    org.rewind.back(2)
    assert follower.changed() and other.info().generation != known.generation
    assert other.info().last_event == known.last_event
    assert other.sessions.check(session).fault == "invalid_session"
    assert not login(other, FRESH) and login(other, PASSWORD + other.clients.get(1).token)
    follower.close()


@pytest.mark.parametrize("told", [False, True])
def test_old_steps_are_forgotten_and_what_they_kept_with_them(org: Org, told: bool) -> None:
    for number in range(300):
        login(org, user="ghost@acme.example")
        if told:
            org.clients.told(1, "blocked", f"INVALID_LOGIN {number}")
    steps = org.rewind.steps(1_000)
    assert 200 <= len(steps) < 270
    oldest = steps[-1].id
    (kept,) = org.database.conn.execute(
        "select count(distinct step) from undo where step < ?", (oldest,)
    ).fetchone()
    assert kept <= 1, "what was told after the newest that is forgotten"
    with pytest.raises(NotAllowedError, match=f"Only {len(steps)} steps"):
        org.rewind.back(len(steps) + 1)
    assert len(org.rewind.back(len(steps))) == len(steps) and org.rewind.steps() == []


def test_the_next_events_take_the_numbers_that_became_free(org: Org) -> None:
    first = org.info().last_event
    for _ in itertools.repeat(None, 3):
        login(org)
    org.rewind.back(3)
    assert org.info().last_event == first
    login(org)
    assert (
        org.info().last_event == first + 1
        and org.history.newest() == org.history.logins()[0].id == 2
    )
