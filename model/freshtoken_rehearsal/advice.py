"""What to change when a rule is broken, and the line of code for the clients that are known by how
they name themselves.
"""

import re
from dataclasses import dataclass

import freshtoken_data

from .evidence import Evidence

FILE = "advice.toml"


@dataclass(frozen=True, slots=True)
class Advice:
    """What to change; the client that is known, and its line of code, both empty where none is."""

    words: str
    client: str = ""
    code: str = ""


def advice_for(rule: str, evidence: Evidence) -> Advice | None:
    """The advice for a broken rule; None where there is none."""
    for row in freshtoken_data.rows(FILE, "advice", "topic", "rules", "words"):
        if rule in row["rules"]:
            name, code = code_of(evidence, row["topic"])
            return Advice(row["words"], name, code)
    return None


def code_of(evidence: Evidence, topic: str) -> tuple[str, str]:
    """The client of a run and its line of code for a topic, where both are known."""
    names = [e.application or e.user_agent for e in (*evidence.logins, *evidence.tries)]
    for row in freshtoken_data.rows(FILE, "client", "match", "name", "code"):
        if any(re.match(row["match"], name) for name in names) and topic in row["code"]:
            return row["name"], row["code"][topic]
    return "", ""
