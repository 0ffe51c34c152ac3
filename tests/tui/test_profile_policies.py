"""Users of a profile with a password policy that differs from the org's: every screen shows
theirs.
"""

from pathlib import Path

import pytest

from freshtoken_model.org import Org

from .test_change_password import field, open_form
from .test_client_pane import logs_in

LENGTH = "15 characters or more"
SHORT, LONG = "abcdefg1", "abcdefg1abcdefg"


@pytest.fixture(autouse=True)
def strict_profile(org: Org) -> None:
    """The integration user's profile asks for 15 characters, and locks at the third attempt."""
    org.admin.set_policy("Integration", "minimum_length", "15")
    org.admin.set_policy("Integration", "max_attempts", "3")
    org.clients.hold(org.clients.all()[0].id, password="wrong")


async def test_the_checklist_ticks_by_the_users_profile_and_agrees_with_the_org(
    org_file: Path, org: Org, play
) -> None:
    async with play(org_file) as player:
        await open_form(player)
        for typed, mark in ((SHORT, "✗"), (LONG[:-1], "✗"), (LONG, "✓")):
            field(player, "new").value = typed
            await player.sees(f"{mark} {LENGTH}")
            (rule,) = (
                r for r in org.passwords.checklist("integration", typed) if r.words == LENGTH
            )
            assert rule.met is (mark == "✓")
        org.admin.set_policy("Integration", "password_history", "1")
        await player.sees("· not your current password")


async def test_who_is_of_another_profile_is_judged_by_the_orgs_policy(org_file: Path, play) -> None:
    async with play(org_file) as player:
        await open_form(player, "ada@acme.example")
        field(player, "new").value = SHORT
        await player.sees("✓ 8 characters or more")


@pytest.mark.parametrize("size", [(120, 40), (100, 30)], ids=["the pane", "the strip"])
async def test_attempts_are_counted_to_the_limit_of_the_clients_user(
    org_file: Path, org: Org, play, size: tuple[int, int]
) -> None:
    async with play(org_file, size) as player:
        for counted in ("■□□ 1 of 3", "■■□ 2 of 3"):
            await logs_in(player, accepted=False)
            await player.sees(counted)
        await logs_in(player, accepted=False)
        await player.sees("LOCKED OUT")
        assert org.users.get("integration").state == "locked"
