"""Whether a bank gives its answers away by form: right options that are the longest or the shortest
too often, or too seldom, that share most words with the other options or with the question, and
kinds of acts that are right too seldom, or too often. Pure.

By chance an option is right as often as its question has right options among its options. How far
a bank is from chance is measured in standard deviations of the binomial distribution.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

from freshtoken_model.training.content.tables import Problem

from .questions import Option, Question

ENOUGH = 40
"""Questions from which a lean can be told from chance."""
SIGNIFICANT = 2.6
"""Standard deviations from which a lean is a problem: one fair bank in a hundred is as far off."""
KINDS: dict[str, re.Pattern[str]] = {
    "API Only User": re.compile(r"\bAPI Only\b", re.I),
    "freezing": re.compile(r"\b(?:un)?(?:freez|froze)", re.I),
    "unlocking": re.compile(r"\bunlock", re.I),
    "waiting": re.compile(r"\bwait", re.I),
    "a password reset": re.compile(
        r"\breset(?:s|ting)?\b(?:(?!token)[^.;:]){0,40}\bpassword|\bpassword (?:is |was )?reset",
        re.I,
    ),
}
"""Acts that are known to be the usual wrong ones: what names them."""
ANY_KIND = "any of these kinds"
MOST_ALIKE = "the option that is most like the other options"
ECHO = "the option that shares most words with the question"
SMALL_WORDS = frozenset(
    {"a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "in", "is", "it", "its"}
    | {"of", "on", "or", "that", "the", "this", "to", "with"}
)
"""Words that say nothing about what two texts have in common."""


@dataclass(frozen=True, slots=True)
class Lean:
    """How often options with one thing in common are right. `cases`: in how many questions, or of
    how many options. `expected`: how often chance would have it.
    """

    what: str
    cases: int
    right: float
    expected: float
    deviation: float
    """The standard deviation of chance; 0 where there is nothing to choose."""

    @property
    def z(self) -> float:
        """How many standard deviations it is from chance."""
        return (self.right - self.expected) / self.deviation if self.deviation else 0.0

    @property
    def significant(self) -> bool:
        """Whether chance hardly explains it."""
        return abs(self.z) > SIGNIFICANT

    @property
    def figures(self) -> str:
        """What was counted, in words."""
        return (
            f"right in {self.right:g} of {self.cases}, by chance in {self.expected:.1f} "
            f"(z = {self.z:+.1f})"
        )


def leans(questions: Sequence[Question]) -> list[Lean]:
    """Everything that is measured, significant or not."""
    measured = [
        _most(questions, "the longest option", lambda _, option: len(option.text)),
        _most(questions, "the shortest option", lambda _, option: -len(option.text)),
        _most(questions, MOST_ALIKE, _likeness),
        _most(questions, ECHO, lambda question, option: _shared(question.text, option.text)),
    ]
    options = [option for question in questions for option in question.options]
    share = sum(option.right for option in options) / len(options) if options else 0.0
    named = {kind: [o for o in options if words.search(o.text)] for kind, words in KINDS.items()}
    measured += [_kind(f"an option that names {kind}", of, share) for kind, of in named.items()]
    together = [o for o in options if any(words.search(o.text) for words in KINDS.values())]
    return [*measured, _kind(f"an option that names {ANY_KIND}", together, share)]


def check_leaning(questions: Sequence[Question]) -> Iterator[Problem]:
    """The significant leans of a bank that is large enough to have some."""
    if len(questions) < ENOUGH:
        return
    for lean in leans(questions):
        if lean.significant:
            yield Problem(
                "questions",
                "",
                "option",
                f"expected {lean.what} to be right as often as another; {lean.figures}",
            )


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9()]+", text.casefold())) - SMALL_WORDS


def _shared(one: str, other: str) -> int:
    return len(_words(one) & _words(other))


def _likeness(question: Question, option: Option) -> float:
    """How much an option has in common with the options of its question, itself among them: the
    shared words of all words, so that a long option is no more alike for its length.
    """
    mine = _words(option.text)
    alike = 0.0
    for other in question.options:
        theirs = _words(other.text)
        alike += len(mine & theirs) / max(1, len(mine | theirs))
    return round(alike, 9)


def _most(
    questions: Sequence[Question], what: str, score: Callable[[Question, Option], float]
) -> Lean:
    """How often the option with the highest score is right; of equals each counts for its part."""
    right = expected = variance = 0.0
    for question in questions:
        scores = [score(question, option) for option in question.options]
        pairs = zip(question.options, scores, strict=True)
        tied = [option for option, scored in pairs if scored == max(scores)]
        right += sum(option.right for option in tied) / len(tied)
        chance = question.choose / len(question.options)
        expected += chance
        variance += chance * (1 - chance)
    return Lean(what, len(questions), round(right, 2), expected, sqrt(variance))


def _kind(what: str, options: Sequence[Option], share: float) -> Lean:
    count = len(options)
    right = sum(option.right for option in options)
    return Lean(what, count, right, count * share, sqrt(count * share * (1 - share)))
