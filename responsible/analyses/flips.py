"""Flip rates: the share of decisions that change when only the protected attribute changes.

A person's column of the attribute gets the value that people of another level have, everything else stays, and the
model is asked again. The flip rate is the share of people whose decision changes at one other level or more; with two
levels, at the other one. It is a fact of the model on these rows, and needs no label. A model that does not see the
attribute's column has a flip rate of exactly 0, which says nothing about features that stand for the attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from responsible.fairness.groups import Groups
from responsible.modelling.encoding import design, weighted_median
from responsible.names import FEATURE
from responsible.statistics import jackknife
from responsible.statistics.count_tables import counted

Bits = npt.NDArray[np.bool_]
DIGITS = 9  # of a probability, as stages write it: the last ones depend on the processor
ANY_OTHER = "any other level"  # to which a decision may change at one of the levels or more
ELSEWHERE = "made_elsewhere"  # the reason of a model that has predictions only, and cannot be asked again
COLUMNS = ["attribute", "model", "level", "to", "value", "low", "high", "count", "of", "to_yes", "to_no", "reason"]


def level_values(cells: pd.DataFrame, who: Groups, column: str) -> dict[str, object]:
    """What the feature ``column`` is where an attribute has each of its levels: the most frequent text, the median of
    numbers. No level that no cell has; empty where no feature has that name.
    """
    if FEATURE + column not in cells:
        return {}
    code, found = who.codes(cells), dict[str, object]()
    for place, level in enumerate(who.levels):
        own, n = cells.loc[code == place, FEATURE + column], cells.loc[code == place, "n"]
        if len(own):
            numeric = pd.api.types.is_numeric_dtype(own)
            found[level] = weighted_median(own, n) if numeric else n.groupby(own).sum().idxmax()
    return found


def flip_rates(
    cells: pd.DataFrame,
    who: Groups,
    column: str,
    values: Mapping[str, object],
    *,
    answer: Callable[[pd.DataFrame], Bits],
    confidence: float,
) -> pd.DataFrame:
    """The flip rate of everybody (``level`` is empty) and of each level, at :data:`ANY_OTHER` and at each other level.

    ``cells`` carry ``n``, features and levels; ``values`` are those of the feature ``column`` by level
    (:func:`level_values`), and ``answer`` decides distinct feature combinations (u, features) → (u,).

    Columns: :data:`COLUMNS` but the model. ``count`` of ``of`` people change, ``to_yes`` and ``to_no`` by direction; at
    any other level. The interval is Wilson's, of the share among people like these, with the model as it is; without
    ``values`` the model does not see the attribute, and 0 is certain. Levels that are excluded count nowhere.
    """
    parts, code = design(cells), who.codes(cells)
    others = [parts.x.assign(**{FEATURE + column: _same(v, parts.x[FEATURE + column])}) for v in values.values()]
    # Asked in one call, because a pipeline of scikit-learn takes longer to check its input than to answer.
    asked = np.asarray(answer(pd.concat([parts.x, *others], ignore_index=True))).reshape(-1, len(parts.x))[:, parts.row]
    own, each = asked[0], zip(values, asked[1:], strict=True)
    changed = {level: (other != own) & (code != who.levels.index(level)) for level, other in each}
    changed = {ANY_OTHER: np.any([np.zeros(len(cells), dtype=bool), *changed.values()], axis=0), **changed}
    out = []
    for to, flips in changed.items():
        whole = counted(cells, np.where(code < 0, -1, 0), 1, [own, flips])
        by_level = counted(cells, code, len(who.levels), [own, flips])
        places = chain([("", 0, whole)] * (to == ANY_OTHER), ((lv, i, by_level) for i, lv in enumerate(who.levels)))
        out += [
            {"attribute": who.attribute, "level": level, "to": to}
            | _row(table[place], None if by_group is None else by_group[:, place], confidence, certain=not values)
            for level, place, (table, by_group) in places
            if level != to
        ]
    return pd.DataFrame(out)


def _same(value: object, like: pd.Series[float]) -> pd.Series[float]:
    return pd.Series([value] * len(like), index=like.index, dtype=like.dtype)


def _row(
    table: npt.NDArray[np.int64], parts: npt.NDArray[np.int64] | None, confidence: float, *, certain: bool
) -> dict[str, object]:
    """Of counts ``[own answer, changed]``."""
    k, n = int(table[:, 1].sum()), int(table.sum())
    grouped = None if parts is None else (parts[:, :, 1].sum(axis=1), parts.sum(axis=(1, 2)))
    interval = jackknife.wilson(k, n, confidence, grouped)
    ends = (0.0, 0.0) if certain and n else (float(interval.low), float(interval.high))
    found = {"value": k / n if n else np.nan, "low": ends[0], "high": ends[1], "count": k, "of": n}
    return found | {"to_yes": int(table[0, 1]), "to_no": int(table[1, 1]), "reason": "" if n else "group_absent"}


def of_models(
    cells: pd.DataFrame,
    attributes: Sequence[Groups],
    columns: Mapping[str, str],
    models: Mapping[str, Pipeline | None],
    *,
    cut: float,
    confidence: float,
) -> pd.DataFrame:
    """:func:`flip_rates` of every model on the test cells, :data:`COLUMNS`; None is one made :data:`ELSEWHERE`.

    ``columns`` are the attributes' columns by name. What a level's people have is read off all cells. A model answers
    yes from a probability of ``cut``.
    """
    test, out = cells[cells["split"] == "test"].reset_index(drop=True), []
    for name, model in models.items():
        for who in attributes:
            if model is None:
                row = {"attribute": who.attribute, "level": "", "to": ANY_OTHER, "reason": ELSEWHERE}
                own = pd.DataFrame([row | dict.fromkeys(("value", "low", "high"), np.nan)])
            else:
                column = columns[who.attribute]
                values, answer = level_values(cells, who, column), partial(answers, model, cut)
                own = flip_rates(test, who, column, values, answer=answer, confidence=confidence)
            out.append(own.assign(model=name))
    return pd.concat(out, ignore_index=True).reindex(columns=COLUMNS)


def answers(model: Pipeline, cut: float, x: pd.DataFrame) -> Bits:
    """Whether each feature combination (u, features) has a probability of ``cut`` or more, rounded as scores are."""
    return np.asarray(model.predict_proba(x)[:, 1].round(DIGITS) >= cut)


def summary(flips: pd.DataFrame) -> dict[str, dict[str, object]]:
    """Headline ``{model: {"flip_rate": {attribute: value}}}`` of everybody, with the reasons of what is undefined."""
    out: dict[str, dict[str, object]] = {}
    whole = flips[(flips["level"] == "") & (flips["to"] == ANY_OTHER)]
    for model, own in whole.groupby("model", sort=False):
        values = dict(zip(own["attribute"], own["value"], strict=True))
        lacking = {a: why for a, why in zip(own["attribute"], own["reason"], strict=True) if why}
        out[str(model)] = {"flip_rate": values | ({"undefined": lacking} if lacking else {})}
    return out
