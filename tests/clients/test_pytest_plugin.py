"""The pytest plugin in somebody else's test suite, as pytest finds it by the entry point of a wheel
that is installed: fixture and marker are there without a line in any conftest.py.
"""

import configparser
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITE = """
import pytest

START = "2026-11-24T14:00:00.000+0000"


def now(salesforce):
    from freshtoken_model.outcomes import clock_data
    return clock_data(salesforce.org)["now"]


def test_without_a_marker_it_is_the_training_org(salesforce):
    assert now(salesforce) == START
    assert salesforce.token("integration")


@pytest.mark.freshtoken(as_of="2027-02-21", seed="seven")
def test_on_a_day_to_come(salesforce):
    assert now(salesforce) == "2027-02-21T00:00:00.000+0000"
    assert salesforce.org.setup.values()["release_calendar"] == "on"


@pytest.mark.freshtoken(preset="night", as_of=None)
class TestAtNight:
    def test_the_class_says_how_its_orgs_begin(self, salesforce):
        assert now(salesforce) == "2026-11-27T17:30:00.000+0000"

    @pytest.mark.freshtoken(preset="busy")
    def test_the_nearest_marker_counts(self, salesforce):
        assert len(salesforce.org.integrations.all()) > 3
"""
WRONG = """
import pytest


@pytest.mark.freshtoken(preset="nigth")
def test_a_preset_that_is_none(salesforce): ...


@pytest.mark.freshtoken(as_of="someday")
def test_a_moment_that_is_none(salesforce): ...


@pytest.mark.freshtoken(presets="night")
def test_an_option_that_is_none(salesforce): ...


@pytest.mark.freshtoken("night")
def test_a_value_without_a_name(salesforce): ...


@pytest.mark.freshtoken(seed=7)
def test_a_seed_that_is_no_text(salesforce): ...
"""
SAID = (
    "@pytest.mark.freshtoken: There is no preset 'nigth'. Did you mean 'night'?",
    "@pytest.mark.freshtoken: 'someday' is not a moment;",
    "@pytest.mark.freshtoken has no presets; it knows preset, as_of, seed.",
    "@pytest.mark.freshtoken takes named values only; it knows preset, as_of, seed.",
    "@pytest.mark.freshtoken: seed must be a text.",
)


@pytest.fixture(scope="module")
def metadata(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the entry points of pyproject.toml, as an installed freshtoken has them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    folder = tmp_path_factory.mktemp("site") / "freshtoken_entry_points-0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: freshtoken-entry-points\nVersion: 0\n"
    )
    points = configparser.ConfigParser()
    points["pytest11"] = project["entry-points"]["pytest11"]
    with (folder / "entry_points.txt").open("w") as file:
        points.write(file)
    return folder.parent


def run(
    folder: Path, metadata: Path, *words: str, **files: str
) -> subprocess.CompletedProcess[str]:
    """pytest in a folder of theirs that holds these files."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    theirs = {n: v for n, v in os.environ.items() if not n.startswith(("PYTEST_", "XDG_"))}
    found = [str(metadata), *filter(None, [os.environ.get("PYTHONPATH")])]
    theirs |= {"HOME": str(folder), "PYTHONPATH": os.pathsep.join(found)}
    temporary = ["-p", "no:cacheprovider", "--basetemp", str(folder / "temporary")]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--strict-markers", *temporary, *words],
        cwd=folder,
        env=theirs,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_fixture_is_there_without_a_line_in_any_conftest(
    tmp_path: Path, metadata: Path
) -> None:
    done = run(tmp_path, metadata, deep__down__test_sync_py=SUITE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout and "warning" not in done.stdout.lower()


def test_what_a_marker_cannot_ask_for_is_refused_in_one_sentence(
    tmp_path: Path, metadata: Path
) -> None:
    done = run(tmp_path, metadata, test_wrong_py=WRONG)
    assert "5 errors" in done.stdout
    for sentence in SAID:
        assert sentence in done.stdout
    assert "Traceback" not in done.stdout and "site-packages" not in done.stdout


def test_a_conftest_that_lists_it_goes_on_working_beside_the_entry_point(
    tmp_path: Path, metadata: Path
) -> None:
    listed = 'pytest_plugins = ["freshtoken.testing"]\n'
    done = run(tmp_path, metadata, "--markers", conftest_py=listed)
    assert done.stdout.count("@pytest.mark.freshtoken(") == 1
    done = run(tmp_path, metadata, test_sync_py=SUITE)
    assert "4 passed" in done.stdout and "warning" not in done.stdout.lower()


def test_without_the_entry_point_the_conftest_brings_fixture_and_marker(
    tmp_path: Path, metadata: Path
) -> None:
    listed = 'pytest_plugins = ["freshtoken.testing"]\n'
    done = run(tmp_path, tmp_path, conftest_py=listed, test_sync_py=SUITE)
    assert "4 passed" in done.stdout, done.stdout + done.stderr


def test_a_suite_that_does_not_use_it_imports_nothing_of_freshtoken(
    tmp_path: Path, metadata: Path
) -> None:
    suite = (
        "import sys\n\n\n"
        "def test_nothing():\n"
        "    print(sorted(n for n in sys.modules if n.startswith('freshtoken')))\n"
        "    heavy = ('sqlite_utils', 'starlette', 'uvicorn', 'httpx', 'argon2', 'textual')\n"
        "    print([n for n in heavy if n in sys.modules])\n"
    )
    done = run(tmp_path, metadata, "-s", test_nothing_py=suite)
    assert "['freshtoken', 'freshtoken.pytest_plugin']\n[]\n" in done.stdout, done.stdout


def test_the_plugin_imports_nothing_but_pytest_and_the_standard_library() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import freshtoken.pytest_plugin;"
        "new = {n.partition('.')[0] for n in set(sys.modules) - before};"
        "print(sorted(new - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "['freshtoken']\n", done.stderr
