"""The sources that code and content cite by id: title, address, mark, and what each says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import freshtoken_data
from freshtoken_model.decision.settings import assumptions
from freshtoken_model.decision.words import MARKS
from freshtoken_model.values.citations import CITATION, MARK_WORDS, bare_marks_in_words, ids

SOURCES_FILE = "sources.toml"


@dataclass(frozen=True, slots=True)
class CitedSource:
    """One source. `address` is empty where none is known."""

    id: str
    title: str
    address: str
    mark: str
    checked: str
    says: str

    @property
    def line(self) -> str:
        """What it says, and where it is known from."""
        where = f"{self.title}, {self.address}" if self.address else self.title
        return f"{self.says} ({where}; {MARKS[self.mark]}, checked {self.checked})"

    @property
    def text(self) -> str:
        """All its words, for a search."""
        return " ".join((self.id, self.title, self.address, MARKS[self.mark], self.says))


@cache
def sources() -> dict[str, CitedSource]:
    """Every source by id. Raises ContentError."""
    rows = freshtoken_data.rows(SOURCES_FILE, "source", "id", "title", "mark", "checked", "says")
    return {
        row["id"]: CitedSource(
            row["id"],
            row["title"],
            row.get("address", ""),
            row["mark"],
            str(row["checked"]),
            row["says"],
        )
        for row in rows
    }


def cited(names: Sequence[str]) -> list[str]:
    """A line for each source that content cites by its id; those that do not exist are the linter's
    affair.
    """
    return [sources()[name].line for name in names if name in sources()]


def behind(text: str) -> str:
    """What is behind the citations of a text, as a Markdown list: what each source says, where and
    when it was checked; of an assumption its label and why.
    """
    lines: list[str] = []
    for citation in CITATION.finditer(text):
        names = ids(citation)
        if citation[1] == "assumption":
            lines += [f"- Assumption: {a.label}. {a.why}" for a in assumptions() if a.name in names]
        else:
            lines += [f"- {line}" for line in cited(names)]
    bare = "- Inferred: no public source says it outright." if "[INF]" in text else ""
    return "\n".join(dict.fromkeys([*lines, *filter(None, [bare])]))


def readable(text: str) -> str:
    """A text for the screen: titles of sources and labels of assumptions in place of their ids."""
    return bare_marks_in_words(CITATION.sub(_in_words, text))


def _in_words(citation: re.Match[str]) -> str:
    names = ids(citation)
    if citation[1] == "assumption":
        titles = [a.label for a in assumptions() if a.name in names]
    else:
        titles = [sources()[name].title for name in names if name in sources()]
    return f"({MARK_WORDS[citation[1]]}: {'; '.join(dict.fromkeys(titles))})"
