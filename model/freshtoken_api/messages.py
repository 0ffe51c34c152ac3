"""Reads request bodies, within limits of size and time: SOAP without document types or entities,
and forms.
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
"""Fields of a form; parse_qsl raises beyond it."""
COMPRESSED = {"gzip": (31,), "deflate": (15, -15)}
"""Content-Encodings, and the window bits by which zlib reads them: deflate comes with and without
the header of zlib.
"""
BARE_REFERENCE = re.compile(rb"&(?![A-Za-z_#])")
NOT_WELL_FORMED = "The request is not well-formed XML."
"""Our wording: what the real parser says of other faults is not known [OURS]."""
BARE_AMPERSAND = "The entity name must immediately follow the '&' in the entity reference."
"""[WIRE soap-bare-ampersand]"""
BROKEN_REFERENCE = re.compile(rb"&([A-Za-z_][\w.-]*)(?![\w.;-])")


class TooLargeError(Exception):
    """The body is larger than LARGEST_BODY."""


class MalformedError(Exception):
    """The body cannot be read; the client sees the message."""


class UnsupportedXmlError(MalformedError):
    """The body is well-formed XML, but no SOAP envelope with an operation; or it has a DOCTYPE."""


class TooSlowError(Exception):
    """The body did not arrive in time, or the client disconnected."""


@dataclass(frozen=True, slots=True)
class SoapCall:
    """A SOAP request: its operation and the namespace of it, the operation's fields in the order
    sent, and the SOAP headers that freshtoken reads (empty when not sent).
    """

    operation: str
    namespace: str
    fields: tuple[tuple[str, str], ...]
    session_id: str
    application: str
    organization: str
    batch_size: str

    def field(self, name: str) -> str:
        """The text of a field, empty when it was not sent."""
        return next((value for found, value in self.fields if found == name), "")

    def every(self, name: str) -> list[str]:
        """The texts of a field that may be repeated."""
        return [value for found, value in self.fields if found == name]


async def body_of(request: Request) -> bytes:
    """The body, decompressed if its Content-Encoding is gzip, as pyforce sends it, or deflate
    [DOC rest-deflate-and-suffix]. Raises TooLargeError, TooSlowError, MalformedError.
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
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding in COMPRESSED:
        body = _decompressed(body, encoding)
        if len(body) > LARGEST_BODY:
            raise TooLargeError
    return body


def _decompressed(body: bytes, encoding: str) -> bytes:
    """At most one byte more than may be read. Raises MalformedError."""
    for bits in COMPRESSED[encoding]:
        try:
            return zlib.decompressobj(wbits=bits).decompress(body, LARGEST_BODY + 1)
        except zlib.error:
            continue
    raise MalformedError(f"The body is not {encoding}.")


def parsed(body: bytes) -> etree._Element:
    """The root element of a body, without comments. Raises MalformedError, and UnsupportedXmlError
    for a document type; libxml2 limits depth and size.
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
            _as_captured(error, body)
            or (NOT_WELL_FORMED if body.strip() else "The request has no content.")
        ) from error
    if root.getroottree().docinfo.doctype:
        raise UnsupportedXmlError("A document type declaration is not allowed.")
    return root


def read_call(body: bytes) -> SoapCall:
    """Parse a SOAP request by local names, because clients choose prefixes freely. Raises
    MalformedError.
    """
    root = parsed(body)
    if local(root) != "Envelope":
        raise UnsupportedXmlError(f"The root element is {local(root)}, not Envelope.")
    header, content = _child(root, "Header"), _child(root, "Body")
    operation = next(iter(content), None) if content is not None else None
    if operation is None:
        raise UnsupportedXmlError("The envelope has no operation in its Body.")
    return SoapCall(
        local(operation),
        etree.QName(operation).namespace or "",
        tuple((local(field), text(field)) for field in operation),
        _below(header, "SessionHeader", "sessionId"),
        _below(header, "CallOptions", "client"),
        _below(header, "LoginScopeHeader", "organizationId"),
        _below(header, "QueryOptions", "batchSize"),
    )


def _as_captured(error: Exception, body: bytes) -> str:
    """The words captured for an unescaped & [WIRE soap-malformed-xml]; empty for other errors."""
    if getattr(error, "code", 0) == etree.ErrorTypes.ERR_NAME_REQUIRED and BARE_REFERENCE.search(
        body
    ):
        return BARE_AMPERSAND
    found = BROKEN_REFERENCE.search(body)
    if getattr(error, "code", 0) != etree.ErrorTypes.ERR_ENTITYREF_SEMICOL_MISSING or found is None:
        return ""
    return (
        f'The reference to entity "{found[1].decode("ascii", "replace")}" must end with the '
        f"';' delimiter."
    )


def read_form(body: bytes) -> dict[str, str]:
    """The fields of a form; none if the body is not a form or has more than MOST_FIELDS."""
    try:
        return dict(
            parse_qsl(
                body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS
            )
        )
    except ValueError:
        return {}


def local(element: etree._Element) -> str:
    """The name of an element without its namespace; a question mark for what has no name."""
    return etree.QName(element).localname if isinstance(element.tag, str) else "?"


def text(element: etree._Element) -> str:
    """All text inside an element, joined."""
    return "".join(element.itertext())


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next((child for child in element if local(child) == name), None)


def _below(header: etree._Element | None, outer: str, inner: str) -> str:
    found = _child(header, outer) if header is not None else None
    field = _child(found, inner) if found is not None else None
    return text(field).strip() if field is not None else ""
