"""What candidates are called, and those that the parameters alone name; apart from scikit-learn, as the parameters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from responsible.alternatives.parameters import Alternatives, Constraint, Estimator
from responsible.mitigation.reweighing import Reweigh
from responsible.names import ADOPTED, PLAIN, enumerated
from responsible.validation import InputError, did_you_mean

Recipe = Literal["none", "reweighing", "dropping", "reductions", "group_thresholds"]
ESTIMATORS: dict[Estimator, str] = {"logistic": PLAIN, "trees": "boosted trees"}
CONSTRAINTS: dict[Constraint, str] = {
    "demographic_parity": "equal selection rates",
    "equal_opportunity": "equal true positive rates",
    "equalized_odds": "equalized odds",
}
NO_SEARCH = "a candidate is one of the section alternatives, which is missing; empty the key"
OTHERS = "models that are made elsewhere are judged by their predictions (docs/your_own_data.md)"


@dataclass(frozen=True)
class Candidate:
    """A model that could have been: ``setting`` is λ of reweighing, or the tolerance of a constraint.

    ``random``: it decides on some people at random, or of a constraint the one fit that meets it best. ``looks``: it
    looks at the attribute when it decides, whether or not that is a feature. ``attributes``: those that weights are
    made for; ``dropped``: features it does not have.
    """

    recipe: Recipe
    estimator: Estimator = "logistic"
    setting: float = 0.0
    attributes: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    constraint: Constraint | None = None
    random: bool = False

    @property
    def looks(self) -> bool:
        """Whether the attribute is an input of the decision itself."""
        return self.recipe == "group_thresholds"

    @property
    def name(self) -> str:
        """Unique, and readable in a table: ``boosted trees, reweighed by education at strength 0.5``."""
        own = {
            "none": "unmitigated",
            "reweighing": f"reweighed by {enumerated(self.attributes or ('',))} at strength {self.setting:g}",
            "dropping": f"without {enumerated(self.dropped or ('',))}",
            "reductions": f"trained for {self._constrained}{' without randomisation' * (not self.random)}",
            "group_thresholds": f"a threshold for each group for {self._constrained}{', randomised' * self.random}",
        }[self.recipe]
        return f"{ESTIMATORS[self.estimator]}, {own}"

    @property
    def _constrained(self) -> str:
        return f"{CONSTRAINTS[self.constraint]} within {self.setting:g}" if self.constraint else ""


def declared(
    given: Alternatives, reweigh: Reweigh, attributes: Sequence[str], dropped: Iterable[tuple[str, ...]] = ()
) -> list[Candidate]:
    """Every candidate, each once: of ``attributes`` with privileged levels, and without each of the sets ``dropped``.

    The two models that are trained every day without an adopted one are the first two.
    """
    crossed = [(name,) for name in attributes] + ([tuple(attributes)] if len(attributes) > 1 else [])
    out = [Candidate("none"), Candidate("reweighing", setting=reweigh.strength, attributes=tuple(reweigh.attributes))]
    out += [Candidate("reweighing", setting=s, attributes=by) for by in crossed for s in given.strengths]
    out += [Candidate("dropping", dropped=each) for each in dropped]
    if "trees" in given.estimators:
        out.append(Candidate("none", "trees"))
        out += [Candidate("reweighing", "trees", s, (given.attribute,)) for s in given.strengths]
    constrained = [(each, t) for each in given.constraints for t in given.tolerances]
    for randomly in (True, False):
        out += [Candidate("reductions", setting=t, constraint=each, random=randomly) for each, t in constrained]
    for randomly in (False, True):
        out += [Candidate("group_thresholds", setting=t, constraint=each, random=randomly) for each, t in constrained]
    return list(dict.fromkeys(out))


def named(
    name: str, given: Alternatives, reweigh: Reweigh, attributes: Sequence[str], features: Collection[str]
) -> Candidate:
    """The candidate of this name, which can be adopted: any of :func:`declared`, or without any of the ``features``.

    Raises:
        InputError: there is none, or it cannot be trained every day, and why.
    """
    wanted = name.strip().removesuffix(" (randomised)")
    known = {each.name: each for each in declared(given, reweigh, attributes)}
    found = known.get(wanted) or known.get(f"{PLAIN}, {wanted}") or _dropping(wanted, features)
    if found is None:
        some = [*known, *(Candidate("dropping", dropped=(each,)).name for each in features)]
        raise InputError(f"{ADOPTED}: {name!r} is no candidate of docs/alternatives.md{did_you_mean(name, some)}")
    if why := _unfit(found):
        raise InputError(f"{ADOPTED}: {found.name!r} {why}")
    return found


def _dropping(wanted: str, features: Collection[str]) -> Candidate | None:
    """``without a, b and c``, of features whose names may have commas themselves; None of something else."""
    short = wanted.removeprefix(f"{PLAIN}, ")
    gone = _listed(short.removeprefix("without "), features)
    candidate = Candidate("dropping", dropped=tuple(gone))
    if not gone or len({*gone}) < len(gone) or candidate.name != f"{PLAIN}, {short}":
        return None
    if set(gone) >= set(features):
        raise InputError(f"{ADOPTED}: {candidate.name!r} leaves no feature; keep one")
    return candidate


def _listed(text: str, names: Collection[str]) -> list[str]:
    """The names that a text lists, as :func:`~responsible.names.enumerated` does; none where it is no list."""
    for name in sorted(names, key=len, reverse=True):
        if text == name:
            return [name]
        for between in (", ", " and "):
            if text.startswith(name + between) and (rest := _listed(text.removeprefix(name + between), names)):
                return [name, *rest]
    return []


def _unfit(found: Candidate) -> str:
    """Why a candidate cannot be adopted; empty where it can."""
    if found.looks:
        return f"looks at the attribute when it decides, which may be unlawful; it is a bound, and {OTHERS}"
    if found.estimator == "trees":
        return f"is not trained every day: trees have no coefficients and no reasons yet; {OTHERS}"
    if found.random:
        plain = Candidate(found.recipe, setting=found.setting, constraint=found.constraint).name
        return f"decides on some people at random, and a saved model does not; adopt {plain!r}"
    return "is the baseline already; leave it empty" if found.recipe == "none" else ""
