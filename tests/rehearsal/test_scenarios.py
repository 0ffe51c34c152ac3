"""The scenarios that come with freshtoken, and what is said about one that is written wrongly."""

from pathlib import Path

import pytest

import freshtoken_data
from freshtoken_api.injection import Injections
from freshtoken_model.decision.credentials import QUICK
from freshtoken_model.files.adoption import AdoptedCredentials
from freshtoken_model.org import Org
from freshtoken_model.training.content.sources import sources
from freshtoken_model.training.shelf import read_files
from freshtoken_model.values.errors import UnknownNameError
from freshtoken_rehearsal.advice import FILE
from freshtoken_rehearsal.orgs import ScenarioStepError, copy_of, prepare, run_on
from freshtoken_rehearsal.rules import RULES
from freshtoken_rehearsal.scenarios import HEALTHY, Need, chosen, read_scenarios, scenarios
from freshtoken_tui.cli.steps import run_quick

WITHOUT_TOKEN = AdoptedCredentials("robot@acme.example", "Quiet-Harbour-9")
ODD = AdoptedCredentials("odd.one@acme.example", 'it\'s "{token}" & $HOME `x` --old=1', "aB3" * 8)
"""A password that a shell, a template or an option parser would trip over."""


def test_the_healthy_one_comes_first_and_needs_nothing() -> None:
    first = scenarios()[0]
    assert (first.id, first.setup, first.during, first.injects, first.needs) == (
        HEALTHY,
        (),
        (),
        (),
        (),
    )


def test_every_fact_is_a_source_and_every_scenario_but_the_first_has_one() -> None:
    for scenario in scenarios()[1:]:
        assert scenario.facts, scenario.id
        assert [fact for fact in scenario.facts if fact not in sources()] == [], scenario.id


def test_every_fault_that_is_injected_can_be() -> None:
    for scenario in scenarios():
        for one in scenario.injects:
            Injections().add(one.fault, one.operation, one.times)


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.id)
@pytest.mark.parametrize("kind", ["training", "without a token", "odd"])
def test_every_step_does_what_its_file_says_whatever_the_client_holds(
    kind: str, scenario: object, held: AdoptedCredentials, tmp_path: Path
) -> None:
    assert scenario in scenarios()
    holds = {"training": held, "without a token": WITHOUT_TOKEN, "odd": ODD}[kind]
    one = next(s for s in scenarios() if s is scenario)
    if Need.TOKEN in one.needs and not holds.token:
        return
    prepare(tmp_path / "prepared.db", holds, QUICK)
    copy_of(tmp_path / "prepared.db", tmp_path / "org.db")
    steps = [*one.setup, *(step for trigger in one.during for step in trigger.steps)]
    run_on(tmp_path / "org.db", steps, holds, run_quick)
    with Org(tmp_path / "org.db", QUICK) as org:
        assert org.users.get(holds.username).username == holds.username


def test_a_step_that_fails_is_told_without_what_the_client_holds(
    held: AdoptedCredentials, tmp_path: Path
) -> None:
    prepare(tmp_path / "org.db", held, QUICK)
    with pytest.raises(ScenarioStepError) as failed:
        run_on(tmp_path / "org.db", ["login {user} --password={password}x"], held, run_quick)
    assert "login {user} --password={password}x" in str(failed.value)
    assert held.password not in str(failed.value)


def test_a_few_are_chosen_by_name_or_its_beginning_the_healthy_one_among_them() -> None:
    assert [one.id for one in chosen(("summer", "token-stale"))] == [
        HEALTHY,
        "token-stale",
        "summer-27",
    ]
    assert chosen(()) == scenarios()
    with pytest.raises(UnknownNameError, match="token-stale"):
        chosen(("tokens-stale",))


WRONG = """
format = 1
group = "Wrong"
[[scenario]]
id = "one"
title = "One"
words = "Words."
setup = ["serve run -- rm x", "no such step"]
wants = "wonders"
needs = ["password_login", "luck"]
wishes = "more"
[[scenario.injects]]
fault = "x"
operation = "dance"
times = 0
[[scenario.during]]
after = "data_call"
steps = []
"""


def test_every_mistake_of_a_file_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "rehearsals").mkdir()
    (tmp_path / "rehearsals" / "one.toml").write_text(WRONG)
    found, problems = read_files(tmp_path, "rehearsals", read_scenarios)
    said = "\n".join(map(str, problems))
    assert found == []
    for words in (
        "setup[1]",
        "setup[2]",
        "wonders",
        "luck",
        "wishes",
        "dance",
        "from 1 to 10000",
        "steps",
    ):
        assert words in said, said
    assert "rehearsals/one.toml, [[scenario]] one" in said


def test_every_advice_is_for_a_rule_and_every_line_of_code_for_an_advice() -> None:
    advices = freshtoken_data.rows(FILE, "advice", "topic", "rules", "words")
    named = [rule for row in advices for rule in row["rules"]]
    assert len(named) == len(set(named))
    assert set(named) < {rule.id for rule in RULES}
    topics = {row["topic"] for row in advices}
    for client in freshtoken_data.rows(FILE, "client", "match", "name", "code"):
        assert set(client["code"]) <= topics
