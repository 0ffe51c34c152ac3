"""Reading what clients send: bodies within bounds, SOAP without doctypes, entities or bombs, a little SOQL."""

import re
import zlib
from dataclasses import dataclass

from lxml import etree
from starlette.requests import Request

LARGEST_BODY = 1_000_000
"""Bytes of a request body, before and after decompression."""


class TooLargeError(Exception):
    """The body is larger than we read."""


class MalformedError(Exception):
    """The body cannot be read; the message is shown to the client."""


class NotAllowedError(MalformedError):
    """The body is well-formed, but not what we read."""


@dataclass(frozen=True, slots=True)
class Call:
    """A SOAP request: its operation, the operation's plain fields, and the headers freshtoken knows."""

    operation: str
    fields: dict[str, str]
    session_id: str
    application: str


async def body_of(request: Request) -> bytes:
    """The body, gunzipped when it says so (pyforce). Raises TooLargeError, MalformedError."""
    read, total = [], 0
    async for chunk in request.stream():
        total += len(chunk)
        if total > LARGEST_BODY:
            raise TooLargeError
        read.append(chunk)
    body = b"".join(read)
    if request.headers.get("content-encoding", "").strip().lower() == "gzip":
        unzip = zlib.decompressobj(wbits=31)
        try:
            body = unzip.decompress(body, LARGEST_BODY + 1)
        except zlib.error as error:
            raise MalformedError(f"The body is not gzip: {error}") from error
        if len(body) > LARGEST_BODY:
            raise TooLargeError
    return body


def read_call(body: bytes) -> Call:
    """Parse a SOAP request by local names, as clients spell prefixes freely. Raises MalformedError."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedError(getattr(error, "msg", "") or "The request has no content.") from error
    if root.getroottree().docinfo.doctype:
        raise NotAllowedError("A document type declaration is not allowed.")
    if local(root) != "Envelope":
        raise NotAllowedError(f"The root element is {local(root)}, not Envelope.")
    header, content = _child(root, "Header"), _child(root, "Body")
    operation = next(iter(content), None) if content is not None else None
    if operation is None:
        raise NotAllowedError("The envelope has no operation in its Body.")
    session = _below(header, "SessionHeader", "sessionId")
    return Call(
        local(operation),
        {local(field): text(field) for field in operation},
        session,
        _below(header, "CallOptions", "client"),
    )


def local(element: etree._Element) -> str:
    """The name without its namespace."""
    return etree.QName(element).localname if isinstance(element.tag, str) else "?"


def text(element: etree._Element) -> str:
    """All text below an element."""
    return "".join(element.itertext())


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next((child for child in element if local(child) == name), None)


def _below(header: etree._Element | None, outer: str, inner: str) -> str:
    found = _child(header, outer) if header is not None else None
    field = _child(found, inner) if found is not None else None
    return text(field).strip() if field is not None else ""


ACCOUNT_FIELDS = {"id": "Id", "name": "Name", "industry": "Industry"}
LIMIT = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Query:
    """A query freshtoken answers: fields of Account, and at most how many."""

    fields: tuple[str, ...]
    limit: int | None


class QueryRefusedError(Exception):
    """A query freshtoken does not answer: the fault's key and its values."""

    def __init__(self, key: str, **values: str) -> None:
        self.key, self.values = key, values
        super().__init__(key)


def read_query(soql: str) -> Query:
    """SELECT fields FROM Account [LIMIT n]. Raises QueryRefusedError."""
    words = soql.replace(",", " , ").split()
    lowered = [word.lower() for word in words]
    start = lowered.index("from") if "from" in lowered else -1
    names, rest = words[1:start], words[start + 1 :]
    limited = len(rest) == 3 and lowered[-2] == "limit" and LIMIT.fullmatch(rest[-1])
    if start < 2 or lowered[0] != "select" or not (len(rest) == 1 or limited) or names[1::2] != [","] * (len(names) // 2):
        raise QueryRefusedError("malformed_query", reason="freshtoken reads: SELECT fields FROM Account [LIMIT n]")
    if rest[0].lower() != "account":
        raise QueryRefusedError("invalid_type", name=rest[0][:80])
    fields = []
    for name in names[::2]:
        if name.lower() not in ACCOUNT_FIELDS:
            raise QueryRefusedError("invalid_field", name=name[:80])
        fields.append(ACCOUNT_FIELDS[name.lower()])
    return Query(tuple(fields), int(rest[-1]) if limited else None)
