"""Files that commands write by name: what they did not make themselves is left alone, unless
--force says so.
"""

import json
import os
import subprocess
import urllib.request
from pathlib import Path

import pytest
from click.testing import Result

from freshtoken_tui.exit_codes import UNUSABLE, USAGE

from ..world import RUN, invoke

PRECIOUS = "my notes\n"
PORTS = ["--port", "0", "--tls-port", "0", "--proxy-port", "0"]


def run(org_file: Path, *words: str) -> Result:
    return invoke("--org", str(org_file), *words)


def writing(kind: str, file: Path) -> list[str]:
    """A command line that writes a file."""
    return {
        "timeline": ["timeline", "--svg", str(file)],
        "reviews": ["exam", "export", "--format", "csv", "--out", str(file)],
        "paper": ["exam", "paper", "--count", "2", "--out", str(file)],
        "recording": ["demo", "play", "two-minutes", "--record", str(file)],
        "ready file": ["serve", *PORTS, "--ready-file", str(file)],
        "journal": ["serve", *PORTS, "--journal", str(file)],
        "journal of serve run": ["serve", "run", "--journal", str(file), "--", "true"],
        "snapshot": ["org", "snapshot", str(file)],
    }[kind]


KINDS = [
    "timeline",
    "reviews",
    "paper",
    "recording",
    "ready file",
    "journal",
    "journal of serve run",
    "snapshot",
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_somebody_else_is_left_alone(org_file: Path, tmp_path: Path, kind: str) -> None:
    file, link = tmp_path / "precious", tmp_path / "link"
    file.write_text(PRECIOUS)
    link.symlink_to(file)
    for named in (file, link, org_file):
        result = run(org_file, *writing(kind, named))
        assert result.exit_code == USAGE, result.output
        assert file.read_text() == PRECIOUS and link.is_symlink()
    shown = json.loads(run(org_file, "org", "show", "--json").stdout)
    assert shown["users"], "the org is an org still"


@pytest.mark.parametrize("kind", ["timeline", "reviews", "paper"])
def test_force_replaces_it(org_file: Path, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "precious"
    file.write_text(PRECIOUS)
    assert run(org_file, *writing(kind, file), "--force").exit_code == 0
    assert PRECIOUS not in file.read_text()


def test_what_the_same_command_made_is_replaced_by_force_only(
    org_file: Path, tmp_path: Path
) -> None:
    file = tmp_path / "timeline.svg"
    for force, code in ((), 0), ((), USAGE), (("--force",), 0):
        assert run(org_file, *writing("timeline", file), *force).exit_code == code
    assert file.read_text().startswith("<svg")


@pytest.mark.parametrize("kind", ["timeline", "ready file", "reviews"])
def test_a_device_stays_a_device(org_file: Path, kind: str) -> None:
    result = run(org_file, *writing(kind, Path("/dev/null")), "--force")
    assert result.exit_code == (USAGE if kind == "ready file" else 0)
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        ("ready file", "aws.json", '{"ca_bundle": "/etc/ssl/mine.pem", "my": "config"}\n'),
        ("journal", "log.json", '{"method": "mine"}\n'),
        ("timeline", "poster.svg", "<svg><!-- freshtoken timeline -->mine</svg>"),
        ("recording", "cast-01.svg", "<svg>My Rich poster about freshtoken</svg>"),
    ],
)
def test_a_file_that_is_only_alike_is_left_alone(
    org_file: Path, tmp_path: Path, kind: str, name: str, text: str
) -> None:
    file = tmp_path / name
    file.write_text(text)
    result = run(org_file, *writing(kind, tmp_path / "cast.json" if kind == "recording" else file))
    assert (result.exit_code, file.read_text()) == (USAGE, text)


class Serve:
    """`freshtoken serve` in a process of its own."""

    def __init__(self, org_file: Path, *words: str) -> None:
        self.process = subprocess.Popen(
            [*RUN, "--org", str(org_file), "serve", *PORTS, *words],
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        self.said = self.process.stderr.readline()

    def ended(self) -> tuple[int, str]:
        _, rest = self.process.communicate(timeout=20)
        return self.process.returncode, rest

    def __enter__(self) -> "Serve":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def test_serve_replaces_its_own_ready_file_and_goes_on_with_its_own_journal(
    org_file: Path, tmp_path: Path
) -> None:
    ready, journal = tmp_path / "ready.json", tmp_path / "journal"
    entry = {
        "method": "GET",
        "path": "/",
        "client": "",
        "status": 200,
        "outcome": "ok",
        "milliseconds": 1,
    }
    journal.write_text(json.dumps(entry) + "\n")
    ready.write_text(json.dumps({"http": "", "https": "", "proxy": "", "ca": "", "ca_bundle": ""}))
    with Serve(org_file, "--ready-file", str(ready), "--journal", str(journal)) as serving:
        assert "answers" in serving.said
        assert json.loads(ready.read_text())["http"].startswith("http://127.0.0.1:")
        assert ready.stat().st_mode & 0o077 == 0
        serving.process.terminate()
        assert serving.ended()[0] == 0
    assert not ready.exists() and json.loads(journal.read_text()) == entry


def test_serve_answers_without_a_standard_output(org_file: Path, tmp_path: Path) -> None:
    ready, journal = tmp_path / "ready.json", tmp_path / "journal"
    words = ["--ready-file", str(ready), "--journal", str(journal)]
    command = [*RUN, "--org", str(org_file), "serve", *PORTS, *words]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, preexec_fn=lambda: os.close(1)
    ) as process:
        try:
            assert process.stderr is not None and "answers" in process.stderr.readline()
            url = json.loads(ready.read_text())["http"] + "/services/data/"
            with urllib.request.urlopen(url, timeout=20) as answer:
                assert answer.status == 200
        finally:
            process.terminate()
    assert process.returncode == 0 and json.loads(journal.read_text())["status"] == 200


def test_a_serve_that_gets_no_port_leaves_the_ready_file_of_the_one_that_has_it(
    org_file: Path, tmp_path: Path
) -> None:
    ready = tmp_path / "ready.json"
    with Serve(org_file, "--ready-file", str(ready)) as serving:
        before = ready.read_text()
        port = json.loads(before)["http"].rpartition(":")[2]
        words = ["--port", port, "--tls-port", "0", "--proxy-port", "0", "--ready-file", str(ready)]
        assert run(org_file, "serve", *words).exit_code == USAGE
        assert ready.read_text() == before
        serving.process.terminate()
        serving.ended()


@pytest.mark.parametrize("mishap", ["deleted", "replaced"])
def test_serve_says_that_its_org_is_gone_and_ends(
    org_file: Path, tmp_path: Path, mishap: str
) -> None:
    ready = tmp_path / "ready.json"
    with Serve(org_file, "--ready-file", str(ready)) as serving:
        if mishap == "replaced":
            os.replace(_copy(org_file, tmp_path / "other.db"), org_file)
        else:
            org_file.unlink()
        code, said = serving.ended()
    assert code == UNUSABLE
    assert ("was replaced by another file" if mishap == "replaced" else "is gone") in said
    assert not ready.exists()


def _copy(path: Path, to: Path) -> Path:
    to.write_bytes(path.read_bytes())
    return to


@pytest.mark.parametrize("host", ["", "nonsense host", "x" * 5_000, "\x00", "\udcff"])
def test_a_host_that_is_none_is_one_sentence(org_file: Path, host: str) -> None:
    result = run(org_file, "serve", *PORTS, "--host", host)
    assert result.exit_code == USAGE and len(result.stderr.strip().splitlines()) == 1
