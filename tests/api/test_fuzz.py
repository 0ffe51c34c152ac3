"""Whatever comes in: no exception gets out of the app, every answer is what it says it is, and
nothing is left behind.

FRESHTOKEN_FUZZ_EXAMPLES is the number of inputs for each of the tests. A long hunt is many runs of
some 500: Hypothesis remembers all of a run's inputs, so that its memory grows with them.
"""

import asyncio
import gc
import gzip
import os
from dataclasses import dataclass
from typing import Any
from weakref import ReferenceType

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..world import CLOUD, OFFICE
from . import gen_hostile
from .wire_helpers import AUTHORIZE, CALLBACK, Scene, public_pem, signing_key

EXAMPLES = int(os.environ.get("FRESHTOKEN_FUZZ_EXAMPLES", "100"))
fuzz = settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
versions = st.sampled_from(["64.0", "64.0", "64.0", "31.0", "68.0", "0.0"])
OAUTH = [
    "/services/oauth2/token",
    "/services/oauth2/revoke",
    "/services/oauth2/introspect",
    "/services/oauth2/userinfo",
]


@dataclass
class Target:
    """An org under fire: the wire, and what an attacker who has an account may know."""

    scene: Scene
    sessions: list[str]
    forms: st.SearchStrategy[bytes]
    envelopes: st.SearchStrategy[bytes]
    paths: st.SearchStrategy[str]

    async def ask(self, method: str, path: str, **request: Any) -> None:
        """One request; its answer is judged, and no task outlives it."""
        gen_hostile.judge(await self.scene.wire.send(method, path, **request))
        assert len(asyncio.all_tasks()) == 1


def sign(claims: dict) -> str:
    try:
        return jwt.encode(claims, signing_key(), algorithm="RS256")
    except (TypeError, ValueError):  # PyJWT signs no iss that is not a text
        return "x.y.z"


@pytest.fixture
async def target(scene: Scene) -> Target:
    """The org of the tests without a lockout and a rate limit, so that every input gets as far as
    it can.
    """
    for name, value in {
        "max_attempts": "0",
        "rate_limit": "off",
        "password_expires": "0",
        "password_history": "0",
    }.items():
        scene.org.setup.choose(name, value)
    scene.org.apps.register_key(scene.app.name, public_pem())
    refresh_token, sessions = (
        (await scene.granted())["refresh_token"],
        [await scene.session(), await scene.admin()],
    )
    known = {
        "refresh_token": refresh_token,
        "token": refresh_token,
        "code": "aPrx",
        "code_verifier": "x" * 43,
    }
    known |= {"redirect_uri": CALLBACK, "assertion": "a.b.c"}
    forms = gen_hostile.forms(
        scene.client | known, gen_hostile.assertions(sign, scene.app.consumer_key)
    )
    return Target(
        scene, sessions, forms, gen_hostile.soap_bodies(sessions), gen_hostile.paths(scene.me)
    )


def sent(headers: dict[str, str], **more: bytes) -> dict[str, bytes]:
    return {name: value.encode("latin-1") for name, value in headers.items()} | more


def packed(body: bytes, headers: dict[str, str]) -> bytes:
    """The body as the header says, where it says gzip exactly."""
    return gzip.compress(body) if headers.get("Content-Encoding") == "gzip" else body


@fuzz
@given(data=st.data(), headers=gen_hostile.headers, letter=st.sampled_from("uc"), version=versions)
async def test_any_soap_request(
    target: Target, data: st.DataObject, headers: dict, letter: str, version: str
) -> None:
    body = packed(data.draw(target.envelopes), headers)
    address = data.draw(st.sampled_from([CLOUD, OFFICE, "::1"]))
    await target.ask(
        "POST",
        f"/services/Soap/{letter}/{version}",
        content=body,
        headers=sent(headers),
        address=address,
    )


@fuzz
@given(
    data=st.data(),
    headers=gen_hostile.headers,
    authorization=st.none() | gen_hostile.authorizations,
)
async def test_any_oauth_request(
    target: Target, data: st.DataObject, headers: dict, authorization: bytes | None
) -> None:
    path = data.draw(st.sampled_from([OAUTH[0], *OAUTH]))
    body = packed(data.draw(target.forms), headers)
    more: dict[str, bytes] = {} if authorization is None else {"Authorization": authorization}
    method = data.draw(st.sampled_from(["POST", "POST", "POST", "GET", "HEAD"]))
    await target.ask(method, path, content=body, headers=sent(headers, **more))


