"""Requests per second of `freshtoken serve` over 1,000 users, beside references measured in the
same run.

python tests/bench/serve.py [seconds]             logins and queries; 5 rounds of so many seconds
each (3), medians python tests/bench/serve.py --soak [seconds]      1,000 clients at once for so
long (60), then 3,000 idle connections python tests/bench/serve.py --timing [number]     so many
refusals a kind (400) over the wire: can users be told by time? python tests/bench/serve.py
--profile [number]    so many requests (2,000) in-process: us and SQL statements of each

Benchmarks, not tests: nothing here fails for being slow. Load comes from wrk, or without it from
calls.py. The references moto_server and oidc-provider-mock are looked for on PATH and in
$BENCH_VENV/bin.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path

import org_of_many
import servers
from calls import Ask, Heard, as_lua, drive, password_grant, percentile, query, soap_login

from freshtoken_model.decision.credentials import VerifiedPasswords

USERS, ROUNDS, CONNECTIONS = 1_000, 5, 16
BUSY_GENERATOR = 0.85
"""Of a core: above, the generator may be what is measured."""
QUERY_TARGET, LOGIN_TARGET = 0.5, 5.0
"""An authenticated query: of bare Starlette's rate; an accepted login with a remembered password:
of moto's.
"""


@dataclass
class Subject:
    """One server and what it is asked; a number a round."""

    name: str
    pid: int
    url: str
    asks: list[Ask]
    seconds: float = 0.0
    rates: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    cores: list[float] = field(default_factory=list)
    wrong: int = 0
    busy: float = 0.0

    @property
    def rate(self) -> float:
        """Requests per second."""
        return statistics.median(self.rates)

    @property
    def cpu(self) -> float:
        """Processor time of the server a request, in us: what neighbours on the machine disturb
        least.
        """
        return statistics.median(
            cores / rate * 1e6 for cores, rate in zip(self.cores, self.rates, strict=True) if rate
        )

    def ratio(self, other: "Subject") -> float:
        """Of the rates, round by round."""
        return statistics.median(a / b for a, b in zip(self.rates, other.rates, strict=True) if b)


def measure(subject: Subject, seconds: float, folder: Path) -> None:
    """One round."""
    seconds, before = subject.seconds or seconds, servers.cpu_seconds(subject.pid)
    if shutil.which("wrk"):
        script = folder / f"{abs(hash(subject.name))}.lua"
        as_lua(subject.asks, script)
        used = os.times()
        command = [
            "wrk",
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{max(1, round(seconds))}s",
            "--timeout",
            "10s",
        ]
        said = subprocess.run(
            [*command, "-s", str(script), subject.url], capture_output=True, text=True, check=True
        ).stdout
        now = os.times()
        found = json.loads(said.partition("RESULT ")[2].splitlines()[0])
        spent, rate = found["us"] / 1e6, found["requests"] / (found["us"] / 1e6)
        p50, p99, wrong = found["p50"], found["p99"], found["refused"] + found["errors"]
        busy = now.children_user + now.children_system - used.children_user - used.children_system
    else:
        heard = drive(subject.url, subject.asks, seconds, CONNECTIONS)
        spent, rate = heard.seconds, len(heard.every) / heard.seconds
        p50, p99, busy = percentile(heard.every, 50), percentile(heard.every, 99), heard.cpu
        wrong = sum(n for (_, status), n in heard.statuses.items() if status >= 400) + sum(
            heard.errors.values()
        )
    subject.rates.append(rate)
    subject.p50.append(p50)
    subject.p99.append(p99)
    subject.cores.append((servers.cpu_seconds(subject.pid) - before) / spent)
    subject.wrong += wrong
    subject.busy = max(subject.busy, busy / spent)


def warmed(url: str, many: org_of_many.Many) -> list[str]:
    """Log everybody in by both doors: from now on the passwords are remembered, if there is room.
    Returns session IDs.
    """
    drive(
        url,
        [soap_login("warm", name, org_of_many.PASSWORD) for name in many.usernames],
        connections=8,
        once=True,
    )
    heard = drive(url, grants("warm", many), connections=8, keep=True, once=True)
    sessions = [json.loads(body).get("access_token") for _, body in heard.bodies]
    if len(sessions) < len(many.usernames) or not all(sessions):
        raise SystemExit(f"The warm-up failed: {dict(heard.statuses)} {dict(heard.errors)}")
    return sessions


def grants(kind: str, many: org_of_many.Many) -> list[Ask]:
    """A token request of every user."""
    app = (many.consumer_key, many.consumer_secret)
    return [password_grant(kind, name, org_of_many.PASSWORD, *app) for name in many.usernames]


def compare(seconds: float, folder: Path) -> None:
    """The table."""
    shipped = signature(VerifiedPasswords).parameters["size"].default
    print(f"making an org of {USERS:,} users and logging everybody in ...", flush=True)
    many = org_of_many.make(folder / "many.db", USERS)
    copy = folder / "shipped.db"
    shutil.copy(many.path, copy)
    with ExitStack() as stack:
        subjects, missing = [], []
        for name, reference in (
            ("bare Starlette hello", servers.bare),
            ("moto STS GetCallerIdentity", servers.moto),
            ("oidc-provider-mock refresh", servers.oidc),
        ):
            started = stack.enter_context(reference())
            if started is None:
                missing.append(name)
            else:
                subjects.append(Subject(name, *started))
        room = shipped if shipped >= USERS else 2 * USERS
        pid, at = stack.enter_context(servers.freshtoken(many.path, "office", room))
        sessions = warmed(at["http"], many)
        logins = [soap_login("soap", name, org_of_many.PASSWORD) for name in many.usernames]
        subjects += [
            Subject("password grant, remembered", pid, at["http"], grants("grant", many)),
            Subject("SOAP login(), remembered", pid, at["http"], logins),
            Subject(
                "REST query", pid, at["http"], [query("query", session) for session in sessions]
            ),
        ]
        if shipped < USERS:
            pid, at = stack.enter_context(servers.freshtoken(copy, "office"))
            subjects.append(Subject(f"SOAP login(), {shipped} remembered", pid, at["http"], logins))
        for _ in range(ROUNDS):
            for subject in subjects:
                measure(subject, seconds, folder)
        report(subjects, missing, shipped, room)


def report(subjects: list[Subject], missing: list[str], shipped: int, room: int) -> None:
    """Print the table and the ratios to the targets."""
    by_name = {subject.name: subject for subject in subjects}
    bare, moto = by_name["bare Starlette hello"], by_name.get("moto STS GetCallerIdentity")
    print(
        f"\n{ROUNDS} rounds, medians; {CONNECTIONS} keep-alive connections; remembers {shipped} "
        f"passwords",
        end="",
    )
    print(f" as shipped, {room} where it says 'remembered'" if room != shipped else "")
    print(
        f"{'':29} {'req/s':>8} {'(least-most)':>15} {'p50 ms':>8} {'p99 ms':>8} {'cpu us':>7} "
        f"{'x bare':>7} {'x moto':>7}"
    )
    for s in subjects:
        spread = f"({min(s.rates):,.0f}-{max(s.rates):,.0f})"
        numbers = f"{statistics.median(s.p50):8.2f} {statistics.median(s.p99):8.2f} {s.cpu:7.0f}"
        print(f"{s.name:29} {s.rate:8,.0f} {spread:>15} {numbers} {s.ratio(bare):7.2f}", end="")
        print(f" {s.ratio(moto):7.2f}" if moto else "", f"  {s.wrong} NOT 2xx" if s.wrong else "")
    for name in missing:
        print(f"{name:29} not run: not installed")
    most = max(subject.busy for subject in subjects)
    print(
        f"load generator: {'wrk' if shutil.which('wrk') else 'calls.py'}, at most {most:.2f} of a "
        f"core",
        end="",
    )
    print("  TOO BUSY: the fastest rows are too low" if most > BUSY_GENERATOR else "")
    verdict("REST query", by_name["REST query"].ratio(bare), QUERY_TARGET, "bare Starlette")
    if moto:
        for name in ("password grant, remembered", "SOAP login(), remembered"):
            verdict(name, by_name[name].ratio(moto), LOGIN_TARGET, "moto")


def verdict(name: str, ratio: float, target: float, of: str) -> None:
    """One target."""
    print(
        f"{name:29} {ratio:5.2f} x {of}; target {target:g}: "
        f"{'reached' if ratio >= target else 'MISSED'}"
    )


def summary(heard: Heard) -> None:
    """Statuses, errors and times of a run of calls.py."""
    for kind, times in sorted(heard.times.items()):
        statuses = {status: n for (k, status), n in sorted(heard.statuses.items()) if k == kind}
        middle, high, most = percentile(times, 50), percentile(times, 99), max(times)
        print(
            f"  {kind:18} {len(times):7,} answers  {statuses}  p50 {middle:.0f}  p99 {high:.0f}  "
            f"max {most:.0f} ms"
        )
    print(
        f"  errors: {dict(heard.errors) or 'none'}; {len(heard.every) / heard.seconds:,.0f} "
        f"answers/s"
    )


def main() -> None:
    """Run what was asked for in a temporary folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    which = parser.add_mutually_exclusive_group()
    for name in ("soak", "timing", "profile"):
        which.add_argument(f"--{name}", action="store_true")
    parser.add_argument("number", nargs="?", type=float, help="seconds, or how many")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="freshtoken-bench-"))
    try:
        if chosen.soak:
            from serve_soak import soak

            soak(chosen.number or 60, folder)
        elif chosen.timing:
            from serve_timing import timing

            timing(int(chosen.number or 400), folder)
        elif chosen.profile:
            from serve_profile import profile

            profile(int(chosen.number or 2_000), folder)
        else:
            compare(chosen.number or 3, folder)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
