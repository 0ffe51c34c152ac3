"""The recipes for other people's test suites work: each is run as its first lines say, where its
tool is there.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from itertools import pairwise
from pathlib import Path

import click
import pytest

from freshtoken_tui.cli import main

from ..clients.conftest import Served, freshtoken
from ..clients.node import FOLDER, NODE

HERE = Path(__file__).parent
MODULES = Path(os.environ.get("FRESHTOKEN_JS_MODULES") or FOLDER / "node_modules")
CURL, JAVA, JAVAC = (shutil.which(name) for name in ("curl", "java", "javac"))
TOKEN = "a-token-of-the-recipes-0123456789"
INSTRUCTIONS = {"FROM", "RUN", "USER", "WORKDIR", "EXPOSE", "HEALTHCHECK", "CMD"}


def run_recipe(org_file: Path, recipe: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A recipe, by the line that its comment gives."""
    told = re.search(r"freshtoken (serve run --control -- .+)", recipe.read_text())
    assert told is not None
    line = shlex.split(told[1].rstrip())
    return freshtoken("--org", str(org_file), *line, *words, cwd=recipe.parent, timeout=120)


@pytest.mark.skipif(NODE is None, reason="node is not installed")
@pytest.mark.skipif(not (MODULES / "jsforce").exists(), reason=f"no jsforce in {MODULES}")
def test_jsforce_with_nodes_own_test_runner(
    org_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NODE_PATH", str(MODULES))
    done = run_recipe(org_file, HERE / "javascript" / "sync.test.cjs")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"pass 3\b", done.stdout) and re.search(r"fail 0\b", done.stdout)


@pytest.mark.skipif(CURL is None, reason="curl is not installed")
def test_a_shell_script_with_curl(org_file: Path) -> None:
    done = run_recipe(org_file, HERE / "shell" / "nightly_test.sh")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok - ") == 5 and "not ok" not in done.stdout


@pytest.mark.skipif(JAVA is None or JAVAC is None, reason="no JDK is installed")
def test_java_with_http_url_connection(org_file: Path) -> None:
    done = run_recipe(org_file, HERE / "java" / "NightlyTest.java")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok - ") == 3


# ---- A workflow of GitHub Actions, which runs elsewhere


def workflow_lines() -> list[str]:
    text = (HERE / "github-actions" / "salesforce-tests.yml").read_text()
    return [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


def test_the_workflow_has_the_shape_of_one() -> None:
    lines = workflow_lines()
    indents = [len(line) - len(line.lstrip(" ")) for line in lines]
    assert not any("\t" in line for line in lines)
    assert all(indent % 2 == 0 for indent in indents)
    assert all(later <= sooner + 4 for sooner, later in pairwise(indents))
    top = [
        line.partition(":")[0] for line, indent in zip(lines, indents, strict=True) if not indent
    ]
    assert top == ["name", "on", "permissions", "jobs"]
    steps = [line.strip() for line in lines if line.strip().startswith("- ")]
    assert all(re.fullmatch(r"- (uses: [\w-]+/[\w-]+@v\d+|run: .+)", step) for step in steps)
    own = (HERE.parents[1] / ".github" / "workflows" / "ci.yml").read_text()
    used = {step.partition("uses: ")[2] for step in steps if "uses: " in step}
    assert used <= set(re.findall(r"uses: (\S+)", own)), "the same versions as our own workflow"


def checked_by_the_command_line(words: list[str]) -> click.Context:
    """The options of a freshtoken command, parsed as when it is run."""
    context = main.make_context("freshtoken", list(words))
    name, command, rest = main.resolve_command(context, [*context._protected_args, *context.args])
    assert name is not None and command is not None
    inner = command.make_context(name, rest, parent=context)
    if isinstance(command, click.Group) and (args := [*inner._protected_args, *inner.args]):
        name, command, rest = command.resolve_command(inner, args)
        assert name is not None and command is not None
        inner = command.make_context(name, rest, parent=inner)
    return inner


def test_every_freshtoken_line_of_the_workflow_is_a_command() -> None:
    runs = [line.partition("run: ")[2] for line in workflow_lines() if "run: freshtoken" in line]
    assert len(runs) == 1
    found = checked_by_the_command_line(shlex.split(runs[0])[1:])
    assert found.params["control"] is True
    assert found.params["words"] == ("npm", "test")


# ---- A Containerfile, without an engine to build it


def instructions() -> list[tuple[str, str]]:
    """Instruction and argument, continued lines joined."""
    text = (HERE / "container" / "Containerfile").read_text()
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    lines = re.sub(r"\\\n\s*", "", kept).splitlines()
    split = [line.partition(" ") for line in lines if line.strip()]
    return [(name, argument) for name, _, argument in split]


def command_of(name: str) -> list[str]:
    """The words of CMD, or of the command of HEALTHCHECK."""
    (argument,) = (argument for found, argument in instructions() if found == name)
    return list(json.loads(argument[argument.index("[") :]))


def test_the_containerfile_has_known_instructions_and_says_that_it_was_not_built() -> None:
    names = [name for name, _ in instructions()]
    assert names[0] == "FROM" and names[-1] == "CMD" and set(names) == INSTRUCTIONS
    assert "NOT BUILT HERE" in (HERE / "container" / "Containerfile").read_text()


def test_what_the_container_starts_is_healthy_and_needs_its_token(
    org_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, serve, *options = command_of("CMD")
    assert (program, serve) == ("freshtoken", "serve")
    monkeypatch.setenv("FRESHTOKEN_CONTROL_TOKEN", TOKEN)
    served = Served(org_file, *options)
    try:
        _, *words = command_of("HEALTHCHECK")
        healthy = [word.replace("http://127.0.0.1:8080", served.url) for word in words]
        assert healthy != words
        assert subprocess.run([sys.executable, *healthy], timeout=30, check=False).returncode == 0
        for host, token, status in (
            ("freshtoken:8080", TOKEN, 200),
            ("freshtoken:8080", "no", 401),
            ("evil.example", TOKEN, 403),
        ):
            headers = {"Host": host, "Authorization": f"Bearer {token}"}
            call = urllib.request.Request(f"{served.url}/_freshtoken/v1/clock", headers=headers)
            try:
                with urllib.request.urlopen(call, timeout=10) as answer:
                    assert answer.status == status
            except urllib.error.HTTPError as error:
                with error:
                    assert error.code == status
    finally:
        _, said = served.stop()
        served.end()
    assert "whoever calls from any address and knows the token" in said


def test_a_container_without_a_token_does_not_start(org_file: Path) -> None:
    _, *words = command_of("CMD")
    done = freshtoken("--org", str(org_file), *words)
    assert done.returncode == 2 and "FRESHTOKEN_CONTROL_TOKEN" in done.stderr
