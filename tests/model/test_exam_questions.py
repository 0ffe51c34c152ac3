"""A question file, rule by rule; and what the linter of questions makes of neighbours, borders and
odd experiments.
"""

import copy
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freshtoken_model.training.content.tables import Problem
from freshtoken_model.training.exam.proofs import laboratory
from freshtoken_model.training.exam.question_lint import check_proofs, check_wording, unproved_share
from freshtoken_model.training.exam.questions import Question, found
from freshtoken_model.training.shelf import open_bank, read_bank
from freshtoken_tui.cli.steps import run_quick

from .sample_questions import FILE, ONE, SOUND, TWO

Fields = dict[str, Any]
Spoil = Callable[[Fields], object]


def sound() -> Fields:
    return tomllib.loads(SOUND)


def spoilt(*spoil: Spoil) -> Fields:
    fields = sound()
    for one in spoil:
        one(fields)
    return fields


def written(folder: Path, fields: Fields | str, file: str = FILE) -> Path:
    (folder / "questions").mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(
        fields if isinstance(fields, str) else tomlkit.dumps(fields), encoding="utf-8"
    )
    return folder


def places(problems: list[Problem]) -> list[tuple[str, str, str]]:
    return [(problem.file, problem.table, problem.field) for problem in problems]


def put(path: str, value: Any = None) -> Spoil:
    """Set what a path such as "question.0.option.2.text" leads to; None takes it away."""

    def spoil(fields: Fields) -> None:
        *way, last = path.split(".")
        table: Any = fields
        for part in way:
            table = table[int(part) if part.isdecimal() else part]
        table.pop(last, None)
        if value is not None:
            table[last] = value

    return spoil


def put_both(gone: str, path: str, value: Any) -> Spoil:
    return lambda fields: (put(gone)(fields), put(path, value)(fields))


def proved(questions: list[Question]) -> list[tuple[str, str]]:
    """What the proofs do not show: place and words."""
    return [
        (problem.field, problem.expected)
        for problem in check_proofs(questions, run_quick, lambda words: None)[1]
    ]


# ---- reading


def test_a_sound_file_is_read_as_it_is_written_and_has_nothing_wrong(tmp_path: Path) -> None:
    questions, problems = read_bank(written(tmp_path, SOUND))
    one, two = questions
    assert problems == [] and check_wording(questions) == [] and [*unproved_share(questions)] == []
    assert (one.id, one.difficulty, one.as_of, one.file) == (
        "old-token",
        "easy",
        "Winter '27",
        FILE,
    )
    assert (one.topic.id, one.topic.title, one.topic.weight) == (
        "doors",
        "Doors of the org",
        7,
    ) and one.topic == two.topic
    assert one.flowing == "Ada changes the password. What is true of the token she had before?"
    assert (one.choose, one.asks, one.right, one.forks) == (1, "", frozenset({1}), False)
    assert (two.choose, two.asks, two.right, two.forks) == (
        2,
        "Choose two.",
        frozenset({0, 1}),
        True,
    )
    assert two.proof is not None and two.expected(two.options[2]) == two.proof.shows
    assert one.expected(one.options[0]) == one.options[0].shows != ()
    assert (one.exam_answer, one.todays_answer, two.exam_answer) == (
        "It dies.",
        "It dies still.",
        "",
    )


def test_every_proof_is_run_and_every_file_is_told_of(tmp_path: Path) -> None:
    told: list[str] = []
    more = spoilt(put("topic", "windows"), put("question.0.id", "a"), put("question.1.id", "b"))
    written(written(tmp_path, SOUND), more, "questions/x.toml")
    questions, _ = read_bank(tmp_path)
    assert check_proofs(questions, run_quick, told.append) == (4, [])
    assert told == [FILE, "questions/x.toml"]


def test_a_search_finds_questions_that_have_every_word(tmp_path: Path) -> None:
    questions, _ = read_bank(written(tmp_path, SOUND))
    searches = ("TOKEN", "token retired", "moon token", "")
    ids = {words: [one.id for one in found(tuple(questions), words)] for words in searches}
    both = ["old-token", "two-ways"]
    assert ids == {"TOKEN": both, "token retired": ["old-token"], "moon token": [], "": both}


