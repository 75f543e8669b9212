"""The few lines that end a rebuild: what ran, the headline numbers with intervals and verdicts, and what to open.

Plain csv and json: this follows every ``make``, and importing pandas would cost half of what a rebuild with nothing to
do costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from pipeline.reporting.formatting import interval, number, percent, words
from pipeline.results.catalogue import PERFORMANCE, Documents, Metrics, Pictures, Tables
from responsible.names import is_change

PARAMETERS = "params.yaml"
FIGURES = ("accuracy", "f1", "roc_auc")
ATTRIBUTES_SHOWN = 2
SWEEP = Metrics.THRESHOLD_SWEEP
# What is opened first, by line of work; without the budget line there is little else.
TO_READ = (Documents.INDEX, Documents.COMPARISON, Documents.RECOMMENDED_THRESHOLD, Pictures.DISPARITIES)
AUDITS = (Documents.INDEX, Documents.HEALTHCARE_AUDIT, Documents.SEGMENTS)
NEEDED = {
    "budget": (Tables.FAIRNESS,),
    "training": tuple(PERFORMANCE.values()),
    "sweep": (SWEEP,),
    "healthcare": (Metrics.HEALTHCARE_AUDIT,),
    "segments": (Metrics.CLUSTER_PRIVACY,),
}
_FIRST, _SECOND = 32, 46  # column widths: the longest name of a measure, the longest value with its verdict
_Row = Mapping[str, str]


def summary(outcomes: Mapping[str, str], root: str) -> list[str]:
    """About thirty lines at most on the outcomes of a run and the files in ``root``; an absent file is named."""
    folder = Path(root)
    lines = _lines(folder)
    absent = [name for line in lines for name in NEEDED.get(line, ()) if not (folder / name).is_file()]
    there = [name for name in (TO_READ if "budget" in lines else AUDITS) if (folder / name).is_file()]
    return [
        "",
        _stages(outcomes),
        *_performance(folder),
        *_fairness(_rows(folder / Tables.FAIRNESS)),
        "",
        *_audits(folder),
        *(_threshold(folder / SWEEP) if "sweep" in lines and SWEEP not in absent else []),
        *([f"not built yet: {', '.join(absent)}"] if absent else []),
        *([] if Tables.FAIRNESS in absent else _policy(folder)),
        *([f"to read: {', '.join(there)}"] if there else []),
    ]


def _lines(folder: Path) -> tuple[str, ...]:
    """The lines of work and parts that are there; the budget line where there are no parameters to say so."""
    if not (folder / PARAMETERS).is_file():
        return ("budget", "training", "sweep")
    from pipeline.storage.line_contents import PARTS, absent
    from pipeline.storage.parameters import read_yaml

    gone = absent(read_yaml(folder / PARAMETERS))
    return tuple(name for name in PARTS if name not in gone)


def _audits(folder: Path) -> list[str]:
    """A line each on decisions and on segments, where their figures are there."""
    from pipeline.storage.files import read_json

    said = []
    if (file := folder / Metrics.HEALTHCARE_AUDIT).is_file():
        found = read_json(file, "healthcare_audit")
        colours = ", ".join(f"{n} {colour}" for colour, n in sorted(found["findings"].items(), key=_worst_first))
        said.append(f"decisions on {number(found['cases'], 0)} cases, comparisons of groups: {colours}")
    if (file := folder / Metrics.CLUSTER_PRIVACY).is_file():
        found = read_json(file, "cluster_privacy")
        parts = f"{found['one_sided_segments']} one-sided, silhouette {number(found['silhouette'])}"
        said.append(f"{found['k']} segments: {parts}, {found['chosen']['score']} of 100 points")
    return said


def _worst_first(colour: tuple[str, int]) -> int:
    return ("RED", "AMBER", "GREEN").index(colour[0])


def _policy(folder: Path) -> list[str]:
    """The policy's verdict in a line, or why there is none; for the table there is `make gate`."""
    if not (folder / PARAMETERS).is_file():
        return []
    from pipeline.results.policy_verdicts import verdicts
    from responsible.governance.answer import headline
    from responsible.validation import InputError

    try:
        return [f"policy: {headline(verdicts(folder))} See `make gate`."]
    except InputError as error:
        return [f"policy cannot be judged: {error}"]


