"""What the tests share: how they hash, and a call of the command line in this process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from click.testing import CliRunner, Result

from freshtoken_model.decision.credentials import QUICK, Hashing
from freshtoken_tui.cli import main

CHEAP = QUICK


@dataclass(frozen=True)
class Counting(Hashing):
    """Keeps the candidates that it verifies."""

    candidates: list[str] = field(default_factory=list, compare=False)

    def verify(self, stored: str, candidate: str) -> bool:
        self.candidates.append(candidate)
        return super().verify(stored, candidate)

    def count(self, login: Callable[[], object]) -> int:
        """How many candidates a login has verified."""
        self.candidates.clear()
        login()
        return len(self.candidates)


def invoke(*words: object, **more: Any) -> Result:
    """Run a command line in this process; its orgs hash cheaply. `more`: of CliRunner.invoke()."""
    return CliRunner().invoke(
        main, [str(word) for word in words], prog_name="freshtoken", obj=CHEAP, **more
    )
