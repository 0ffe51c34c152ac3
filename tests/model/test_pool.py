"""The threads of an org: every quick use case ends by itself, in one transaction, whoever waits for
it.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from freshtoken_model.org import Org
from freshtoken_model.pool import AT_ONCE, InlinePool, OrgPool
from freshtoken_model.values.errors import OrgFileError, UnknownNameError


@pytest.fixture
def pool(org_file: Path) -> Iterator[OrgPool]:
    opened = OrgPool(org_file)
    yield opened
    opened.close()


async def test_all_who_wait_are_answered_each_with_its_own(pool: OrgPool) -> None:
    many = 3 * AT_ONCE + 1

    def numbered(number: int) -> Callable[[Org], tuple[int, str]]:
        return lambda org: (number, org.info().name)

    answers = await asyncio.gather(*(pool.quick(numbered(n)) for n in range(many)))
    assert [n for n, _ in answers] == list(range(many))


async def test_a_use_case_that_fails_takes_no_other_with_it(pool: OrgPool) -> None:
    said = await asyncio.gather(
        pool.quick(lambda org: org.users.unlock("nobody")),
        pool.quick(lambda org: org.users.freeze("kim", True).frozen),
        pool.quick(lambda org: 1 // 0),
        pool.quick(lambda org: org.users.get("kim").frozen),
        return_exceptions=True,
    )
    assert isinstance(said[0], UnknownNameError) and isinstance(said[2], ZeroDivisionError)
    assert said[1] is True and said[3] is True


async def test_who_leaves_changes_nothing_for_the_others_and_what_was_asked_for_is_done(
    pool: OrgPool,
) -> None:
    go, begun = threading.Event(), threading.Event()

    def held(org: Org) -> str:
        begun.set()
        go.wait()
        return org.users.freeze("kim", True).username

    left = asyncio.create_task(pool.quick(held))
    stays = asyncio.create_task(pool.quick(lambda org: org.users.get("kim").frozen))
    await asyncio.to_thread(begun.wait)
    left.cancel()
    with pytest.raises(asyncio.CancelledError):
        await left
    go.set()
    assert await stays is True


async def test_a_closed_org_takes_nothing_more(org_file: Path) -> None:
    pool = OrgPool(org_file)
    assert await pool.quick(lambda org: org.info().kind) == "training org"
    await asyncio.to_thread(pool.close)
    with pytest.raises(RuntimeError, match="the org is closed"):
        await pool.quick(lambda org: org.info())


async def test_an_open_org_in_a_pools_place_runs_everything_on_the_thread_that_asks(
    org_file: Path,
) -> None:
    with Org(org_file) as org:
        inline, here = InlinePool(org), threading.get_ident()
        seen = [
            await inline.run(lambda org: (org, threading.get_ident())),
            await inline.quick(lambda org: (org, threading.get_ident())),
        ]
        assert seen == [(org, here)] * 2
        inline.close()
        assert org.users.get("kim").active, "the org is its opener's to close"
        org_file.rename(org_file.with_name("elsewhere"))
        with pytest.raises(OrgFileError, match="is gone"):
            await inline.run(lambda org: org.users.freeze("kim", True))
