"""What is due is run once, by whoever comes first: inside use cases, while the clock is moved,
while others write.
"""

import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.org import Org
from freshtoken_model.simulation import advance
from freshtoken_model.simulation.engine import Simulation
from freshtoken_model.simulation.state import Batch
from freshtoken_model.values.clock import DAY, HOUR, MINUTE, SECOND
from freshtoken_model.values.errors import NotAllowedError

from ..world import CHEAP, CLOUD, FRESH, INTEGRATION, PASSWORD, START, Counting
from .gen_orgs import Program
from .model_simulation import happened, recount, tally


def good(every: int = 10 * MINUTE, user: str = "integration") -> Program:
    """A script that is let in, every so often from the beginning on."""
    return Program(user, "cloud", "soap", "every_run", "none", "right", every, every)


@pytest.fixture
def work(org_file: Path) -> Path:
    """An org in which P0 and P1 run every 10 minutes, at the same moments, and P2 every 15 seconds;
    P2 is refused.
    """
    with Org(org_file, CHEAP) as org:
        for number, program in enumerate((good(), good(user="loader"))):
            program.join(org, number, START)
        Program("sam", "home", "soap", "every_run", "none", "wrong", 15 * SECOND, 15 * SECOND).join(
            org, 2, START
        )
    return org_file


@pytest.fixture
def busy(work: Path) -> Iterator[Org]:
    """The org of `work`, opened."""
    with Org(work, CHEAP) as org:
        yield org


@pytest.fixture
def other(work: Path) -> Iterator[Org]:
    """Another connection to it."""
    with Org(work, CHEAP) as org:
        yield org


def runs(org: Org, name: str) -> list[int]:
    """The moments of a client's tries, in ms since the beginning."""
    client = org.clients.named(name).id
    kinds = ("login_accepted", "login_refused", "run_worked", "run_refused")
    events = org.history.events(limit=-1)
    return [
        event.at - START for event in events if event.client_id == client and event.kind in kinds
    ]


def whole(org: Org, until: int) -> None:
    """Everything due until then has run once, at its moment, in order; nothing later has."""
    for name, every in (("P0", 10 * MINUTE), ("P1", 10 * MINUTE), ("P2", 15 * SECOND)):
        assert runs(org, name) == list(range(every, until + 1, every)), name
    moments = [event.at for event in org.history.events(limit=-1)]
    assert moments == sorted(moments) and tally(org.database) == recount(org.database)


# ---- inside use cases


def set_unseen(org: Org, moment: int) -> None:
    """Another process sets a frozen clock, and is gone before it has run what was due."""
    org.database.conn.execute("update org set seen_org = ?, anchor_org = ?", (moment, moment))


def test_a_use_case_first_runs_what_was_due_at_its_own_moment(busy: Org, other: Org) -> None:
    set_unseen(other, START + 25 * MINUTE)
    before = busy.info().last_event
    busy.tokens.reset("integration")
    whole(busy, 25 * MINUTE)
    events = [(event.kind, event.at - START) for event in busy.history.events(before, limit=-1)]
    own = events.index(("token_reset", 25 * MINUTE))
    assert own == 100 + 2 * 2 + 3 and {at for _, at in events[own:]} == {25 * MINUTE}, (
        "104 tries, two lockouts, one end"
    )


@pytest.mark.parametrize("how", ["the clock is moved", "a use case comes after it"])
def test_what_is_due_verifies_passwords_as_the_org_was_told(work: Path, how: str) -> None:
    hashing = Counting(CHEAP.memory_kib, CHEAP.passes)
    with Org(work, hashing) as org:
        nobody_else_has_tried = f"Wrong-{how}"
        org.clients.hold(org.clients.named("P0").id, password=nobody_else_has_tried, token="")
        if how == "the clock is moved":
            org.clock.advance(10 * MINUTE)
        else:
            set_unseen(org, START + 10 * MINUTE)
            org.clock.touch()
    assert nobody_else_has_tried in hashing.candidates


def test_of_two_connections_that_come_too_late_one_runs_what_was_due_and_the_other_nothing(
    busy: Org, other: Org
) -> None:
    for number in range(1, 7):
        set_unseen(other, START + number * 7 * MINUTE)
        first, second = (busy, other) if number % 2 else (other, busy)
        first.clock.touch()
        second.clock.touch()
        whole(busy, number * 7 * MINUTE)


def test_a_refused_use_case_leaves_what_was_due_to_the_next_one(busy: Org, other: Org) -> None:
    set_unseen(other, START + 25 * MINUTE)
    with pytest.raises(NotAllowedError):
        busy.users.unlock("integration")
    assert runs(busy, "P0") == []
    other.clock.touch()
    whole(busy, 25 * MINUTE)


