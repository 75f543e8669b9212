"""Names that tables, files and documents share, each spelled here only: the models, the pools of groups, columns."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

BASELINE, REWEIGHED = MODELS = ("baseline", "reweighed")
PLAIN = "logistic regression"  # the estimator of the models that are trained here
NO_SCORES = "no_scores"  # the reason of a figure of scores where a model decides without any
ADOPTED = "models.adopted"  # the parameter that names a candidate to be trained in place of the reweighed model
NO_MODEL = ("reference", "adopted")  # keys of the section on models that name none
CHANGE = "change"  # in place of a model, where a row of a table is about it minus the reference
DATA = "data"  # in place of a model, where a row is about the labels and no model

FEW = "fewer_than_"  # how the reason of a figure begins that is not published, being about too few people
SWITCHED_OFF = "switched_off"  # the one column, without rows, of the table of an analysis that is switched off

ALL_PRIVILEGED, POOLED = "all privileged", "all unprivileged"  # the levels of either side of an attribute, together
OTHERS = "other levels"  # what levels of few people are called together
REST = "everybody else"  # the other side of a level of an attribute without privileged levels
ANY_LEVEL = "any level"  # the comparison that stands for each level's, judged together
ANY = "any"  # the same as the level of a rule

CLUSTER = "cluster_group"  # the column of cells that says which group of clusters, of people, their rows are of
CLUSTER_GROUPS = 100  # into which they are hashed
SAMPLED_FROM = "sampled_from"  # what figures and tables of a sample call the number of rows it was drawn from
NAMES = {"f1": "F1", "roc_auc": "ROC AUC"}

FEATURE, ATTRIBUTE = "x.", "a."  # prefixes of the columns of features and of sensitive attributes
DECISION, SCORE = "d.", "s."  # the same of what models of somebody else said
FACTOR, BINNED = "f.", "b."  # the same of recorded cases: features, and their levels where they have declared bins


def spoken(name: str) -> str:
    """A name from a metrics file or a column as a reader says it: underscores become spaces."""
    return NAMES.get(name, name.replace("_", " "))


def query_name(source: Mapping[str, str]) -> str:
    """What a query is called where people read of its table: by its database, without the user and the options; one
    without a database is Spark's, of which a table goes by its name.
    """
    if "database" in source:
        return f"query of {re.sub('//.*@', '//', source['database'].split('?', maxsplit=1)[0])}"
    return f"table {source['table']}" if "table" in source else "query of Spark"


def meaning(column: str, favourable: Sequence[str] | None, threshold: float) -> str:
    """What label 1 means, as a clause: ``status is good``, ``status is good or fair``, ``budget is at least 300``."""
    if favourable:
        *others, last = favourable
        return f"{column} is {', '.join(others)}{' or ' if others else ''}{last}"
    return f"{column} is at least {threshold:,.12g}"


class Judged(NamedTuple):
    """The names of models in the order of the last axes of a joint table, the one that changes are measured against,
    and whether the rows have labels.
    """

    names: tuple[str, ...] = MODELS
    reference: str = BASELINE
    labelled: bool = True

    @property
    def others(self) -> tuple[str, ...]:
        """All but the reference."""
        return tuple(name for name in self.names if name != self.reference)

    @property
    def subject(self) -> str:
        """The model that documents lead with: the last."""
        return self.names[-1]

    @property
    def changes(self) -> dict[str, str]:
        """Model → what stands in its place where a row is about its change against the reference."""
        return {name: CHANGE if len(self.others) == 1 else f"{CHANGE}_{name}" for name in self.others}


def is_change(model: str) -> bool:
    """Whether what stands in place of a model says that the row is about a change."""
    return model == CHANGE or model.startswith(f"{CHANGE}_")


def adopted_name(candidate: str) -> str:
    """How the paths of figures name an adopted candidate: as it is called, without the estimator that is the rule, in
    letters, digits and underscores: ``without_Education_Level``.
    """
    return re.sub(r"\W+", "_", candidate.removeprefix(f"{PLAIN}, ")).strip("_")


def with_adopted(tree: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter file, as a plain tree, in which an adopted candidate has its own name wherever the reweighed model
    has one: among the models, and in the paths of rules. Without one, as it is.
    """
    models = tree.get("models")
    if not isinstance(models, Mapping) or "adopted" not in models:
        return {**tree}
    if not models["adopted"]:
        return {**tree, "models": {name: own for name, own in models.items() if name != "adopted"}}
    own = adopted_name(str(models["adopted"]))
    if own in models or not own:
        return {**tree}
    named = {own if name == REWEIGHED else name: value for name, value in models.items()}
    out = {**tree, "models": named | ({"reference": own} if models.get("reference") == REWEIGHED else {})}
    if isinstance(policy := tree.get("policy"), Mapping) and isinstance(rules := policy.get("rules"), Mapping):
        followed = {name: _followed(rule, own) for name, rule in rules.items()}
        out["policy"] = {**policy, "rules": followed}
    return out


def _followed(rule: Any, own: str) -> Any:
    if not isinstance(rule, Mapping) or not isinstance(rule.get("metric"), str):
        return rule
    section, *rest = rule["metric"].split(".")
    first = f"performance.{own}" if section == "reweigh" else section
    return {**rule, "metric": ".".join([first, *(own if part == REWEIGHED else part for part in rest)])}


def mitigated(names: Iterable[str]) -> str:
    """Which of two models trained here, and of what is of none of them, is not the baseline."""
    return next(name for name in names if name not in (BASELINE, DATA))


def listed(tree: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the models that a parameter file, as a plain tree, has; those trained here where it says nothing."""
    named = with_adopted(tree).get("models")
    return tuple(name for name in named if name not in NO_MODEL) if isinstance(named, Mapping) else MODELS


def trained_here(tree: Mapping[str, Any]) -> dict[str, str]:
    """The models of a plain tree that are trained here, each with the one in whose place its files are."""
    named = with_adopted(tree).get("models")
    return places(name for name in listed(tree) if not isinstance(named, Mapping) or named[name] is None)


def places(trained: Iterable[str]) -> dict[str, str]:
    """Models that are trained here, each with the one in whose place its files are: an adopted one takes that of the
    reweighed model.
    """
    return {name: BASELINE if name == BASELINE else REWEIGHED for name in trained}


def shown_model(name: str, adopted: str | None) -> str:
    """How people read a model's name: that of the ``adopted`` candidate as it is written, any other as it is."""
    return adopted.removeprefix(f"{PLAIN}, ") if adopted and name == adopted_name(adopted) else name


def spoken_model(shown: str) -> str:
    """A model in a sentence: ``the baseline``, ``the reweighed model``, ``the model without Education_Level``; one
    that is made elsewhere, whose name has no blank, by its name.
    """
    own = {BASELINE: "the baseline", REWEIGHED: "the reweighed model"}
    return own.get(shown, f"the model {shown}" if " " in shown else shown)


def judged_of(tree: Mapping[str, Any]) -> Judged:
    """:meth:`Models.judged` of a plain tree that has been checked before."""
    names = listed(tree)
    reference = (with_adopted(tree).get("models") or {}).get("reference") or names[0]
    return Judged(names, reference, labelled=bool((tree.get("budget") or {}).get("target")))


def enumerated(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), names[-1]])
