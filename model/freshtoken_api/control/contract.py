"""The operations of the control API as control.json describes them, and what a call brings: checked
against that description, so that the two cannot differ.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import freshtoken_data
from freshtoken_model.values.names import either, match_name

PREFIX = "/_freshtoken/v1"
"""The path before those of the description."""
KINDS: dict[str, tuple[type, str]] = {
    "string": (str, "a text"),
    "integer": (int, "a whole number"),
    "boolean": (bool, "true or false"),
}
"""The types of a field, as JSON Schema names them: Python's type, and words for people."""
LONGEST_NUMBER = 20
"""Characters of a number in a URL."""


class ControlError(Exception):
    """A call is refused: HTTP status, a code for programs, and a sentence for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(message)


def bad_request(message: str) -> ControlError:
    """A call that is not as the description has it."""
    return ControlError(400, "bad_request", message)


@dataclass(frozen=True, slots=True)
class ControlField:
    """A field of a body, or a parameter of a URL."""

    name: str
    kind: str
    """A key of KINDS."""
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    bounds: tuple[int, int] | None = None

    def checked(self, value: object) -> Any:
        """A value as the field takes it. Raises ControlError."""
        kind, words = KINDS[self.kind]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise bad_request(f"{self.name} must be {words}.")
        if isinstance(value, str):
            check_text(self.name, value)
        if self.choices and value not in self.choices:
            raise bad_request(f"{self.name} must be {either(self.choices)}.")
        if isinstance(value, int) and self.bounds and not self.bounds[0] <= value <= self.bounds[1]:
            least, most = self.bounds
            raise bad_request(f"{self.name} must be a whole number from {least} to {most:,}.")
        return value


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: its id, method and path below PREFIX, the HTTP status of success, whether it
    needs no token, its parameters and the fields of its body, None where it takes none.
    """

    name: str
    method: str
    path: str
    status: int
    is_open: bool
    query: tuple[ControlField, ...]
    body: tuple[ControlField, ...] | None


@dataclass(frozen=True, slots=True)
class ControlCall:
    """What a call brings, checked: names in its path, its parameters, the fields of its body."""

    path: Mapping[str, str]
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)


@cache
def document() -> dict[str, Any]:
    """The description, OpenAPI 3.1."""
    found: dict[str, Any] = json.loads(freshtoken_data.text("control.json"))
    return found


@cache
def operations() -> tuple[Operation, ...]:
    """All operations of the description."""
    return tuple(
        _operation(path, method.upper(), described)
        for path, methods in document()["paths"].items()
        for method, described in methods.items()
    )


def _operation(path: str, method: str, described: dict[str, Any]) -> Operation:
    parameters = described.get("parameters", ())
    query = tuple(
        _field(one["name"], one["schema"], one.get("required", False))
        for one in parameters
        if one["in"] == "query"
    )
    body: tuple[ControlField, ...] | None = None
    if "requestBody" in described:
        schema = described["requestBody"]["content"]["application/json"]["schema"]
        required = schema.get("required", ())
        body = tuple(_field(n, s, n in required) for n, s in schema["properties"].items())
    status = int(next(code for code in described["responses"] if code != "default"))
    is_open = described.get("security") == []
    return Operation(described["operationId"], method, path, status, is_open, query, body)


def _field(name: str, schema: dict[str, Any], required: bool) -> ControlField:
    return ControlField(
        name,
        schema["type"],
        required,
        schema.get("default"),
        tuple(schema.get("enum", ())),
        (schema["minimum"], schema["maximum"]) if "minimum" in schema else None,
    )


def read_query(operation: Operation, given: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a URL, with the defaults of those that are missing. Raises ControlError."""
    known = {one.name: one for one in operation.query}
    values: dict[str, object] = {}
    for name, text in given.items():
        _refuse_unknown("parameter", name, known)
        values[name] = _number(name, text) if known[name].kind == "integer" else text
    return _filled(known, values)


def read_body(operation: Operation, body: bytes) -> dict[str, Any]:
    """The fields of a body, with the defaults of those that are missing; an empty body is {}.
    Raises ControlError.
    """
    known = {one.name: one for one in operation.body or ()}
    try:
        read = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise bad_request("The body is not JSON.") from None
    if not isinstance(read, dict):
        raise bad_request("The body is not a JSON object.")
    for name in read:
        _refuse_unknown("field", name, known)
    return _filled(known, {name: value for name, value in read.items() if value is not None})


def _refuse_unknown(what: str, name: str, known: Mapping[str, ControlField]) -> None:
    """Raises UnknownNameError, with the nearest names, for one that is not known to the letter."""
    meant = match_name(what, name, list(known))
    if meant != name:
        raise bad_request(f"There is no {what} {name[:80]!r}; it is written {meant}.")


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        raise bad_request(f"{name} must be a whole number.")
    return int(text)


def _filled(known: Mapping[str, ControlField], values: Mapping[str, object]) -> dict[str, Any]:
    missing = [one.name for one in known.values() if one.required and one.name not in values]
    if missing:
        raise bad_request(f"The body needs: {', '.join(missing)}.")
    return {
        one.name: one.checked(values[one.name]) if one.name in values else one.default
        for one in known.values()
    }


def check_text(name: str, text: str) -> None:
    """Raises ControlError for what no text of an org holds: NUL, and halves of characters."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise bad_request(f"{name} holds a character that is not valid; nothing was changed.")
