"""What the wire's docstrings and comments cite."""

import re
from pathlib import Path

import freshtoken_api
from freshtoken_model.training.content.sources import sources

CITED = re.compile(r"\[([a-z]{2,}(?:-[a-z0-9]{2,})+)\]")
PRIVATE = re.compile(r"\b(?:checked|salesforce|core|field|wire-clients|tui)\.md\b")


def test_every_source_that_the_wire_cites_exists() -> None:
    cited, unknown = 0, []
    for path in Path(freshtoken_api.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        names = [*CITED.findall(text), *PRIVATE.findall(text)]
        unknown += [f"{path.name}: {name}" for name in names if name not in sources()]
        cited += len(names)
    assert unknown == [] and cited > 20
