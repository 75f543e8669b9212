"""Why this decision: ``python -m commands.explain rows.csv``, the reasons of a linear model for each row of a table.

The file has the features of the budget table, spelled as there, and its key if one is declared. Out comes a CSV: the
decision, its probability, the reasons of a refusal in words, and by how much each feature moves the log odds away from
those of the reference (``reasons`` of params.yaml). Columns of protected attributes and declared proxies are not named
as reasons; where one lowers the score, ``not_named`` says so.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline import entry
from pipeline.ingest import row_tables, source_files
from pipeline.results.catalogue import MODEL_FILES
from pipeline.storage import files, parameters
from pipeline.storage.models import read_model
from responsible.analyses.flips import answers
from responsible.modelling.encoding import design
from responsible.modelling.log_odds import Contributions, contributions, reason_codes, reference
from responsible.modelling.logistic_regression import score
from responsible.modelling.parameters import Logistic, Reasons
from responsible.models import Models
from responsible.names import FEATURE, places
from responsible.tabular.cell_counts import as_rare
from responsible.tabular.columns import Declared
from responsible.tabular.schema import Budget, Seed, Sensitive
from responsible.tabular.sources import Feature, Prepare, RowTable, Source
from responsible.validation import MISSING, InputError, Params, did_you_mean
from responsible.words import Section, Words

NOT_KNOWN, UNSEEN = "not known", "not seen in training"
NONE_NAMED = "no feature that may be named lowers the score"


class Parameters(Params):
    """What this command reads of the parameter file."""

    seed: Seed
    prepare: Prepare
    budget: Budget
    sensitive: dict[str, Sensitive]
    models: Models
    model: Logistic
    words: Section
    reasons: Reasons | None = None


class Rows(RowTable):
    """The rows to be explained: features, and the key where the file has it."""

    features: dict[str, Feature]
    key: str | None = None

    def declared(self) -> list[Declared]:
        """The key, then the features."""
        key = [Declared("key", self.key, "categorical")] if self.key else []
        of = ((name, f) for name, f in self.features.items())
        return key + [Declared(FEATURE + name, name, f.kind, f.minimum, f.maximum, f.bins) for name, f in of]


def main(
    rows: str,
    *,
    model: str = "",
    top: int | None = None,
    out: str = "",
    params: str = "params.yaml",
    cells: str = "data/prepared/budget.parquet",
    files_of: Mapping[str, str] = MODEL_FILES,
) -> None:
    """Explain each row of the file ``rows`` by a ``model`` (default: the last that is trained here).

    Raises:
        InputError: no such model, one that is not linear or was trained on other features; a row that is bad.
    """
    given = parameters.load(params, Parameters)
    asked, name = given.reasons or Reasons(), _model(given.models, model)
    if top is not None and not 1 <= top <= 20:
        raise InputError(f"--top must be 1 to 20, got {top}")
    file = files_of[places(given.models.trained)[name]]
    fitted, (table, _) = read_model(file), files.read_cells(cells)
    columns, declared = [step[0] for step in fitted[0].transformers_], {FEATURE + f for f in given.budget.features}
    without = given.models.adopted and name == given.models.own[1]  # an adopted model may lack some
    if not (set(columns) <= declared if without else set(columns) == declared):
        raise InputError(f"{file}: was trained on other features than {params} has; run `dvc repro`")
    good = _read(rows, given, table)
    trained = design(table)
    n = trained.total(np.where(table["split"] == "train", table["n"], 0))
    found = contributions(fitted, good[columns], reference(fitted, trained.x, n, asked.reference))
    unnamed = {own.column: f"protected: {name}" for name, own in given.sensitive.items()}
    unnamed |= dict.fromkeys(asked.proxies or (), "a proxy")
    seen = {c: set(trained.x.loc[n > 0, c]) for c in columns if not pd.api.types.is_numeric_dtype(trained.x[c])}
    said = _Said(given.words, asked, seen)
    yes = answers(fitted, given.model.decision_threshold, good[columns])
    told = pd.DataFrame({"row": good["row"], **({"key": good["key"]} if "key" in good else {})})
    told = told.assign(decision=np.where(yes, "yes", "no"), probability=score(fitted, design(good)))
    told = told.assign(log_odds=found.log_odds, reference_log_odds=found.reference)
    told = pd.concat([told, said.reasons(good, found, yes, top or asked.top, unnamed)], axis=1)
    told = told.join(found.table.add_prefix("contribution of "))
    _write(
        told, out, f"{name}: {yes.sum()} of {len(yes)} rows get a yes", unnamed.keys() & given.budget.features.keys()
    )


def _model(models: Models, name: str) -> str:
    if name in models.external or not models.trained:
        own = repr(name) if name in models.external else "every model"
        raise InputError(f"--model: {own} was made elsewhere and has predictions only; ask its maker for reasons")
    if name and name not in models.trained:
        raise InputError(f"--model: {name!r} is no model{did_you_mean(name, models.trained)}")
    return name or models.trained[-1]


def _read(rows: str, given: Parameters, table: pd.DataFrame) -> pd.DataFrame:
    """The good rows with ``row`` (number), ``key`` if any and ``x.`` columns; rare levels as the cells have them."""
    how = {key: getattr(given.budget, key) for key in Source.model_fields}
    how |= {"source": rows, "pattern": None, "allow_unequal_drop": "each row is explained by itself"}
    if not Path(rows).is_file():
        raise InputError(f"{rows}: no such file; name a CSV or Parquet file with the features of the budget table")
    roles, key = Rows(**how, features=given.budget.features), given.budget.key
    if key in source_files.table(roles, given.budget.features, "budget").columns:
        roles = roles.model_copy(update={"key": key})
    prepare = given.prepare.model_copy(update={"sample_rows": sys.maxsize, "minimum_rows": 0})  # every row
    with contextlib.redirect_stdout(sys.stderr):  # which rows are dropped, if prepare.on_bad_rows says so
        good = row_tables.read(prepare, "budget", roles, given.seed).good
    if not len(good):
        raise InputError(f"{rows}: has no row to explain; add one")
    for name, feature in given.budget.features.items():
        if feature.min_count:
            good[FEATURE + name] = as_rare(good[FEATURE + name], table[FEATURE + name].unique())
    return good


class _Said:
    """Reasons in words."""

    def __init__(self, words: Words, asked: Reasons, seen: Mapping[str, set[object]]) -> None:
        self.words, self.own, self.seen = words, asked.words or {}, seen

    def reasons(
        self, good: pd.DataFrame, found: Contributions, yes: np.ndarray, top: int, unnamed: Mapping[str, str]
    ) -> pd.DataFrame:
        """Columns ``reason_1`` … and ``not_named``, empty where the decision is yes."""
        out = []
        everything = reason_codes(found, found.table.shape[1])
        for i, (named, low) in enumerate(zip(reason_codes(found, top, unnamed), everything, strict=True)):
            row = good.iloc[i]
            texts = [self.reason(name, row[FEATURE + name]) for name in named] or [NONE_NAMED]
            hidden = "; ".join(f"{self.words.name(name)} ({unnamed[name]})" for name in low if name in unnamed)
            texts += [""] * (top - len(texts)) + [hidden]
            out.append([""] * len(texts) if yes[i] else texts)
        return pd.DataFrame(out, columns=[*(f"reason_{place}" for place in range(1, top + 1)), "not_named"])

    def reason(self, name: str, value: object) -> str:
        """What people wrote for the feature, or its name and value."""
        if name in self.own:
            return self.own[name]
        if value == MISSING or value != value:  # noqa: PLR0124 - NaN is not itself
            return f"{self.words.name(name)}: {NOT_KNOWN}"
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        unseen = FEATURE + name in self.seen and value not in self.seen[FEATURE + name]
        unit = self.words.units.get(name, "")
        return f"{self.words.name(name)}: {shown}{f' {unit}' if unit else ''}{f' ({UNSEEN})' if unseen else ''}"


def _write(told: pd.DataFrame, out: str, what: str, hidden: set[str]) -> None:
    never = f"; never named as reasons: {', '.join(sorted(hidden))}" if hidden else ""
    print(f"{what}{never}", file=sys.stderr)
    if out:
        files.write_csv(out, told)
    else:
        sys.stdout.write(files.csv_of(told))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", help="a CSV or Parquet file with the features of the budget table")
    parser.add_argument("--model", default="", help="a model that is trained here (default: the last)")
    parser.add_argument("--top", type=int, help="reasons of a refusal at most (default: reasons.top)")
    parser.add_argument("--out", default="", help="where the CSV goes (default: to the terminal)")
    told = parser.parse_args()
    entry.run(lambda: main(told.rows, model=told.model, top=told.top, out=told.out))
