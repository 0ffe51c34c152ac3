"""The life of a token, held over random histories: a small model of its own, written without the gates, agrees."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from freshtoken_model.clock import DAY, HOUR, MINUTE
from freshtoken_model.credentials import Hashing, digest
from freshtoken_model.errors import NotAllowed, WrongPassword
from freshtoken_model.gates import Attempt, Door
from freshtoken_model.login import LoginResult
from freshtoken_model.mail import LINK_SUBJECT, TOKEN_SUBJECT
from freshtoken_model.org import Org

CHEAP = Hashing(memory_kib=8, passes=1)
START = 1_795_528_800_000
ADDRESSES = {"office": "198.51.100.20", "home": "192.0.2.44", "cloud": "203.0.113.7"}
NAMES = ("integration", "nora", "loader")
FOREVER = 10**15


@dataclass
class Person:
    """What one user's state must be."""

    name: str
    password: str | None
    changed_at: int
    ranged: bool = False
    used_reset: bool = False
    live: str | None = None
    former_passwords: list[str] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    must_change: bool = False
    frozen: bool = False
    failed: int = 0
    locked_until: int | None = None
    token_mails: int = 0
    link_mails: int = 0
    attempts: int = 0
    lockouts: int = 0
    links: list[str] = field(default_factory=list)
    links_used_at: list[int] = field(default_factory=list)
    link_made_at: int = 0
    link_open: bool = False

    @property
    def username(self) -> str:
        return f"{self.name}@acme.example"

    def lose_token(self) -> None:
        if self.live is not None:
            self.dead.append(self.live)
            self.live = None

    def lose_password(self) -> None:
        if self.password is not None:
            self.former_passwords.append(self.password)


