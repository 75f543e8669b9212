"""What models of somebody else said of the rows of a table: decisions as 0 and 1, scores in ten-thousandths.

A continuous score would make a cell of every row. So scores are rounded to four decimals; one strictly between 0 and 1
stays so, for the log loss of 0 and 1 is infinite. Rounding keeps the order of scores but for new ties.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from responsible.models import External
from responsible.names import DECISION, SCORE
from responsible.tabular.columns import Declared, made, token

STEPS = 10_000  # into which scores are rounded
EXACT = "exact"  # whether rounding changed nothing
KEY = "prediction_key"
Frame = nw.LazyFrame[Any]
Ints = npt.NDArray[np.int64]
_SHARES = "a score is a share from 0 to 1: divide percentages by 100, or name another column"


def declared(name: str, own: External) -> Iterator[Declared]:
    """The columns of a model's score and decision."""
    if own.score:
        yield Declared(SCORE + name, own.score, "numeric", 0, 1, required=True, remedy=_SHARES)
    if own.positive:
        yield Declared(DECISION + name, own.decision or "", "categorical", required=True)
    elif own.decision:
        remedy = f"a decision is 1 or 0: list the levels that are a yes under models.{name}.positive"
        yield Declared(DECISION + name, own.decision, "numeric", 0, 1, required=True, whole=True, remedy=remedy)


def joined(rows: Frame, files: Mapping[str, Frame], key: str | None, *, trim: bool) -> tuple[Frame, list[str]]:
    """The rows beside the predictions of ``files``, by model, whose :data:`KEY` is the text of the rows' ``key``; and
    the names of the columns of these predictions.
    """
    names: list[str] = []
    for model, frame in files.items():
        columns = [name for name in frame.collect_schema().names() if name != KEY]
        own = frame.rename({KEY: f"{KEY}_{model}"})
        rows = rows.with_columns(key_text(key or "", trim=trim)).join(
            own, left_on=KEY, right_on=f"{KEY}_{model}", how="left"
        )
        rows, names = rows.drop(KEY), [*names, *columns]
    return rows, names


def key_text(column: str, *, trim: bool) -> nw.Expr:
    """The text of a key column, as :data:`KEY`."""
    text = nw.col(token(column)).cast(nw.String)
    return (text.str.strip_chars() if trim else text).alias(KEY)


def answered(rows: Frame, models: Mapping[str, External], scored: str = "") -> Frame:
    """Typed rows with the 0/1 decision of each model in place of what its column has; and of the model ``scored`` the
    score in ten-thousandths, with :data:`EXACT`.
    """
    made_of = {made(DECISION + name): _decision(name, own) for name, own in models.items()}
    if scored:
        raw = nw.col(made(SCORE + scored)) * STEPS
        whole = raw.round(0)
        inside = nw.when((raw > 0) & (raw < STEPS)).then(whole.clip(1, STEPS - 1)).otherwise(whole)
        made_of[made(EXACT)] = (raw - inside).abs() < 1e-6
        made_of[made(SCORE + scored)] = inside.cast(nw.Int64)
    return rows.with_columns(**made_of) if made_of else rows


def _decision(name: str, own: External) -> nw.Expr:
    if own.positive:
        yes = nw.col(made(DECISION + name)).is_in(own.positive)
    elif own.decision:
        yes = nw.col(made(DECISION + name)) == 1
    else:
        yes = nw.col(made(SCORE + name)) >= own.decision_threshold
    return nw.when(yes).then(nw.lit(1)).otherwise(nw.lit(0))


def table(counts: Mapping[str, pd.DataFrame], columns: Iterable[str]) -> pd.DataFrame:
    """The counted scores of all models as one table: ``model``, the ``columns`` of split, bin and groups, ``score`` in
    [0, 1], ``decision`` and ``n``; equal rows are one.
    """
    parts = [
        counted.assign(model=name, score=counted[SCORE + name] / STEPS, decision=counted[DECISION + name])
        .groupby(["model", *columns, "score", "decision"], sort=True)["n"]
        .sum()
        .reset_index()
        for name, counted in counts.items()
    ]
    empty = pd.DataFrame({"model": [], **{name: [] for name in columns}, "score": [], "decision": [], "n": []})
    return pd.concat(parts, ignore_index=True) if parts else empty


def auc_error(score: Ints, exact: npt.NDArray[np.bool_], positives: Ints, negatives: Ints) -> float:
    """By how much rounding can have moved the ROC AUC of scores at most, in [0, 1/2], rounded up to
    six decimals; NaN without either label.

    Arrays (m,) by cells of rows. The AUC is the share of pairs of a positive and a negative row that are ranked
    rightly, a tie counting half. Rounding never reverses a pair: it leaves it as it is, or makes a tie of it, which
    moves the sum by 1/2. So

        |ΔAUC| ≤ ½ Σ_s (p_s n_s − p'_s n'_s) / (P N),

    where p_s and n_s are the positive and negative rows of the rounded score s, and p'_s and n'_s those of them whose
    score was s before: pairs of these were ties already.
    """
    _, place = np.unique(score, return_inverse=True)
    rows, old = ([np.bincount(place, each * kept) for each in (positives, negatives)] for kept in (1, exact))
    pairs = float(positives.sum()) * float(negatives.sum())
    if not pairs:
        return math.nan
    return math.ceil(float(rows[0] @ rows[1] - old[0] @ old[1]) / pairs / 2 * 1e6) / 1e6  # as it is written, not less
