"""What the README says is so."""

from pathlib import Path

from freshtoken_tui.commands import COMMANDS, key_table

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_key_table_of_the_readme_is_the_one_of_the_app() -> None:
    assert key_table() in README


def test_no_two_commands_have_the_same_key_or_id() -> None:
    keys = [command.key for command in COMMANDS if command.key]
    assert len(keys) == len(set(keys))
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)


def test_the_footer_has_at_most_six_keys() -> None:
    assert sum(command.footer for command in COMMANDS) <= 6