class LifeOfAToken(RuleBasedStateMachine):
    """Random histories of three users of one org file."""

    template: Path

    @initialize()
    def open_the_org(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        shutil.copy(self.template, Path(self.folder.name) / "org.db")
        self.org = Org(Path(self.folder.name) / "org.db", CHEAP)
        users = {name: self.org.users.get(name) for name in NAMES}
        self.people = {name: Person(name, user.demo_password, user.password_changed_at) for name, user in users.items()}
        self.people["integration"].live = self.org.clients.all()[0].token
        self.people["integration"].used_reset = True
        self.people["loader"].ranged = True
        self.before = self.org.info().last_event
        self.now, self.limit, self.minutes = START, 10, 15
        self.missing_counts, self.mail_always, self.office_trusted = True, False, True
        self.count, self.unknown = 0, 0
        self.retired: dict[str, tuple[int, str]] = {}

    def teardown(self) -> None:
        if hasattr(self, "org"):
            self.org.close()
            self.folder.cleanup()

    def new_password(self) -> str:
        self.count += 1
        return f"Password{'x' * 24 if self.count % 3 == 0 else '-'}{self.count}"

    # ---- what must come of a login, told without gates ---------------------------------------------------------

    def expect(self, person: Person, sent: str, door: str, network: str) -> tuple[bool, bool]:
        """Accepted? Counted?"""
        if person.frozen or person.locked_until is not None:
            return False, False
        if person.ranged and network != "cloud":
            return False, False
        bare = person.password is not None and sent == person.password
        if door == "ui":
            return (True, False) if bare and not person.ranged else (False, not bare)
        if bare:
            free = person.ranged or (network == "office" and self.office_trusted)
            return free, not free and self.missing_counts
        with_token = person.password is not None and person.live is not None and sent == person.password + person.live
        return with_token, not with_token

    def note(self, person: Person, result: LoginResult, accepted: bool, counted: bool) -> None:
        person.attempts += 1
        assert (result.verdict.accepted, result.verdict.counts) == (accepted, counted)
        assert (result.session_id is not None) is accepted
        locks = False
        if accepted:
            person.failed = 0
            expired = person.must_change or self.now >= person.changed_at + 90 * DAY
            assert result.verdict.password_expired is expired
            assert self.org.sessions.check(result.session_id or "").fault == ("expired_password" if expired else None)
        elif counted:
            person.failed += 1
            locks = bool(self.limit) and person.failed >= self.limit
        if locks:
            person.failed, person.lockouts = 0, person.lockouts + 1
            person.locked_until = self.now + self.minutes * MINUTE if self.minutes else FOREVER
        assert result.locked_out is locks

    @rule(
        name=st.sampled_from(NAMES),
        door=st.sampled_from(["soap", "oauth", "ui"]),
        network=st.sampled_from(["office", "home", "cloud"]),
        password=st.sampled_from(["current", "current", "current", "former", "wrong", "none"]),
        token=st.sampled_from(["none", "live", "live", "dead", "wrong", "another's"]),
        number=st.integers(0, 20),
        times=st.sampled_from([1, 1, 1, 1, 3, 5]),
    )
    def log_in(self, name: str, door: str, network: str, password: str, token: str, number: int, times: int) -> None:
        person = self.people[name]
        former, dead = person.former_passwords or ["Former-1"], person.dead or ["d" * 24]
        shown = {"current": person.password or "", "former": former[number % len(former)], "wrong": "Wrong-1", "none": ""}
        suffix = {
            "none": "", "live": person.live or "", "dead": dead[number % len(dead)], "wrong": "w" * 24,
            "another's": next((p.live for p in self.people.values() if p is not person and p.live), ""),
        }  # fmt: skip
        sent = shown[password] + suffix[token]
        for _ in range(times):
            self.present(person, sent, door, network)

    def present(self, person: Person, sent: str, door: str, network: str) -> None:
        accepted, counted = self.expect(person, sent, door, network)
        result = self.org.login(Attempt(person.username, sent, Door(door), ADDRESSES[network], "64.0"))
        self.note(person, result, accepted, counted)

    @rule(name=st.sampled_from(NAMES), door=st.sampled_from(["soap", "oauth"]), network=st.sampled_from(["office", "cloud"]))
    def try_what_should_be_dead(self, name: str, door: str, network: str) -> None:
        person = self.people[name]
        password, live = person.password or "Wrong-1", person.live or ""
        for sent in (*(password + dead for dead in person.dead[-2:]), *(old + live for old in person.former_passwords[-2:])):
            self.present(person, sent, door, network)

    @rule(name=st.sampled_from(NAMES), door=st.sampled_from(["soap", "oauth", "ui"]))
    def try_the_bare_password(self, name: str, door: str) -> None:
        person = self.people[name]
        for network in ("cloud", "office"):
            self.present(person, person.password or "", door, network)

    @rule(name=st.sampled_from(NAMES), door=st.sampled_from(["soap", "oauth"]), network=st.sampled_from(list(ADDRESSES)))
    def try_password_and_live_token(self, name: str, door: str, network: str) -> None:
        person = self.people[name]
        self.present(person, (person.password or "") + (person.live or ""), door, network)

    @rule(sent=st.sampled_from(["Harbour-Light-7", "x" * 30]), door=st.sampled_from(["soap", "oauth", "ui"]))
    def log_in_as_nobody(self, sent: str, door: str) -> None:
        result = self.org.login(Attempt("ghost@acme.example", sent, Door(door), ADDRESSES["office"], "64.0"))
        assert not result.verdict.accepted and result.session_id is None
        self.unknown += 1

    # ---- passwords ---------------------------------------------------------------------------------------------

    def password_set(self, person: Person, new: str) -> None:
        person.lose_password()
        person.lose_token()
        person.password, person.changed_at, person.must_change = new, self.now, False
        if (person.used_reset or self.mail_always) and not person.ranged:
            self.token_comes(person)

    def token_comes(self, person: Person) -> None:
        person.lose_token()
        person.live = self.org.mail.newest_token(person.username)
        assert person.live is not None and person.live not in person.dead
        person.token_mails += 1

    @rule(name=st.sampled_from(NAMES), right=st.sampled_from([True, True, True, False]))
    def change_password(self, name: str, right: bool) -> None:
        person, new = self.people[name], self.new_password()
        if person.frozen or person.locked_until is not None:
            with pytest.raises(NotAllowed):
                self.org.passwords.change(name, person.password or "", new)
        elif not right or person.password is None:
            with pytest.raises(WrongPassword):
                self.org.passwords.change(name, "Wrong-1", new)
        else:
            had = person.live is not None
            changed = self.org.passwords.change(name, person.password, new)
            self.password_set(person, new)
            assert (changed.token_died, changed.token_mailed) == (had, person.live is not None)

    def link_comes(self, person: Person) -> None:
        mail = self.org.mail.all(person.username)[0]
        assert mail.link is not None
        person.links.append(mail.link)
        person.link_made_at, person.link_open = self.now, True
        person.link_mails += 1

    @rule(name=st.sampled_from(NAMES), through_api=st.booleans())
    def reset_password(self, name: str, through_api: bool) -> None:
        person = self.people[name]
        temporary = self.org.passwords.reset(name, through_api)
        assert (temporary is not None) is through_api
        person.lose_password()
        person.lose_token()
        person.password, person.changed_at, person.must_change = temporary, self.now, True
        person.failed, person.locked_until = 0, None
        self.link_comes(person)

    @rule(name=st.sampled_from(NAMES), newest=st.booleans())
    def use_link(self, name: str, newest: bool) -> None:
        person, new = self.people[name], self.new_password()
        if not person.links:
            return
        link = person.links[-1] if newest else person.links[-2:][0]
        works = link == person.links[-1] and person.link_open and self.now < person.link_made_at + DAY
        if works and sum(used > self.now - HOUR for used in person.links_used_at) < 5:
            self.org.passwords.use_link(link, new)
            person.link_open = False
            person.links_used_at.append(self.now)
            self.password_set(person, new)
        else:
            with pytest.raises(NotAllowed):
                self.org.passwords.use_link(link, new)

    @rule(name=st.sampled_from(NAMES))
    def reset_token(self, name: str) -> None:
        person = self.people[name]
        expired = person.must_change or self.now >= person.changed_at + 90 * DAY
        if person.frozen or person.locked_until is not None or person.ranged or expired:
            with pytest.raises(NotAllowed):
                self.org.tokens.reset(name)
        else:
            self.org.tokens.reset(name)
            person.used_reset = True
            self.token_comes(person)

    # ---- admin, policies, networks, clock ----------------------------------------------------------------------

    @rule(name=st.sampled_from(NAMES))
    def unlock(self, name: str) -> None:
        person = self.people[name]
        if person.locked_until is None:
            with pytest.raises(NotAllowed):
                self.org.users.unlock(name)
        else:
            self.org.users.unlock(name)
            person.locked_until, person.failed = None, 0

    @rule(name=st.sampled_from(NAMES), frozen=st.sampled_from([True, False, False]))
    def freeze_or_unfreeze(self, name: str, frozen: bool) -> None:
        person = self.people[name]
        if person.frozen == frozen:
            with pytest.raises(NotAllowed):
                self.org.users.freeze(name, frozen)
        else:
            person.frozen = frozen
            self.org.users.freeze(name, frozen)

    @rule(limit=st.sampled_from([3, 5, 10, 0]), minutes=st.sampled_from([15, 30, 60, 0]))
    def choose_lockout_policy(self, limit: int, minutes: int) -> None:
        self.org.setup.choose("max_attempts", str(limit))
        self.org.setup.choose("lockout_minutes", str(minutes))
        self.limit, self.minutes = limit, minutes

    @rule(counts=st.booleans(), always=st.booleans())
    def choose_assumptions(self, counts: bool, always: bool) -> None:
        self.org.setup.choose("missing_token_counts", "yes" if counts else "no")
        self.org.setup.choose("token_mail_on_password_change", "always" if always else "after_first_reset")
        self.missing_counts, self.mail_always = counts, always

    @rule()
    def trust_the_office_or_not(self) -> None:
        if self.office_trusted:
            self.org.setup.remove_trusted_range(self.org.setup.trusted_ranges()[0].id)
        else:
            self.org.setup.add_trusted_range("198.51.100.0", "198.51.100.255")
        self.office_trusted = not self.office_trusted

    @rule(forward=st.sampled_from([0, 1, MINUTE, 15 * MINUTE - 1, 15 * MINUTE, HOUR, 25 * HOUR, 40 * DAY]))
    def move_the_clock(self, forward: int) -> None:
        self.now = self.org.clock.advance(forward)
        for person in self.people.values():
            if person.locked_until is not None and person.locked_until <= self.now:
                person.locked_until = None

    @rule()
    def open_the_file_anew(self) -> None:
        self.org.close()
        self.org = Org(self.org.path, CHEAP)

    # ---- the invariants ----------------------------------------------------------------------------------------

    @invariant()
    def every_user_is_as_the_model_says(self) -> None:
        for person in self.people.values():
            user = self.org.users.get(person.username)
            state = "frozen" if person.frozen else "locked" if person.locked_until is not None else "active"
            until = None if person.locked_until in (None, FOREVER) else person.locked_until
            token = "live" if person.live else "retired" if person.dead else "never_issued"
            assert (user.failed_attempts, user.state, user.locked_until) == (person.failed, state, until)
            assert (user.token_state, user.must_change_password) == (token, person.must_change)
            mails = Counter(mail.subject for mail in self.org.mail.all(person.username))
            assert (mails[TOKEN_SUBJECT], mails[LINK_SUBJECT]) == (person.token_mails, person.link_mails)
            logins = [row for row in self.org.history.logins(person.username) if row.event_id > self.before]
            assert len(logins) == person.attempts

    @invariant()
    def at_most_one_token_is_live_and_none_returns_from_the_dead(self) -> None:
        rows = {row["digest"]: row for row in self.org.database.query("select * from token")}
        live = Counter(row["user_id"] for row in rows.values() if row["retired_at"] is None)
        assert max(live.values(), default=0) <= 1
        for person in self.people.values():
            for dead in person.dead:
                row = rows[digest(dead)]
                death = (row["retired_at"], row["retired_by"])
                assert row["retired_at"] is not None and self.retired.setdefault(dead, death) == death

    @invariant()
    def the_log_tells_of_every_attempt_and_every_lockout_in_order(self) -> None:
        events = self.org.history.events(self.before, limit=-1)
        told = Counter((event.kind, event.username) for event in events)
        for person in self.people.values():
            assert told["login_accepted", person.username] + told["login_refused", person.username] == person.attempts
            assert told["locked_out", person.username] == person.lockouts
        assert told["login_refused", None] == self.unknown and told["login_accepted", None] == 0
        moments = [event.at for event in events]
        assert moments == sorted(moments)


@pytest.fixture
def template(org_file: Path) -> Iterator[Path]:
    LifeOfAToken.template = org_file
    yield org_file


def test_the_life_of_a_token_over_random_histories(template: Path) -> None:
    run_state_machine_as_test(
        LifeOfAToken,
        settings=settings(
            max_examples=80,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            report_multiple_bugs=False,
        ),
    )
