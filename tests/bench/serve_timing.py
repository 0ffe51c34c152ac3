"""Can a client tell by the time of a refusal whether a user exists, or a password was right? Over
the wire, in turn.
"""

import math
import random
import sqlite3
import statistics
from itertools import pairwise
from pathlib import Path

import org_of_many
import servers
from calls import Ask, drive, password_grant, soap_login

LOCKED_AT = 1_700_000_000_000
OTHER_TOKEN, OTHER_PASSWORD = "9" * 19 + "Guess", "Benchmark-Boat-8"
KINDS = (
    "wrong password",
    "wrong password again",
    "unknown user",
    "wrong token",
    "no token",
    "locked user",
)
PAIRS = (
    ("wrong password", "wrong password again", "null: the same twice"),
    ("wrong password", "unknown user", "does the user exist?"),
    ("wrong password", "wrong token", "was the password right?"),
    ("wrong password", "no token", "... shorter by 24 characters"),
    ("wrong password", "locked user", "is the user locked? (right password and token)"),
    ("unknown user", "locked user", ""),
)
DOORS = ("SOAP", "OAuth")


def rank_test(one: list[float], other: list[float]) -> tuple[float, float]:
    """Mann-Whitney, normal approximation with ties: p (two-sided), and how often one value of
    `other` is the larger.
    """
    ordered = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks, ties, start = 0.0, 0.0, 0
    edges = [0, *(n for n, (a, b) in enumerate(pairwise(ordered), 1) if a[0] != b[0]), len(ordered)]
    for start, end in pairwise(edges):
        size = end - start
        ties += size**3 - size
        ranks += (start + end + 1) / 2 * sum(which for _, which in ordered[start:end])
    n, m = len(one), len(other)
    u, total = ranks - m * (m + 1) / 2, n + m
    spread = math.sqrt(n * m / 12 * (total + 1 - ties / (total * (total - 1))))
    return math.erfc(abs(u - n * m / 2) / spread / math.sqrt(2)), u / (n * m)


def timing(number: int, folder: Path) -> None:
    """`number` refusals of each kind at each door, in random order, each of another user."""
    print(f"making an org of {number * (len(KINDS) - 1) + 60:,} users ...", flush=True)
    many = org_of_many.make(folder / "timing.db", number * (len(KINDS) - 1) + 60, network="cloud")
    draw = random.Random(5)
    users = list(range(60, len(many.usernames)))
    draw.shuffle(users)  # so that no kind has the older rows
    known = dict(
        zip((k for k in KINDS if k != "unknown user"), (users[i::5] for i in range(5)), strict=True)
    )
    conn = sqlite3.connect(many.path)
    conn.executemany(
        "update user set locked_at = ?, locked_until = null where username = ?",
        [(LOCKED_AT, many.usernames[number]) for number in known["locked user"]],
    )
    conn.commit()
    conn.close()
    app = (many.consumer_key, many.consumer_secret)

    def ask(door: str, kind: str, which: int) -> Ask:
        user = known[kind][which] if kind in known else which
        name = many.usernames[user] if kind in known else f"none{user:04d}@bench.example"
        token = org_of_many.token_of(user) if kind in known else org_of_many.token_of(which)
        sent = {
            "wrong token": org_of_many.PASSWORD + OTHER_TOKEN,
            "no token": org_of_many.PASSWORD,
            "locked user": org_of_many.PASSWORD + token,
        }.get(kind, OTHER_PASSWORD + token)
        return (
            soap_login(kind, name, sent)
            if door == "SOAP"
            else password_grant(kind, name, sent, *app)
        )

    with servers.freshtoken(many.path, "cloud") as (_, at):
        first = [
            soap_login("warm", name, "x" * 40) for name in many.usernames[:60]
        ]  # takes the rows for outside clients
        first += [password_grant("warm", name, "x" * 40, *app) for name in many.usernames[:60]]
        drive(at["http"], first, connections=1, once=True)
        for door in DOORS:
            asks = [ask(door, kind, which) for kind in KINDS for which in range(number)]
            draw.shuffle(asks)
            heard = drive(at["http"], asks, 3_600, 1, once=True)
            print(f"\n{door}: {dict(heard.statuses)} {dict(heard.errors) or ''}")
            for kind in KINDS:
                times = heard.times[kind]
                print(f"  {kind:22} n={len(times)}  median {statistics.median(times):7.3f} ms")
            for one, other, words in PAIRS:
                a, b = heard.times[one], heard.times[other]
                p, larger = rank_test(a, b)
                gap = statistics.median(b) - statistics.median(a)
                print(
                    f"  {one} / {other:22} difference {gap:+7.3f} ms  p = {p:8.2g}  one call "
                    f"tells {larger:5.1%}  {words}"
                )
