"""A name under [keys] of settings.toml that nothing has is told at the start, and no other."""

from pathlib import Path

from freshtoken_tui.parts.keys import unknown_names
from freshtoken_tui.settings import settings_path


def test_names_of_commands_and_of_places_are_known() -> None:
    assert unknown_names(["timeline", "users.unlock", "sitting.next"]) == []


def test_an_unknown_name_is_told_with_the_nearest_one() -> None:
    (told,) = unknown_names(["timelin"])
    assert told == "settings.toml, [keys]: no key is named timelin. Did you mean timeline?"
    (told,) = unknown_names(["users.unlok"])
    assert told.endswith("Did you mean users.unlock?")
    (told,) = unknown_names(["xyzzy"])
    assert told.endswith("freshtoken help keys lists the names.")


def test_a_command_without_a_key_has_none_to_rebind() -> None:
    assert len(unknown_names(["freeze"])) == 1


async def test_it_is_told_when_the_app_opens(org_file: Path, play, toasts: list[str]) -> None:
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_text('[keys]\ntimelin = "f11"\ninbox = "f11"\n', encoding="utf-8")
    async with play(org_file) as player:
        await player.until(lambda: bool(toasts), "a toast")
        assert [said for said in toasts if "[keys]" in said] == unknown_names(["timelin"])