def _rows(file: Path) -> list[_Row]:
    from pipeline.storage.text import read_rows

    return list(read_rows(file)) if file.is_file() else []


def _stages(outcomes: Mapping[str, str]) -> str:
    names = {kind: [name for name in outcomes if outcomes[name] == kind] for kind in dict.fromkeys(outcomes.values())}
    said = [f"{len(names[kind])} {kind} ({', '.join(names[kind])})" for kind in names]
    return f"{len(outcomes)} stage{'' if len(outcomes) == 1 else 's'}: {'; '.join(said)}"


def _performance(folder: Path) -> list[str]:
    """Of the first and the last model that have figures."""
    tables = {model: {row["figure"]: row for row in _rows(folder / name)} for model, name in PERFORMANCE.items()}
    for row in _rows(folder / Tables.PERFORMANCE):
        tables.setdefault(row["model"], {})[row["figure"]] = row
    names = _ends([model for model, rows in tables.items() if rows])
    if not names:
        return []
    return [
        "",
        _line("on the test rows", *names),
        *(_line(f, *(_interval(tables[model][f]) for model in names)) for f in FIGURES),
    ]


def _ends(models: Iterable[str]) -> list[str]:
    """The first and the last of the models: there is room for two."""
    names = [model for model in dict.fromkeys(models) if not is_change(model)]
    return names if len(names) < 3 else [names[0], names[-1]]


def _fairness(rows: list[_Row]) -> list[str]:
    attributes = {name: list(own) for name, own in groupby(rows, lambda row: row["attribute"])}
    shown = [line for name in list(attributes)[:ATTRIBUTES_SHOWN] for line in _attribute(name, attributes[name])]
    more = list(attributes)[ATTRIBUTES_SHOWN:]
    return [*shown, *([f"and {', '.join(more)}: see {Tables.FAIRNESS}"] if more else [])]


def _attribute(name: str, rows: list[_Row]) -> list[str]:
    """All measures of the attribute's first comparison: of all unprivileged levels pooled, or of any level."""
    comparison = rows[0]["comparison"]
    judged = {(row["measure"], row["model"]): _judged(row) for row in rows if row["comparison"] == comparison}
    measures = dict.fromkeys(measure for measure, _ in judged)
    models = _ends(model for _, model in judged)
    lines = [_line(measure, *(judged[measure, model] for model in models)) for measure in measures]
    return ["", _line(f"{name}, {comparison}", *models), *lines]


def _judged(row: _Row) -> str:
    """Value, interval and verdict; what is undefined has its reason instead."""
    said = f"{_interval(row)} {words(row['verdict'])}" if row["value"] else _interval(row)
    return f"{said} ({row['farthest']})" if row.get("farthest") else said


def _interval(row: _Row) -> str:
    value, low, high = (float(row[name] or "nan") for name in ("value", "low", "high"))
    return interval(value, low, high, row.get("reason") or "no rows", digits=3)


def _threshold(file: Path) -> list[str]:
    from pipeline.storage.files import read_json

    found: Mapping[str, Any] = read_json(file)["threshold_sweep"]
    at, share = number(found["reported_threshold"], "g"), percent(found["selection_frequency"], 0)
    if found["recommended"]:
        return [f"recommended label threshold: {at}, the best in {share} of resamples"]
    misses = [
        "" if found["feasible"] else f"misses a constraint by {number(found['nearest_miss_distance'], 'g3')}",
        _missed(found["missed_rule_names"]),
        "" if found["beats_trivial_answer"] else "is not shown to beat answering everyone alike",
    ]
    return ["no label threshold can be recommended", f"nearest is {at}: it {' and '.join(filter(None, misses))}"]


def _missed(names: str) -> str:
    return f"misses the blocking rule{'s' if ',' in names else ''} {words(names)}" if names else ""


def _line(first: str, second: str, third: str = "") -> str:
    return f"{first:<{_FIRST}}  {second:<{_SECOND}}  {third}".rstrip()
