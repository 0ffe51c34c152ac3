"""An org for each test: made, served on ports of its own, and thrown away."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from freshtoken_api.control import orgs as module

from ...world import FRESH, PASSWORD
from .conftest import Driven, driven


def there(path: str) -> list[Path]:
    """What there is of an org file."""
    file = Path(path)
    return sorted(file.parent.glob(f"{file.name}*")) if file.parent.exists() else []


def of(control: Driven, made: dict[str, Any], method: str, path: str, **more: Any) -> Any:
    """A call of the control API of an org that was made."""
    return control.call(method, made["control"] + path, **more).json()


def test_each_org_is_its_own(control: Driven, log_in: Any) -> None:
    first, second = (control.post("/orgs", seed="same") for _ in range(2))
    of(control, first, "POST", "/users/integration/password", json={"old": PASSWORD, "new": FRESH})
    of(control, first, "POST", "/faults", json={"fault": "invalid_login", "operation": "login"})
    token = of(control, second, "GET", "/users/integration/token")["token"]
    assert log_in(PASSWORD + token, second["http"]).status_code == 200
    assert log_in(PASSWORD + token, first["http"]).status_code == 500
    assert of(control, first, "GET", "/requests")["requests"][0]["injected"] == "invalid_login"
    assert len(of(control, second, "GET", "/requests")["requests"]) == 1
    assert control.get("/requests")["requests"] == []
    assert [entry["org"] for entry in control.journal] == [second["org"], first["org"]]


def test_an_org_begins_as_it_was_asked_for(control: Driven) -> None:
    made = control.post(
        "/orgs",
        preset="busy",
        seed="seven",
        frozen_at="2027-02-21T00:00Z",
        release="Winter '26",
        sandbox=True,
    )
    shown = of(control, made, "GET", "/org")
    assert shown["created_release"] == "Winter '26"
    assert ".sandbox." in shown["my_domain"]
    assert shown["clock"] == {"now": "2027-02-21T00:00:00.000+0000", "mode": "frozen"}
    assert len(shown["clients"]) > 1


def test_an_org_as_of_a_day_has_what_is_retired_until_then(control: Driven, log_in: Any) -> None:
    made = control.post("/orgs", as_of="2027-06-02")
    assert of(control, made, "GET", "/clock")["now"] == "2027-06-01T23:00:00.000+0000"
    token = of(control, made, "GET", "/users/integration/token")["token"]
    assert "INVALID_OPERATION" in log_in(PASSWORD + token, made["http"]).text
    last = of(control, made, "GET", "/verdicts")["verdicts"][-1]
    assert last["refused_by"] == "api_version"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"frozen_at": "2027-01-01", "as_of": "2027-01-01"}, "give one"),
        ({"as_of": "someday"}, "someday"),
        ({"preset": "night-shift"}, "There is no preset 'night-shift'."),
        ({"frozen_at": "someday"}, "someday"),
        ({"release": "Autumn '26"}, "Autumn '26"),
        ({"seed": "\0"}, "seed holds a character that is not valid"),
    ],
)
def test_what_no_org_begins_with_is_refused_and_nothing_is_left(
    control: Driven, body: dict[str, Any], words: str
) -> None:
    status, code, message = control.refused("POST", "/orgs", json=body)
    assert (status, code) == (400, "bad_request")
    assert words in message
    assert [one["org"] for one in control.get("/orgs")] == ["main"]


def test_an_org_that_is_deleted_answers_no_more_and_leaves_no_file(control: Driven) -> None:
    made, stays = control.post("/orgs"), control.post("/orgs")
    assert there(made["file"])
    deleted = control.call("DELETE", f"/orgs/{made['org']}").json()
    assert deleted == {"org": made["org"], "deleted": True}
    assert there(made["file"]) == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(made["control"] + "/health", trust_env=False)
    assert [one["org"] for one in control.get("/orgs")] == ["main", stays["org"]]
    assert control.refused("DELETE", f"/orgs/{made['org']}")[:2] == (404, "not_found")
    assert control.refused("DELETE", "/orgs/main")[:2] == (409, "refused")


def test_orgs_are_made_and_deleted_at_the_servers_own_port_only(control: Driven) -> None:
    made = control.post("/orgs")
    assert control.refused("GET", made["control"] + "/orgs")[:2] == (404, "not_found")


def test_several_orgs_can_be_made_at_once_and_only_so_many(
    control: Driven, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ORGS", 3)
    with ThreadPoolExecutor(5) as threads:
        answers = list(threads.map(lambda _: control.call("POST", "/orgs"), range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 201, 409, 409]
    made = [answer.json() for answer in answers if answer.status_code == 201]
    assert len({one["http"] for one in made}) == len({one["org"] for one in made}) == 3
    control.call("DELETE", f"/orgs/{made[0]['org']}")
    assert control.call("POST", "/orgs").status_code == 201


def test_one_org_deleted_twice_at_once_is_deleted_once(control: Driven) -> None:
    name = control.post("/orgs")["org"]
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda _: control.call("DELETE", f"/orgs/{name}"), range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 404]


def test_nothing_is_left_when_the_server_ends(org_file: Path, tmp_path: Path) -> None:
    with driven(org_file, tmp_path) as control:
        made = [control.post("/orgs") for _ in range(2)]
        assert all(there(one["file"]) for one in made)
    assert not any(there(one["file"]) or Path(one["file"]).parent.exists() for one in made)
