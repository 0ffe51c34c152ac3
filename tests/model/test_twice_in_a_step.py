"""A row that changes twice in one step: by what was due, and by the use case that follows."""

import pytest

from freshtoken_model.org import Org
from freshtoken_model.values.clock import DAY, SECOND


@pytest.mark.parametrize("habit", ["keep", "every_run"])
def test_a_plan_is_changed_after_runs_that_were_due(org: Org, habit: str) -> None:
    org.clients.hold(org.clients.named("Data bridge").id, protocol="soap", password="x")
    for name in ("Data bridge", "Nightly sync"):
        org.integrations.change(name, every=SECOND)
    org.clock.switch(running=True)
    for _ in range(3):
        # the wall clock moves on between the use cases, so that runs are due within each
        org.database.conn.execute("update org set anchor_wall = anchor_wall - 5000")
        plan = org.integrations.change("Data bridge", habit=habit)
        assert plan.habit == habit
    steps = len(org.rewind.steps())
    org.rewind.back()
    assert len(org.rewind.steps()) < steps


def test_a_setting_is_chosen_again_and_taken_back(org: Org) -> None:
    before = org.setup.values()["password_expires"]
    org.clock.advance(DAY)
    for value in ("30", "60"):
        org.setup.choose("password_expires", value)
    org.rewind.back(2)
    assert org.setup.values()["password_expires"] == before
