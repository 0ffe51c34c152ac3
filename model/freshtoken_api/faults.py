"""The bytes that answer a refusal at each door, from the texts in faults.toml. Imports no web
framework.
"""

import json
import re
from dataclasses import dataclass
from functools import cache

import freshtoken_data
from freshtoken_api.xml_text import escape
from freshtoken_model.decision.complexity import Complexity
from freshtoken_model.decision.verdict import Door
from freshtoken_model.values.errors import (
    NotPermittedError,
    OrgError,
    OrgFileError,
    PasswordExpiredError,
    PasswordRefusedError,
    SelfPasswordError,
    UnknownNameError,
    WrongPasswordError,
)
from freshtoken_model.values.kinds import FaultKey

SOAP_STATUS = 500
"""HTTP status of SOAP faults [WIRE soap-fault-http-500]."""
OAUTH_STATUS = 400
"""HTTP status of OAuth refusals [DOC oauth-error-format]."""
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
UI_STATUS = 200
"""HTTP status of the login page when it comes back with a message [assumption]."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A refusal in the words of each door, empty where the door does not have it. `tells` is our
    own comment on what the words give away.
    """

    key: str
    mark: str
    source: str
    tells: str
    soap_code: str = ""
    soap_message: str = ""
    soap_detail: str = "LoginFault"
    oauth_error: str = ""
    oauth_description: str = ""
    oauth_status: int = OAUTH_STATUS
    ui_message: str = ""
    rest_code: str = ""
    rest_message: str = ""
    rest_status: int = 400


class RefusedError(Exception):
    """The request is refused, with the fault's key and the values that its text names."""

    def __init__(self, key: str, **values: str) -> None:
        self.key, self.values = key, values
        super().__init__(key)


REPEATED = ("not your current password", "not one of your last ")
"""How the rule about former passwords begins."""
REFUSALS: dict[type[OrgError], str] = {
    PasswordRefusedError: FaultKey.INVALID_NEW_PASSWORD,
    WrongPasswordError: FaultKey.INVALID_OLD_PASSWORD,
    PasswordExpiredError: FaultKey.EXPIRED_PASSWORD,
    UnknownNameError: FaultKey.INVALID_ID,
    SelfPasswordError: FaultKey.SELF_PASSWORD,
    NotPermittedError: FaultKey.INSUFFICIENT_ACCESS,
    OrgFileError: FaultKey.UNAVAILABLE,
    OrgError: FaultKey.REFUSED_USE,
}
"""The fault that answers a refusal by the org in a session; a class not listed takes the key of its
nearest base class.
"""


def refusal_of(error: OrgError, record_id: str) -> RefusedError:
    """The fault for an error of a use case; `record_id` is the record that the request named."""
    key = next(REFUSALS[kind] for kind in type(error).__mro__ if kind in REFUSALS)
    reason = _broken(error.broken) if isinstance(error, PasswordRefusedError) else str(error)
    return RefusedError(key, reason=reason, name=record_id[:80])


def _broken(rules: tuple[str, ...]) -> str:
    """Why a new password is refused: the captured words where they are known
    [WIRE new-password-words], else the rules in our words.
    """
    for rule in rules:
        if rule.startswith(REPEATED):
            return "invalid repeated password"
        if rule == Complexity.ALPHA_NUMERIC.value:
            return "Your password must include letters and numbers"
    return "; ".join(rules)


@dataclass(frozen=True, slots=True)
class FaultText:
    """A refusal as a client reads it; over OAuth `code` is error, `message` error_description."""

    code: str
    message: str
    http_status: int


@cache
def faults() -> dict[str, Fault]:
    """All faults by key. Raises ContentError when faults.toml is broken."""
    name = "faults.toml"
    found = freshtoken_data.rows(name, "fault", "key", "mark", "source", "tells")
    try:
        return {row["key"]: Fault(**row) for row in found}
    except TypeError as error:
        raise freshtoken_data.ContentError(f"{name}: {error}") from error


def fault_text(key: str, door: Door, **values: str) -> FaultText:
    """A fault in the words of a door. Raises KeyError for an unknown key."""
    fault = faults()[key]
    match door:
        case Door.SOAP:
            return FaultText(fault.soap_code, fault.soap_message.format(**values), SOAP_STATUS)
        case Door.UI:
            return FaultText("", fault.ui_message, UI_STATUS)
        case _:
            return FaultText(fault.oauth_error, fault.oauth_description, OAUTH_STATUS)


def soap_fault(key: str, edition: str, in_session: bool = False, **values: str) -> bytes:
    """The fault envelope, byte for byte as captured
    [WIRE soap-fault-http-500]. `edition` is partner or
    enterprise.

    The faultcode has no prefix at the login endpoint, and `sf:` in a session; the exceptionCode in
    the detail never has one. `in_session`: a fault that a login can be told as well is told in a
    session, with that prefix.
    """
    fault = faults()[key]
    prefix = "sf:" if in_session and fault.oauth_error else ""
    code, message = prefix + fault.soap_code, escape(printable(fault.soap_message.format(**values)))
    bare, detail = code.removeprefix("sf:"), fault.soap_detail
    told = f"{bare}: {message}" if detail else message  # a fault of the SOAP layer itself
    details = (
        f'<detail><sf:{detail} xsi:type="sf:{detail}"><sf:exceptionCode>{bare}</sf:exceptionCode>'
        f"<sf:exceptionMessage>{message}</sf:exceptionMessage></sf:{detail}></detail>"
        if detail
        else ""
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        f' xmlns:sf="urn:fault.{edition}.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<soapenv:Body><soapenv:Fault><faultcode>{code}</faultcode><faultstring>{told}"
        f"</faultstring>{details}</soapenv:Fault></soapenv:Body>"
        "</soapenv:Envelope>"
    ).encode()


def oauth_error(key: str) -> dict[str, str]:
    """The fields of the token endpoint's answer for a fault [DOC oauth-error-format]."""
    fault = faults()[key]
    return {"error": fault.oauth_error, "error_description": fault.oauth_description}


def rest_error(key: str, as_xml: bool = False, **values: str) -> tuple[int, bytes]:
    """HTTP status and body of a fault over REST: an array in JSON, <Errors> in XML
    [DOC rest-error-format].
    """
    fault = faults()[key]
    message = fault.rest_message.format(**values)
    if as_xml:
        error = (
            f"<Error><errorCode>{fault.rest_code}</errorCode>"
            f"<message>{escape(printable(message))}</message></Error>"
        )
        return (
            fault.rest_status,
            f'<?xml version="1.0" encoding="UTF-8"?><Errors>{error}</Errors>'.encode(),
        )
    body = [{"message": message, "errorCode": fault.rest_code}]
    return fault.rest_status, json.dumps(body, separators=(",", ":")).encode()


def printable(text: str) -> str:
    """A text with a question mark for each character that XML 1.0 does not allow."""
    return NOT_IN_XML.sub("?", text)
