"""Citations in code, content and pages name entries of sources.toml and assumptions.toml."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import freshtoken_data
from freshtoken_model.decision.settings import SETUP, assumptions
from freshtoken_model.decision.words import MARKS
from freshtoken_model.simulation.integrations import KINDS, RETRIES
from freshtoken_model.training.content.sources import readable, sources
from freshtoken_model.values.citations import (
    BARE_MARK,
    CITATION,
    MARK_WORDS,
    ids,
    marks_in_words,
)

HERE = Path(__file__).parents[1]
BEGUN = re.compile(r"\[(?:DOC|WIRE|3P|INF|MEM|CONTRA|MEASURED|assumption)\s+")
OUTSIDE = re.compile(
    r"\b(?:checked|salesforce|core|wire-clients|field|tui|product|stage|style)\.md\b|\bfacts/\w|\bB\d{1,2}\b"
)
"""Names and numbers of working papers that a reader of this repository does not have."""


def _texts() -> Iterator[tuple[str, str]]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        path = HERE / name
        if path.is_file() and path != Path(__file__):
            try:
                yield name, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def test_every_citation_names_an_entry_and_gives_its_mark() -> None:
    constants = {a.name for a in assumptions()}
    wrong, right = [], 0
    for name, text in _texts():
        for citation in CITATION.finditer(text):
            for cited in ids(citation):
                if citation[1] == "assumption":
                    known = cited in constants
                else:
                    known = cited in sources() and sources()[cited].mark == citation[1]
                right += known
                if not known:
                    wrong.append(f"{name}:{_line(text, citation.start())}: {cited}")
    assert not wrong
    assert right > 250


def test_no_citation_is_written_in_another_form() -> None:
    assert not [
        f"{name}:{_line(text, begun.start())}"
        for name, text in _texts()
        for begun in BEGUN.finditer(text)
        if not CITATION.match(text, begun.start())
    ]


def test_no_source_is_cited_without_its_mark() -> None:
    assert not [
        f"{name}:{_line(text, found.start())}: {found[0]}"
        for name, text in _texts()
        for found in re.finditer(r"(?<!\w)\[([a-z]+(?:-[a-z0-9]+)+)\]", text)
        if found[1] in sources()
    ]


def test_nothing_cites_a_paper_that_is_not_in_the_repository() -> None:
    assert not [
        f"{name}:{_line(text, found.start())}: {found[0]}"
        for name, text in _texts()
        for found in OUTSIDE.finditer(text)
    ]


def test_every_mark_of_a_source_is_explained_and_what_was_measured_has_no_address() -> None:
    rows = freshtoken_data.rows("sources.toml", "source", "id")
    assert len({row["id"] for row in rows}) == len(rows)
    assert {row["mark"] for row in rows} <= set(MARKS)
    measured = [source for source in sources().values() if source.mark == "MEASURED"]
    assert len(measured) > 10 and not any(source.address for source in measured)
    assert "measured here, not on a real org" in measured[0].line


@pytest.mark.parametrize(
    "text",
    [
        *(setting.source for setting in (*SETUP, *assumptions())),
        *(known.source for known in KINDS.values()),
        *(known.source for known in RETRIES.values()),
        freshtoken_data.text("production.md"),
    ],
)
def test_a_text_for_the_screen_says_marks_in_words_and_no_id(text: str) -> None:
    shown = (marks_in_words(text), readable(text))
    assert not any(CITATION.search(words) or BARE_MARK.search(words) for words in shown)
    for citation in CITATION.finditer(text):
        assert all(f"({MARK_WORDS[citation[1]]}" in words for words in shown)
        assert not any(name in words for name in ids(citation) for words in shown)


def test_titles_and_labels_stand_for_ids() -> None:
    assert readable("It waits [DOC login-rate-kb] [assumption gate_order].") == (
        "It waits (official: Salesforce knowledge base, KB 000381578 (2025-01-24)) "
        "(assumption: The order in which a login is checked)."
    )
    assert marks_in_words("It waits [DOC login-rate-kb,\n  login-order].") == "It waits (official)."
