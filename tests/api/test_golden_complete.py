"""No fault without a golden file at each of its doors, no golden file without a test."""

import json
import re
from pathlib import Path

from freshtoken_api.faults import faults

from . import test_golden_oauth, test_golden_rest, test_golden_soap
from .golden import GOLDEN, Case

DOORS = {
    "soap_code": test_golden_soap.CASES,
    "rest_code": test_golden_rest.CASES,
    "oauth_error": test_golden_oauth.CASES,
}
WITHOUT_A_FILE: dict[tuple[str, str], str] = {}
"""(fault, door): why no client can be told this there."""
NEEDED = [(key, door) for key, fault in faults().items() for door in DOORS if getattr(fault, door)]


def covering(key: str, door: str) -> list[Case]:
    return [case for case in DOORS[door] if case.fault == key]


def says(case: Case, door: str) -> bool:
    """Whether the golden file of a case has the code of its fault where the door puts it."""
    fault = faults()[case.fault]
    code = getattr(fault, door)
    text = (GOLDEN / case.file).read_text(encoding="utf-8")
    if door == "soap_code":
        detail = (
            f"<sf:{fault.soap_detail} " if fault.soap_detail else "</faultstring></soapenv:Fault>"
        )
        return f"<faultcode>{code}</faultcode>" in text and detail in text
    if case.file.endswith(".xml"):
        return f"<Errors><Error><errorCode>{code}</errorCode>" in text
    found = json.loads(text)
    return bool((found["error"] if door == "oauth_error" else found[0]["errorCode"]) == code)


def test_every_fault_has_its_golden_file_at_each_door_that_knows_it() -> None:
    assert [at for at in NEEDED if not covering(*at)] == list(WITHOUT_A_FILE)
    cases = [(case, door) for key, door in NEEDED for case in covering(key, door)]
    assert not [(case.file, door) for case, door in cases if not says(case, door)]


def test_no_case_names_a_fault_that_is_gone_and_no_excuse_one_that_is_covered() -> None:
    named = {case.fault for cases in DOORS.values() for case in cases} - {""}
    assert named <= set(faults())
    assert set(WITHOUT_A_FILE) <= set(NEEDED)


def test_no_golden_file_is_left_over() -> None:
    tested = {case.file for cases in DOORS.values() for case in cases}
    texts = "\n".join(
        path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")
    )
    stems = set(re.findall(r'"([a-z_0-9]+)"', texts)) | {
        "version_66",
        "login_enterprise_64",
        "invalid_login_enterprise",
    }
    left = [
        path.name for path in GOLDEN.iterdir() if path.name not in tested and path.stem not in stems
    ]
    assert left == []
