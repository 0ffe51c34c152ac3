"""Citations in code and content: `[DOC login-order]` names entries of sources.toml after their
mark, `[assumption gate_order]` an entry of assumptions.toml.
"""

import re

CITATION = re.compile(
    r"\[(DOC|WIRE|3P|INF|MEM|CONTRA|MEASURED|assumption)\s+"
    r"([a-z0-9][a-z0-9_-]*(?:,\s+[a-z0-9][a-z0-9_-]*)*)\]"
)
"""A mark and one or more ids. The bare mark, as in `[INF]`, cites nothing."""


def ids(citation: re.Match[str]) -> list[str]:
    """The ids that a match of CITATION names."""
    return re.split(r",\s+", citation[2])


MARK_WORDS = {
    "DOC": "official",
    "WIRE": "captured",
    "3P": "third parties",
    "INF": "inferred",
    "MEM": "from memory",
    "CONTRA": "sources disagree",
    "OURS": "ours",
    "MEASURED": "measured here",
    "assumption": "assumption",
}
"""What a mark says within a sentence."""
BARE_MARK = re.compile(rf"\[({'|'.join(MARK_WORDS)})\]")
"""A mark that cites nothing."""


def marks_in_words(text: str) -> str:
    """A text for the screen: each citation is its mark in words, as in '(official)'."""
    return bare_marks_in_words(CITATION.sub(lambda found: f"({MARK_WORDS[found[1]]})", text))


def bare_marks_in_words(text: str) -> str:
    """A text with words in the place of the marks that cite nothing."""
    return BARE_MARK.sub(lambda found: f"({MARK_WORDS[found[1]]})", text)
