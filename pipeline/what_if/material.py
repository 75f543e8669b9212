"""What questions are asked of: the scored cells of this repository's models, by split, and the published evaluation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import pandas as pd

from pipeline.results.catalogue import SCORES
from pipeline.results.figures import PARAMETERS
from pipeline.storage import files, parameters
from responsible.analyses.scored_tables import decided, of_split
from responsible.fairness.evaluation import Parameters, ScoredCells, evaluate
from responsible.fairness.groups import Groups, declared_groups
from responsible.mitigation.reweighing import Reweigh
from responsible.names import REWEIGHED, SCORE
from responsible.statistics.streams import stream
from responsible.tabular.cells import labels
from responsible.validation import InputError
from responsible.what_if import Answer, Case, Question, answer, quality

CELLS, OTHERS = "data/prepared/budget.parquet", "data/prepared/budget_scores.parquet"
FILES = (CELLS, OTHERS, *SCORES.values())
VALID, TEST = "valid", "test"
SPLITS = {VALID: "validation", TEST: "test"}
MOST = 200_000
"""Cells up to which an answer comes at once; above, the page says that it takes longer."""
AS_EVALUATED = ("value", "low", "high", "undefined_share", "reason", "verdict", "best_accuracy")


@dataclass(frozen=True, eq=False)
class Material:
    """The parameters, and what :func:`~pipeline.storage.files.read_judged` reads, with the ``label`` of each cell.

    ``strength`` is λ of the reweighing in use, None where no reweighed model is trained here.
    """

    given: Parameters
    table: pd.DataFrame
    others: pd.DataFrame
    strength: float | None = None
    _cases: dict[tuple[str, str, str], Case] = field(default_factory=dict)
    _quality: dict[tuple[str, str, str, float], pd.DataFrame] = field(default_factory=dict)

    @property
    def thresholds(self) -> dict[str, float]:
        """The threshold of every model that decides by one: not of those that come with decisions of their own."""
        models = self.given.models
        found = dict.fromkeys(models.trained, self.given.model.decision_threshold)
        found |= {m: own.decision_threshold for m, own in models.external.items() if own.score and not own.decision}
        return {model: found[model] for model in models.names if model in found}

    @cached_property
    def groups(self) -> dict[str, Groups]:
        """The groups of every attribute by its name."""
        return {who.attribute: who for who in declared_groups(self.table, self.given.sensitive)}

    def case(self, model: str, attribute: str, split: str = VALID) -> Case:
        """The rows of a split as ``model`` scored them, counted once.

        Raises:
            InputError: the split has no row.
        """
        key = model, attribute, split
        if key not in self._cases:
            self._cases[key] = self._counted(*key)
        return self._cases[key]

    def _counted(self, model: str, attribute: str, split: str) -> Case:
        trained = model in self.given.models.trained
        own = self.table if trained else self.others[self.others["model"] == model]
        cells = of_split(own, split)
        if cells.empty:
            raise InputError(f"{model} has no {SPLITS[split]} rows: none learned from this table, so all are test rows")
        who, labelled, score = (
            self.groups[attribute],
            self.given.target is not None,
            SCORE + model if trained else "score",
        )
        cut = self.thresholds[model]
        return Case.of(cells, cells["label"].to_numpy(), cells[score], who, cut, labelled=labelled)

    def ask(self, case: Case, asked: Question) -> Answer:
        """The answer, from the same draws for every question, so that figures move only with what is asked."""
        return answer(case, asked, stream(self.given.seed, f"what_if/{case.who.attribute}"))

    def quality(self, model: str, attribute: str, split: str, confidence: float) -> pd.DataFrame:
        """How well the scores rank and are calibrated in each group; computed once, for no threshold moves it."""
        key = model, attribute, split, confidence
        if key not in self._quality:
            self._quality[key] = quality(self.case(model, attribute, split), confidence)
        return self._quality[key]

    def exam(self, model: str, attribute: str, asked: Question) -> Answer:
        """The answer on the test rows. Of a model that is trained here, in the population as it is, measures are those
        of the published evaluation with other decisions: from the same draws, so that nothing asked changes nothing.
        """
        case = self.case(model, attribute, TEST)
        found = self.ask(case, asked)
        if model not in self.given.models.trained or asked.shares:
            return found
        key, table = ["comparison", "measure"], self._evaluated(model, attribute, asked)
        own = table[(table["model"] == model) & (table["attribute"] == attribute)][[*key, *AS_EVALUATED]]
        whole = found.measures.drop(columns=list(AS_EVALUATED)).merge(own, on=key, how="left")
        return replace(found, measures=whole[list(found.measures)])

    def _evaluated(self, model: str, attribute: str, asked: Question) -> pd.DataFrame:
        """The table of measures that the stage would write, were ``model`` to decide as is asked."""
        given, who, test = self.given, self.groups[attribute], of_split(self.table, TEST)
        decisions = decided(test, given.models, given.model.decision_threshold)
        label, scores = test["label"].to_numpy(), {name: test[SCORE + name].to_numpy() for name in given.models.trained}
        decisions[model] = (test[SCORE + model] >= asked.cuts(who)[who.codes(test)]).to_numpy()
        found = evaluate(
            *(test, label, list(self.groups.values()), decisions, [ScoredCells(test, label, scores)]),
            models=given.models.judged(labelled=given.target is not None),
            fairness=asked.fairness,
            inference=asked.inference,
            rng=stream(given.seed, "evaluate_fairness/intervals"),
        )
        return found.fairness


def read(params: str = PARAMETERS) -> Material:
    """The scores of the models as ``params.yaml`` declares them."""
    given = parameters.load(params, Parameters)
    places = dict(zip(given.models.own, SCORES.values(), strict=True))
    judged = files.read_judged(CELLS, OTHERS, places if given.models.trained else {})
    table, others = (cells.assign(label=labels(cells, meta["cuts"], given.threshold)) for cells, meta in judged)
    strength = parameters.section(params, "reweigh", Reweigh).strength if REWEIGHED in given.models.trained else None
    return Material(given, table, others, strength)
