"""The life of a token, held over random histories: a small model of its own, written without the
gates, agrees.
"""

import copy
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from freshtoken_model.accounts.mail import LINK_SUBJECT, TOKEN_SUBJECT
from freshtoken_model.decision.credentials import digest
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY, HOUR, MINUTE, parse_moment
from freshtoken_model.values.errors import NotAllowedError, WrongPasswordError

from ..world import CHEAP
from .model_login import FOREVER, Job, Person, World

ADDRESSES = {"office": "198.51.100.20", "home": "192.0.2.44", "cloud": "203.0.113.7"}
NAMES = ("integration", "nora", "loader")
KINDS = {"script": ("none", False), "job-queue": ("fixed", False), "aiosalesforce": ("four", True),
         "careful": ("breaker", True)}  # fmt: skip
"""Programs, and what the model is to know of them: how they retry, whether they keep their
session.
"""
plans = st.tuples(
    st.sampled_from(list(KINDS)),
    st.sampled_from(NAMES),
    st.sampled_from(["cloud", "cloud", "office"]),
    st.sampled_from(["right", "right", "right", "stale", "bare", "wrong"]),
    st.sampled_from([30 * MINUTE, 150 * MINUTE, DAY]),
    st.sampled_from([1, MINUTE, 15 * MINUTE]),
)
"""A program, its user, from where, with which credentials, how often, how soon for the first
time.
"""
REMEMBERED = 7
"""States that are gone back to."""


