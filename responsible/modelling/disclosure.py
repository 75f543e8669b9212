"""What may be published of the answers of models by group (:mod:`responsible.tabular.levels` says why).

:func:`covered` merges levels and says which tables may stand beside each other; :func:`published` takes out the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.names import ATTRIBUTE, Judged, is_change
from responsible.statistics.count_tables import JUDGED
from responsible.tabular.levels import Cover, Disclosure, blanked, by_split, cover
from responsible.tabular.schema import Sensitive

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Published:
    """What may be published of an evaluation: the merged levels; the models shown of each attribute, of those
    ``judged``; whether the changes between the models, and the combinations of levels, may be.
    """

    cover: Cover
    judged: Judged
    models: Mapping[str, tuple[str, ...]]
    changes: bool
    crossings: bool


def covered(
    test: pd.DataFrame,
    label: npt.NDArray[np.int64],
    predicted: Sequence[npt.ArrayLike],
    sensitive: Mapping[str, Sensitive],
    disclosure: Disclosure,
    *,
    judged: Judged = JUDGED,
) -> Published:
    """What of the test cells may be published; ``predicted`` are the 0/1 answers of each of the models, each (m,).

    The columns are an attribute (A, B, …), the label y and the answers b, …, r. Tables that make a tree, by rule 3 of
    :mod:`responsible.tabular.levels`: A·y·b·…·r, B·y·b·…·r, … where all of them are safe, from which the paired change
    is computed; with one attribute or two, all combinations of their levels too, if the one table of them all is safe.
    Else A·y·r, B·y·r, … for the model that documents lead with, and y·b for the others, with A·y·b for a single
    attribute: a second one would close a circle.
    """
    if not disclosure.minimum_cell:
        return Published(Cover(disclosure), judged, {}, True, True)
    pair = [2 * label + np.asarray(bits, dtype=np.int64) for bits in predicted]
    joint = [label]
    for bits in predicted:
        joint = [2 * joint[0] + np.asarray(bits, dtype=np.int64)]
    together = cover(test, sensitive, joint, disclosure, excluded=True)
    if not together.withheld:
        crossed = together.cells(test)
        of_all = crossed.groupby([*(ATTRIBUTE + name for name in sensitive), joint[0]])["n"].sum()
        crossings = len(sensitive) <= 2 and disclosure.safe(of_all)
        return Published(together, judged, dict.fromkeys(sensitive, judged.names), True, crossings)
    names: dict[str, Mapping[str, str]] = {}
    models: dict[str, tuple[str, ...]] = {}
    free, led = True, {judged.subject}
    for name, own in sensitive.items():
        for tried in (judged.names, *((model,) for model in reversed(judged.names)), ()):
            slices = [each for model, each in zip(judged.names, pair, strict=True) if model in tried] or pair
            found = cover(test, {name: own}, slices, disclosure, excluded=True)
            if not tried or (not found.withheld and (free or set(tried) <= led)):
                break
        names |= found.names
        models[name] = tried
        free &= set(tried) <= led
    return Published(Cover(disclosure, names), judged, models, False, False)


@dataclass(frozen=True)
class Merged:
    """Levels merged twice: by the base rates of the ``whole`` table, whose attributes are then declared as ``levels``,
    and by the answers of models on the test rows, of which ``shown`` says what may be published.
    """

    whole: Cover
    levels: Mapping[str, Sensitive]
    shown: Published

    @classmethod
    def of(
        cls,
        table: pd.DataFrame,
        decisions: Mapping[str, npt.ArrayLike],
        sensitive: Mapping[str, Sensitive],
        disclosure: Disclosure,
        *,
        judged: Judged,
    ) -> Merged:
        """Of cells with a ``label``, and the ``decisions`` of each model on those of split ``test``."""
        whole = cover(table, sensitive, by_split(table, table["label"]), disclosure)
        test = whole.cells(table[table["split"] == "test"].reset_index(drop=True))
        label, levels = test["label"].to_numpy(), whole.sensitive(sensitive)
        shown = covered(test, label, list(decisions.values()), levels, disclosure, judged=judged)
        return cls(whole, levels, shown)

    def cells(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table with published levels."""
        return self.shown.cover.cells(self.whole.cells(table))

    @property
    def sensitive(self) -> dict[str, Sensitive]:
        """The attributes as declared for the published levels."""
        return self.shown.cover.sensitive(self.levels)


def published(
    found: Tables, shown: Published, whole: Cover, sensitive: Mapping[str, Sensitive]
) -> dict[str, pd.DataFrame]:
    """The tables of an evaluation of merged levels without what may not be published.

    ``whole`` are the levels that were merged before.

    What is taken out stays as a row without values and with the reason; so do the levels that are merged, each alone.
    Tests over all levels and the quality of scores have no reason, and are not listed.
    """

    def hidden(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
        models = [shown.models[name] for name in table["attribute"]]
        if "rate" in table:  # one of the data belongs to no model
            names = shown.judged.names
            models = [names if r == "base_rate" and m else m for r, m in zip(table["rate"], models, strict=True)]
        told = zip(table["model"], models, strict=True)
        return np.array([m not in own and not (shown.changes and is_change(m)) for m, own in told], dtype=bool)

    reason = whole.disclosure.reason
    levels = [(name, level) for name in sensitive for level in (*whole.merged(name), *shown.cover.merged(name))]
    out = {
        name: withheld(found[name], hidden(found[name]), reason) for name in ("fairness", "group_rates", "confusion")
    }
    out |= {name: alone_withheld(out[name], levels, sensitive, reason) for name in ("fairness", "group_rates")}
    tests, crossed, change = (found[name] for name in ("group_tests", "intersection_rates", "performance_change"))
    return out | {
        "group_tests": tests[~hidden(tests.drop(columns="rate"))],
        "intersection_rates": withheld(crossed, np.full(len(crossed), not shown.crossings), reason),
        "performance_change": withheld(change, np.full(len(change), not shown.changes), reason),
        "score_quality": found["score_quality"][~hidden(found["score_quality"])],
    }


def withheld(table: pd.DataFrame, which: npt.NDArray[np.bool_], reason: str) -> pd.DataFrame:
    """The table without the numbers of the rows ``which`` (m,), limits aside."""
    numbers = [str(c) for c in table.select_dtypes("number") if c not in ("minimum", "maximum")]
    out = blanked(table, which, numbers, reason if "reason" in table else "")
    if "verdict" in out:
        judged = which & (out["verdict"] != "") & out["verdict"].notna()
        out["verdict"] = out["verdict"].mask(judged, "insufficient_evidence")
    if "finding" in out:
        out["finding"] = out["finding"].mask(which, "")
    return out


def alone_withheld(
    table: pd.DataFrame, levels: Sequence[tuple[str, str]], sensitive: Mapping[str, Sensitive], reason: str
) -> pd.DataFrame:
    """The table with rows without values for merged levels, where it had rows of them."""
    out, key = [table], "level" if "level" in table else "comparison"
    for name, level in levels:
        own, role = table[table["attribute"] == name], sensitive[name].role(level)
        if role in ("unprivileged", "compared") or (role == "privileged" and key == "level"):
            rows = own[own[key] == own[key].iloc[-1]].assign(**{key: level})
            rows = rows.assign(privileged=role == "privileged") if key == "level" else rows
            out.append(withheld(rows, np.ones(len(rows), dtype=bool), reason))
    return pd.concat(out, ignore_index=True) if len(out) > 1 else table
