"""CSV is for spreadsheets, and a spreadsheet runs what begins like a formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshtoken_model.values.spreadsheet import csv_lines
from freshtoken_model.values.visible import visible

TEXTS = st.text(st.characters() | st.sampled_from("=+-@'\t\r\",\n"), max_size=12)


@pytest.mark.parametrize("cell", ['=cmd|"/C calc"!A0', "+1+1", "-2+3", "@SUM(1+1)", "'=1", "''-1"])
def test_a_formula_gets_an_apostrophe(cell: str) -> None:
    ((written,),) = csv.reader(io.StringIO(csv_lines([[cell]])))
    assert written == f"'{cell}"


@pytest.mark.parametrize(
    "cell", ["sam@acme.example", "192.0.2.1", "2026-11-24", "it's fine", "'quoted'"]
)
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert next(csv.reader(io.StringIO(csv_lines([[cell]])))) == [cell]


@pytest.mark.parametrize("cell", ["\t=1", "\r=1"])
def test_a_tab_or_return_before_a_formula_is_shown_and_does_nothing(cell: str) -> None:
    assert csv_lines([[cell]]) == f"{visible(cell)}\n"


@given(st.lists(st.lists(TEXTS, min_size=1, max_size=4), max_size=4))
def test_no_cell_is_a_formula_and_none_loses_anything(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_lines(rows), newline="")))
    for row, written in zip(rows, read, strict=True):
        for cell, found in zip(row, written, strict=True):
            assert found in (visible(cell), f"'{visible(cell)}")
            assert not found.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_numbers_stay_numbers() -> None:
    assert csv_lines([[-1, 0.5, True]]) == "-1,0.5,True\n"
