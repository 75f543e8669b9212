"""The whole audit of anybody's decisions in one call on arrays: rows are counted, then ``fairness`` does the rest."""

from typing import TYPE_CHECKING

from responsible import lazily

__all__ = ["Audit", "audit"]

if TYPE_CHECKING:
    from responsible.audit.report import Audit, audit
else:
    __getattr__, __dir__ = lazily(__name__, {"report": ("Audit", "audit")})
