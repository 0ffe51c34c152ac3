"""The wheel: built from what git knows of, installed into an empty environment, and played from
another folder.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ..world import FRESH, PASSWORD

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "freshtoken": "tui/freshtoken",
    "freshtoken_tui": "tui/freshtoken_tui",
    "freshtoken_api": "model/freshtoken_api",
    "freshtoken_model": "model/freshtoken_model",
    "freshtoken_rehearsal": "model/freshtoken_rehearsal",
    "freshtoken_data": "data/freshtoken_data",
}


def clean(**variables: str) -> dict[str, str]:
    """The environment without anything that could lead Python back to this checkout."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
    }
    return {**kept, **variables}


def run(*command: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env=clean(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


def built(source: Path, into: Path) -> Path:
    """The wheel of a source folder."""
    isolation = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    pip = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        ".",
        "--no-deps",
        *isolation,
        "--wheel-dir",
        str(into),
        "--quiet",
    ]
    made = run(*pip, cwd=source)
    assert made.returncode == 0, made.stderr
    (wheel,) = into.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the files git knows of or would, as a clean clone has them."""
    folder = tmp_path_factory.mktemp("checkout")
    listed = run("git", "ls-files", "-co", "--exclude-standard", "-z", cwd=ROOT)
    assert listed.returncode == 0, listed.stderr
    for name in listed.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of that copy."""
    return built(checkout, tmp_path_factory.mktemp("wheel"))


def files_of(checkout: Path) -> set[str]:
    """What the wheel must hold: every file of the packages."""
    return {
        f"{package}/{path.relative_to(checkout / folder).as_posix()}"
        for package, folder in PACKAGES.items()
        for path in (checkout / folder).rglob("*")
        if path.is_file()
    }


def test_the_wheel_holds_the_packages_with_their_data_and_nothing_else(
    checkout: Path, wheel: Path
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert len(names) == len(set(names))
    ours = {name for name in names if ".dist-info/" not in name}
    assert ours == files_of(checkout)
    assert {name.split("/")[0] for name in ours} == set(PACKAGES)
    for needed in ("org.toml", "faults.toml", "assumptions.toml"):
        assert f"freshtoken_data/{needed}" in ours
    assert {f"{package}/py.typed" for package in PACKAGES} <= ours
    styles = {name for name in ours if name.endswith(".tcss")}
    assert len(styles) == len(list((checkout / "tui").rglob("*.tcss")))
    # the fixture for other people's suites, and the help topic about it
    ours -= {"freshtoken/testing.py", "freshtoken_api/testing.py", "freshtoken_data/help/tests.md"}
    ours.remove("freshtoken/pytest_plugin.py")
    assert not any("test" in Path(name).name or name.endswith((".pyc", ".db")) for name in ours)


def test_the_wheel_names_the_command_the_licence_and_its_python(wheel: Path) -> None:
    assert wheel.name.startswith("freshtoken-") and wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = {
            name.split(".dist-info/")[1]: archive.read(name).decode()
            for name in archive.namelist()
            if "dist-info" in name
        }
    assert "freshtoken = freshtoken_tui.cli:main" in inside["entry_points.txt"]
    assert "[pytest11]\nfreshtoken = freshtoken.pytest_plugin" in inside["entry_points.txt"]
    metadata = inside["METADATA"]
    for line in ("Name: freshtoken", "Requires-Python: >=3.11", "License-Expression: MIT"):
        assert line in metadata.splitlines()
    assert "licenses/LICENSE" in inside


def test_two_builds_of_the_same_files_hold_the_same_bytes(
    checkout: Path, wheel: Path, tmp_path: Path
) -> None:
    assert built(checkout, tmp_path).read_bytes() == wheel.read_bytes()


class Installed:
    """The freshtoken command of an environment that holds nothing else, called from a folder of its
    own.
    """

    def __init__(self, environment: Path, folder: Path) -> None:
        self.bin, self.folder = environment / "bin", folder

    def __call__(self, *words: str, exits: int = 0) -> str:
        home = str(self.folder)
        found = run(
            self.bin / "freshtoken",
            *words,
            cwd=self.folder,
            HOME=home,
            XDG_DATA_HOME=f"{home}/data",
        )
        assert found.returncode == exits, found.stdout + found.stderr
        return found.stdout.strip()

    def json(self, *words: str, exits: int = 0) -> Any:
        return json.loads(self(*words, "--json", exits=exits))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an empty environment."""
    environment, folder = (
        tmp_path_factory.mktemp("environment"),
        tmp_path_factory.mktemp("elsewhere"),
    )
    made = run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=folder)
    assert made.returncode == 0, made.stderr
    pip = run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        environment / "bin" / "python",
        "install",
        "--quiet",
        "--no-compile",
        wheel,
        cwd=folder,
    )
    assert pip.returncode == 0, pip.stderr
    return Installed(environment, folder)


def test_the_story_plays_through_the_installed_command_from_another_folder(
    installed: Installed,
) -> None:
    token = next(
        c["held_token"] for c in installed.json("org", "show")["clients"] if c["held_token"]
    )
    assert (installed.folder / "data" / "freshtoken" / "org.db").is_file()
    login = ("login", "integration", "--password")
    assert installed.json(*login, PASSWORD, "--token", token)["accepted"] is True
    installed("password", "change", "integration", "--old", PASSWORD, "--new", FRESH)
    assert (
        installed.json(*login, FRESH, "--token", token, exits=1)["fault"]["code"] == "INVALID_LOGIN"
    )
    assert (
        installed.json(*login, FRESH, exits=1)["fault"]["code"] == "LOGIN_MUST_USE_SECURITY_TOKEN"
    )
    gates = installed.json(*login, FRESH, "--token", token, "--why", exits=1)["gates"]
    assert [gate["name"] for gate in gates if gate["outcome"] == "refused"] == ["token"]
    installed("token", "reset", "integration")
    fresh = installed("mail", "integration", "--latest", "--token-only")
    assert installed.json(*login, FRESH, "--token", fresh)["accepted"] is True
    statuses = [row["Status"] for row in installed.json("history", "integration")]
    assert statuses[:3] == ["Success", "Invalid Password", "Failed: API security token required"]


def test_the_installed_packages_come_from_the_environment_and_not_from_the_checkout(
    installed: Installed,
) -> None:
    program = (
        f"import {', '.join(PACKAGES)}; print(*(m.__file__ for m in "
        f"({', '.join(PACKAGES)})), sep='\\n')"
    )
    found = run(installed.bin / "python", "-c", program, cwd=installed.folder)
    assert found.returncode == 0, found.stderr
    places = found.stdout.split()
    assert len(places) == len(PACKAGES)
    assert all(Path(place).is_relative_to(installed.bin.parent) for place in places)


def test_the_installed_command_knows_its_version_and_its_help(
    installed: Installed, wheel: Path
) -> None:
    assert installed("--version") == f"freshtoken {wheel.name.split('-')[1]}"
    assert installed("--help").startswith("Usage: freshtoken [OPTIONS] ")
    as_module = run(installed.bin / "python", "-m", "freshtoken", "--version", cwd=installed.folder)
    assert as_module.stdout == f"{installed('--version')}\n"
    program = "import freshtoken; print(freshtoken.__version__)"
    version = run(installed.bin / "python", "-c", program, cwd=installed.folder)
    assert f"freshtoken {version.stdout}" == as_module.stdout
    installed(exits=2)
