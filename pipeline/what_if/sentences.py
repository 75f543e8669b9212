"""An answer in words: whom it affects, what each measure would be, and what a reader must know beside the figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.reporting import formatting, judgements
from pipeline.results.units import POINTS, TIMES
from responsible.fairness.measures import KNOWN
from responsible.limits import decisive
from responsible.names import ANY_LEVEL, POOLED, REST
from responsible.what_if import Answer, Case, Question
from responsible.words import Words

BOUND = (
    "Groups have different thresholds here. That uses the attribute when deciding, which many laws forbid. "
    "Read the answer as a bound of what could be reached, not as a rule to decide by."
)
SYMBOLS = {"pass": "✓", "fail": "✕", "infeasible": "⊘", "insufficient_evidence": "?", "": "–"}
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Spoken:
    """An answer about a case, in the words that people have for rows, attributes and levels."""

    case: Case
    asked: Question
    found: Answer
    words: Words

    @property
    def people(self) -> str:
        """What rows are called."""
        return self.words.many("budget")

    @property
    def yes(self) -> str:
        """What a row is after a yes."""
        return self.words.answer("budget")

    def level(self, name: str) -> str:
        """A group: a level by its name, or a pool of levels."""
        who = self.case.who
        if name == POOLED:
            return f"any other {self.words.name(who.attribute)}"
        return self.words.level(who.attribute, name)

    def headline(self) -> str:
        """Whom the answer affects: ``312 more people whose education is … would be selected, 41 fewer with …``."""
        parts = [*self._changes("more"), *self._changes("fewer")]
        if not parts:
            return f"Nobody would be answered otherwise than today, of {self._rows()}."
        return f"{'; '.join(parts)}. That is of {self._rows()}."

    def _changes(self, way: str) -> list[str]:
        table, attribute = self.found.affected, self.words.name(self.case.who.attribute)
        own = table[table[way] > 0].sort_values(way, ascending=False, kind="stable")
        out = []
        for place, (number, level) in enumerate(zip(own[way], own["level"], strict=True)):
            whose = f"{self.people} whose {attribute} is {self.level(level)}"
            start = f"{formatting.number(int(number))} {way}"
            out.append(f"{start} {whose} would be {self.yes}" if not place else f"{start} with {self.level(level)}")
        return [", ".join(out)] if out else []

    def _rows(self) -> str:
        return f"{formatting.number(self.case.rows)} {self.people}"

    def compared(self) -> str:
        """Who is set against whom."""
        head = self.found.measures["comparison"].iloc[0]
        who = "each group" if head == ANY_LEVEL else self.level(head)
        named = [level for level, own in zip(self.case.who.levels, self.case.who.privileged, strict=True) if own]
        return f"{who} against {' or '.join(map(self.level, named)) if named else REST}"

    def verdict(self) -> str:
        """The worst verdict among the judged measures, which is the answer's, with the measures that have it."""
        rows = self._headline_rows()
        rows = rows[rows["verdict"] != ""]
        if not len(rows):
            return "No measure has limits here, so nothing is judged."
        worst = rows["verdict"].iloc[decisive([(verdict, 0.0) for verdict in rows["verdict"]])]
        names = [self.words.name(name) for name in rows.loc[rows["verdict"] == worst, "measure"]]
        if worst == "pass":
            return f"All {len(rows)} judged measures would be within their limits."
        says = {
            "infeasible": "no model can meet the limit with this label",
            "fail": "the whole interval is outside the limits",
            "insufficient_evidence": "the data do not decide",
        }[worst]
        number = f"{len(names)} of {len(rows)} measures"
        return f"{formatting.words(worst).capitalize()} for {number}, {says}: {', '.join(names)}."

    def _headline_rows(self) -> pd.DataFrame:
        table = self.found.measures
        return table[table["comparison"] == table["comparison"].iloc[0]]

    def measures(self) -> Rows:
        """A row of texts for each measure of each comparison."""
        out, several = [], self.found.measures["comparison"].nunique() > 1
        for row in self.found.measures.to_dict("records"):
            unit = TIMES if KNOWN[str(row["measure"])].ratio else POINTS
            scale = 1 if unit == TIMES else 100
            ends = tuple(end if end is None else end * scale for end in (row["minimum"], row["maximum"]))
            then = judgements.written((row["value"], row["low"], row["high"]), unit, unit)
            if math.isnan(row["value"]):
                then = f"undefined ({formatting.words(row['reason'])})"
            texts = {
                "Measure": self.words.name(str(row["measure"])),
                "Verdict": f"{SYMBOLS[row['verdict']]} {formatting.words(row['verdict']) or 'not judged'}",
                "Today": formatting.number(row["today"] * scale, 1 if unit == POINTS else None),
                f"Then, {formatting.percent(self.asked.inference.confidence, 0)} interval": then,
                "Limits": formatting.limits(*ends),
            }
            out.append(texts | ({"Group": self._of(row)} if several else {}))
        return out

    def _of(self, row: Mapping[Any, Any]) -> str:
        own = self.level(row["farthest"] or row["comparison"])
        return f"{ANY_LEVEL}: {own}" if row["farthest"] else own

    def selected(self) -> Rows:
        """A row of texts for each level: who is answered yes today and then, and how many change."""
        rates = self.found.rates[self.found.rates["rate"] == "selection_rate"]
        out = []
        for row, moved in zip(rates.to_dict("records"), self.found.affected.to_dict("records"), strict=True):
            today = int(row["count"]) - int(moved["more"]) + int(moved["fewer"])
            low, high = (formatting.number(row[end] * 100, 1) for end in ("low", "high"))
            out.append(
                {
                    "Group": self.level(str(row["level"])),
                    "Number": formatting.number(int(row["of"])),
                    f"{self.yes.capitalize()} today": formatting.number(today),
                    f"{self.yes.capitalize()} then": formatting.number(int(row["count"])),
                    "More": formatting.number(int(moved["more"])),
                    "Fewer": formatting.number(int(moved["fewer"])),
                    "Share then": f"{formatting.percent(row['value'])} [{low}, {high}]" if row["of"] else "undefined",
                }
            )
        return out

    def confusion(self) -> Rows:
        """A row of texts for each level, today and then: the four counts."""
        kinds = {
            "tp": f"Rightly {self.yes}",
            "fp": f"Wrongly {self.yes}",
            "fn": "Wrongly refused",
            "tn": "Rightly refused",
        }
        return [
            {"Group": self.level(str(row["level"])), "When": str(row["when"])}
            | {name: formatting.number(int(row[kind])) for kind, name in kinds.items()}
            for row in self.found.confusion.to_dict("records")
        ]

    def performance(self) -> Rows:
        """A row of texts for each figure of performance."""
        return [
            {"Figure": self.words.name(str(row["figure"]))}
            | {when.capitalize(): formatting.percent(float(row[when])) for when in ("today", "then")}
            for row in self.found.performance.to_dict("records")
        ]

    def chart(self) -> pd.DataFrame:
        """Of each level in percent: the share selected then with its interval, and today's."""
        rates = self.found.rates[self.found.rates["rate"] == "selection_rate"].reset_index(drop=True)
        moved = self.found.affected["more"] - self.found.affected["fewer"]
        shares = {name: rates[name] * 100 for name in ("value", "low", "high")}
        today = (rates["count"] - moved) / rates["of"] * 100
        return pd.DataFrame({"Group": map(self.level, rates["level"]), **shares, "today": today})

    def notes(self, *, most: int) -> list[str]:
        """What a reader must know beside the figures."""
        said = [BOUND] if self.found.bound else []
        if self.asked.shares:
            effective = formatting.number(self.found.effective, 0)
            said.append(
                f"In this population the rows count like {effective} independent ones. "
                "Counts of people are those of the rows, for another population changes nobody's answer."
            )
        if len(self.case.n) > most:
            cells, upto = formatting.number(len(self.case.n)), formatting.number(most)
            said.append(f"There are {cells} cells; above {upto} an answer takes longer than a fifth of a second.")
        return said
