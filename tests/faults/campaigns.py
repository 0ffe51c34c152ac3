"""The campaigns by name, in the order in which they are carried out."""

from .arguments import Arguments
from .files import Files
from .harness import Campaign
from .hostile_text import HostileText
from .keys import Keys
from .kills import Kills
from .signals import Signals

KINDS: tuple[type[Campaign], ...] = (Kills, Files, Arguments, HostileText, Keys, Signals)
CAMPAIGNS = {kind.name: kind for kind in KINDS}
