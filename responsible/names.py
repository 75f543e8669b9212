"""Names that tables, files and documents share, each spelled here only: the models, the pools of groups, columns."""

import re
from collections.abc import Sequence

BASELINE, REWEIGHED = MODELS = ("baseline", "reweighed")
CHANGE = "change"  # in place of a model, where a row of a table is about reweighed minus baseline
DATA = "data"  # in place of a model, where a row is about the labels and no model

FEW = "fewer_than_"  # how the reason of a figure begins that is not published, being about too few people
SWITCHED_OFF = "switched_off"  # the one column, without rows, of the table of an analysis that is switched off

ALL_PRIVILEGED, POOLED = "all privileged", "all unprivileged"  # the levels of either side of an attribute, together
REST = "everybody else"  # the other side of a level of an attribute without privileged levels
ANY_LEVEL = "any level"  # the comparison that stands for each level's, judged together
ANY = "any"  # the same as the level of a rule

CLUSTER = "cluster_group"  # the column of cells that says which group of clusters, of people, their rows are of
CLUSTER_GROUPS = 100  # into which they are hashed
NAMES = {"f1": "F1", "roc_auc": "ROC AUC"}

FEATURE, ATTRIBUTE = "x.", "a."  # prefixes of the columns of features and of sensitive attributes
FACTOR, BINNED = "f.", "b."  # the same of recorded cases: features, and their levels where they have declared bins


def spoken(name: str) -> str:
    """A name from a metrics file or a column as a reader says it: underscores become spaces."""
    return NAMES.get(name, name.replace("_", " "))


def query_name(database: str) -> str:
    """What a query is called where people read of its table: by its database, without the user and the options."""
    return f"query of {re.sub('//.*@', '//', database.split('?', maxsplit=1)[0])}"


def meaning(column: str, favourable: Sequence[str] | None, threshold: float) -> str:
    """What label 1 means, as a clause: ``status is good``, ``status is good or fair``, ``budget is at least 300``."""
    if favourable:
        *others, last = favourable
        return f"{column} is {', '.join(others)}{' or ' if others else ''}{last}"
    return f"{column} is at least {threshold:,.12g}"
