"""The report of a rehearsal: as JSON, and as the XML that CI servers read. It holds no secret."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from lxml import etree

from freshtoken_model.values.visible import visible

from .baseline import Judged
from .evidence import Evidence
from .kept import FORMAT
from .rehearsal import ORG, Rehearsed, Result
from .rules import VerdictKind


def as_report(rehearsed: Rehearsed, judged: Mapping[str, Judged]) -> dict[str, Any]:
    """The report as one JSON object: `scenarios` is a list in their order, `verdicts` their
    numbers.
    """
    results = rehearsed.results
    return {
        "format": FORMAT,
        "command": visible(rehearsed.command),
        "notes": [visible(note) for note in rehearsed.notes],
        "verdicts": {kind: _count(results, kind) for kind in VerdictKind},
        "scenarios": [
            _scenario(result, judged[result.scenario.id], rehearsed.has_orgs) for result in results
        ],
    }


def _scenario(result: Result, judged: Judged, has_org: bool) -> dict[str, Any]:
    scenario, verdict = result.scenario, result.verdict
    advice = asdict(verdict.advice) if verdict.advice else None
    found: dict[str, Any] = {
        "id": scenario.id,
        "title": scenario.title,
        "group": scenario.group,
        "verdict": verdict.kind.value,
        "sentence": verdict.sentence,
        "rule": verdict.rule,
        "broken": list(verdict.broken),
        "advice": advice,
        "wants": scenario.wants.value,
        "expected": judged.expected,
        "good": judged.good,
    }
    if result.evidence is None:
        return found
    found["org"] = f"{scenario.id}/{ORG}" if has_org else None
    return found | _of_run(result.evidence)


def _of_run(evidence: Evidence) -> dict[str, Any]:
    process = evidence.process
    return {
        "works": evidence.works,
        **asdict(evidence.figures),
        "exit_status": process.exit_status,
        "ended_by": process.ended_by,
        "seconds": round(process.seconds, 3),
        "output_bytes": process.output_bytes,
        "dropped_bytes": process.dropped_bytes,
        "names_fault": evidence.names_fault,
        "leaks": [asdict(leak) for leak in evidence.leaks],
        "exchanges": [
            {
                "at_ms": e.at_ms,
                "operation": e.operation.value,
                "login": e.login,
                "status": e.status,
                "fault": e.fault,
                "counted": e.counted,
                "path": e.path,
                "user_agent": e.user_agent,
                "application": e.application,
                "injected": e.injected,
                "event_id": e.event_id,
            }
            for e in evidence.exchanges[:MOST_EXCHANGES]
        ],
    }


MOST_EXCHANGES = 1_000
"""Exchanges of a run that the report lists."""


def as_junit(rehearsed: Rehearsed, judged: Mapping[str, Judged]) -> str:
    """The report as JUnit XML: one test case a scenario; what is bad here is a failure there, what
    is not applicable is skipped, and a warning is a line of its output.
    """
    results = rehearsed.results
    suite = etree.Element(
        "testsuite",
        name="freshtoken rehearse",
        tests=str(len(results)),
        failures=str(sum(not judged[r.scenario.id].good for r in results)),
        errors="0",
        skipped=str(_count(results, VerdictKind.NOT_APPLICABLE)),
        time=f"{sum(r.evidence.process.seconds for r in results if r.evidence):.3f}",
    )
    properties = etree.SubElement(suite, "properties")
    etree.SubElement(properties, "property", name="command", value=visible(rehearsed.command))
    for result in results:
        seconds = result.evidence.process.seconds if result.evidence else 0.0
        case = etree.SubElement(
            suite,
            "testcase",
            classname=f"rehearse.{result.scenario.group}",
            name=f"{result.scenario.id}: {result.scenario.title}",
            time=f"{seconds:.3f}",
        )
        said, one = visible(result.verdict.sentence), judged[result.scenario.id]
        if not one.good:
            failure = etree.SubElement(case, "failure", message=one.words or said)
            failure.set("type", result.verdict.rule or "baseline")
            failure.text = _details(result)
        elif result.verdict.kind is VerdictKind.NOT_APPLICABLE:
            etree.SubElement(case, "skipped", message=said)
        etree.SubElement(case, "system-out").text = _details(result)
    root = etree.Element("testsuites")
    root.append(suite)
    xml = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return xml.decode()


def _details(result: Result) -> str:
    advice = result.verdict.advice
    lines = [f"{result.verdict.kind.value}: {result.verdict.sentence}"]
    if advice is not None:
        lines += [advice.words, *([f"{advice.client}: {advice.code}"] if advice.code else [])]
    return "\n".join(map(visible, lines))


def _count(results: Sequence[Result], kind: VerdictKind) -> int:
    return sum(result.verdict.kind is kind for result in results)
