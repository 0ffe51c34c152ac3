"""Login History as CSV, page by page: one cursor over a million rows would keep the org file from
being tidied up meanwhile.
"""

from dataclasses import dataclass

from freshtoken_model.store import database
from freshtoken_model.values.clock import HOUR, SECOND, iso
from freshtoken_model.values.spreadsheet import csv_lines
from freshtoken_model.values.visible import VisibleLines, visible

from .login_history import (
    CSV_COLUMNS,
    NONE,
    SHAPE,
    History,
    LoginFilter,
    status_texts,
    way_in,
)

HEADING = VisibleLines(csv_lines([CSV_COLUMNS]))
PAGE_ROWS = 10_000
MINUTES = [f"{second // 60:02d}:{second % 60:02d}." for second in range(3_600)]
"""How a moment goes on after its hour, by the second."""


@dataclass(frozen=True, slots=True)
class CsvPage:
    """Lines of CSV, newest row first; `oldest` is the id of the last row, None after the end."""

    lines: VisibleLines
    rows: int
    oldest: int | None


def csv_page(
    history: History, which: LoginFilter, before: int | None = None, limit: int = PAGE_ROWS
) -> CsvPage:
    """The newest rows a filter lets through, with ids less than `before`.

    A line is put together from parts that are made once a page, because a million rows have a few
    users and ways in: 4 us a row instead of 42. Rows are taken one by one, because 10,000 at once
    would make Python collect garbage, for which the event loop waits 0.3 s.
    """
    db, parts, lines = history.database, _Parts(history), []
    oldest, hour, start = 0, -1, ""
    with database.read(db):
        where, values = history.where(which, before)
        found = db.conn.execute(
            "select h.id, h.user_id, h.login_time, h.shape_id, h.status from login_history h"
            f"{where} order by h.id desc limit ?",
            (*values, limit),
        )
        for row_id, user_id, at, shape_id, status in found:
            oldest = row_id
            if at // HOUR != hour:
                hour = at // HOUR
                start = iso(hour * HOUR)[: len("2026-11-24T14:")]
            lines.append(
                f"{parts.users[user_id]},{start}{MINUTES[at % HOUR // SECOND]}{at % SECOND:03d}"
                f"+0000,{parts[shape_id, status]}\n"
            )
    more = oldest if len(lines) == limit else None
    return CsvPage(VisibleLines("".join(lines)), len(lines), more)


class _Parts(dict[tuple[int, str], str]):
    """The cells behind Login Time, by shape and status; and the first cell by user."""

    def __init__(self, history: History) -> None:
        self._db, self._texts = history.database, status_texts()
        users = database.rows(self._db, "select id, username from user")
        self.users = {row["id"]: _cells(row["username"]) for row in users}

    def __missing__(self, key: tuple[int, str]) -> str:
        shape_id, status = key
        sql = f"select {', '.join(SHAPE)} from shape where id = ?"
        way = way_in(*self._db.conn.execute(sql, (shape_id,)).fetchone())
        self[key] = _cells(
            way["source_ip"],
            way["login_type"],
            self._texts.get(status, visible(status)),
            way["application"],
            way["api_type"],
            way["api_version"],
            way["login_url"],
            way["subtype"].label if way["subtype"] else NONE,
        )
        return self[key]


def _cells(*cells: str) -> str:
    return csv_lines([cells]).removesuffix("\n")
