"""The report as JSON and as JUnit XML, and the baseline of known failures."""

import json
from dataclasses import replace

import pytest
from lxml import etree

from freshtoken_model.values.errors import BadValueError, UnknownNameError
from freshtoken_rehearsal.baseline import judge, read_baseline
from freshtoken_rehearsal.evidence import Evidence, Process, RecordedExchange, RecordedOperation
from freshtoken_rehearsal.rehearsal import Rehearsed, Result
from freshtoken_rehearsal.report import as_junit, as_report
from freshtoken_rehearsal.rules import VerdictKind, not_applicable, verdict
from freshtoken_rehearsal.scenarios import scenarios

HEALTHY, CHANGED, STALE, EXPIRED = scenarios()[:3] + scenarios()[5:6]
KNOWN = [scenario.id for scenario in scenarios()]
LOGIN = RecordedExchange(5, RecordedOperation.LOGIN, "soap_login")
REFUSED = replace(
    LOGIN, status=500, fault="INVALID_LOGIN", counted=True, application="simple-salesforce"
)
DATA = RecordedExchange(9, RecordedOperation.DATA)
GOOD = Evidence((LOGIN, DATA), Process(0, 0.5))
STOPPED = Evidence((REFUSED,), Process(1, 0.25, output_bytes=90), names_fault=True)
RETRIED = replace(STOPPED, exchanges=(REFUSED, replace(REFUSED, at_ms=105)))
HIDDEN = replace(STOPPED, process=Process(0, 1.5))
RESULTS = (
    Result(HEALTHY, verdict(HEALTHY, GOOD), GOOD),
    Result(CHANGED, verdict(CHANGED, HIDDEN), HIDDEN),
    Result(STALE, verdict(STALE, RETRIED), RETRIED),
    Result(EXPIRED, not_applicable("The client makes no data call.")),
)
FOUND = Rehearsed(RESULTS, "python nightly.py", ("A note.",))


def test_the_json_has_every_scenario_with_its_figures() -> None:
    report = json.loads(json.dumps(as_report(FOUND, judge(RESULTS, {}))))
    assert (report["format"], report["command"], report["notes"]) == (
        1,
        "python nightly.py",
        ["A note."],
    )
    assert report["verdicts"] == {"pass": 1, "warn": 1, "fail": 1, "not_applicable": 1}
    healthy, changed, stale, expired = report["scenarios"]
    assert (healthy["id"], healthy["verdict"], healthy["good"]) == ("healthy", "pass", True)
    assert (changed["verdict"], changed["rule"], changed["good"]) == (
        "fail",
        "hides-the-failure",
        False,
    )
    assert (changed["logins"], changed["refused"], changed["counted"]) == (1, 1, 1)
    assert (changed["exit_status"], changed["seconds"]) == (0, 1.5)
    assert (healthy["works"], changed["works"]) == (True, False)
    assert (changed["org"], "org" in expired) == (None, False)
    kept = as_report(replace(FOUND, has_orgs=True), judge(RESULTS, {}))["scenarios"]
    assert [one.get("org") for one in kept][1:] == [
        "password-changed/org.db",
        "token-stale/org.db",
        None,
    ]
    assert (stale["verdict"], stale["good"], stale["smallest_distance"]) == ("warn", True, 100)
    assert "SalesforceAuthenticationFailed" in stale["advice"]["code"]
    assert expired == {
        "id": "password-expired",
        "title": "Password expired",
        "group": "Password and token",
        "verdict": "not_applicable",
        "sentence": "The client makes no data call.",
        "rule": "",
        "broken": [],
        "advice": None,
        "wants": "stops",
        "expected": "",
        "good": True,
    }


def test_the_junit_file_says_the_same_to_a_ci_server() -> None:
    root = etree.fromstring(as_junit(FOUND, judge(RESULTS, {})).encode())
    suite = root.find("testsuite")
    assert suite is not None
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped", "time")}
    assert counts == {"tests": "4", "failures": "1", "errors": "0", "skipped": "1", "time": "2.250"}
    healthy, changed, stale, expired = suite.findall("testcase")
    assert healthy.get("name") == "healthy: Nothing is wrong"
    assert [case.find("failure") is not None for case in (healthy, changed, stale)] == [
        False,
        True,
        False,
    ]
    assert "Exits with 0" in str(changed.find("failure").get("message"))  # type: ignore[union-attr]
    assert "warn: Tried once more" in str(stale.findtext("system-out"))
    assert expired.find("skipped").get("message") == "The client makes no data call."  # type: ignore[union-attr]


def test_a_sentence_with_markup_stays_a_sentence() -> None:
    odd = Rehearsed(RESULTS, "python <a> & 'b' \x1b[31m", ())
    root = etree.fromstring(as_junit(odd, judge(RESULTS, {})).encode())
    assert "<a> & 'b'" in str(root.find(".//property").get("value"))  # type: ignore[union-attr]


# ---- The baseline

REASON = "ticket 12"


def test_failing_and_listed_is_fine_with_its_reason() -> None:
    judged = judge(RESULTS, {"password-changed": REASON})["password-changed"]
    assert (judged.good, judged.expected) == (True, REASON)


def test_passing_and_listed_is_to_be_taken_off_the_list() -> None:
    judged = judge(RESULTS, {"healthy": REASON})["healthy"]
    assert (judged.good, "take it off the list" in judged.words) == (False, True)
    root = etree.fromstring(as_junit(FOUND, judge(RESULTS, {"healthy": REASON})).encode())
    failure = root.find(".//testcase/failure")
    assert failure is not None and failure.get("type") == "baseline"


def test_failing_and_not_listed_is_a_failure() -> None:
    assert [judge(RESULTS, {})[r.scenario.id].good for r in RESULTS] == [True, False, True, True]


@pytest.mark.parametrize(
    "text",
    [
        f"# ours\n\nuser-locked   {REASON}\nsummer-27 later\n",
        f'[known]\nuser-locked = "{REASON}"\nsummer-27 = "later"\n',
        f'# ours\n[known]\nuser-locked = "{REASON}"\nsummer-27 = """\nlater\n"""\n',
    ],
)
def test_a_baseline_is_lines_or_toml(text: str) -> None:
    assert read_baseline(text, KNOWN) == {"user-locked": REASON, "summer-27": "later"}


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("user-lokced why", UnknownNameError, "user-locked"),
        ("user-locked", BadValueError, "without a reason"),
        ("[known]\nuser-locked = 3", BadValueError, r"\[known\]"),
        ("[other]\na = 1", BadValueError, r"\[known\]"),
        ("[known\n", BadValueError, "not TOML"),
    ],
)
def test_a_baseline_that_cannot_be_read_is_refused_kindly(
    text: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        read_baseline(text, KNOWN)


def test_the_kinds_are_those_of_the_report() -> None:
    assert [*VerdictKind] == ["pass", "warn", "fail", "not_applicable"]
