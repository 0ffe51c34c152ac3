"""The Singer tap for Salesforce, unmodified: it lives on a refresh token, discovers, and syncs.

Skipped where there is no tap-salesforce: pipx install tap-salesforce, or FRESHTOKEN_TAP_SALESFORCE.
It cannot be installed beside the other clients: it asks for one old version of requests.
"""

import json
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from freshtoken_api.testing import Salesforce
from freshtoken_model.org import Org

from ..world import FRESH as NEW
from ..world import INTEGRATION as USER
from ..world import PASSWORD as OLD
from .conftest import LIMIT, failed
from .keys import APP

TAP = os.environ.get("FRESHTOKEN_TAP_SALESFORCE") or shutil.which("tap-salesforce")
pytestmark = pytest.mark.skipif(
    TAP is None,
    reason="there is no tap-salesforce: pipx install it, or set FRESHTOKEN_TAP_SALESFORCE",
)
CALLBACK = "http://localhost:8000/callback"


def keys_of(served: Salesforce) -> dict[str, str]:
    """What the connected app proves itself with."""
    app = served.org.apps.get(APP)
    return {"client_id": app.consumer_key, "client_secret": app.consumer_secret}


def refresh_token(served: Salesforce) -> str:
    """What a user gives the tap once, in a browser."""
    keys, back = keys_of(served), {"redirect_uri": CALLBACK}
    allowed = requests.post(
        f"{served.url}/services/oauth2/authorize",
        params={"response_type": "code", "client_id": keys["client_id"], **back},
        data={"username": USER, "password": OLD},
        allow_redirects=False,
        timeout=10,
    )
    (code,) = parse_qs(urlsplit(allowed.headers["location"]).query)["code"]
    form = {"grant_type": "authorization_code", "code": code, **back, **keys}
    answer = requests.post(f"{served.url}/services/oauth2/token", data=form, timeout=10)
    return str(answer.json()["refresh_token"])


class Tap:
    """The tap with its configuration file."""

    def __init__(self, served: Salesforce, folder: Path, **other: object) -> None:
        self._served, self._folder, self._config = served, folder, folder / "config.json"
        own = {"start_date": "2026-01-01T00:00:00Z", "api_type": "REST"}
        self.keys, self.refresh_token = keys_of(served), refresh_token(served)
        named = {**self.keys, "refresh_token": self.refresh_token}
        self._config.write_text(json.dumps(own | named | other))

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        assert TAP is not None
        return subprocess.run(
            [TAP, "--config", str(self._config), *words],
            env={**os.environ, **self._served.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def discover(self) -> dict[str, Any]:
        """The catalog."""
        done = self.run("--discover")
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    def sync(self, catalog: dict[str, Any]) -> Counter[str]:
        """Sync a catalog; how many records of each stream came."""
        path = self._folder / "catalog.json"
        path.write_text(json.dumps(catalog))
        done = self.run("--properties", str(path))
        assert done.returncode == 0, done.stderr
        messages = [json.loads(line) for line in done.stdout.splitlines()]
        return Counter(m["stream"] for m in messages if m["type"] == "RECORD")


def chosen(catalog: dict[str, Any], *streams: str) -> dict[str, Any]:
    """The catalog with these streams chosen, each from where the last sync ended."""
    for stream in catalog["streams"]:
        (table,) = [m["metadata"] for m in stream["metadata"] if not m["breadcrumb"]]
        (key,) = table["valid-replication-keys"]
        table |= {"selected": stream["stream"] in streams, "replication-key": key}
        table["replication-method"] = "INCREMENTAL"
    return catalog


def test_its_refresh_token_survives_password_change_ended_sessions_and_lockout(
    salesforce: Salesforce, org: Org, token: str, tmp_path: Path
) -> None:
    tap = Tap(salesforce, tmp_path, select_fields_by_default="true")
    catalog = tap.discover()
    assert sorted(s["stream"] for s in catalog["streams"]) == ["Account", "Organization", "User"]
    catalog = chosen(catalog, "Account", "User")
    assert tap.sync(catalog) == {"Account": 5, "User": 7}

    org.setup.choose("own_change_ends_sessions", "yes")
    org.passwords.change(USER, OLD, NEW)
    form = {"grant_type": "password", "username": USER, "password": NEW + token, **tap.keys}
    url = f"{salesforce.url}/services/oauth2/token"
    for _ in range(LIMIT):
        assert requests.post(url, data=form, timeout=10).status_code == 400
    assert org.users.get(USER).state == "locked"
    assert tap.sync(catalog) == {"Account": 5, "User": 7}


def test_it_reads_what_changed_since_its_start_date(salesforce: Salesforce, tmp_path: Path) -> None:
    more = {"select_fields_by_default": "true", "start_date": "2026-11-24T13:40:01Z"}
    tap = Tap(salesforce, tmp_path, **more)
    assert tap.sync(chosen(tap.discover(), "Account")) == {}


def test_a_revoked_refresh_token_ends_it_and_costs_no_attempt(
    salesforce: Salesforce, org: Org, tmp_path: Path
) -> None:
    tap = Tap(salesforce, tmp_path)
    url = f"{salesforce.url}/services/oauth2/revoke"
    assert requests.post(url, data={"token": tap.refresh_token}, timeout=10).status_code == 200
    done = tap.run("--discover")
    assert done.returncode == 1 and '"error":"invalid_grant"' in done.stderr
    assert failed(org) == 0
