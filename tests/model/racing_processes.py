"""What the other processes of test_races.py do: one job a process, started by a line on standard
input.

Run as a script: racing_processes.py JOB FILE ARGUMENTS. Prints "ready", waits for a line, works,
prints its report as JSON.
"""

import json
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from freshtoken_model.decision.credentials import Hashing
from freshtoken_model.decision.verdict import Attempt, Door
from freshtoken_model.org import Org
from freshtoken_model.values.errors import NotAllowedError

CHEAP = Hashing(memory_kib=8, passes=1)
USER, PASSWORD, FRESH = "integration@acme.example", "Harbour-Light-7", "Fresh-Start-88"
CLOUD, OFFICE = "203.0.113.7", "198.51.100.20"


def password_of(generation: int) -> str:
    """The integration user's password after so many changes."""
    return f"Never-Used-{generation}" if generation else PASSWORD


def started() -> None:
    print("ready", flush=True)
    sys.stdin.readline()


def guess(path: Path, times: str) -> object:
    """Log in with a wrong password, again and again."""
    with Org(path, CHEAP) as org:
        started()
        attempt = Attempt(USER, "Wrong-Guess-1", Door.SOAP, CLOUD, "64.0")
        results = [org.login(attempt) for _ in range(int(times))]
    return [[result.event_id, result.verdict.counts, result.locked_out] for result in results]


def hammer(path: Path, seed: str, until: str) -> object:
    """Log in with old, current and coming credentials until the last password has let in 20
    times.
    """
    chance, seen, welcome = random.Random(int(seed)), [], 0
    last = int(until)
    with Org(path, CHEAP) as org:
        first = org.clients.all()[0].token
        started()
        while welcome < 20:
            tokens = [first, *(mail.token for mail in reversed(org.mail.all(USER)) if mail.token)]
            newest = len(tokens) - 1
            generation = min(last, max(0, newest + chance.choice([-1, 0, 0, 0, 1])))
            token = max(0, newest - chance.choice([0, 0, 0, 1]))
            if chance.random() < 0.5:
                token, sent, door, address = -1, password_of(generation), Door.OAUTH, OFFICE
            else:
                sent, door, address = password_of(generation) + tokens[token], Door.SOAP, CLOUD
            result = org.login(Attempt(USER, sent, door, address, "64.0"))
            seen.append([result.event_id, generation, token, result.session_id is not None])
            welcome += generation == last and result.verdict.accepted
    return seen


def make(path: Path) -> object:
    """Make the org file if it is not there, then use it."""
    started()
    try:
        Org.create(path, hashing=CHEAP)
        made = True
    except NotAllowedError:
        made = False
    with Org(path, CHEAP) as org:
        result = org.login(Attempt(USER, PASSWORD, Door.UI, CLOUD))
        return [made, result.verdict.accepted, org.info().generation]


def change(path: Path, each: Callable[[], int | None]) -> None:
    """One password change; `each` is called before every statement and every hundred steps of
    SQLite's machine.
    """
    org = Org(path, CHEAP)
    org.database.conn.set_trace_callback(lambda _: each())
    org.database.conn.set_progress_handler(lambda: each() and 0, 100)
    org.passwords.change(USER, PASSWORD, FRESH)


def child(job: Callable[[], None]) -> int:
    """Run a job in a forked process; returns its id."""
    pid = os.fork()
    if pid == 0:
        try:
            job()
        finally:
            os._exit(0)
    return pid


def dies_at(path: Path, number: int) -> bool:
    """A process that kills itself at its number-th step of a password change. Returns whether it
    lived that long.
    """
    left = number

    def count() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    _, status = os.waitpid(child(lambda: change(path, count)), 0)
    return os.WIFSIGNALED(status)


def dies_after(path: Path, number: int) -> bool:
    """A process killed from outside as soon as it has told of its number-th step. Returns whether
    the kill came in time.
    """
    reading, writing = os.pipe()
    pid = child(lambda: change(path, lambda: os.write(writing, b".") and None))
    os.close(writing)
    told = 0
    while told < number and (got := os.read(reading, number - told)):
        told += len(got)
    os.kill(pid, signal.SIGKILL)  # not yet waited for, so it is still our child
    os.close(reading)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


def kill(folder: Path, way: str, *numbers: str) -> object:
    """Every file <number>.db of the folder: a password change killed at that step. Returns which
    were killed.
    """
    started()
    die = {"itself": dies_at, "outside": dies_after}[way]
    return [die(folder / f"{number}.db", int(number)) for number in numbers]


def count(path: Path) -> object:
    """How many steps a password change has that nobody kills."""
    started()
    steps: list[None] = []
    change(path, lambda: steps.append(None))
    return len(steps)


if __name__ == "__main__":
    jobs: dict[str, Callable[..., object]] = {
        "guess": guess,
        "hammer": hammer,
        "make": make,
        "kill": kill,
        "count": count,
    }
    print(json.dumps(jobs[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])), flush=True)
