"""Refresh Token Rotation: each use gives a new refresh token, and using an old one again revokes
the family.
"""

import asyncio
from typing import Any

from ..world import SAM
from .wire_helpers import Scene


def error_of(answer: Any) -> tuple[str, str]:
    """What a token request was refused with."""
    assert answer.status_code == 400, answer.text
    return answer.json()["error"], answer.json()["error_description"]


async def revoke(scene: Scene, token: str, method: str = "POST") -> int:
    where = {"data": {"token": token}} if method == "POST" else {"params": {"token": token}}
    return (await scene.wire.send(method, "/services/oauth2/revoke", **where)).status_code


async def test_without_rotation_a_refresh_token_is_used_again_and_again(scene: Scene) -> None:
    token = (await scene.granted())["refresh_token"]
    for _ in range(2):
        answer = await scene.refresh(token)
        assert answer.status_code == 200 and "refresh_token" not in answer.json()


async def test_with_rotation_each_use_gives_a_new_token_that_keeps_scope_and_life(
    scene: Scene,
) -> None:
    scene.org.apps.rotate_refresh_tokens(scene.app.name, on=True)
    token = (await scene.granted())["refresh_token"]
    seen = {token}
    for _ in range(3):
        answer = await scene.grant("refresh_token", refresh_token=token, scope="api")
        assert answer.status_code == 200 and await scene.works(answer.json()["access_token"])
        token = answer.json()["refresh_token"]
        assert token not in seen
        seen.add(token)
        scene.org.clock.advance("20d")
    assert (await scene.refresh(token)).json()["scope"] == "refresh_token api"


async def test_an_old_refresh_token_revokes_its_family_and_the_sessions_and_no_other_family(
    scene: Scene,
) -> None:
    scene.org.apps.rotate_refresh_tokens(scene.app.name, on=True)
    first = await scene.granted()
    other = await scene.granted()
    second = (await scene.refresh(first["refresh_token"])).json()
    third = (await scene.refresh(second["refresh_token"])).json()
    dead = ("invalid_grant", "expired access/refresh token")
    assert error_of(await scene.refresh(first["refresh_token"])) == dead
    assert error_of(await scene.refresh(third["refresh_token"])) == dead
    for access in (first, second, third):
        assert not await scene.works(access["access_token"])
    assert (await scene.refresh(other["refresh_token"])).status_code == 200
    revoked = [e for e in scene.org.history.events() if e.kind == "tokens_revoked"]
    assert len(revoked) == 1, "a revoked family is not revoked again"


async def test_a_refused_refresh_uses_no_token_up(scene: Scene) -> None:
    scene.org.apps.rotate_refresh_tokens(scene.app.name, on=True)
    token = (await scene.granted())["refresh_token"]
    assert (
        await scene.grant("refresh_token", refresh_token=token, scope="full")
    ).status_code == 400
    scene.org.users.freeze(SAM)
    assert (await scene.refresh(token)).status_code == 400
    scene.org.users.freeze(SAM, frozen=False)
    assert (await scene.refresh(token)).status_code == 200


async def test_a_replaced_token_stays_dead_when_rotation_is_off_again(scene: Scene) -> None:
    scene.org.apps.rotate_refresh_tokens(scene.app.name, on=True)
    old = (await scene.granted())["refresh_token"]
    new = (await scene.refresh(old)).json()["refresh_token"]
    scene.org.apps.rotate_refresh_tokens(scene.app.name, on=False)
    assert (await scene.refresh(new)).status_code == 200
    assert (await scene.refresh(old)).status_code == 400
    assert (await scene.refresh(new)).status_code == 400


async def test_revoking_the_newest_token_revokes_the_family(scene: Scene) -> None:
    scene.org.apps.rotate_refresh_tokens(scene.app.name, on=True)
    old = (await scene.granted())["refresh_token"]
    new = (await scene.refresh(old)).json()["refresh_token"]
    assert await revoke(scene, new) == 200
    assert (await scene.refresh(new)).status_code == 400
    assert await revoke(scene, old) == 400


async def test_of_many_that_use_one_token_at_once_one_gets_a_new_one(scene: Scene) -> None:
    scene.org.apps.rotate_refresh_tokens(scene.app.name, on=True)
    token = (await scene.granted())["refresh_token"]
    answers = await asyncio.gather(*(scene.refresh(token) for _ in range(5)))
    given = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(given) == 1
    assert (await scene.refresh(given[0]["refresh_token"])).status_code == 400
    kept = list(
        scene.org.database.tables.query("select replaced_at, revoked_at from refresh_token")
    )
    assert len(kept) == 2 and all(row["revoked_at"] is not None for row in kept)
