"""The live checklist of a new password. Salesforce shows its rules in one sentence; the ticks are
ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from .notes import MarginNote

if TYPE_CHECKING:
    from freshtoken_model.decision.policies import Rule


class PolicyChecklist(MarginNote):
    """A tick, a cross or a dot before each rule."""

    def tell_rules(self, rules: tuple[Rule, ...], touched: bool) -> None:
        """Show the rules; crosses only once something was typed."""
        lines = []
        for rule in rules:
            if rule.met:
                lines.append(Content.assemble(("✓ ", "$text-success bold"), rule.words))
            elif rule.met is False and touched:
                lines.append(Content.assemble(("✗ ", "$text-error bold"), rule.words))
            else:
                lines.append(Content.assemble("· ", rule.words))
        self.tell(Content("\n").join(lines))