def test_a_login_finds_the_lockout_ended_that_had_to_end_before_it(busy: Org, other: Org) -> None:
    attempt = Attempt(INTEGRATION, "wrong", Door.SOAP, CLOUD, "64.0")
    assert [busy.login(attempt).locked_out for _ in range(10)][-1]
    set_unseen(other, START + 15 * MINUTE)
    right = Attempt(INTEGRATION, PASSWORD + busy.clients.get(1).token, Door.SOAP, CLOUD, "64.0")
    assert busy.login(right).verdict.accepted
    kinds = [event.kind for event in busy.history.events(limit=-1) if event.user_id == 1]
    assert kinds[-2:] == ["lock_ended", "login_accepted"]


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A wall clock that a test moves."""
    moment = [1_800_000_000_000]
    for name, module in list(sys.modules.items()):
        if name.startswith("freshtoken_model") and hasattr(module, "wall_clock"):
            monkeypatch.setattr(module, "wall_clock", lambda: moment[0])
    return moment


def test_while_org_time_runs_every_run_is_run_by_whoever_comes_next(
    tmp_path: Path, wall: list[int]
) -> None:
    Org.create(tmp_path / "running.db", seed="runs", hashing=CHEAP)
    with Org(tmp_path / "running.db", CHEAP) as one, Org(tmp_path / "running.db", CHEAP) as two:
        good(every=MINUTE).join(one, 0, START)
        for step in range(1, 40):
            wall[0] += 50 * SECOND * (step % 4)
            (one if step % 3 else two).clock.touch()
            if step % 5 == 0:
                two.login(Attempt(INTEGRATION, "wrong", Door.SOAP, CLOUD, "64.0"))
        reached = two.clock.read().seen_org - START
        assert reached == wall[0] - 1_800_000_000_000 > 40 * MINUTE
        assert runs(one, "P0") == list(range(MINUTE, reached + 1, MINUTE))


@pytest.mark.parametrize("how", ["touch", "advance"])
def test_a_run_that_was_due_before_now_meets_the_rate_limit_of_its_own_hour(
    tmp_path: Path, wall: list[int], how: str
) -> None:
    Org.create(tmp_path / "running.db", hashing=CHEAP)
    with Org(tmp_path / "running.db", CHEAP) as org:
        good().join(org, 0, START)
        org.database.conn.executemany(
            "insert into login_history(user_id, login_time, shape_id, status, event_id) values "
            "(1, ?, 1, 'success', 1)",
            [(START - 10 * MINUTE,)] * 3_600,
        )
        wall[0] += 55 * MINUTE
        org.clock.touch() if how == "touch" else org.clock.advance(0)
        refused = [
            event.at - START for event in org.history.events() if event.detail == "rate_limited"
        ]
        assert refused == [minutes * MINUTE for minutes in (10, 20, 30, 40)]


def test_threads_that_move_the_clock_and_work_at_once_run_nothing_twice(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advance, "BATCH", 5)
    failed: list[BaseException] = []

    def moves() -> None:
        try:
            with Org(work, CHEAP) as org:
                for _ in range(6):
                    org.clock.advance(5 * MINUTE)
        except BaseException as error:
            failed.append(error)

    def works() -> None:
        try:
            with Org(work, CHEAP) as org:
                for _ in range(10):
                    org.tokens.reset("ada")
                    org.clock.touch()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=target) for target in (moves, moves, works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    with Org(work, CHEAP) as org:
        reached = org.clock.read().seen_org - START
        assert 30 * MINUTE <= reached <= 60 * MINUTE
        whole(org, reached)
        assert Counter(event.kind for event in org.history.events(limit=-1))["token_reset"] == 10


# ---- batches: progress, cancel, conflicts


def test_progress_is_told_after_every_batch_and_at_the_end(
    busy: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advance, "BATCH", 10)
    seen: list[int] = []
    reached = busy.clock.advance(HOUR, progress=seen.append)
    assert reached == START + HOUR == seen[-1] == busy.clock.read().seen_org
    assert len(seen) > 20 and seen == sorted(set(seen)) and seen[0] > START
    whole(busy, HOUR)


MOVER = """
import sys
from pathlib import Path
from freshtoken_model.simulation import advance
from freshtoken_model.org import Org
advance.BATCH = 20
with Org(Path(sys.argv[1])) as org:
    org.clock.advance(30 * 86_400_000, lambda moment: print(moment, flush=True))
