"""Commands that behave badly: they are ended, their output is bounded and without secrets."""

import asyncio
import os
import select
import signal
import sys
from pathlib import Path

import pytest

from freshtoken_model.files.adoption import AdoptedCredentials
from freshtoken_rehearsal import process
from freshtoken_rehearsal.evidence import Leak
from freshtoken_rehearsal.process import CommandError, Run, run_command
from freshtoken_rehearsal.secrets import Secrets

HELD = AdoptedCredentials("me@acme.example", "Harbour & Light 7", "T0ken" * 5)
SESSION = "00D5j00000AbCdE!AQ" + "x" * 94


def run(folder: Path, code: str, limit: float = 20.0, secrets: Secrets | None = None) -> Run:
    command = [sys.executable, "-S", "-c", code]
    given = secrets or Secrets(HELD)
    return asyncio.run(run_command(command, dict(os.environ), limit, folder, given))


def gone(pid: int) -> bool:
    """Whether a process has ended, or ends within 5 s: a signal takes a moment to be obeyed."""
    if not hasattr(os, "pidfd_open"):
        return True
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 5)[0])
    finally:
        os.close(handle)


def test_a_command_that_ends_by_itself_keeps_its_status_and_output(tmp_path: Path) -> None:
    done = run(tmp_path, "import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)")
    assert (done.process.exit_status, done.process.ended_by) == (7, "")
    assert [path.read_text() for path in done.files] == ["out\n", "err\n"]
    assert [path.stat().st_mode & 0o777 for path in done.files] == [0o600, 0o600]
    assert done.process.output_bytes == 8


def test_a_signal_of_its_own_is_its_status(tmp_path: Path) -> None:
    done = run(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGTERM)")
    assert (done.process.exit_status, done.process.ended_by) == (-signal.SIGTERM, "")


def test_at_the_limit_a_command_is_ended(tmp_path: Path) -> None:
    done = run(tmp_path, "import time; print('begun', flush=True); time.sleep(60)", limit=1.0)
    assert (done.process.ended_by, done.process.timed_out) == ("SIGTERM", True)
    assert done.files[0].read_text() == "begun\n"


def test_one_that_ignores_sigterm_is_killed_with_all_that_it_forked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "GRACE", 0.3)
    stubborn = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = os.fork()\n"
        "if child: print(os.getpid(), child, flush=True)\n"
        "time.sleep(60)"
    )
    done = run(tmp_path, stubborn, limit=2.0)
    assert done.process.ended_by == "SIGKILL"
    pids = [int(pid) for pid in done.files[0].read_text().split()]
    assert len(pids) == 2 and all(map(gone, pids))


def test_what_a_command_leaves_behind_is_ended_and_told(tmp_path: Path) -> None:
    leaves = "import os, time\nchild = os.fork()\nif child: print(child)\nelse: time.sleep(60)"
    done = run(tmp_path, leaves)
    assert (done.process.left_processes, done.process.exit_status) == (True, 0)
    assert gone(int(done.files[0].read_text()))


def test_who_has_left_the_group_cannot_hold_the_run_up(tmp_path: Path) -> None:
    leaves = (
        "import os, sys, time\nif not os.fork():\n    os.setsid(); time.sleep(6)\nprint('done')"
    )
    done = run(tmp_path, leaves)
    assert done.files[0].read_text() == "done\n"
    assert done.process.seconds < 5


def test_a_flood_is_counted_and_dropped_beyond_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LARGEST_OUTPUT", 100_000)
    flood = (
        "import sys\n"
        "for _ in range(3_000): sys.stdout.write('x' * 1_000); sys.stderr.write('y' * 1_000)\n"
        f"sys.stdout.write({HELD.password!r})"
    )
    done = run(tmp_path, flood)
    assert [path.stat().st_size for path in done.files] == [100_000, 100_000]
    assert done.process.output_bytes == 6_000_000 + len(HELD.password)
    assert done.process.dropped_bytes == 5_800_000 + len(HELD.password)
    assert done.leaks == (Leak("stdout", "the password"),), "also what is dropped is looked through"


@pytest.mark.parametrize(
    ("printed", "what"),
    [
        (HELD.password, "the password"),
        (HELD.password + HELD.token, "the security token"),
        ("p=Harbour%20%26%20Light%207&x", "the password"),
        ("p=Harbour+%26+Light+7&x", "the password"),
        ("<password>Harbour &amp; Light 7</password>", "the password"),
        (f"sid={SESSION}.", "a session ID"),
        (SESSION.replace("!", "%21"), "a session ID"),
    ],
)
def test_a_secret_is_found_in_every_spelling_and_taken_out(
    printed: str, what: str, tmp_path: Path
) -> None:
    secrets = Secrets(HELD)
    secrets.note(f"<sessionId>{SESSION}</sessionId>")
    done = run(tmp_path, f"import sys; sys.stderr.write({printed!r})", secrets=secrets)
    kept = done.files[1].read_text()
    assert Leak("stderr", what) in done.leaks
    assert f"[{what} was here]" in kept and "Light" not in kept and "x" * 94 not in kept


def test_a_secret_that_comes_in_pieces_is_found(tmp_path: Path) -> None:
    pieces = (
        "import sys, time\n"
        f"for letter in {HELD.password + HELD.token!r}:\n"
        "    sys.stdout.write(letter); sys.stdout.flush(); time.sleep(0.005)"
    )
    done = run(tmp_path, pieces)
    assert done.files[0].read_text() == "[the password was here][the security token was here]"


def test_another_orgs_session_is_none_of_the_secrets(tmp_path: Path) -> None:
    done = run(tmp_path, f"print({SESSION!r})")
    assert done.leaks == ()
    assert done.files[0].read_text().strip() == SESSION


def test_a_command_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no-such-thing: there is no such command\."):
        asyncio.run(run_command(["no-such-thing"], {}, 1.0, tmp_path, Secrets(HELD)))
