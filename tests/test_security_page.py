"""SECURITY.md names the test that holds each statement: they exist."""

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = (HERE.parent / "SECURITY.md").read_text(encoding="utf-8")


def test_every_test_that_the_page_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`", PAGE)
    assert len(named) > 20
    for file, test in named:
        text = (HERE.parent / file).read_text(encoding="utf-8")
        assert not test or re.search(rf"^(async )?def {test}\(", text, re.MULTILINE), (
            f"{file} has no {test}"
        )
