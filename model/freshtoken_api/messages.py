"""Reading what clients send: bodies within bounds and in time; SOAP without doctypes, entities or
bombs; forms.
"""

import asyncio
import re
import zlib
from dataclasses import dataclass
from urllib.parse import parse_qsl

from lxml import etree
from starlette.requests import ClientDisconnect, Request

LARGEST_BODY = 1_000_000
"""Bytes of a request body, before and after decompression."""
SLOWEST_BODY = 20
"""Seconds a body may take to arrive."""
MOST_FIELDS = 500
"""Of a form."""
BROKEN_REFERENCE = re.compile(rb"&([A-Za-z_][\w.-]*)(?![\w.;-])")


class TooLargeError(Exception):
    """The body is larger than we read."""


class MalformedError(Exception):
    """The body cannot be read; the message is shown to the client."""


class UnsupportedXmlError(MalformedError):
    """The body is well-formed, but not what we read."""


class TooSlowError(Exception):
    """The body did not arrive in time, or whoever sent it is gone."""


@dataclass(frozen=True, slots=True)
class Call:
    """A SOAP request: its operation, the operation's fields in their order, and the headers
    freshtoken knows.
    """

    operation: str
    fields: tuple[tuple[str, str], ...]
    session_id: str
    application: str
    organization: str
    batch_size: str

    def field(self, name: str) -> str:
        """A field's text, empty when it was not sent."""
        return next((value for found, value in self.fields if found == name), "")

    def every(self, name: str) -> list[str]:
        """The texts of a field that may be repeated."""
        return [value for found, value in self.fields if found == name]


async def body_of(request: Request) -> bytes:
    """The body, gunzipped when it says so (pyforce). Raises TooLargeError, TooSlowError,
    MalformedError.
    """
    read, total = [], 0
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            async for chunk in request.stream():
                total += len(chunk)
                if total > LARGEST_BODY:
                    raise TooLargeError
                read.append(chunk)
    except (TimeoutError, ClientDisconnect):
        raise TooSlowError from None
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


def parsed(body: bytes) -> etree._Element:
    """XML without doctype, entities, comments or depth enough to hurt. Raises MalformedError,
    UnsupportedXmlError.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedError(
            _as_captured(error, body) or getattr(error, "msg", "") or "The request has no content."
        ) from error
    if root.getroottree().docinfo.doctype:
        raise UnsupportedXmlError("A document type declaration is not allowed.")
    return root


def read_call(body: bytes) -> Call:
    """Parse a SOAP request by local names, as clients spell prefixes freely. Raises
    MalformedError.
    """
    root = parsed(body)
    if local(root) != "Envelope":
        raise UnsupportedXmlError(f"The root element is {local(root)}, not Envelope.")
    header, content = _child(root, "Header"), _child(root, "Body")
    operation = next(iter(content), None) if content is not None else None
    if operation is None:
        raise UnsupportedXmlError("The envelope has no operation in its Body.")
    return Call(
        local(operation),
        tuple((local(field), text(field)) for field in operation),
        _below(header, "SessionHeader", "sessionId"),
        _below(header, "CallOptions", "client"),
        _below(header, "LoginScopeHeader", "organizationId"),
        _below(header, "QueryOptions", "batchSize"),
    )


def _as_captured(error: Exception, body: bytes) -> str:
    """The words captured for an unescaped & [WIRE salesforce.md 3.2]; empty for what was not
    captured.
    """
    found = BROKEN_REFERENCE.search(body)
    if getattr(error, "code", 0) != etree.ErrorTypes.ERR_ENTITYREF_SEMICOL_MISSING or found is None:
        return ""
    return (
        f'The reference to entity "{found[1].decode("ascii", "replace")}" must end with the '
        f"';' delimiter."
    )


def read_form(body: bytes) -> dict[str, str]:
    """The fields of a form; what is none reads as having no fields."""
    try:
        return dict(
            parse_qsl(
                body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS
            )
        )
    except ValueError:
        return {}


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
