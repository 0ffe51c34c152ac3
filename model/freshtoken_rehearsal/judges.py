"""One function a rule of the judgement: it looks at a scenario and the evidence of one run, and
returns the sentence about what was broken, or None. What each rule is for stands beside it in
rules.py.
"""

from math import ceil

from .evidence import URL, Evidence
from .scenarios import Scenario, Wants
from .secrets import CREDENTIALS
from .words import amount, listed, ordinal, refusal, seconds_of

MANY_TRIES = 10
"""Tries after a refusal that no retry cures, from which on they are a loop: as many as lock a user
by default [DOC lockout-attempts-setting].
"""
PAUSE = 100
"""Ms between two tries from which on they are some way apart: who tries again at once needs a few.
Backoff with jitter waits a short time now and then, so the longest distance counts. Ours [OURS].
"""
RECOVERING = (Wants.RETRIES_WITH_BACKOFF, Wants.LOGS_IN_ONCE_MORE)
"""What a client can get over by itself."""


def unhealthy(scenario: Scenario, evidence: Evidence) -> str | None:
    if scenario.wants is not Wants.WORKS:
        return None
    process, trouble = evidence.process, evidence.first_trouble
    if trouble is not None:
        return f"It is refused although nothing is wrong: {refusal(trouble)}."
    if not evidence.logins:
        return "It made no login."
    if process.exit_status and not process.timed_out:
        return f"Nothing is wrong, and it exits with {process.exit_status}."
    return None


def shows_a_credential(scenario: Scenario, evidence: Evidence) -> str | None:
    shown = [leak for leak in evidence.leaks if leak.what in CREDENTIALS]
    shown += [leak for leak in evidence.leaks if leak.where != URL and leak not in shown]
    return f"Shows {listed([f'{one.what} in {one.where}' for one in shown])}." if shown else None


def locks_the_user(scenario: Scenario, evidence: Evidence) -> str | None:
    figures = evidence.figures
    if not figures.locked:
        return None
    return (
        f"Locks its user out: {amount(figures.counted, 'invalid attempt')} in one run, the limit "
        f"is {figures.lockout_limit}."
    )


def never_stops(scenario: Scenario, evidence: Evidence) -> str | None:
    if not evidence.process.timed_out or len(evidence.after_final) < 2:
        return None
    figures = evidence.figures
    return (
        f"Still trying after {seconds_of(evidence.process.seconds)}: "
        f"{amount(figures.logins, 'login')}, {figures.refused} refused, "
        f"{amount(figures.data_calls, 'data call')}, {figures.refused_data_calls} refused."
    )


def near_the_lockout(scenario: Scenario, evidence: Evidence) -> str | None:
    figures = evidence.figures
    if not figures.lockout_limit or figures.counted * 2 < figures.lockout_limit:
        return None
    return (
        f"Spends {figures.counted} of {figures.lockout_limit} invalid attempts in one run: a "
        f"second run, or a second host like it, locks the user out."
    )


def loops(scenario: Scenario, evidence: Evidence) -> str | None:
    tries = len(evidence.after_final)
    if tries < MANY_TRIES:
        return None
    return f"Tried {tries} more times after {refusal(evidence.first_final)}."


def hides_the_failure(scenario: Scenario, evidence: Evidence) -> str | None:
    process = evidence.process
    if evidence.first_trouble is None or evidence.ends_well:
        return None
    if process.exit_status != 0 or process.timed_out:
        return None
    return f"Exits with 0 although it was refused: {refusal(evidence.first_trouble)}."


def logs_in_too_often(scenario: Scenario, evidence: Evidence) -> str | None:
    logins = evidence.logins_after_dead_session
    if scenario.wants is not Wants.LOGS_IN_ONCE_MORE or logins is None or logins < 2:
        return None
    return f"Logged in {logins} times after its session had ended; one login is enough."


def reuses_an_old_refresh_token(scenario: Scenario, evidence: Evidence) -> str | None:
    refused = any(e.login == "refresh_token" and e.final for e in evidence.after_trouble)
    if scenario.wants is not Wants.LOGS_IN_ONCE_MORE or not refused:
        return None
    return "Used its old refresh token again after it had got a new one: both are revoked now."


def hammers(scenario: Scenario, evidence: Evidence) -> str | None:
    distance = evidence.figures.longest_distance
    if scenario.wants is not Wants.RETRIES_WITH_BACKOFF or distance is None or distance >= PAUSE:
        return None
    return f"Tried again without a pause after 503: after {distance} ms at most."


def gives_up(scenario: Scenario, evidence: Evidence) -> str | None:
    if scenario.wants not in RECOVERING or evidence.first_trouble is None or evidence.ends_well:
        return None
    return f"Gave up at {refusal(evidence.first_trouble)}, which it can get over by itself."


def retries_the_refusal(scenario: Scenario, evidence: Evidence) -> str | None:
    if scenario.wants is Wants.STOPS_OR_RECOVERS or not evidence.after_final:
        return None
    figures, tries = evidence.figures, len(evidence.after_final)
    more = "once more" if tries == 1 else f"{tries} more times"
    said = f"Tried {more} after {refusal(evidence.first_final)}."
    if figures.counted < 2 or not figures.lockout_limit:
        return said
    run = ordinal(ceil(figures.lockout_limit / figures.counted))
    return (
        f"{said} That is {figures.counted} of {figures.lockout_limit} invalid attempts: the {run} "
        f"run like it locks the user out."
    )


def hangs(scenario: Scenario, evidence: Evidence) -> str | None:
    if not evidence.process.timed_out or evidence.runs_on:
        return None
    return f"Had not ended after {seconds_of(evidence.process.seconds)}, and was stopped."


def does_not_name_the_fault(scenario: Scenario, evidence: Evidence) -> str | None:
    if evidence.first_trouble is None or evidence.ends_well or evidence.names_fault:
        return None
    return f"Its output does not name the fault: {refusal(evidence.first_trouble)}."


def shows_a_session(scenario: Scenario, evidence: Evidence) -> str | None:
    shown = [leak for leak in evidence.leaks if leak.where == URL]
    return f"Shows {listed([leak.what for leak in shown])} in {URL}." if shown else None


def leaves_processes(scenario: Scenario, evidence: Evidence) -> str | None:
    if not evidence.process.left_processes:
        return None
    return "Left processes behind that ran on after its end; they were ended."


def does_not_call(scenario: Scenario, evidence: Evidence) -> str | None:
    return None if evidence.tries else "It made no call in this run, so nothing was tried."
