"""Several processes at one org file: nothing is lost, counted twice or half done, and no dead
credential gets in.
"""

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from freshtoken_model.accounts.mail import TOKEN_SUBJECT
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.org import Org

from ..world import CHEAP, FRESH, OFFICE, PASSWORD
from ..world import INTEGRATION as USER

RACING = Path(__file__).with_name("racing_processes.py")
PROCESSES, LONGEST = 8, 60


class Racers:
    """Processes that wait at the line, and what they report."""

    def __init__(self, processes: list[subprocess.Popen[str]]) -> None:
        self.processes = processes

    def go(self) -> None:
        for process in self.processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()

    def reports(self) -> list:
        reports = []
        for process in self.processes:
            said, wrong = process.communicate(timeout=LONGEST)
            assert process.returncode == 0, wrong
            reports.append(json.loads(said))
        return reports


@contextmanager
def at_the_line(*jobs: list[object]) -> Iterator[Racers]:
    with ExitStack() as stack:
        processes = []
        for job in jobs:
            process = subprocess.Popen(
                [sys.executable, str(RACING), *map(str, job)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            processes.append(process)
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", process.stderr and process.stderr.read()
        yield Racers(processes)


def raced(*jobs: list[object]) -> list:
    with at_the_line(*jobs) as racers:
        racers.go()
        return racers.reports()


@pytest.mark.parametrize("limit", [3, 10])
def test_wrong_logins_of_eight_processes_are_counted_exactly_and_lock_once(
    org_file: Path, limit: int
) -> None:
    with Org(org_file, CHEAP) as org:
        org.setup.choose("max_attempts", str(limit))
        before = org.info().last_event
    reports = raced(*(["guess", org_file, 6] for _ in range(PROCESSES)))
    attempts = sorted(attempt for report in reports for attempt in report)
    assert [counts for _, counts, _ in attempts] == [True] * limit + [False] * (
        6 * PROCESSES - limit
    )
    assert [number for number, (_, _, locked) in enumerate(attempts, 1) if locked] == [limit]
    with Org(org_file, CHEAP) as org:
        events = org.history.events(before)
        refused = [event for event in events if event.kind == "login_refused"]
        assert [event.id for event in refused] == [event_id for event_id, _, _ in attempts]
        assert [event.number for event in refused] == [
            *range(1, limit + 1),
            *[0] * (6 * PROCESSES - limit),
        ]
        assert [event.kind for event in events].count("locked_out") == 1
        statuses = [row.status for row in org.history.logins(USER) if row.event_id > before]
        assert (
            statuses.count("Invalid Password") == limit
            and statuses.count("Password Lockout") == 48 - limit
        )
        user = org.users.get(USER)
        assert (user.state, user.failed_attempts) == ("locked", 0)


def test_without_a_limit_eight_processes_lose_no_count(org_file: Path) -> None:
    with Org(org_file, CHEAP) as org:
        org.setup.choose("max_attempts", "0")
        rows = len(org.history.logins(USER))
    raced(*(["guess", org_file, 6] for _ in range(PROCESSES)))
    with Org(org_file, CHEAP) as org:
        assert (
            org.users.get(USER).failed_attempts
            == len(org.history.logins(USER)) - rows
            == 6 * PROCESSES
        )


def test_no_process_gets_a_session_for_a_credential_that_is_dead_by_then(org_file: Path) -> None:
    changes = 12
    with Org(org_file, CHEAP) as org:
        org.setup.choose("max_attempts", "0")
        org.setup.choose("rate_limit", "off")
        with at_the_line(
            *(["hammer", org_file, seed, changes] for seed in range(PROCESSES))
        ) as racers:
            racers.go()
            for generation in range(changes):
                target = org.info().last_event + 40
                while org.info().last_event < target:  # the others log in meanwhile, and so do we
                    org.login(Attempt("nora@acme.example", "Marble-Garden-3", Door.UI, OFFICE))
                old = f"Never-Used-{generation}" if generation else PASSWORD
                assert org.passwords.change(USER, old, f"Never-Used-{generation + 1}").token_mailed
            reports = racers.reports()
        user_id = org.users.get(USER).id
        events = org.history.events(limit=-1)
    shown = {
        event_id: (generation, token, session)
        for report in reports
        for event_id, generation, token, session in report
    }
    now, judged, old_refused, accepted_in = 0, 0, 0, set()
    for event in events:  # in the order of the commits
        if event.kind == "password_changed":
            now += 1
        if event.id not in shown:
            continue
        generation, token, session = shown[event.id]
        assert event.user_id == user_id and session is (event.kind == "login_accepted")
        is_current = generation == now and token in (-1, now)
        assert session is is_current, (
            f"event {event.id}: password {generation}, token {token}, {now} changes before it"
        )
        judged += 1
        old_refused += generation < now and not session
        accepted_in |= {(now, token >= 0)} if session else set()
    assert now == changes and judged == len(shown) == sum(map(len, reports))
    assert old_refused > 20 and {0, changes} <= {generation for generation, _ in accepted_in}
    assert len(accepted_in) > changes, (
        "logins were accepted between the changes, with and without a token"
    )


def steps_of_a_change(org_file: Path) -> int:
    spare = org_file.with_name("spare.db")
    shutil.copy(org_file, spare)
    return raced(["count", spare])[0]


def assert_wholly_before_or_after(path: Path) -> str:
    """The state of an org file after a killed password change: password, token, mail and event
    agree.
    """
    with Org(path, CHEAP) as org:
        assert [
            row["integrity_check"] for row in org.database.tables.query("PRAGMA integrity_check")
        ] == ["ok"]
        tokens = [
            (row["retired_by"], row["issued_by"])
            for row in org.database.tables.query("select * from token where user_id = 1")
        ]
        mails = sum(mail.subject == TOKEN_SUBJECT for mail in org.mail.all(USER))
        kinds = [event.kind for event in org.history.events()]
        told = kinds.count("password_changed"), kinds.count("token_mailed")
        former = org.database.tables.execute(
            "select count(*) from former_password where user_id = 1"
        ).fetchone()[0]
        held, newest = org.clients.all()[0], org.mail.newest_token(USER)

        def accepts(sent: str) -> bool:
            return org.login(Attempt(USER, sent, Door.SOAP, "203.0.113.7", "64.0")).verdict.accepted

        old, new = accepts(PASSWORD + held.token), accepts(FRESH + (newest or ""))
    before = (tokens, mails, told, former) == ([(None, "token_reset")], 0, (0, 0), 0) and (
        old,
        new,
    ) == (True, False)
    died = [("password_change", "token_reset"), (None, "password_change")]
    after = (tokens, mails, told, former) == (died, 1, (1, 1), 1) and (old, new) == (False, True)
    assert before or after, f"half done: {tokens}, {mails} mails, {told}, old {old}, new {new}"
    return "before" if before else "after"


def killed(
    org_file: Path, tmp_path: Path, way: str, numbers: list[int]
) -> tuple[list[bool], list[str]]:
    folder = tmp_path / way
    folder.mkdir()
    for number in numbers:
        shutil.copy(org_file, folder / f"{number}.db")
    halves = numbers[::2], numbers[1::2]
    first, second = raced(*(["kill", folder, way, *half] for half in halves))
    died = dict(zip([*halves[0], *halves[1]], [*first, *second], strict=True))
    return [died[n] for n in numbers], [
        assert_wholly_before_or_after(folder / f"{n}.db") for n in numbers
    ]


def test_a_process_killed_at_any_step_of_a_password_change_leaves_it_undone_or_done(
    org_file: Path, tmp_path: Path
) -> None:
    steps = steps_of_a_change(org_file)
    numbers = sorted({1, steps, steps + 1_000, *range(2, steps, max(1, steps // 60))})
    died, states = killed(org_file, tmp_path, "itself", numbers)
    assert died == [number <= steps for number in numbers]
    assert states == sorted(states, reverse=True), "before up to the commit, after from then on"
    assert states[0] == "before" and states[-1] == "after"


def test_a_process_killed_at_a_random_moment_leaves_a_password_change_undone_or_done(
    org_file: Path, tmp_path: Path
) -> None:
    steps, chance = steps_of_a_change(org_file), random.Random()
    numbers = sorted({1, *chance.sample(range(2, steps), 13), *range(steps - 11, steps + 1)})
    died, states = killed(org_file, tmp_path, "outside", numbers)
    assert sum(died) >= 10 and "before" in states, (numbers, died, states)


def test_of_eight_processes_one_makes_the_org_and_all_use_it(tmp_path: Path) -> None:
    for round_number in range(2):
        path = tmp_path / f"new-{round_number}.db"
        reports = raced(*(["make", path] for _ in range(PROCESSES)))
        assert sum(made for made, _, _ in reports) == 1
        assert all(accepted for _, accepted, _ in reports)
        assert len({generation for _, _, generation in reports}) == 1
        with Org(path, CHEAP) as org:
            assert (
                sum(row.login_type == "Application" for row in org.history.logins(USER))
                == PROCESSES
            )
    leftover = {item.name for item in tmp_path.iterdir()}
    assert leftover == {"new-0.db", "new-1.db"}
