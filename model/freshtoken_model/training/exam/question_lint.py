"""The authoring linter for questions: wording, sources, twins, and proofs that hold for the right
options and no other.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from freshtoken_model.training.content.sources import sources
from freshtoken_model.training.content.steps import LineRunner, StepFailedError
from freshtoken_model.training.content.tables import Problem
from freshtoken_model.training.content.trust import Trust
from freshtoken_model.values.errors import OrgError

from .proofs import Laboratory, Observed, laboratory
from .questions import LETTERS, Option, Question

PROVED = 0.85
"""Share of freshtoken's own questions that must have a proof."""
QUESTION_LIMIT = 520
"""Characters of a question: one idea, read in a glance or two."""
LONGER = 1.5
"""A right option that is this much longer than every wrong one gives itself away."""
LIKE = 3.0
"""The longest option may be this much longer than the shortest, where they are sentences."""
SENTENCE = 40
"""Characters from which an option is a sentence: names and numbers may differ more."""
RIGHT_IS_LONGEST = 0.5
"""Share of a file's questions whose right option may be the longest one."""
TWINS = 0.72
"""How alike two questions may be: shared words of all words."""
BANNED = re.compile(
    r"\b(all|none|both|any) of (the|these|those) (above|options|answers)\b|\bnone of "
    r"these\b|\bboth [A-E] and\b",
    re.I,
)
REASON = re.compile(r"\b(because|so that)\b", re.I)
"""What begins a reason. A reason is true or false whatever the question is, and so tells who knows
the subject which option is right.
"""


def check_questions(
    questions: Sequence[Question], run: LineRunner, told: Callable[[str], None]
) -> tuple[int, list[Problem]]:
    """Check the questions of a folder. Returns how many proofs were run, and what is wrong."""
    proofs, disproved = check_proofs(questions, run, told)
    return proofs, [*check_wording(questions), *disproved]


def check_wording(questions: Sequence[Question]) -> list[Problem]:
    """What is wrong with how questions are put: each, a file's habits, and two that ask the
    same.
    """
    problems = [problem for question in questions for problem in wording(question)]
    return [*problems, *_habits(questions), *_twins(questions)]


def check_proofs(
    questions: Sequence[Question], run: LineRunner, told: Callable[[str], None]
) -> tuple[int, list[Problem]]:
    """Run every proof. Returns how many, and what they do not show."""
    problems: list[Problem] = []
    proofs, topic = 0, ""
    with laboratory(run) as place:
        for question in questions:
            if question.file != topic:
                topic = question.file
                told(topic)
            if question.proof is not None and Trust().allows(question):
                proofs += 1
                problems += prove(question, place)
    return proofs, problems


def _problem(question: Question, field: str, expected: str) -> Problem:
    return Problem(question.file, f"[[question]] {question.id}", field, expected)


def wording(question: Question) -> Iterator[Problem]:
    """What is wrong with how a question is put."""
    texts = [option.text for option in question.options]
    if not question.text.rstrip().endswith("?"):
        yield _problem(question, "text", "expected to end with the one question it asks")
    if question.text.count("?") > 1:
        yield _problem(
            question,
            "text",
            f"expected one idea, one question; found {question.text.count('?')} question marks",
        )
    if len(question.text) > QUESTION_LIMIT:
        yield _problem(
            question,
            "text",
            f"expected at most {QUESTION_LIMIT} characters, found {len(question.text)}",
        )
    if re.search(r"\bchoose (two|three|2|3)\b", question.text, re.I):
        yield _problem(
            question, "text", "expected no 'choose N'; it is said where the question is shown"
        )
    for number, text in enumerate((question.text, *texts)):
        if BANNED.search(text):
            yield _problem(
                question,
                "text" if not number else f"option[{number}]",
                "expected no 'all of the above' and its kin",
            )
    for number, text in enumerate(texts, 1):
        if REASON.search(text):
            yield _problem(
                question, f"option[{number}]", "expected no reason; it belongs into `why`"
            )
    if len({text.casefold().rstrip(".") for text in texts}) < len(texts):
        yield _problem(question, "option", "expected different options")
    if len({text.endswith(".") for text in texts}) > 1:
        yield _problem(
            question, "option", "expected all options to end alike, with or without a full stop"
        )
    # Who knows nothing picks the longest option, or the one that is put differently: the rules on
    # endings and lengths keep the form of an option from telling whether it is right.
    lengths = [len(text) for text in texts]
    if max(lengths) >= SENTENCE and max(lengths) > LIKE * min(lengths):
        yield _problem(
            question,
            "option",
            f"expected options of like length, found {min(lengths)} to {max(lengths)} characters",
        )
    right = [len(option.text) for option in question.options if option.right]
    wrong = [len(option.text) for option in question.options if not option.right]
    if min(right) >= SENTENCE and min(right) > LONGER * max(wrong):
        yield _problem(
            question,
            "option",
            "expected a right option that does not give itself away by its length",
        )
    for number, name in enumerate(question.sources, 1):
        if name not in sources():
            yield _problem(
                question, f"sources[{number}]", f"expected the id of a source; there is no {name!r}"
            )
    if len({option.why.casefold() for option in question.options}) < len(texts):
        yield _problem(question, "option", "expected another reason for every option")


