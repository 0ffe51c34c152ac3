"""The papers name only files that are there, README is short and its commands run, and a help topic
shows no code of a source.
"""

import io
import os
import re
import subprocess
import sys
import tokenize
from functools import cache
from pathlib import Path

import pytest

from freshtoken_model.org import Org

from .world import RUN

HERE = Path(__file__).parents[1]
DATA = HERE / "data" / "freshtoken_data"
PAPERS = [
    *(HERE / f"{name}.md" for name in ("README", "ARCHITECTURE", "CONTRIBUTING", "SECURITY")),
    HERE / "CHANGELOG.md",
    *sorted((DATA / "help").glob("*.md")),
    DATA / "labs" / "WRITING.md",
    DATA / "questions" / "WRITING.md",
    DATA / "welcome.md",
    DATA / "production.md",
]
README = PAPERS[0].read_text(encoding="utf-8")
SHORT = {
    "ARCHITECTURE.md": HERE / "model" / "freshtoken_model",
    "CONTRIBUTING.md": HERE / "model" / "freshtoken_model",
}
"""Papers that leave out this folder before the names of the org's rooms, and say so."""
MADE = {
    *("org.db", "progress.db", "trusted.json", "demo.json", "crash.log", "settings.toml"),
    *("ca/", "ca/ca.key", "class/", "labs/", "questions/", "ready.json"),
}
"""Files of a user, that freshtoken makes or reads: no file of the repository."""
NAMED = re.compile(r"`(?P<tick>\.?[\w/.{}-]+)(?:::\w+)?`|\]\((?P<link>[^)#\s]+)\)")
LIKE_A_FILE = re.compile(
    r"(?:.*/|.*\.(?:py|md|toml|tcss|svg|cast|json|log|db|key|txt|yml|pem)|\.ci/\w+)$"
)
BLOCK = re.compile(r"\n\n```\n(.*?)\n```\n", re.DOTALL)


@cache
def kept() -> frozenset[Path]:
    """The files of the repository and their folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    files = [HERE / name for name in listed.split("\0") if name and (HERE / name).exists()]
    return frozenset({*files, *(folder for file in files for folder in file.parents)})


def named_files(text: str) -> set[str]:
    """What looks like a file or folder in backticks, and where links lead in the repository."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    found = set()
    for one in NAMED.finditer(prose):
        name = one["tick"] or one["link"]
        if (one["link"] and "://" not in name) or (one["tick"] and LIKE_A_FILE.match(name)):
            found.add(name)
    return found


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.stem)
def test_every_file_that_a_paper_names_is_in_the_repository(paper: Path) -> None:
    named = named_files(paper.read_text(encoding="utf-8"))
    places = [HERE, paper.parent, *filter(None, [SHORT.get(paper.name)])]
    missing = {
        name
        for name in named - MADE
        if not any((place / name).resolve() in kept() for place in places)
    }
    assert not missing


def test_the_papers_name_many_files() -> None:
    found = [len(named_files(paper.read_text(encoding="utf-8"))) for paper in PAPERS[:4]]
    assert found[0] >= 5 and min(found[1:]) > 15


def test_every_module_that_a_comment_or_docstring_names_is_in_the_repository() -> None:
    modules = [path for path in kept() if path.suffix == ".py"]
    names = {"/".join(path.parts[-depth:]) for path in modules for depth in range(1, 6)}
    missing = set()
    for module in modules:
        text = module.read_text(encoding="utf-8")
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            docstring = token.type == tokenize.STRING and token.line.lstrip().startswith('"""')
            if docstring or token.type == tokenize.COMMENT:
                named = re.findall(r"(?<![\w/.{}-])[a-z_][\w/]*\.py\b", token.string)
                missing |= {(module.name, name) for name in named if name not in names}
    assert not missing


@pytest.mark.parametrize("paper", PAPERS[5:-4], ids=lambda path: path.stem)
def test_a_help_topic_shows_no_code_of_a_source(paper: Path) -> None:
    text = paper.read_text(encoding="utf-8")
    assert not re.search(r"\[(?:DOC|WIRE|3P|INF|MEM|CONTRA|MEASURED|OURS|assumption)\b", text)


# ---- README


def test_readme_has_at_most_900_words() -> None:
    assert 300 < len(README.split()) <= 900


def test_every_picture_of_readme_is_in_the_repository_and_none_is_left_over() -> None:
    shown = set(re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README))
    named = shown | set(re.findall(r"tests/pictures/[\w.-]+", README))
    assert shown and {HERE / name for name in named} == set((HERE / "tests/pictures").iterdir())


INSTALLS = "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/freshtoken"
"""Needs the package index: tests/cli/test_package.py installs what it builds. Then the app
starts.
"""
NIGHTLY = """
from simple_salesforce import Salesforce

sf = Salesforce(username="integration@acme.example", password="Fresh-Start-88", security_token="{}")
print(sf.query("SELECT Id, Name FROM Account LIMIT 5")["totalSize"], "accounts")
"""


def test_the_commands_of_readme_run_from_the_first_to_the_last(tmp_path: Path) -> None:
    lines = [line for block in BLOCK.findall(README) for line in block.strip().split("\n")]
    assert lines[0] == INSTALLS and lines[1] == ".venv/bin/freshtoken demo play two-minutes"
    assert lines[-1] == "freshtoken serve run -- python nightly.py"
    program = " ".join(f"'{word}'" for word in RUN)
    script = [
        *(
            "set -e",
            f'freshtoken() {{ {program} "$@"; }}',
            f'python() {{ "{sys.executable}" "$@"; }}',
        ),
        "freshtoken demo play two-minutes --headless",  # a terminal is needed without it
        *lines[2:-1],
    ]

    def run(text: str) -> str:
        done = subprocess.run(
            ["bash", "-c", text],
            cwd=tmp_path,
            env=dict(os.environ),
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    said = run("\n".join(script))
    assert "Success" in said and "Nightly sync" in said
    with Org(tmp_path / "story.db") as org:
        token = org.clients.all()[0].token
    (tmp_path / "nightly.py").write_text(NIGHTLY.format(token), encoding="utf-8")
    last = f"export FRESHTOKEN_ORG=story.db\n{lines[-1].replace('python', sys.executable)}"
    assert "accounts" in run("\n".join([*script[:2], last]))
