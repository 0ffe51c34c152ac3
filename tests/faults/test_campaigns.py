"""A short, seeded part of each fault campaign; run.py beside this carries them out for minutes."""

from pathlib import Path

import pytest

from .campaigns import CAMPAIGNS
from .harness import carry_out

SEED = 6385
"""With it the texts come in by path, SOAP, command line and content."""
COUNTS = {"kills": 16, "files": 24, "arguments": 150, "hostile_text": 4, "keys": 9, "signals": 6}
"""Cases a campaign; one of hostile_text brings all texts in by one way."""


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_campaign_finds_nothing(name: str, tmp_path: Path) -> None:
    result = carry_out(CAMPAIGNS[name], tmp_path, SEED, count=COUNTS[name])
    assert not result.failures, "\n".join(str(failure) for failure in result.failures)
    assert result.tried == COUNTS[name]