def _habits(questions: Sequence[Question]) -> Iterator[Problem]:
    """What a whole file gives away."""
    by_file: dict[str, list[Question]] = {}
    for question in questions:
        by_file.setdefault(question.file, []).append(question)
    for file, mine in by_file.items():
        longest = sum(max(q.options, key=lambda option: len(option.text)).right for q in mine)
        if len(mine) >= 8 and longest > RIGHT_IS_LONGEST * len(mine):
            yield Problem(
                file,
                "",
                "option",
                f"expected the right option to be the longest in at most half; found {longest} of "
                f"{len(mine)}",
            )


def _word_set(question: Question) -> frozenset[str]:
    right = " ".join(option.text for option in question.options if option.right)
    return frozenset(re.findall(r"[a-z0-9()]{3,}", f"{question.text} {right}".casefold()))


def _twins(questions: Sequence[Question]) -> Iterator[Problem]:
    """Questions that ask the same."""
    words = [_word_set(question) for question in questions]
    for number, question in enumerate(questions):
        for other in range(number):
            shared = len(words[number] & words[other])
            if shared > TWINS * len(words[number] | words[other]):
                yield _problem(
                    question,
                    "text",
                    f"expected another question; {questions[other].id} asks nearly the same",
                )


def unproved_share(questions: Sequence[Question]) -> Iterator[Problem]:
    """Whether enough of a bank is proved."""
    proved = sum(question.proof is not None for question in questions)
    if questions and proved < PROVED * len(questions):
        yield Problem(
            "questions",
            "",
            "proof",
            f"expected {PROVED:.0%} of the questions to have one; found {proved} of "
            f"{len(questions)}",
        )


def prove(question: Question, place: Laboratory) -> Iterator[Problem]:
    """Run a question's proof: the right options must hold, the wrong ones must not."""
    for letter, option in zip(LETTERS, question.options, strict=False):
        if not question.expected(option):
            yield _problem(
                question,
                f"option {letter}",
                "expected a claim to observe: [[question.option.shows]] or the proof's",
            )
            return
    twins = _same_claims(question)
    if twins:
        yield _problem(
            question,
            "option",
            f"expected another claim for every option; {twins} are observed alike",
        )
        return
    try:
        experiment = place.set_up(question)
        results = experiment.results()
    except StepFailedError as error:
        yield _problem(question, "proof", f"expected to run: {error}")
        return
    except OrgError as error:
        yield _problem(question, "proof", f"expected an org to try it in: {error}")
        return
    for check, name, why in dict.fromkeys(
        stranger for seen in results for stranger in seen.strangers
    ):
        yield _problem(question, f"shows {check}", f"expected a name of the org in {name}: {why}")
    for letter, option, seen in zip(LETTERS, question.options, results, strict=False):
        if seen.holds != option.right:
            yield _problem(question, f"option {letter}", _verdict(option, seen))
    experiment.path.unlink()


def _same_claims(question: Question) -> str:
    """Letters of two options whose experiments are the same; empty when there are none."""
    claims: dict[object, str] = {}
    for letter, option in zip(LETTERS, question.options, strict=False):
        key = (option.do, question.expected(option))
        if key in claims:
            return f"{claims[key]} and {letter}"
        claims[key] = letter
    return ""


def _verdict(option: Option, seen: Observed) -> str:
    found = "; ".join(
        f"found {one.found}, it says {one.wanted}"
        for one in seen.measures
        if one.holds != option.right
    )
    if option.right:
        return f"expected to hold, as the right option; it does not ({found})"
    return (
        f"expected not to hold, as a wrong option; it does "
        f"({found or 'everything it says was seen'})"
    )