ONE_1, ONE_2, ONE_3, TWO_1, TWO_2 = (
    f"{one} [[option]] number {n}" for one, n in ((ONE, 1), (ONE, 2), (ONE, 3), (TWO, 1), (TWO, 2))
)
SEEN, SEEN_3 = (f"{one} [[shows]] number 1" for one in (ONE_1, ONE_3))
PROOF_SEEN = f"{TWO} proof [[shows]] number 1"
RULES: dict[str, tuple[Spoil, str, str, str]] = {
    "another format": (put("format", 2), "", "format", "expected 1, found 2"),
    "no format": (put("format"), "", "format", "it is missing"),
    "no topic": (put("topic"), "", "topic", "it is missing"),
    "a topic in capitals": (
        put("topic", "Doors"),
        "",
        "topic",
        "small letters, digits and hyphens",
    ),
    "a title too long": (put("title", "x" * 41), "", "title", "at most 40 characters, found 41"),
    "a weight above 100": (put("weight", 101), "", "weight", "from 0 to 100, found 101"),
    "a weight that is no number": (
        put("weight", True),
        "",
        "weight",
        "a whole number from 0 to 100, found True",
    ),
    "no about": (put("about", " "), "", "about", "it is empty"),
    "an unknown field of the file": (put("auhtor", "me"), "", "auhtor", "there is no such field"),
    "no question": (put("question"), "", "question", "at least one [[question]]"),
    "an empty list of questions": (
        put("question", []),
        "",
        "question",
        "at least one [[question]]",
    ),
    "questions that are no tables": (
        put("question", [1]),
        "",
        "question",
        "written as [[question]]",
    ),
    "a question without an id": (
        put("question.0.id"),
        "[[question]] number 1",
        "id",
        "it is missing",
    ),
    "an id with a blank": (
        put("question.0.id", "old token"),
        "[[question]] number 1",
        "id",
        "small letters, digits",
    ),
    "an objective of two lines": (
        put("question.0.objective", "a\nb"),
        ONE,
        "objective",
        "one line of at most 110",
    ),
    "an unknown difficulty": (
        put("question.0.difficulty", "odd"),
        ONE,
        "difficulty",
        "easy, medium, hard; found 'odd'",
    ),
    "an empty text": (put("question.0.text", ""), ONE, "text", "it is empty"),
    "a text that is none": (put("question.0.text", 5), ONE, "text", "found 5"),
    "no sources": (put("question.0.sources"), ONE, "sources", "a list of 1 to 8 texts"),
    "nine sources": (
        put("question.0.sources", ["token-dies-login-page"] * 9),
        ONE,
        "sources",
        "found 9",
    ),
    "a source that is no text": (
        put("question.0.sources", [3]),
        ONE,
        "sources[1]",
        "it is empty or none",
    ),
    "no release": (put("question.0.as_of"), ONE, "as_of", "it is missing"),
    "today's answer alone": (
        put("question.0.exam_answer"),
        ONE,
        "exam_answer",
        "together, or neither",
    ),
    "an exam answer too long": (
        put("question.0.exam_answer", "x" * 241),
        ONE,
        "exam_answer",
        "at most 240",
    ),
    "an excuse too long": (
        put_both("question.0.proof", "question.0.unproved", "x" * 161),
        ONE,
        "unproved",
        "at most 160",
    ),
    "no options": (put("question.0.option"), ONE, "option", "at least one [[option]]"),
    "an option without a text": (put("question.0.option.1.text"), ONE_2, "text", "it is missing"),
    "an option too long": (
        put("question.0.option.0.text", "x" * 161),
        ONE_1,
        "text",
        "at most 160",
    ),
    "an option without a reason": (put("question.0.option.2.why"), ONE_3, "why", "it is missing"),
    "a reason too long": (put("question.0.option.2.why", "x" * 321), ONE_3, "why", "at most 320"),
    "right that is no truth": (
        put("question.1.option.1.right", 1),
        TWO_2,
        "right",
        "true or false",
    ),
    "an unknown field of an option": (
        put("question.0.option.0.wrong", True),
        ONE_1,
        "wrong",
        "no such",
    ),
    "a do that is no command": (
        put("question.1.option.0.do", ["'"]),
        TWO_1,
        "do[1]",
        "a command line",
    ),
    "a do with an org": (
        put("question.1.option.0.do", ["mail --org x"]),
        TWO_1,
        "do[1]",
        "no --org",
    ),
    "an exam in a do": (
        put("question.1.option.0.do", ["exam stats"]),
        TWO_1,
        "do[1]",
        "is not a step",
    ),
    "an unknown check": (
        put("question.0.option.0.shows.0.check", "mood"),
        SEEN,
        "check",
        "found 'mood'",
    ),
    "an unknown state": (
        put("question.0.option.2.shows.0.is", "ill"),
        SEEN_3,
        "is",
        "never_issued; found 'ill'",
    ),
    "a field no check has": (
        put("question.0.option.0.shows.0.colour", "red"),
        SEEN,
        "colour",
        "there is no such field",
    ),
    "a proof that is no table": (
        put("question.0.proof", 5),
        ONE,
        "proof",
        "[question.proof], found 5",
    ),
    "an unknown field of a proof": (
        put("question.0.proof.step", []),
        f"{ONE} proof",
        "step",
        "there is no such field",
    ),
    "an unknown preset": (
        put("question.0.proof.preset", "moon"),
        f"{ONE} proof",
        "preset",
        "found 'moon'",
    ),
    "an unknown beginning": (
        put("question.0.proof.starts_at", "soon"),
        f"{ONE} proof",
        "starts_at",
        "expected a moment",
    ),
    "a setup that is no command": (
        put("question.1.proof.setup", [""]),
        f"{TWO} proof",
        "setup[1]",
        "empty or none",
    ),
    "a claim of the proof": (
        put("question.1.proof.shows.0.network", 4),
        PROOF_SEEN,
        "network",
        "found 4",
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_what_is_not_as_the_rules_have_it_is_said_with_its_place(tmp_path: Path, name: str) -> None:
    spoil, table, field, expected = RULES[name]
    questions, problems = read_bank(written(tmp_path, spoilt(spoil)))
    assert {*places(problems)} == {(FILE, table, field)}, [str(problem) for problem in problems]
    assert any(expected in problem.expected for problem in problems), [
        str(problem) for problem in problems
    ]
    assert questions == [], "a file with a problem gives no question"


def test_a_file_that_is_no_toml_is_said_and_its_neighbour_is_read(tmp_path: Path) -> None:
    written(written(tmp_path, SOUND), "= 5", "questions/bad.toml")
    (tmp_path / "questions" / "latin.toml").write_bytes(b'title = "\xe9"')
    questions, problems = read_bank(tmp_path)
    assert [one.id for one in questions] == ["old-token", "two-ways"]
    assert [problem.file for problem in problems] == ["questions/bad.toml", "questions/latin.toml"]
    assert "is not TOML" in problems[0].expected and "cannot be read" in problems[1].expected


def test_an_id_is_one_questions_in_all_files(tmp_path: Path) -> None:
    written(
        written(tmp_path, SOUND),
        spoilt(put("topic", "windows"), put("question.1.id", "own")),
        "questions/later.toml",
    )
    questions, problems = read_bank(tmp_path)
    assert places(problems) == [("questions/later.toml", "", "id")]
    assert f"{FILE} has 'old-token' too" in problems[0].expected and [
        one.id for one in questions
    ] == [
        "old-token",
        "two-ways",
    ]


def test_a_trainers_question_does_not_hide_freshtokens(tmp_path: Path) -> None:
    shipped = open_bank()[0][0].id
    written(tmp_path, spoilt(put("question.0.id", shipped)))
    bank, problems = open_bank(str(tmp_path))
    assert [one.topic.id for one in bank if one.id == shipped] == [open_bank()[0][0].topic.id]
    assert len(bank) == len(open_bank()[0]) + 1
    assert [problem.field for problem in problems] == ["id"]
    assert [one.id for one in open_bank(str(tmp_path), only=True)[0]] == ["two-ways"]


TOP = ("format", "topic", "title", "weight", "about", "question")
QUESTION = (
    "id",
    "objective",
    "difficulty",
    "text",
    "sources",
    "as_of",
    "unproved",
    "option",
    "proof",
    "todays_answer",
)
WAYS = [
    *TOP,
    *(f"question.0.{name}" for name in QUESTION),
    *(f"question.1.option.0.{name}" for name in ("text", "right", "why", "do", "shows")),
    *(
        f"question.1.proof.{name}"
        for name in ("preset", "starts_at", "created_release", "setup", "steps", "shows")
    ),
    *(
        f"question.0.option.1.shows.0.{name}"
        for name in ("check", "event", "user", "times", "at_least", "after")
    ),
]
ODD: list[Any] = [
    5,
    -1,
    0.5,
    True,
    "",
    " ",
    "x" * 400,
    "a\nb",
    [],
    [1],
    [""],
    [[1]],
    {},
    [{}],
    date(2026, 1, 1),
    None,
]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(WAYS), st.sampled_from(ODD))
def test_reading_never_fails_it_gives_questions_or_says_where_it_cannot(
    tmp_path: Path, way: str, odd: Any
) -> None:
    questions, problems = read_bank(written(tmp_path, spoilt(put(way, copy.deepcopy(odd)))))
    assert bool(questions) != bool(problems)
    assert all(
        problem.file == FILE and (problem.field or problem.table) and problem.expected
        for problem in problems
    )
    check_wording(questions)


# ---- wording


@pytest.mark.parametrize(
    ("path", "text", "field"),
    [
        ("question.0.option.2.text", "None of these", "option[3]"),
        ("question.0.option.2.text", "Both A and B", "option[3]"),
        ("question.0.option.0.text", "Any of the options", "option[1]"),
        ("question.0.text", "Are all of the above true?", "text"),
        ("question.0.option.0.text", "It works on.", "option"),
        ("question.0.text", "\n".join(["x" * 74] * 7) + "?", "text"),
        ("question.1.option.1.text", "TRUST its address.", "option"),
    ],
)
def test_bad_wording_is_said_with_its_place(
    tmp_path: Path, path: str, text: str, field: str
) -> None:
    questions, problems = read_bank(written(tmp_path, spoilt(put(path, text))))
    assert problems == []
    wanted = (FILE, ONE if path.startswith("question.0") else TWO, field)
    assert set(places(check_wording(questions))) == {wanted}


def test_length_gives_away_only_what_is_a_sentence_and_half_longer_than_every_wrong_one(
    tmp_path: Path,
) -> None:
    def told(right: int, wrong: int) -> int:
        texts = ("a" * wrong, "b" * right, "c" * wrong)
        spoil = [put(f"question.0.option.{place}.text", text) for place, text in enumerate(texts)]
        return len(check_wording(read_bank(written(tmp_path, spoilt(*spoil)))[0]))

    assert [told(60, 40), told(61, 40), told(39, 14), told(40, 20)] == [0, 1, 0, 1]


def test_two_files_that_ask_the_same_are_told_of_and_like_questions_with_other_answers_are_not(
    tmp_path: Path,
) -> None:
    again = spoilt(
        put("topic", "windows"), put("question.0.id", "again"), put("question.1.id", "other")
    )
    put("question.1.text", "Of whom is the mailbox, and where does one read what was sent to it?")(
        again
    )
    for place, text in enumerate(("Ada owns it", "Nobody does", "Ben reads it")):
        put(f"question.1.option.{place}.text", text)(again)
    questions, problems = read_bank(
        written(written(tmp_path, SOUND), again, "questions/later.toml")
    )
    (problem,) = check_wording(questions)
    assert problems == [] and problem.expected.endswith("old-token asks nearly the same")
    assert places([problem]) == [("questions/later.toml", "[[question]] again", "text")]


def test_six_of_seven_proved_are_enough_and_five_of_six_are_not(tmp_path: Path) -> None:
    proofless = put("question.1.proof")
    fields = spoilt(proofless, put("question.1.unproved", "Cannot be seen."))
    first, bare = fields["question"]
    fields["question"] = [*({**first, "id": f"q{number}"} for number in range(6)), bare]
    questions, problems = read_bank(written(tmp_path, fields))
    assert problems == [] and [*unproved_share(questions)] == [] == [*unproved_share([])]
    (problem,) = unproved_share(questions[1:])
    assert (
        places([problem]) == [("questions", "", "proof")]
        and "85%" in problem.expected
        and "5 of 6" in problem.expected
    )


# ---- proofs


def test_what_one_option_does_is_not_there_for_the_next(tmp_path: Path) -> None:
    first = [{"check": "permission", "user": "sam", "permission": "api-only", "is": "held"}]
    seen = [*first, {"check": "printed", "text": "203.0.113.0", "is": "shown"}]
    spoil = (put("question.1.option.0.shows", first), put("question.1.option.1.shows", seen))
    questions, _ = read_bank(written(tmp_path, spoilt(*spoil)))
    with laboratory(run_quick) as place:
        experiment = place.set_up(questions[1])
        options = questions[1].options
        assert [
            experiment.fork(option).holds for option in (options[2], options[0], options[2])
        ] == [False] * 3
        measures = experiment.fork(options[1]).measures
    assert [measure.found for measure in measures] == ["not held", "not shown"]


@pytest.mark.parametrize(
    ("path", "line", "words"),
    [
        ("question.0.proof.steps", "! token reset ada", "instead of a refusal"),
        (
            "question.1.proof.setup",
            "token reset nobody",
            "'token reset nobody' ended with exit code",
        ),
        (
            "question.1.option.1.do",
            "client login Nothing",
            "'client login Nothing' ended with exit code",
        ),
        ("question.0.proof.steps", "user unlock nobody", "instead of success"),
    ],
)
def test_a_step_that_ends_otherwise_is_said_with_its_line(
    tmp_path: Path, path: str, line: str, words: str
) -> None:
    questions, _ = read_bank(written(tmp_path, spoilt(put(path, [line]))))
    ((field, expected),) = proved(questions)
    assert field == "proof" and words in expected


@pytest.mark.parametrize(("field", "name"), [("client", "Moon sync"), ("network", "the moon")])
def test_a_claim_about_nobody_is_said_for_experiments_that_fork_too(
    tmp_path: Path, field: str, name: str
) -> None:
    claim = [
        {"check": "logged_in", "client": "Sales dashboard", "network": "cloud"} | {field: name}
    ]
    questions, _ = read_bank(written(tmp_path, spoilt(put("question.1.option.2.shows", claim))))
    ((place, expected),) = proved(questions)
    assert place == "shows logged_in" and f"expected a name of the org in {field}" in expected


def test_a_claim_may_name_whom_an_option_makes(tmp_path: Path) -> None:
    made = {"check": "user_state", "user": "zoe@acme.example", "is": "active"}
    fields = spoilt(
        put(
            "question.1.option.2.do",
            [
                "user create zoe@acme.example --first-name Zoe --last-name Wu --email "
                "zoe@acme.example --profile Standard"
            ],
        )
    )
    fields["question"][1]["option"][2]["shows"] = [
        made,
        {"check": "token_state", "user": "zoe@acme.example", "is": "live"},
    ]
    questions, problems = read_bank(written(tmp_path, fields))
    assert problems == [] and proved(questions) == []


def test_options_that_do_and_see_the_same_are_told_of(tmp_path: Path) -> None:
    same = sound()["question"][1]["option"][0]["do"]
    questions, _ = read_bank(written(tmp_path, spoilt(put("question.1.option.2.do", same))))
    ((field, expected),) = proved(questions)
    assert field == "option" and "A and C are observed alike" in expected
