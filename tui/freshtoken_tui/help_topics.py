"""Help topics: Markdown files of the content. Each begins with a title and one sentence that says
what it is about. How they are shown is up to the command line and the app.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import freshtoken_data
from freshtoken_data import ContentError

FOLDER = "help"
ELSEWHERE = {"writing-labs": "labs/WRITING.md", "writing-questions": "questions/WRITING.md"}
"""Topics that stand beside the content they describe, where its authors look for them."""
COMMENT = re.compile(r"^<!--.*?-->\n", re.MULTILINE | re.DOTALL)
"""The marks around generated parts."""
BEGINNING = re.compile(r"# (?P<title>[^\n]+)\n\n(?P<summary>[^\n#|-][^\n]*(?:\n[^\n]+)*)\n")


@dataclass(frozen=True, slots=True)
class HelpTopic:
    """One topic: the name it is asked for by, its title, one sentence about it, its Markdown."""

    name: str
    title: str
    summary: str
    text: str


def help_topics() -> tuple[HelpTopic, ...]:
    """Every topic, by name. Raises ContentError when one is broken or all are missing."""
    folder = freshtoken_data.folder() / FOLDER
    files = {path.stem: f"{FOLDER}/{path.name}" for path in folder.glob("*.md")}
    if not files:
        raise ContentError(f"{FOLDER}/: there are no help topics; install freshtoken again")
    return tuple(_read(name, file) for name, file in sorted((files | ELSEWHERE).items()))


def _read(name: str, file: str) -> HelpTopic:
    text = COMMENT.sub("", freshtoken_data.text(file))
    beginning = BEGINNING.match(text)
    if beginning is None:
        raise ContentError(
            f"{file}: a help topic begins with '# Title', an empty line, and one sentence about it"
        )
    summary = " ".join(beginning["summary"].replace("`", "").split())
    return HelpTopic(name, beginning["title"].strip(), summary, text)
