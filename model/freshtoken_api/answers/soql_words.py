"""Reads a query of SOQL word by word."""

import re

from freshtoken_api.faults import RefusedError
from freshtoken_model.values.kinds import FaultKey

READS = (
    "freshtoken reads: SELECT fields FROM object [alias] [WHERE field = value [AND ...]] [GROUP BY "
    "field] [ORDER BY field] [LIMIT n]; besides = also !=, IN, NOT IN, LIKE, and < or > of dates; "
    "OR beside AND; COUNT of a field, MAX and MIN of a date"
)
SOQL_TOKEN = re.compile(
    r"""('(?:[^'\\]|\\.)*+')|([A-Za-z_][\w.]*+)|"""
    r"""(\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d))?(?![\w.]))|"""
    r"""([0-9]{1,9}+(?![\w.]))|(!=|<>|<=|>=|[(),=<>])"""
)
BLANK = re.compile(r"\s*+")
LONGEST_QUERY = 20_000
"""Characters of a query [assumption: once the documented limit]."""


class QueryReader:
    """Reads a query word by word. Its methods raise RefusedError."""

    def __init__(self, soql: str) -> None:
        self._words: list[str] = []
        if len(soql) > LONGEST_QUERY:
            raise RefusedError(FaultKey.MALFORMED_QUERY, reason=READS)
        soql, place = soql.strip(), 0
        while place < len(soql):  # stops at a bad word: reading on takes quadratic time
            found = SOQL_TOKEN.match(soql, place)
            if found is None:
                raise unexpected(soql[place])
            self._words.append(found[0])
            skipped = BLANK.match(soql, found.end())
            place = skipped.end() if skipped else len(soql)
        self._at = 0

    def peek(self) -> str:
        """The next word in lower case, empty at the end."""
        return self._words[self._at].lower() if self._at < len(self._words) else ""

    def take(self) -> str:
        """Take the next word."""
        if self._at >= len(self._words):
            raise RefusedError(
                FaultKey.MALFORMED_QUERY, reason=f"unexpected end of the query. {READS}"
            )
        self._at += 1
        return self._words[self._at - 1]

    def name(self) -> str:
        """Take the name of a field. NOT is none."""
        first = self.peek()[:1]
        if self.peek() != "not" and (first.isalpha() or first in ("_", "")):
            return self.take()
        raise unexpected(self.take())

    def expect(self, *words: str) -> None:
        """Take these words."""
        for word in words:
            found = self.take()
            if found.lower() != word:
                raise unexpected(found)

    def when(self, *words: str) -> bool:
        """Take these words if the first one comes next. Returns whether it did."""
        if self.peek() != words[0]:
            return False
        self.expect(*words)
        return True


def unexpected(word: str) -> RefusedError:
    """The refusal of a word that a query may not have there."""
    return RefusedError(
        FaultKey.MALFORMED_QUERY, reason=f"unexpected token: '{word[:80]}'. {READS}"
    )
