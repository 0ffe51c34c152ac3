"""APIs that Salesforce has and freshtoken has not: they are refused as an org without them refuses,
and named in a header of freshtoken's own, so that nobody looks for the fault in the client.
"""

import json
import re

from starlette.responses import Response

from freshtoken_api.xml_text import escape
from freshtoken_model.values.kinds import FaultKey

from .exchange import xml
from .faults import SOAP_STATUS, soap_fault

MISSING_API = "X-Freshtoken-Has-No"
"""The header, which no Salesforce org sends."""
SOAP, BULK = "/services/Soap/", "/services/async/"
ONLY_POST = "<html><head><title>405</title></head><body>Only POST allowed</body></html>"
"""What a browser gets at a SOAP address; the words [WIRE lightning-no-login-host], the page
ours.
"""
APIS = (
    (re.compile(r"/services/async/"), "Bulk API"),
    (re.compile(r"/services/data/v[^/]+/jobs(/|$)"), "Bulk API 2.0"),
    (re.compile(r"/services/Soap/m/"), "Metadata API"),
    (re.compile(r"/services/data/v[^/]+/metadata(/|$)"), "Metadata API"),
    (re.compile(r"/services/Soap/T/|/services/data/v[^/]+/tooling(/|$)"), "Tooling API"),
    (re.compile(r"/services/Soap/(s|class|apex)/"), "Apex API"),
    (re.compile(r"/services/apexrest(/|$)"), "Apex REST"),
    (re.compile(r"/services/data/v[^/]+/composite(/|$)"), "Composite resources"),
    (re.compile(r"/services/data/v[^/]+/(search|parameterizedSearch)(/|$)"), "Search"),
    (re.compile(r"/services/data/v[^/]+/graphql(/|$)"), "GraphQL API"),
    (re.compile(r"/services/data/v[^/]+/analytics(/|$)"), "Reports and Dashboards API"),
    (re.compile(r"/cometd/"), "Streaming API"),
)
"""Which API lies at a path."""


def missing_api(path: str) -> str:
    """The API that was asked for and freshtoken does not have; empty for any other path."""
    return next((name for pattern, name in APIS if pattern.match(path)), "")


def soap_without_api(missing: str) -> Response:
    """A SOAP fault, not JSON: clients parse what a SOAP address answers [MEASURED client-mdapi]."""
    name = missing or "API at this address"
    answer = xml(soap_fault(FaultKey.NO_SUCH_API, "partner", name=name), SOAP_STATUS)
    if missing:
        answer.headers[MISSING_API] = missing
    return answer


def bulk_without_api(as_xml: bool) -> Response:
    """What an org without the Bulk API answers, so that clients fall back [INF
    bulk-not-enabled].
    """
    code, message = "FeatureNotEnabled", "Async API not enabled"
    body = json.dumps({"exceptionCode": code, "exceptionMessage": message})
    kind = "application/json"
    if as_xml:
        kind = "application/xml"
        body = (
            '<?xml version="1.0" encoding="UTF-8"?><error xmlns="http://www.force.com/2009/06/asyncapi/dataload">'
            f"<exceptionCode>{escape(code)}</exceptionCode>"
            f"<exceptionMessage>{escape(message)}</exceptionMessage></error>"
        )
    return Response(body, 400, {MISSING_API: "Bulk API"}, media_type=kind)
