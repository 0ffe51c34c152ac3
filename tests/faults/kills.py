"""Kills: a command that writes is ended by SIGKILL at a moment of chance, or at a system call;
nothing may be half done.
"""

import json
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .harness import (
    HANG,
    NEW,
    OLD,
    USER,
    Campaign,
    Ended,
    call,
    finish,
    furnish,
    inside,
    kill_group,
    query,
    start,
    unsound,
    wrong,
)

CALLS = (
    "pwrite64",
    "fdatasync",
    "fsync",
    "unlink",
    "unlinkat",
    "rmdir",
    "rename",
    "link",
    "linkat",
    "mkdir",
    "openat",
)
LEFTOVERS = (
    ".freshtoken-*",
    "data/freshtoken/.freshtoken-*",
    "data/freshtoken/labs/.lab-*",
    "tmp/freshtoken-*",
)
"""Temporary folders of the program, from the room's folder."""
TOKENS = (
    "select t.digest, t.retired_at from token t join user u on u.id = t.user_id where "
    "u.username = ? order by t.id"
)


@dataclass(frozen=True)
class Scenario:
    """A command on a prepared room, and what must hold after it was killed and the next commands
    have run.
    """

    words: tuple[str, ...]
    check: Callable[[Path], list[str]]
    preset: str = "default"
    prepare: Callable[[Path], object] = lambda room: None


def _password(room: Path) -> list[str]:
    changed = query(
        room / "org.db", "select password_changes from user where username = ?", USER
    ) != [(0,)]
    tokens = query(room / "org.db", TOKENS, USER)
    if changed != (tokens[0][1] is not None):
        return [f"half a password change: changed {changed}, tokens {tokens}"]
    former = query(room / "org.db", "select count(*) from former_password") != [(0,)]
    return (
        []
        if former == changed
        else [f"half a password change: changed {changed}, a former password kept {former}"]
    )


def _token(room: Path) -> list[str]:
    tokens, mails = (
        query(room / "org.db", TOKENS, USER),
        query(room / "org.db", "select count(*) from mail")[0][0],
    )
    live = sum(retired is None for _, retired in tokens)
    before = query(room / "before.db", "select count(*) from mail")[0][0]
    found = [] if live == 1 else [f"{live} live tokens"]
    resets = len(tokens) - len(query(room / "before.db", TOKENS, USER))
    return found + (
        [] if mails - resets == before else [f"{resets} resets, mails {before} -> {mails}"]
    )


def _snapshot(room: Path) -> list[str]:
    file = room / "copy.db"
    if not file.exists():
        return ["the second org snapshot made no file"]
    return unsound(file)


def _restore(room: Path) -> list[str]:
    changes = query(room / "org.db", "select password_changes from user where username = ?", USER)
    return (
        []
        if changes == [(1,)]
        else [f"the second org restore did not bring the change back: {changes}"]
    )


def _clock(room: Path) -> list[str]:
    (behind,) = query(
        room / "org.db", "select count(*) from integration i, org where i.next_due < org.seen_org"
    )[0]
    (later,) = query(
        room / "org.db", "select count(*) from event, org where event.at > org.seen_org"
    )[0]
    return ([f"{behind} integrations were left behind"] if behind else []) + (
        [f"{later} events to come"] if later else []
    )


def _new(room: Path) -> list[str]:
    return (
        unsound(room / "new.db")
        if (room / "new.db").exists()
        else ["the second org new made no file"]
    )


def _lab(room: Path) -> list[str]:
    found: list[str] = []
    for name in ("from-outside", "first-change"):
        labs = room / "data/freshtoken/labs"
        if not (labs / f"{name}.db").exists():
            continue
        with inside(room):
            code, out, err = call(["lab", "start", name, "--json"])
            _, listed, _ = call(["lab", "list", "--json"])
        if code:
            return [f"lab start after the kill: exit code {code}: {err[-160:]}"]
        said = json.loads(out)
        found += [
            f"lab start names a file that is not there: {file}"
            for file in said["files"]
            if not Path(file).exists()
        ]
        state = next(one["state"] for one in json.loads(listed) if one["id"] == name)
        found += unsound(Path(said["org"])) + (
            [] if state == "started" else [f"lab list says {state} of a started lab"]
        )
    return found


def _changed_copy(room: Path) -> None:
    """before.db: the org after a password change."""
    with inside(room):
        call(
            [
                "--org",
                str(room / "before.db"),
                "password",
                "change",
                "integration",
                "--old",
                OLD,
                "--new",
                NEW,
            ]
        )


SCENARIOS = {
    "password": Scenario(
        ("password", "change", "integration", "--old", OLD, "--new", NEW), _password
    ),
    "token": Scenario(("token", "reset", "integration"), _token),
    "snapshot": Scenario(("org", "snapshot", "copy.db"), _snapshot),
    "restore": Scenario(("org", "restore", "before.db", "--yes"), _restore, prepare=_changed_copy),
    "lab": Scenario(("lab", "start", "from-outside"), _lab),
    "plain-lab": Scenario(("lab", "start", "first-change"), _lab),
    "clock": Scenario(("clock", "advance", "3d"), _clock, "night"),
    "new": Scenario(("org", "new", "new.db"), _new),
}


