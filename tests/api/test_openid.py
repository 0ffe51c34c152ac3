"""OpenID Connect: what a client library reads, in the order it reads it, and the key behind it."""

import base64
import hashlib
import json
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import jwt
import pytest

from freshtoken_api.app import create_app
from freshtoken_model.export import export
from freshtoken_model.org import Org
from freshtoken_model.pool import OrgPool

from ..world import CHEAP, SAM
from .conftest import Wire
from .wire_helpers import Scene

DISCOVERY = "/.well-known/openid-configuration"
HOST = "https://acme.my.salesforce.com"
SCOPE = "openid refresh_token api"


async def verified(wire: Any, id_token: str, audience: str, host: str = HOST) -> dict[str, Any]:
    """The claims, once a library has verified them against the served keys, as a client does."""
    found = (await wire.send("GET", f"{host}{DISCOVERY}")).json()
    assert found["issuer"] == host
    served = (await wire.send("GET", found["jwks_uri"])).json()
    kid = jwt.get_unverified_header(id_token)["kid"]
    key = jwt.PyJWKSet.from_dict(served)[kid]
    return jwt.decode(
        id_token,
        key,
        algorithms=found["id_token_signing_alg_values_supported"],
        audience=audience,
        issuer=found["issuer"],
        options={"require": ["exp", "iat", "iss", "aud", "sub"]},
    )


async def granted(scene: Scene, **asked: str) -> dict[str, str]:
    return (await scene.exchange(await scene.code(**{"scope": SCOPE, **asked}))).json()


async def test_the_configuration_names_endpoints_that_answer_where_it_was_asked(
    scene: Scene,
) -> None:
    for host in (HOST, "https://login.salesforce.com", "http://127.0.0.1:8000"):
        answer = await scene.wire.send("GET", f"{host}{DISCOVERY}")
        found = answer.json()
        assert answer.status_code == 200 and found["issuer"] == host
        for name, url in found.items():
            if not name.endswith(("_endpoint", "_uri")):
                continue
            assert url.startswith(host)
            reached = await scene.wire.send("GET" if name == "jwks_uri" else "POST", url)
            assert reached.status_code not in (404, 405), name


async def test_the_id_token_is_verified_by_the_served_key_and_says_who_and_for_whom(
    scene: Scene,
) -> None:
    answer = await granted(scene, nonce="n-0S6_WzA2Mj")
    claims = await verified(scene.wire, answer["id_token"], scene.app.consumer_key)
    hashed = hashlib.sha256(answer["access_token"].encode()).digest()[:16]
    assert claims["nonce"] == "n-0S6_WzA2Mj"
    assert claims["at_hash"] == base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
    assert claims["sub"].endswith(f"/{scene.id_of(SAM)}") and claims["sub"] == answer["id"]
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    userinfo = await scene.wire.send("GET", "/services/oauth2/userinfo", headers=bearer)
    assert userinfo.json()["sub"] == claims["sub"]


@pytest.mark.parametrize("days", [0, 10])
async def test_its_times_are_those_of_the_clients_clock_and_agree_with_introspect(
    scene: Scene, days: int
) -> None:
    scene.org.clock.advance(f"{days}d" if days else "1s")
    before = int(time.time())
    answer = await granted(scene)
    claims = await verified(scene.wire, answer["id_token"], scene.app.consumer_key)
    assert before <= claims["iat"] <= time.time() and claims["exp"] == claims["iat"] + 120
    asked = {**scene.client, "token": answer["access_token"]}
    told = (await scene.wire.send("POST", "/services/oauth2/introspect", data=asked)).json()
    assert abs(told["iat"] - claims["iat"]) <= 2 and told["sub"] == claims["sub"]


async def test_there_is_none_without_the_scope_and_a_refresh_brings_another_without_the_nonce(
    scene: Scene,
) -> None:
    assert "id_token" not in await granted(scene, scope="refresh_token api")
    first = await granted(scene, nonce="once")
    again = (await scene.refresh(first["refresh_token"])).json()
    claims = await verified(scene.wire, again["id_token"], scene.app.consumer_key)
    assert "nonce" not in claims
    less = await scene.grant("refresh_token", refresh_token=first["refresh_token"], scope="api")
    assert "id_token" not in less.json()


async def test_a_login_host_is_its_own_issuer(scene: Scene) -> None:
    host = "https://login.salesforce.com"
    form = {
        **scene.client,
        "grant_type": "authorization_code",
        "code": await scene.code(scope=SCOPE),
        "redirect_uri": scene.app.callbacks[0],
    }
    answer = (await scene.wire.send("POST", f"{host}/services/oauth2/token", data=form)).json()
    claims = await verified(scene.wire, answer["id_token"], scene.app.consumer_key, host)
    assert claims["iss"] == host


async def test_the_key_outlives_a_restart_and_a_step_back_and_is_in_no_export(
    scene: Scene, org_file: Path
) -> None:
    answer = await granted(scene)
    (served,) = (await scene.wire.send("GET", "/id/keys")).json()["keys"]
    assert set(served) == {"kty", "n", "e", "alg", "use", "kid"}, "no private number"
    scene.org.rewind.back(1)
    pool = OrgPool(org_file, CHEAP)
    try:
        claims = await verified(Wire(create_app(pool)), answer["id_token"], scene.app.consumer_key)
        assert claims["aud"] == scene.app.consumer_key
    finally:
        pool.close()
    conn = sqlite3.connect(org_file)
    ((pem,),) = conn.execute("select private_key from openid_key")
    conn.close()
    kept = pem.splitlines()[1]
    for with_secrets in (False, True):
        assert kept not in json.dumps(export(scene.org, with_secrets))


def test_the_key_is_made_once_however_many_ask_first(org_file: Path) -> None:
    found: list[str] = []

    def ask() -> None:
        with Org(org_file, CHEAP) as org:
            found.append(org.openid.public_keys()[0]["kid"])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and len(set(found)) == 1


def test_an_org_that_nobody_asks_has_no_key(org_file: Path) -> None:
    with Org(org_file, CHEAP) as org:
        assert list(org.database.tables.query("select * from openid_key")) == []
