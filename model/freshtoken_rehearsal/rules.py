"""The judgement: one table of rules, the most important first, and the verdict on a run by them.
Pure: a scenario and the evidence of one run in, a sentence out.

What the client exchanged with the org is judged first, its exit status second: a client that is
refused and exits with another status than 0 is right.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from . import judges
from .advice import Advice, advice_for
from .evidence import Evidence
from .scenarios import Scenario, Wants
from .words import amount, refusal, seconds_of


class VerdictKind(StrEnum):
    """What a verdict says."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"


FAIL, WARN = VerdictKind.FAIL, VerdictKind.WARN
UNHEALTHY = "unhealthy"
"""The rule of the healthy run."""
Judge = Callable[[Scenario, Evidence], str | None]


@dataclass(frozen=True, slots=True)
class JudgingRule:
    """One rule: what breaking it means, why, where the reason is known from, and its judge."""

    id: str
    severity: VerdictKind
    reason: str
    source: str
    judge: Judge


RULES: tuple[JudgingRule, ...] = (
    JudgingRule(
        UNHEALTHY,
        FAIL,
        "Nothing can be judged when the healthy run does not work.",
        "[OURS]",
        judges.unhealthy,
    ),
    JudgingRule(
        "shows-a-credential",
        FAIL,
        "Who reads a log can log in with what is in it; a session ID works until it ends.",
        "[OURS]; that a session ID is enough [WIRE session-access-token-is-session-id]",
        judges.shows_a_credential,
    ),
    JudgingRule(
        "locks-the-user",
        FAIL,
        "With the user every other client of the user is locked out.",
        "[DOC lockout-attempts-setting, lockout-wrong-token-counts]",
        judges.locks_the_user,
    ),
    JudgingRule(
        "never-stops",
        FAIL,
        "A refusal that no retry cures needs a person; until then every try is wasted, or counts.",
        "[MEASURED client-endless-login]",
        judges.never_stops,
    ),
    JudgingRule(
        "near-the-lockout",
        FAIL,
        "Half of the attempts in one run: a second host, or the next run, locks the user out.",
        "[DOC lockout-attempts-setting, lockout-counter]",
        judges.near_the_lockout,
    ),
    JudgingRule(
        "loops",
        FAIL,
        "So many tries are a loop, which ends by chance. Logins are limited by the hour.",
        "[MEASURED client-endless-login] [DOC login-rate-kb]",
        judges.loops,
    ),
    JudgingRule(
        "hides-the-failure",
        FAIL,
        "A scheduler sees the exit status and nothing else.",
        "[OURS]; that clients do [MEASURED client-silent-failure]",
        judges.hides_the_failure,
    ),
    JudgingRule(
        "reuses-an-old-refresh-token",
        FAIL,
        "The reuse of an old refresh token revokes the new one with it.",
        "[DOC refresh-token-reuse]",
        judges.reuses_an_old_refresh_token,
    ),
    JudgingRule(
        "logs-in-too-often",
        FAIL,
        "One login opens a session; each counts toward the login rate limit.",
        "[DOC session-dead-rest, login-rate-login-counts]",
        judges.logs_in_too_often,
    ),
    JudgingRule(
        "hammers",
        WARN,
        "503 says too many requests, or maintenance: retries without a pause make it worse.",
        "[3P rest-503-meaning]",
        judges.hammers,
    ),
    JudgingRule(
        "retries-the-refusal",
        WARN,
        "No retry cures the refusal, and each can count toward the lockout.",
        "[WIRE invalid-login-one-answer] [MEASURED client-four-attempts]",
        judges.retries_the_refusal,
    ),
    JudgingRule(
        "gives-up",
        WARN,
        "What passes by itself, or with one login, need not wait for a person.",
        "[DOC session-dead-rest] [3P server-too-busy-words]",
        judges.gives_up,
    ),
    JudgingRule(
        "hangs",
        WARN,
        "A run that does not end holds up what comes after it.",
        "[OURS]",
        judges.hangs,
    ),
    JudgingRule(
        "does-not-name-the-fault",
        WARN,
        "Who is called at night reads the output first.",
        "[OURS]; that clients do not [MEASURED client-silent-failure]",
        judges.does_not_name_the_fault,
    ),
    JudgingRule(
        "shows-a-session",
        WARN,
        "Addresses stand in the logs of servers and proxies.",
        "[OURS]",
        judges.shows_a_session,
    ),
    JudgingRule(
        "leaves-processes",
        WARN,
        "What goes on unseen can go on logging in.",
        "[OURS]",
        judges.leaves_processes,
    ),
    JudgingRule(
        "does-not-call",
        WARN,
        "A run without a call shows nothing.",
        "[OURS]",
        judges.does_not_call,
    ),
)
"""The rules in the order of their importance: of those that are broken the first gives the
sentence, a failure before a warning.
"""


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """The verdict on a run: its sentence, the rule that decided, every rule that was broken, and
    what to change.
    """

    kind: VerdictKind
    sentence: str
    rule: str = ""
    broken: tuple[str, ...] = ()
    advice: Advice | None = None


def verdict(scenario: Scenario, evidence: Evidence) -> RunVerdict:
    """The verdict on a run: the worst broken rule decides; without one it passes."""
    said = [(rule, rule.judge(scenario, evidence)) for rule in RULES]
    broken = [(rule, sentence) for rule, sentence in said if sentence is not None]
    if not broken:
        return _passed(scenario, evidence)
    worst, sentence = min(broken, key=lambda one: one[0].severity is not FAIL)
    names = tuple(rule.id for rule, _ in broken)
    advice = advice_for(worst.id, evidence)
    return RunVerdict(worst.severity, sentence, worst.id, names, advice)


def not_applicable(reason: str) -> RunVerdict:
    """The verdict on a scenario that the client cannot meet."""
    return RunVerdict(VerdictKind.NOT_APPLICABLE, reason)


def _passed(scenario: Scenario, evidence: Evidence) -> RunVerdict:
    """The verdict on a right client; where it works no longer although it is right, it says so."""
    said = _well_done(scenario, evidence)
    if not scenario.change or evidence.ends_well or evidence.first_trouble is None:
        return RunVerdict(VerdictKind.PASS, said)
    said = f"Works no longer, and says so: {said[0].lower()}{said[1:]}"
    return RunVerdict(VerdictKind.PASS, said, advice=Advice(scenario.change))


def _well_done(scenario: Scenario, evidence: Evidence) -> str:
    """What a right client did, in a sentence."""
    figures, status = evidence.figures, evidence.process.exit_status
    ends = "is ended at the limit" if evidence.process.timed_out else f"exits with {status}"
    trouble = evidence.first_trouble
    if trouble is None:
        logins, calls = amount(figures.logins, "login"), amount(figures.data_calls, "data call")
        said = f"{logins}, {calls}, {ends}."
        if scenario.wants is Wants.WORKS:
            return said
        return f"{'Stops by itself' if status else 'Is not affected'}: {said}"
    if not evidence.ends_well:
        return f"Stops at {refusal(trouble)}, names it and {ends}."
    again = evidence.logins_after_dead_session
    if again is not None:
        return f"Logs in once more after its session has ended, and {ends}."
    waited = seconds_of((figures.worked_again_after or 0) / 1000)
    return f"Works again {waited} after {refusal(trouble)}, and {ends}."