def _prepared(room: Path, scenario: Scenario) -> dict[str, str]:
    """The room before the command; its variables."""
    org = furnish(room, preset=scenario.preset)
    shutil.copy(org, room / "before.db")
    scenario.prepare(room)
    return {"FRESHTOKEN_ORG": str(org)}


@cache
def has_strace() -> bool:
    """Whether a process can be killed at a system call of its own."""
    try:
        return (
            subprocess.run(
                ["strace", "-qq", "true"], capture_output=True, check=False, timeout=HANG
            ).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


class Kills(Campaign):
    """Every scenario in turn; at a moment, or at the n-th system call of a kind where strace is
    there.
    """

    name, share = "kills", 3

    def __init__(self, place: Path, seed: int) -> None:
        super().__init__(place, seed)
        self._seconds: dict[str, float] = {}
        self._counts: dict[str, Counter[str]] = {}

    def attempt(self, number: int) -> list[str]:
        """Prepare, kill, look, run the command once more, look again."""
        dice = self.dice(number)
        name = list(SCENARIOS)[number % len(SCENARIOS)]
        scenario = SCENARIOS[name]
        with self.room() as room:
            variables = _prepared(room, scenario)
            if has_strace() and dice.random() < 0.7:
                counts = self._counted(name)
                call_name = dice.choice([c for c in CALLS if counts[c]])
                when = dice.randint(1, counts[call_name])
                how = f"{name} killed at {call_name} {when}"
                inject = f"inject={call_name}:signal=SIGKILL:when={when}"
                trace = [
                    "strace",
                    "-f",
                    "-qq",
                    "-o",
                    "/dev/null",
                    "-e",
                    f"trace={call_name}",
                    "-e",
                    inject,
                ]
                ended = finish(start(scenario.words, room, trace, **variables), 2 * HANG)
            else:
                moment = dice.uniform(0, self._normal(name))
                how = f"{name} killed after {moment * 1000:.0f} ms"
                ended = self._killed_after(scenario, room, variables, moment)
            found = (
                []
                if ended.code in (0, -signal.SIGKILL)
                else wrong(ended) or [f"ended with {ended.code}: {ended.err[-160:]}"]
            )
            try:
                found += self._looked(name, room)
            except Exception as error:
                found.append(f"the check failed: {error!r}")
            return [f"{how}: {what}" for what in found]

    def _killed_after(
        self, scenario: Scenario, room: Path, variables: dict[str, str], moment: float
    ) -> Ended:
        process = start(scenario.words, room, **variables)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            kill_group(process)
        return finish(process)

    def _looked(self, name: str, room: Path) -> list[str]:
        """What is half done, now and after the same command and another one have run; and what they
        leave behind.
        """
        scenario, org, found = SCENARIOS[name], room / "org.db", unsound(room / "org.db")
        if name in ("password", "token", "clock", "lab", "plain-lab"):
            found += scenario.check(room)
        for file in (room / "copy.db", room / "new.db"):
            if file.exists():
                found += [f"half a file: {what}" for what in unsound(file)]
        if name == "restore":
            changes = query(org, "select password_changes from user where username = ?", USER)
            tokens = query(org, TOKENS, USER)
            found += (
                []
                if (changes != [(0,)]) == (tokens[0][1] is not None)
                else [f"half a restore: {changes} {tokens}"]
            )
        with inside(room):
            for words in (scenario.words, ("org", "show")):
                code, out, err = call(["--org", str(org), *words])
                found += [
                    f"then `{words[0]} {words[1]}`: {what}"
                    for what in wrong(Ended(code, out, err), frozenset({0, 1, 2}))
                ]
        found += unsound(org) + [f"then: {what}" for what in scenario.check(room)]
        left = [str(path.relative_to(room)) for pattern in LEFTOVERS for path in room.glob(pattern)]
        return found + [f"left behind: {path}" for path in left]

    def _normal(self, name: str) -> float:
        """Seconds that a scenario takes, measured once."""
        if name not in self._seconds:
            with self.room() as room:
                variables = _prepared(room, SCENARIOS[name])
                begun = time.monotonic()
                finish(start(SCENARIOS[name].words, room, **variables))
                self._seconds[name] = time.monotonic() - begun
        return self._seconds[name]

    def _counted(self, name: str) -> Counter[str]:
        """How often a scenario makes each system call, counted once."""
        if name not in self._counts:
            with self.room() as room:
                variables = _prepared(room, SCENARIOS[name])
                trace = [
                    "strace",
                    "-f",
                    "-qq",
                    "-o",
                    str(room / "trace"),
                    "-e",
                    f"trace={','.join(CALLS)}",
                ]
                finish(start(SCENARIOS[name].words, room, trace, **variables), 2 * HANG)
                lines = (room / "trace").read_text(errors="replace").splitlines()
            self._counts[name] = Counter(
                line.split(maxsplit=1)[-1].partition("(")[0] for line in lines
            )
        return self._counts[name]
