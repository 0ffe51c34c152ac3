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


def marks_only(text: str) -> str:
    """A text for the screen: each citation keeps its mark and loses its ids."""
    return CITATION.sub(r"[\1]", text)