@fuzz
@given(data=st.data(), headers=gen_hostile.headers, authorization=gen_hostile.authorizations)
async def test_any_request_at_the_authorize_page_and_the_identity_url(
    target: Target, data: st.DataObject, headers: dict, authorization: bytes
) -> None:
    pairs = st.dictionaries(
        st.sampled_from(["state", "scope", "code_challenge", "code_challenge_method"]),
        gen_hostile.texts,
    )
    asked = target.scene.asked() | {
        k: v.encode("utf-8", "replace").decode() for k, v in data.draw(pairs).items()
    }
    if data.draw(st.booleans()):
        asked[data.draw(st.sampled_from(sorted(asked)))] = data.draw(gen_hostile.latin)
    body = b"username=sam%40acme.example&password=Velvet-Train-9"
    body = data.draw(st.just(body) | gen_hostile.damaged(st.just(body)) | target.forms)
    who = data.draw(
        st.sampled_from(
            [AUTHORIZE, AUTHORIZE, "/id/x/y", f"/id/{target.scene.org.info().record_id}/%00"]
        )
    )
    method = data.draw(st.sampled_from(["POST", "POST", "GET"]))
    more = {"Authorization": authorization}
    await target.ask(method, who, params=asked, content=body, headers=sent(headers, **more))


@fuzz
@given(
    data=st.data(),
    soql=gen_hostile.soql,
    columns=st.sampled_from(["true", "false", ""]),
    headers=gen_hostile.headers,
)
async def test_any_query(
    target: Target, data: st.DataObject, soql: str, columns: str, headers: dict
) -> None:
    params = {"q": soql.encode("utf-8", "replace").decode(), "columns": columns}
    bearer = b"Bearer " + data.draw(st.sampled_from(target.sessions)).encode()
    more = {"Authorization": bearer}
    await target.ask(
        "GET", "/services/data/v64.0/query", params=params, headers=sent(headers, **more)
    )


@fuzz
@given(data=st.data(), headers=gen_hostile.headers, body=gen_hostile.bodies)
async def test_any_rest_request(
    target: Target, data: st.DataObject, headers: dict, body: bytes
) -> None:
    # httpx takes // at the start of no relative one
    path = f"https://acme.my.salesforce.com{data.draw(target.paths)}"
    session = data.draw(st.sampled_from([*target.sessions * 4, "x"]))
    method = data.draw(st.sampled_from([*["GET", "POST"] * 4, "DELETE", "HEAD", "PUT", "OPTIONS"]))
    params = data.draw(
        st.dictionaries(
            st.sampled_from(["q", "fields", "columns", "x"]), gen_hostile.latin, max_size=2
        )
    )
    more = {"Authorization": f"Bearer {session}".encode()}
    await target.ask(method, path, params=params, content=body, headers=sent(headers, **more))


async def test_hostile_requests_leave_nothing_in_memory(target: Target) -> None:
    scene, bad = (
        target.scene,
        [b"<", b"\x00" * 100, gen_hostile.DOCTYPES[4].encode() + b"<a>&c;</a>", b"<a>" * 5_000],
    )

    async def bombard() -> int:
        for number in range(25):
            for body in bad:
                await target.ask("POST", "/services/Soap/u/64.0", content=body)
            await scene.wire.login(f"wrong{number}", username=f"nobody{number}@acme.example")
            await target.ask("POST", "/services/oauth2/token", content=b"grant_type=password&x=%ff")
            await target.ask(
                "GET",
                f"/services/data/v64.0/query/01g{number}",
                headers={"Authorization": "Bearer x"},
            )
        gc.collect()
        # but sqlite3's own references to cursors that are gone: up to 200 a connection, swept now
        # and then
        return sum(type(one) is not ReferenceType or one() is not None for one in gc.get_objects())

    await bombard()
    before = await bombard()
    assert await bombard() - before < 100
