"""The policy's answer: one object from which page, gate, cards, register, review, trail and summary all speak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from responsible.governance.policy import Judgement

Word = Literal["meets", "does not meet", "undecided"]
SAYS: dict[Word, str] = {
    "meets": "Meets the policy",
    "does not meet": "Does not meet the policy",
    "undecided": "Cannot be decided yet",
}
WORST = ("infeasible", "fail", "insufficient_evidence", "excepted", "pass")
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


@dataclass(frozen=True)
class Answer:
    """What the judgements on some rules, of the whole policy or of one line of work, come to.

    ``word``: ``does not meet`` when a blocking rule is shown not to hold (fail or infeasible), ``undecided`` when only
    evidence, or an answer of people, is lacking for one that blocks, otherwise ``meets``.
    """

    judgements: tuple[Judgement, ...]

    @property
    def word(self) -> Word:
        """The answer itself."""
        stops = {"insufficient_evidence" if j.said else j.found for j in self.judgements if j.blocks}
        return "meets" if not stops else "undecided" if stops == {"insufficient_evidence"} else "does not meet"

    @property
    def says(self) -> str:
        """The answer as people say it: ``Does not meet the policy``."""
        return SAYS[self.word]

    @property
    def blocking(self) -> tuple[Judgement, ...]:
        """What stops: rules that block."""
        return tuple(j for j in self.judgements if j.blocks and not j.said)

    @property
    def attention(self) -> tuple[Judgement, ...]:
        """Rules that are not met and only warn."""
        return tuple(j for j in self.judgements if not (j.blocks or j.said or j.verdict in ("pass", "excepted")))

    @property
    def excepted(self) -> tuple[Judgement, ...]:
        """Rules that are not met under a dated exception."""
        return tuple(j for j in self.judgements if j.verdict == "excepted")

    @property
    def worst(self) -> Judgement | None:
        """The rule to look at first: blocking before warning, then by verdict, then in the order of the policy."""
        return min(self.judgements, key=lambda j: (not j.blocks, WORST.index(j.verdict)), default=None)

    @property
    def reason(self) -> str:
        """Why, and what else there is, in whole sentences: ``Two blocking rules are not met: A, B. One more …``"""
        more = "more " if self.blocking else ""
        attention = _sentence(self.attention, f"{more}needs attention", f"{more}need attention")
        return " ".join(filter(None, (*self._stopping[:2], attention, *self._stopping[2:])))

    @property
    def _stopping(self) -> list[str]:
        """The sentences on what blocks, first two, and on what is excepted or not answered."""
        lacking = {j.found for j in self.blocking} == {"insufficient_evidence"}
        unmet = ("lacks evidence", "lack evidence") if lacking else ("is not met", "are not met")
        return [
            _sentence(self.blocking, f"blocking rule {unmet[0]}", f"blocking rules {unmet[1]}"),
            "Every blocking rule is met." if self.word == "meets" and not self.excepted else "",
            _sentence(self.excepted, "is excepted", "are excepted"),
            *(f"{j.said}." for j in self.judgements if j.said),
        ]

    @property
    def decisive(self) -> str:
        """The answer and its reason, without the rules that only warn."""
        return " ".join(filter(None, (f"{self.says}.", *self._stopping)))

    @property
    def headline(self) -> str:
        """The answer and its reason: ``Does not meet the policy. Two blocking rules are not met: A, B.``"""
        return f"{self.says}. {self.reason}"


def headline(judgements: Sequence[Judgement]) -> str:
    """:attr:`Answer.headline` of judgements."""
    return Answer(tuple(judgements)).headline


def _sentence(judged: Sequence[Judgement], one: str, many: str) -> str:
    """``Two rules fail: A, B.`` with the number in words up to ten; empty without rules."""
    number = NUMBERS[len(judged)] if len(judged) < len(NUMBERS) else str(len(judged))
    titles = ", ".join(j.title for j in judged)
    return f"{number} {one if len(judged) == 1 else many}: {titles}." if judged else ""
