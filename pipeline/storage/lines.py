"""Lines of work that are absent: what is said when only a part of one is there, and how one is taken out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.storage import files
from pipeline.storage.line_contents import (
    ALTERNATIVES,
    FOLLOWED,
    LINES,
    MONITOR,
    OF_BATCHES,
    OF_BUDGET,
    OF_MONITOR,
    PARTS,
    absent,
    line_of,
    only_of,
    part_of,
    present,
    with_parts,
)
from pipeline.storage.line_results import deleted
from pipeline.storage.parameters import read_yaml
from pipeline.storage.text import read_text
from pipeline.storage.yaml_blocks import without
from responsible.validation import InputError, did_you_mean

PARAMETERS, PIPELINE, LOCK, ANSWERS, DOCUMENTS = "params.yaml", "dvc.yaml", "dvc.lock", "answers.yaml", "docs"
INDEX = f"{DOCUMENTS}/README.md"
SIDES = {part: f"{part}/{PIPELINE}" for part in (MONITOR, ALTERNATIVES)}  # the pipelines beside the daily one
SIDE, SIDE_LOCK = SIDES[MONITOR], f"{MONITOR}/{LOCK}"
_LINK = re.compile(r"\]\(([^)#]+)")
Drop = Callable[[tuple[str, ...]], bool]


def refuse_parts(params: str | Path) -> None:
    """InputError, a line for each fault, when a line of work has sections without stages or stages without sections.

    The stages are those of dvc.yaml beside ``params``; without one, only a file without any line is refused. DVC takes
    no dvc.yaml as a dependency: `make` asks before it starts DVC, and `check_parameters` asks whenever it runs.
    """
    if not Path(params).is_file():
        return
    pipeline = Path(params).with_name(PIPELINE)
    beside = [part for part, side in SIDES.items() if (Path(params).parent / side).is_file()]
    known = [*(read_yaml(pipeline).get("stages") or {}), *beside] if pipeline.is_file() else None
    if faults := list(_parts(read_yaml(params), known)):
        raise InputError("\n".join(faults))


def _parts(params: Mapping[str, Any], known: Collection[str] | None) -> Iterator[str]:
    if "version" not in params:
        return  # a file of another kind, which whoever reads it refuses
    if not (there := present(params)):
        yield f"{PARAMETERS}: has the sections of no line of work ({', '.join(LINES)}); restore one from git"
    for name, line in PARTS.items():
        sections, own = [s for s in line.sections if s in params], [s for s in line.stages if s in (known or ())]
        part = name in (*OF_BUDGET, MONITOR)
        if known is None or (name in there or (part and bool(sections))) == bool(own):
            continue
        kept = " ".join(line for line in there if line != name)
        side = SIDES.get(name, PIPELINE)
        half = f"{side}: {_and(own)} without sections in {PARAMETERS}" if own else ""
        fault = half or f"{PARAMETERS}: {_and(sections)} without stages in {side}"
        remedy = f', or take out the rest of it with `make keep LINES="{kept}"`' if kept else ""
        yield f"{fault}: restore the {name}{'' if part else ' line'} from git{remedy}"


def keep(lines: Collection[str], root: Path) -> list[Path]:
    """Take every other line out of the repository in ``root``; the files that were deleted, sorted.

    So is what :func:`~pipeline.storage.line_contents.absent` says, such as the monitor of parameters without one.

    Sections and stages go from the texts, and what others read of them: rules, plots, answers, rows of the index of
    documents. The rest of each text stays as it is. Outputs and documents are deleted. Code and templates stay, and may
    be deleted: nothing that is left reads them. A second time it changes nothing.

    Raises:
        InputError: a line is not known or not there, or no rule of the policy would be left. Nothing is changed then.
    """
    params, pipeline = read_yaml(root / PARAMETERS), read_yaml(root / PIPELINE)
    for name in lines:
        if name not in present(params):
            raise InputError(f"{PARAMETERS}: has no line {name!r} to keep{did_you_mean(name, present(params))}")
    if not lines:
        raise InputError(f"{PARAMETERS}: keep at least one of {', '.join(present(params))}")
    gone = absent(
        {name: own for name, own in params.items() if name not in only_of("sections", LINES.keys() - set(lines))}
    )
    stages = only_of("stages", gone)
    texts = {
        PARAMETERS: parameters_without(read_text(root / PARAMETERS), params, gone),
        PIPELINE: without(read_text(root / PIPELINE), _entries(pipeline, gone)),
    }
    for lock in filter(lambda name: (root / name).is_file(), (LOCK, SIDE_LOCK)):  # DVC sees what changed for the others
        texts[lock] = without(read_text(root / lock), lambda path: len(path) == 2 and path[1] in stages)
    if (root / ANSWERS).is_file():
        texts[ANSWERS] = without(read_text(root / ANSWERS), lambda path: len(path) <= 2 and _of(path[-1]) in gone)
    if (root / INDEX).is_file():
        texts[INDEX] = "".join(_rows(read_text(root / INDEX), gone))
    if MONITOR not in gone and (root / SIDE).is_file() and (side := read_text(root / SIDE)):
        texts[SIDE] = without(side, _entries(read_yaml(root / SIDE), gone))
    for name, text in texts.items():
        if text != read_text(root / name):
            files.write_text(root / name, text)
    return deleted(root, pipeline, gone)


def parameters_without(text: str, params: Mapping[str, Any], gone: Collection[str]) -> str:
    """The text of a parameter file, whose tree is ``params``, without the lines ``gone``, as :func:`keep` leaves it."""
    return without(text, _sections(params, with_parts(gone)))


def _sections(params: Mapping[str, Any], gone: Collection[str]) -> Drop:
    """What goes from params.yaml."""
    sections, rules = only_of("sections", gone), params.get("policy", {}).get("rules", {})
    about = {name for name, rule in rules.items() if part_of(str(rule.get("metric", ""))) in gone}
    if rules and about == rules.keys():
        raise InputError(f"{PARAMETERS}: policy.rules: none is about what stays; write one, then try again")
    keys = {own for part, (_, own) in OF_MONITOR.items() if part in gone}
    keys |= {*OF_BATCHES} if FOLLOWED in gone else set()
    judged = {str(rule["metric"]).rpartition(".")[2] for name, rule in rules.items() if name not in about}

    def drop(path: tuple[str, ...]) -> bool:
        match path:
            case ("policy", "rules", name):
                return name in about
            case ("monitor", key) if key in keys:
                return True
            case ("policy", "tolerances", figure):  # most figures are the models'; of one that is not there is an error
                return "budget" in gone and figure not in ("default", *judged)
            case ("words", *where):
                return _spoken_of(where, params, gone)
        return path[0] in sections

    return drop


def _spoken_of(where: list[str], params: Mapping[str, Any], gone: Collection[str]) -> bool:
    """Whether a key of the words is about a line of work that goes."""
    attributes = {
        "budget": params.get("sensitive") or {},
        "healthcare": (params.get("healthcare") or {}).get("protected") or {},
    }
    match where:
        case ["rows" | "yes", line]:
            return line in gone
        case ["levels" | "names" | "units", name]:
            target = (params.get("budget") or {}).get("target") or {}
            of_target = "budget" in gone and name == target.get("column")
            return of_target or any(name in own for line, own in attributes.items() if line in gone)
    return False


def _entries(pipeline: Mapping[str, Any], gone: Collection[str]) -> Drop:
    """What goes from dvc.yaml."""
    stages, code, sections = (only_of(part, gone) for part in ("stages", "code", "sections"))
    plots = {
        title
        for plot in pipeline.get("plots", ())
        for title, own in plot.items()
        if any(part_of(file) in gone for file in (own["y"] if isinstance(own.get("y"), dict) else [title]))
    }
    models = {name for name, own in pipeline.get("artifacts", {}).items() if part_of(own["path"]) in gone}

    def drop(path: tuple[str, ...]) -> bool:
        match path:
            case ("stages", name):
                return name in stages
            case ("stages", _, "params", key):
                return key.partition(".")[0] in sections
            case ("stages", _, "deps" | "outs" | "metrics" | "plots", file):
                return file in code or part_of(file) in gone
            case ("plots" | "artifacts", name):
                return name in plots | models
        return False

    return drop


def _of(key: str) -> str:
    """The line that answers under a key of answers.yaml are about: a line, a document, or a question."""
    return "budget" if key == "model_card" else line_of(key)


def _rows(text: str, gone: Collection[str]) -> Iterator[str]:
    """The lines of the index but those whose links all lead to documents that go."""
    for row in text.splitlines(keepends=True):
        linked = {part_of(f"{DOCUMENTS}/{target}") for target in _LINK.findall(row)}
        if not linked or not linked <= set(gone):
            yield row


def _and(names: list[str]) -> str:
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), names[-1]])