"""


@pytest.mark.parametrize("after", [1, 30])
def test_a_process_that_is_killed_while_it_moves_the_clock_leaves_a_whole_moment(
    work: Path, after: int
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", MOVER, str(work)], stdout=subprocess.PIPE, text=True
    ) as mover:
        assert mover.stdout is not None
        seen = [int(mover.stdout.readline()) for _ in range(after)][-1]
        mover.kill()
    with Org(work, CHEAP) as org:
        reached = org.clock.read().seen_org
        assert seen <= reached < START + 30 * DAY
        whole(org, reached - START)
        assert org.rewind.steps(1)[0].words == "the clock was moved, and stopped on the way"
        org.clock.set(reached + HOUR)
        whole(org, reached + HOUR - START)
        org.rewind.back(2)
        whole(org, 0)


@pytest.mark.parametrize("stop_at", [1, 4, 17])
def test_cancelling_leaves_a_whole_earlier_moment_from_which_it_goes_on_as_if_nothing_had_been(
    busy: Org, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_at: int
) -> None:
    shutil.copy(work, tmp_path / "copy.db")
    monkeypatch.setattr(advance, "BATCH", 3)
    cancel, told = threading.Event(), []

    def progress(moment: int) -> None:
        told.append(moment)
        if len(told) == stop_at:
            cancel.set()

    reached = busy.clock.advance(HOUR, progress, cancel)
    assert reached == told[stop_at - 1] == busy.clock.read().seen_org < START + HOUR
    whole(busy, reached - START)
    assert len(busy.rewind.steps(1)) == 1 and "org clock: forward" in busy.rewind.steps(1)[0].words
    busy.clock.set(START + HOUR)
    with Org(tmp_path / "copy.db", CHEAP) as straight:
        straight.clock.advance(HOUR)
        assert happened(busy.database) == happened(straight.database)


def test_a_moment_is_never_cut_in_two_however_small_the_batches(
    busy: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advance, "BATCH", 1)
    halves: list[tuple[int, int]] = []
    busy.clock.advance(
        HOUR, progress=lambda _: halves.append((len(runs(busy, "P0")), len(runs(busy, "P1"))))
    )
    assert (3, 3) in halves and all(one == two for one, two in halves)


def test_one_cancelled_before_it_began_moves_nothing(busy: Org) -> None:
    cancel = threading.Event()
    cancel.set()
    assert busy.clock.advance(HOUR, cancel=cancel) == START == busy.clock.read().seen_org
    whole(busy, 0)


def test_what_another_connection_writes_in_the_middle_of_a_move_counts_from_there_on(
    busy: Org, other: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advance, "BATCH", 20)
    written: list[int] = []

    def meanwhile(moment: int) -> None:
        if moment >= START + 15 * MINUTE and not written:
            written.append(moment)
            other.passwords.change("integration", PASSWORD, FRESH)
            other.users.freeze("loader")

    busy.clock.advance(HOUR, meanwhile)
    whole(busy, HOUR)
    (moment,) = written
    events = busy.history.events(limit=-1)
    changed = next(event for event in events if event.kind == "password_changed")
    assert changed.at == moment and other.users.get("loader").frozen
    tries = [
        event for event in events if event.client in ("P0", "P1") and event.kind.startswith("login")
    ]
    assert (
        all((event.kind == "login_accepted") is (event.at <= moment) for event in tries)
        and len(tries) == 12
    )
    assert busy.users.get("integration").failed_attempts == 5, "P0, from 20 minutes on"


def decided(monkeypatch: pytest.MonkeyPatch, other: Org) -> list[bool]:
    """Each batch that is decided outside the lock is overtaken by somebody; returns which were
    decided under it.
    """
    under_lock: list[bool] = []
    decide = Simulation.decide

    def overtaken(simulation: Simulation, until: int, at_least: int) -> Batch:
        batch = decide(simulation, until, at_least)
        under_lock.append(simulation._db.conn.in_transaction)
        if not under_lock[-1]:
            other.tokens.reset("ada")
        return batch

    monkeypatch.setattr(Simulation, "decide", overtaken)
    return under_lock


def test_a_batch_overtaken_three_times_is_decided_under_the_lock(
    busy: Org, other: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advance, "BATCH", 100)
    under_lock = decided(monkeypatch, other)
    assert busy.clock.advance(HOUR) == START + HOUR
    whole(busy, HOUR)
    assert (
        under_lock == [False, False, False, True] * (len(under_lock) // 4)
        and len(under_lock) >= 4 * 3
    )
    resets = Counter(event.kind for event in busy.history.events(limit=-1))["token_reset"]
    assert resets == under_lock.count(False), "nothing of what others wrote is lost"


def test_org_time_ends_where_it_was_to_go_with_nothing_due(org: Org) -> None:
    org.integrations.remove("Nightly sync")
    assert org.clock.next_due() == org.users.get("lee").password_changed_at + 90 * DAY
    before = org.info().last_event
    seen: list[int] = []
    assert org.clock.advance(DAY, seen.append) == START + DAY
    assert [event.kind for event in org.history.events(before)] == ["clock_changed"] and seen == [
        START + DAY
    ]
