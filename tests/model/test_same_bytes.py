"""Same seed, same bytes: however a move of the clock is cut, and whoever's use cases run what is
due.
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from freshtoken_model.export import export
from freshtoken_model.org import Org
from freshtoken_model.simulation import advance
from freshtoken_model.values.clock import DAY, HOUR, MINUTE

from ..world import CHEAP, START
from .gen_orgs import Program, acts, does, programs


def bytes_of(org: Org) -> dict:
    """All of an org, but the notes that its clock was moved."""
    everything = export(org, with_secrets=True)
    everything["events"] = [
        event for event in everything["events"] if event["kind"] != "clock_changed"
    ]
    return everything


def set_and_touched(org: Org, milliseconds: int) -> None:
    """Org time comes to a moment by itself, and a use case runs what was due."""
    moment = org.clock.read().seen_org + milliseconds
    org.database.conn.execute("update org set seen_org = ?, anchor_org = ?", (moment, moment))
    org.clock.touch()


Cut = Callable[[Org, int], object]


def moved(
    template: Path,
    joining: list[Program],
    before: list[str],
    after: list[str],
    cuts: list[int],
    batch: int,
    pass_time: Cut = lambda org, cut: org.clock.advance(cut),
) -> dict:
    """The bytes of a world after moves that go the same way together, with something done in the
    middle and at the end.
    """
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        path = Path(folder) / "org.db"
        shutil.copy(template, path)
        patched.setattr(advance, "BATCH", batch)
        with Org(path, CHEAP) as org:
            for act in before:
                does(org, act)
            for number, program in enumerate(joining):
                program.join(org, number, START)
            for _ in range(2):
                for cut in cuts:
                    pass_time(org, cut)
                for act in after:
                    does(org, act)
            return bytes_of(org)


def script(user: str, network: str, first: int) -> Program:
    """An hourly script that is let in."""
    return Program(user, network, "soap", "every_run", "none", "right", HOUR, first)


@settings(max_examples=6, suppress_health_check=list(HealthCheck), database=None, deadline=None)
@given(
    joining=st.lists(programs, min_size=1, max_size=4),
    before=acts,
    after=acts,
    cuts=st.lists(st.integers(0, 20 * MINUTE), min_size=1, max_size=6),
    batch=st.sampled_from([1, 2, 5]),
)
@example(
    [script("loader", "cloud", 20 * MINUTE), script("sam", "office", 10 * MINUTE)],
    [],
    [],
    [15 * MINUTE, HOUR],
    1,
)
def test_the_same_seed_leaves_the_same_bytes_however_the_move_is_cut(
    org_file: Path,
    joining: list[Program],
    before: list[str],
    after: list[str],
    cuts: list[int],
    batch: int,
) -> None:
    in_one_go = moved(org_file, joining, before, after, [sum(cuts)], 1_000)
    assert moved(org_file, joining, before, after, cuts, 1_000) == in_one_go
    assert moved(org_file, joining, before, after, [sum(cuts)], batch) == in_one_go
    assert moved(org_file, joining, before, after, cuts, batch, set_and_touched) == in_one_go


@pytest.mark.parametrize("preset", ["night", "busy"])
def test_a_weekend_replays_to_the_same_bytes_in_batches_of_any_size(
    preset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for number, batch in enumerate((1_000, 1_000, 37, 1)):
        path = tmp_path / f"{number}.db"
        monkeypatch.setattr(advance, "BATCH", batch)
        Org.create(path, seed="night", frozen_at=START, hashing=CHEAP, preset=preset)
        with Org(path, CHEAP) as org:
            org.passwords.change("integration", "Harbour-Light-7", "Fresh-Start-88")
            org.clock.advance(HOUR if preset == "busy" else DAY)
            org.users.freeze("sam")
            org.clock.advance(2 * HOUR)
            found.append(bytes_of(org))
    assert found[0]["login_history"][100:]
    assert all(other == found[0] for other in found[1:])


def test_another_seed_retries_at_other_moments_and_the_same_seed_at_the_same(
    tmp_path: Path,
) -> None:
    moments = {}
    for name, seed in (("one", "a"), ("same", "a"), ("other", "b")):
        Org.create(tmp_path / name, seed=seed, frozen_at=START, hashing=CHEAP)
        with Org(tmp_path / name, CHEAP) as org:
            Program("integration", "cloud", "soap", "every_run", "backoff", "wrong", DAY, 0).join(
                org, 0, START
            )
            org.integrations.change("P0", first=START + 1)
            org.clock.advance(3 * HOUR)
            moments[name] = [
                event.at for event in org.history.events() if event.kind == "login_refused"
            ]
    assert moments["one"] == moments["same"] != moments["other"] and len(moments["one"]) > 5
