"""The description of the control API holds what the API does: paths, methods, parameters, fields,
and the keys of every answer.
"""

from typing import Any

import httpx
import pytest

from freshtoken_api.control.calls import OrgCalls
from freshtoken_api.control.contract import Operation, document, operations
from freshtoken_api.injection import MOST_TIMES
from freshtoken_api.injection import InjectedOperation as Injected
from freshtoken_model.values.kinds import FreezeReason

from ...model.org_states import lock
from ...world import FRESH, PASSWORD
from .conftest import Driven

KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
    "object": dict,
    "array": list,
}
BODIES: dict[str, dict[str, object]] = {
    "change_password": {"old": PASSWORD, "new": FRESH},
    "advance_clock": {"duration": "1m"},
    "set_clock": {"moment": "2026-12-24T18:00"},
    "set_setting": {"value": "off"},
    "inject_fault": {"fault": "server_unavailable"},
    "freeze": {"by_salesforce": "login-anomaly"},
}
NAMES = {"user": "integration", "name": "soap_login", "org": "org1"}
BY_NAME = {one.name: one for one in operations()}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Any = document()
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def unlike(value: object, schema: dict[str, Any], where: str) -> list[str]:
    """Where a value is not as its schema has it, to the last key."""
    schema = resolved(schema)
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(isinstance(value, KINDS[kind]) for kind in kinds):
        return [f"{where}: {value!r} is no {kinds}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r} is none of {schema['enum']}"]
    wrong: list[str] = []
    if isinstance(value, list) and "items" in schema:
        wrong += [w for one in value for w in unlike(one, schema["items"], f"{where}[]")]
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        wrong += [f"{where}.{name} is not described" for name in set(value) - set(known)]
        wrong += [f"{where}.{name} is missing" for name in set(schema["required"]) - set(value)]
        for name in set(value) & set(known):
            wrong += unlike(value[name], known[name], f"{where}.{name}")
    return wrong


def described(operation: Operation) -> dict[str, Any]:
    return dict(document()["paths"][operation.path][operation.method.lower()])


def answer_of(control: Driven, operation: Operation) -> httpx.Response:
    body = BODIES.get(operation.name, {}) if operation.body is not None else None
    return control.call(operation.method, operation.path.format_map(NAMES), json=body)


@pytest.fixture
def lived_in(control: Driven, log_in: Any) -> Driven:
    """An org in which something happened, so that no list is empty."""
    control.post("/orgs")
    control.post("/users/integration/token")
    log_in("wrong")
    control.post("/faults", fault="invalid_login", operation="login")
    log_in("wrong")
    httpx.get(f"{control.addresses.http}/services/data/v64.0/composite", trust_env=False)
    control.post("/faults", fault="invalid_login", operation="login", times=3)
    return control


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_operation_answers_as_it_is_described(lived_in: Driven, name: str) -> None:
    operation = BY_NAME[name]
    if name == "unfreeze":
        lived_in.org.users.freeze("integration")
    if name == "unlock":
        lock(lived_in.org)
    answer = answer_of(lived_in, operation)
    assert answer.status_code == operation.status, answer.text
    response = described(operation)["responses"][str(operation.status)]
    schema = response["content"]["application/json"]["schema"]
    assert unlike(answer.json(), schema, name) == []
    assert answer.headers["content-type"] == "application/json"


def test_every_method_of_an_org_is_described_and_every_operation_is_answered(
    control: Driven,
) -> None:
    of_orgs = {"list_orgs", "create_org", "delete_org"}
    methods = {name for name in vars(OrgCalls) if not name.startswith("_")} - {"handlers"}
    assert methods | of_orgs == set(BY_NAME)
    for operation in operations():
        answer = control.call("OPTIONS", operation.path.format_map(NAMES))
        allowed = set(answer.headers["allow"].split(", ")) - {"HEAD"}
        described_here = document()["paths"][operation.path]
        assert allowed == {method.upper() for method in described_here}


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_operation_but_the_open_ones_needs_the_token(control: Driven, name: str) -> None:
    operation = BY_NAME[name]
    control.client.headers["Authorization"] = "Bearer wrong"
    answer = answer_of(control, operation)
    assert (answer.status_code == 401) is (name not in ("health", "openapi"))


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_what_is_not_described_is_refused(control: Driven, name: str) -> None:
    operation = BY_NAME[name]
    path = operation.path.format_map(NAMES)
    more = control.refused(operation.method, path, params={"nonsense": "1"})
    assert more[:2] == (400, "bad_request") and "no parameter 'nonsense'" in more[2]
    if operation.body is not None:
        given = {**BODIES.get(name, {}), "nonsense": 1}
        more = control.refused(operation.method, path, json=given)
        assert more[:2] == (400, "bad_request") and "no field 'nonsense'" in more[2]


FIELDS = [(one.name, field.name) for one in operations() for field in one.body or ()]


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_field_of_another_type_is_refused_in_words(
    control: Driven, name: str, field: str
) -> None:
    operation = BY_NAME[name]
    others: tuple[object, ...] = (
        [],
        {},
        1.5,
        "x" if field in ("times", "sandbox", "link_only") else 7,
    )
    for wrong in others:
        given = {**BODIES.get(name, {}), field: wrong}
        told = control.refused(operation.method, operation.path.format_map(NAMES), json=given)
        assert told[:2] == (400, "bad_request")
        assert told[2].startswith(f"{field} must be ")


@pytest.mark.parametrize(
    "name", sorted(one.name for one in operations() if any(f.required for f in one.body or ()))
)
def test_a_field_that_is_missing_is_named(control: Driven, name: str) -> None:
    operation = BY_NAME[name]
    told = control.refused(operation.method, operation.path.format_map(NAMES), json={})
    needed = ", ".join(field.name for field in operation.body or () if field.required)
    assert told == (400, "bad_request", f"The body needs: {needed}.")


def test_the_closed_sets_of_the_description_are_those_of_the_org() -> None:
    def choices(name: str, field: str) -> tuple[str, ...]:
        return next(one for one in BY_NAME[name].body or () if one.name == field).choices

    assert choices("inject_fault", "operation") == tuple(Injected)
    assert set(choices("freeze", "by_salesforce")) == {r.replace("_", "-") for r in FreezeReason}
    times = next(one for one in BY_NAME["inject_fault"].body or () if one.name == "times")
    assert times.bounds == (1, MOST_TIMES)
