"""Later decisions against audited ones: approvals, waits, similar cases by period. Imports healthcare, monitoring."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = ["LaterDecisions", "Setting", "later_decisions"]

if TYPE_CHECKING:
    from responsible.later_decisions.decisions import LaterDecisions, Setting, later_decisions
else:
    __getattr__, __dir__ = lazily(__name__, {"decisions": ("LaterDecisions", "Setting", "later_decisions")})
