"""freshtoken sources: where the facts are known from."""

import json

import pytest

import freshtoken_data

from ..world import invoke


def listed(*words: str) -> list[dict[str, str]]:
    result = invoke("sources", "--json", *words)
    assert (result.exit_code, result.stderr) == (0, "")
    rows: list[dict[str, str]] = json.loads(result.stdout)
    return rows


def test_every_source_of_the_file_is_listed_with_its_title_address_mark_and_what_it_says() -> None:
    rows = freshtoken_data.rows("sources.toml", "source", "id", "title", "mark", "checked", "says")
    assert [(row["id"], row["title"], row.get("address"), row["says"]) for row in rows] == [
        (row["id"], row["title"], row["address"], row["says"]) for row in listed()
    ]


@pytest.mark.parametrize("words", ["lockout period", "LOCKOUT", "refresh token", "help page"])
def test_a_search_finds_the_sources_with_all_the_words(words: str) -> None:
    found = {row["id"] for row in listed("--search", words)}
    everything = listed()
    said = {
        row["id"]
        for row in everything
        if all(
            one in f"{row['id']} {row['title']} {row['says']}".casefold()
            for one in words.casefold().split()
        )
    }
    assert said and said <= found < {row["id"] for row in everything}


def test_one_source_is_shown_in_words() -> None:
    one = next(row for row in listed() if row["address"])
    shown = invoke("sources", one["id"]).stdout
    assert one["title"] in shown and one["address"] in shown and one["says"] in shown
    assert one["mark"] not in shown.split()