class LifeOfAToken(RuleBasedStateMachine):
    """Random histories of three users of one org file."""

    template: Path

    @initialize(plans=st.lists(plans, min_size=2, max_size=3))
    def open_the_org(self, plans: list[tuple[str, str, str, str, int, int]]) -> None:
        self.folder = tempfile.TemporaryDirectory()
        shutil.copy(self.template, Path(self.folder.name) / "org.db")
        self.org = Org(Path(self.folder.name) / "org.db", CHEAP)
        users = {name: self.org.users.get(name) for name in NAMES}
        people = {
            name: Person(name, user.demo_password, user.password_changed_at)
            for name, user in users.items()
        }
        people["integration"].live = self.org.clients.all()[0].token
        people["integration"].used_reset = True
        people["loader"].ranged = True
        nightly, sent = (
            parse_moment("2026-11-25T02:00Z", "UTC"),
            (users["integration"].demo_password or ""),
        )
        sent += people["integration"].live
        job = Job(
            1, "Nightly sync", "integration", sent, "cloud", DAY, nightly, "none", False, nightly
        )
        self.world = World(people, [job])
        self.before, self.count = self.org.info().last_event, 0
        self.past: list[tuple[int, World]] = [(0, copy.deepcopy(self.world))]
        for plan in plans:
            self.add_an_integration(plan)

    def teardown(self) -> None:
        if hasattr(self, "org"):
            self.org.close()
            self.folder.cleanup()

    def new_password(self) -> str:
        self.count += 1
        return f"Password{'x' * 24 if self.count % 3 == 0 else '-'}{self.count}"

    # ---- logins

    @rule(
        name=st.sampled_from(NAMES),
        door=st.sampled_from(["soap", "oauth", "ui"]),
        network=st.sampled_from(["office", "home", "cloud"]),
        password=st.sampled_from(["current", "current", "current", "former", "wrong", "none"]),
        token=st.sampled_from(["none", "live", "live", "dead", "wrong", "another's"]),
        number=st.integers(0, 20),
        times=st.sampled_from([1, 1, 1, 1, 3, 5]),
    )
    def log_in(
        self, name: str, door: str, network: str, password: str, token: str, number: int, times: int
    ) -> None:
        person = self.world.people[name]
        former, dead = person.former_passwords or ["Former-1"], person.dead or ["d" * 24]
        shown = {
            "current": person.password or "",
            "former": former[number % len(former)],
            "wrong": "Wrong-1",
            "none": "",
        }
        suffix = {
            "none": "", "live": person.live or "", "dead": dead[number % len(dead)], "wrong": "w" * 24,
            "another's": next((p.live for p in self.world.people.values() if p is not person and p.live), ""),
        }  # fmt: skip
        sent = shown[password] + suffix[token]
        for _ in range(times):
            self.present(person, sent, door, network)

    def present(self, person: Person, sent: str, door: str, network: str) -> None:
        accepted, counted = self.world.expect(person, sent, door, network)
        result = self.org.login(
            Attempt(person.username, sent, Door(door), ADDRESSES[network], "64.0")
        )
        assert (result.verdict.accepted, result.verdict.counts) == (accepted, counted)
        assert (result.session_id is not None) is accepted
        if accepted:
            expired = person.expired(self.world.now)
            assert result.verdict.password_expired is expired
            assert self.org.sessions.check(result.session_id or "").fault == (
                "expired_password" if expired else None
            )
        assert result.locked_out is self.world.note(person, accepted, counted)

    @rule(
        name=st.sampled_from(NAMES),
        door=st.sampled_from(["soap", "oauth"]),
        network=st.sampled_from(["office", "cloud"]),
    )
    def try_what_should_be_dead(self, name: str, door: str, network: str) -> None:
        person = self.world.people[name]
        password, live = person.password or "Wrong-1", person.live or ""
        for sent in (
            *(password + dead for dead in person.dead[-2:]),
            *(old + live for old in person.former_passwords[-2:]),
        ):
            self.present(person, sent, door, network)

    @rule(name=st.sampled_from(NAMES), door=st.sampled_from(["soap", "oauth", "ui"]))
    def try_the_bare_password(self, name: str, door: str) -> None:
        person = self.world.people[name]
        for network in ("cloud", "office"):
            self.present(person, person.password or "", door, network)

    @rule(
        name=st.sampled_from(NAMES),
        door=st.sampled_from(["soap", "oauth"]),
        network=st.sampled_from(list(ADDRESSES)),
    )
    def try_password_and_live_token(self, name: str, door: str, network: str) -> None:
        person = self.world.people[name]
        self.present(person, (person.password or "") + (person.live or ""), door, network)

    @rule(
        sent=st.sampled_from(["Harbour-Light-7", "x" * 30]),
        door=st.sampled_from(["soap", "oauth", "ui"]),
    )
    def log_in_as_nobody(self, sent: str, door: str) -> None:
        result = self.org.login(
            Attempt("ghost@acme.example", sent, Door(door), ADDRESSES["office"], "64.0")
        )
        assert not result.verdict.accepted and result.session_id is None
        self.world.unknown += 1

    # ---- passwords

    def password_set(self, person: Person, new: str) -> None:
        self.world.password_set(person, new)
        if (person.used_reset or self.world.mail_always) and not person.ranged:
            self.token_comes(person)

    def token_comes(self, person: Person) -> None:
        person.lose_token()
        person.live = self.org.mail.newest_token(person.username)
        assert person.live is not None and person.live not in person.dead
        person.token_mails += 1

    @rule(name=st.sampled_from(NAMES), right=st.sampled_from([True, True, True, False]))
    def change_password(self, name: str, right: bool) -> None:
        person, new = self.world.people[name], self.new_password()
        no_interface = name == "loader"  # an API Only User
        if person.frozen or person.locked_until is not None or no_interface:
            with pytest.raises(NotAllowedError):
                self.org.passwords.change(name, person.password or "", new)
        elif not right or person.password is None:
            with pytest.raises(WrongPasswordError):
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
        person.link_made_at, person.link_open = self.world.now, True
        person.link_mails += 1

    @rule(name=st.sampled_from(NAMES), through_api=st.booleans())
    def reset_password(self, name: str, through_api: bool) -> None:
        person = self.world.people[name]
        temporary = self.org.passwords.reset(name, through_api)
        assert (temporary is not None) is through_api
        person.lose_password()
        person.lose_token()
        person.password, person.changed_at, person.must_change = temporary, self.world.now, True
        person.failed, person.locked_until = 0, None
        self.link_comes(person)

    @rule(name=st.sampled_from(NAMES), newest=st.booleans())
    def use_link(self, name: str, newest: bool) -> None:
        person, new = self.world.people[name], self.new_password()
        if not person.links:
            return
        link = person.links[-1] if newest else person.links[-2:][0]
        works = (
            link == person.links[-1]
            and person.link_open
            and self.world.now < person.link_made_at + DAY
        )
        if works and sum(used > self.world.now - HOUR for used in person.links_used_at) < 5:
            self.org.passwords.use_link(link, new)
            person.link_open = False
            person.links_used_at.append(self.world.now)
            person.reset_rows += 1
            self.password_set(person, new)
        else:
            with pytest.raises(NotAllowedError):
                self.org.passwords.use_link(link, new)

    @rule(name=st.sampled_from(NAMES))
    def reset_token(self, name: str) -> None:
        person = self.world.people[name]
        expired = person.expired(self.world.now)
        if person.frozen or person.locked_until is not None or person.ranged or expired:
            with pytest.raises(NotAllowedError):
                self.org.tokens.reset(name)
        else:
            self.org.tokens.reset(name)
            person.used_reset = True
            self.token_comes(person)

    # ---- admin, policies, networks, clock

    @rule(name=st.sampled_from(NAMES))
    def unlock(self, name: str) -> None:
        person = self.world.people[name]
        if person.locked_until is None:
            with pytest.raises(NotAllowedError):
                self.org.users.unlock(name)
        else:
            self.org.users.unlock(name)
            person.locked_until, person.failed = None, 0

    @rule(name=st.sampled_from(NAMES), frozen=st.sampled_from([True, False, False]))
    def freeze_or_unfreeze(self, name: str, frozen: bool) -> None:
        person = self.world.people[name]
        if person.frozen == frozen:
            with pytest.raises(NotAllowedError):
                self.org.users.freeze(name, frozen)
        else:
            person.frozen = frozen
            self.org.users.freeze(name, frozen)

    @rule(limit=st.sampled_from([3, 5, 10, 0]), minutes=st.sampled_from([15, 30, 60, 0]))
    def choose_lockout_policy(self, limit: int, minutes: int) -> None:
        self.org.setup.choose("max_attempts", str(limit))
        self.org.setup.choose("lockout_minutes", str(minutes))
        self.world.limit, self.world.minutes = limit, minutes

    @rule(counts=st.booleans(), always=st.booleans())
    def choose_assumptions(self, counts: bool, always: bool) -> None:
        self.org.setup.choose("missing_token_counts", "yes" if counts else "no")
        self.org.setup.choose(
            "token_mail_on_password_change", "always" if always else "after_first_reset"
        )
        self.world.missing_counts, self.world.mail_always = counts, always

    @rule()
    def trust_the_office_or_not(self) -> None:
        if self.world.office_trusted:
            self.org.setup.remove_trusted_range(self.org.setup.trusted_ranges()[0].id)
        else:
            self.org.setup.add_trusted_range("198.51.100.0", "198.51.100.255")
        self.world.office_trusted = not self.world.office_trusted

    # ---- time, integrations, and back

    @rule(runs=st.integers(1, 9))
    def let_them_run(self, runs: int) -> None:
        self.move_the_clock(
            max(0, (self.org.clock.next_run() or 0) - self.world.now) + runs * 20 * MINUTE
        )

    @rule(
        forward=st.sampled_from(
            [0, 1, MINUTE, 15 * MINUTE - 1, 15 * MINUTE, HOUR, 9 * HOUR, 25 * HOUR, 40 * DAY]
        )
    )
    def move_the_clock(self, forward: int) -> None:
        if any(job.retry == "fixed" and job.due for job in self.world.jobs):
            forward = min(forward, 9 * HOUR)  # a try a minute: 40 days of them would only take time
        until = self.org.clock.advance(forward)
        assert until == self.world.now + forward
        self.world.move(until)

    def credentials(self, person: Person, holds: str) -> tuple[str, str]:
        return {
            "right": (person.password or "", person.live or ""), "stale": (person.password or "", "d" * 24),
            "bare": (person.password or "", ""), "wrong": ("Wrong-1", person.live or ""),
        }[holds]  # fmt: skip

    @precondition(lambda self: len(self.world.jobs) < 4)
    @rule(plan=plans)
    def join(self, plan: tuple[str, str, str, str, int, int]) -> None:
        self.add_an_integration(plan)

    def add_an_integration(self, plan: tuple[str, str, str, str, int, int]) -> None:
        kind, name, network, holds, every, first = plan
        self.count += 1
        first += self.world.now
        made = self.org.integrations.add(
            f"J{self.count}", f"{name}@acme.example", network, kind, every, first
        )
        password, token = self.credentials(self.world.people[name], holds)
        self.org.clients.hold(made.client_id, password=password, token=token)
        retry, keeps = KINDS[kind]
        job = Job(
            made.client_id,
            made.client,
            name,
            password + token,
            network,
            every,
            first,
            retry,
            keeps,
            first,
        )
        self.world.jobs.append(job)

    @rule(
        number=st.integers(0, 3),
        holds=st.sampled_from(["right", "right", "right", "bare", "wrong"]),
    )
    def give_it_credentials(self, number: int, holds: str) -> None:
        job = self.world.jobs[number % len(self.world.jobs)]
        password, token = self.credentials(self.world.people[job.person], holds)
        self.org.clients.hold(job.id, password=password, token=token)
        job.sent = password + token

    @rule(number=st.integers(0, 3), paused=st.booleans())
    def pause_or_start_it(self, number: int, paused: bool) -> None:
        job = self.world.jobs[number % len(self.world.jobs)]
        if paused is (job.due is None):
            with pytest.raises(NotAllowedError):
                self.org.integrations.pause(job.client, paused)
            return
        self.org.integrations.pause(job.client, paused)
        job.due, job.stopped, job.tries = None if paused else job.slot(self.world.now), False, 0

    @rule(number=st.integers(1, REMEMBERED - 1))
    def go_back(self, number: int) -> None:
        target, world = self.past[-min(number + 1, len(self.past))]
        count = sum(step.id > target for step in self.org.rewind.steps(1_000))
        if not count:
            return
        generation = self.org.info().generation
        self.org.rewind.back(count)
        assert self.org.info().generation != generation
        self.world = copy.deepcopy(world)
        self.past = [(step, known) for step, known in self.past if step <= target]

    @rule()
    def open_the_file_anew(self) -> None:
        self.org.close()
        self.org = Org(self.org.path, CHEAP)

    # ---- the invariants

    def ask(self, sql: str) -> list[tuple]:
        return self.org.database.conn.execute(sql).fetchall()

    @invariant()
    def every_user_is_as_the_model_says(self) -> None:
        rows = dict(
            self.ask(
                f"select user_id, count(*) from login_history where event_id > {self.before} "
                f"group by 1"
            )
        )
        for person in self.world.people.values():
            user = self.org.users.get(person.username)
            state = (
                "frozen"
                if person.frozen
                else "locked"
                if person.locked_until is not None
                else "active"
            )
            until = None if person.locked_until in (None, FOREVER) else person.locked_until
            token = "live" if person.live else "retired" if person.dead else "never_issued"
            assert (user.failed_attempts, user.state, user.locked_until) == (
                person.failed,
                state,
                until,
            )
            assert (user.token_state, user.must_change_password) == (token, person.must_change)
            mails = Counter(mail.subject for mail in self.org.mail.all(person.username))
            assert (mails[TOKEN_SUBJECT], mails[LINK_SUBJECT]) == (
                person.token_mails,
                person.link_mails,
            )
            assert rows.get(user.id, 0) == person.attempts + person.reset_rows

    @invariant()
    def every_integration_is_as_the_model_says(self) -> None:
        worked = dict(
            self.ask("select client_id, count(*) from event where kind = 'run_worked' group by 1")
        )
        found = [(i.client_id, i.next_due, i.stopped, i.tries) for i in self.org.integrations.all()]
        assert found == [(job.id, job.due, job.stopped, job.tries) for job in self.world.jobs]
        assert worked == {job.id: job.worked for job in self.world.jobs if job.worked}
        assert self.org.clock.read().seen_org == self.world.now

    @invariant()
    def at_most_one_token_is_live_and_none_returns_from_the_dead(self) -> None:
        rows = {row["digest"]: row for row in self.org.database.tables.query("select * from token")}
        live = Counter(row["user_id"] for row in rows.values() if row["retired_at"] is None)
        assert max(live.values(), default=0) <= 1
        for person in self.world.people.values():
            for dead in person.dead:
                row = rows[digest(dead)]
                death = (row["retired_at"], row["retired_by"])
                assert (
                    row["retired_at"] is not None
                    and self.world.retired.setdefault(dead, death) == death
                )

    @invariant()
    def the_log_tells_of_every_attempt_and_every_lockout_in_order(self) -> None:
        told: Counter[tuple[str, Any]] = Counter()
        after = f"from event e left join user u on u.id = e.user_id where e.id > {self.before}"
        for kind, username, count in self.ask(
            f"select e.kind, u.username, count(*) {after} group by 1, 2"
        ):
            told[kind, username] = count
        for person in self.world.people.values():
            assert (
                told["login_accepted", person.username] + told["login_refused", person.username]
                == person.attempts
            )
            assert told["locked_out", person.username] == person.lockouts
        assert (
            told["login_refused", None] == self.world.unknown and told["login_accepted", None] == 0
        )
        moments = f"select e.at - lag(e.at) over (order by e.id) as gap {after}"
        assert self.ask(f"select count(*) from ({moments}) where gap < 0") == [(0,)]

    @invariant()
    def remember(self) -> None:
        """No invariant: what this state is, in case it is gone back to."""
        newest = next((step.id for step in self.org.rewind.steps(1)), 0)
        if newest == self.past[-1][0]:
            self.past.pop()
        self.past = [*self.past[1 - REMEMBERED :], (newest, copy.deepcopy(self.world))]


@pytest.fixture
def template(org_file: Path) -> Iterator[Path]:
    LifeOfAToken.template = org_file
    yield org_file


def test_the_life_of_a_token_over_random_histories(template: Path) -> None:
    run_state_machine_as_test(
        LifeOfAToken,
        settings=settings(
            max_examples=15,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            report_multiple_bugs=False,
        ),
    )
