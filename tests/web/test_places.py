"""Places with a clock of the test's own: who is ended, who gives way to whom."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from freshtoken_model.org import Org
from freshtoken_tui.web.folders import Folders, Visitor
from freshtoken_tui.web.places import SPARED, FullError, Places, Reason

IDLE = 600.0


class Paper:
    """A tab that keeps what is drawn, and why it was closed."""

    def __init__(self) -> None:
        self.drawn = b""
        self.news = asyncio.Event()
        self.closed: asyncio.Future[Reason] = asyncio.get_running_loop().create_future()

    async def draw(self, data: bytes) -> None:
        self.drawn += data
        self.news.set()

    async def ask(self, what: str, **more: str) -> None: ...

    async def close(self, reason: Reason) -> None:
        self.closed.set_result(reason)

    async def sees(self, words: bytes) -> None:
        while words not in self.drawn:
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 60)

    async def is_quiet(self) -> None:
        """Wait until everything was drawn: nothing came for a second."""
        with suppress(TimeoutError):
            while True:
                self.news.clear()
                await asyncio.wait_for(self.news.wait(), 1)


class Clock:
    """Seconds, as the test says."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Room:
    """Places for a few visitors."""

    def __init__(self, folder: Path, most: int) -> None:
        self.folders, self.clock, self.said = Folders(folder), Clock(), list[str]()
        self.places = Places(most, IDLE, self.said.append, self.clock)

    def visitor(self) -> Visitor:
        found = self.folders.find(self.folders.add(""))
        assert found is not None
        return found


@pytest.fixture
async def room(tmp_path: Path):
    made = Room(tmp_path / "class", most=1)
    yield made
    await made.places.close()


async def test_a_place_that_was_left_is_given_to_somebody_else_after_a_while(room: Room) -> None:
    first, second, tab = room.visitor(), room.visitor(), Paper()
    place = await room.places.enter(first, tab, 80, 24)
    await tab.sees(b"freshtoken")
    room.places.leave(place, tab)
    room.clock.now += SPARED - 1
    assert not room.places.open_to(second) and room.places.open_to(first)
    with pytest.raises(FullError):
        await room.places.enter(second, Paper(), 80, 24)
    room.clock.now += 2
    assert room.places.open_to(second)
    other = Paper()
    await room.places.enter(second, other, 80, 24)
    await other.sees(b"freshtoken")
    assert room.places.taken == 1 and not tab.closed.done()


async def test_a_place_in_sight_is_given_to_nobody(room: Room) -> None:
    await room.places.enter(room.visitor(), Paper(), 80, 24)
    room.clock.now += SPARED * 2
    with pytest.raises(FullError):
        await room.places.enter(room.visitor(), Paper(), 80, 24)


async def test_keys_keep_an_app_and_without_them_it_ends_and_the_org_is_kept(room: Room) -> None:
    visitor, tab = room.visitor(), Paper()
    place = await room.places.enter(visitor, tab, 120, 40)
    await tab.sees(b"CONNECTED")
    room.clock.now += IDLE - 1
    await room.places.typed(place, b"\x1b")
    room.clock.now += IDLE - 1
    await room.places.end_idle()
    assert room.places.taken == 1
    room.clock.now += 1
    await room.places.end_idle()
    assert room.places.taken == 0
    assert await asyncio.wait_for(tab.closed, 60) is Reason.IDLE
    with Org(visitor.folder / "org.db") as org:
        assert org.users.all()
    assert room.said == []


async def test_what_is_drawn_while_no_tab_looks_is_drawn_again_for_the_next(room: Room) -> None:
    visitor, tab = room.visitor(), Paper()
    place = await room.places.enter(visitor, tab, 120, 40)
    await tab.sees(b"esc")
    tab.drawn = b""
    await room.places.typed(place, b"\x1b")
    await tab.sees(b"is approved by")  # what the question lay over
    await place.process.tell("blur")  # no cursor blinks
    await tab.is_quiet()
    room.places.leave(place, tab)
    later = Paper()
    await room.places.enter(visitor, later, 120, 40)
    await later.sees(b"Log In")
    await later.sees(b"CONNECTED")
    assert room.places.taken == 1
