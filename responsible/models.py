"""The models that are judged side by side: trained here, or made by somebody else, whose predictions are read."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from responsible.names import (
    BASELINE,
    CHANGE,
    DATA,
    MODELS,
    NO_MODEL,
    REWEIGHED,
    Judged,
    adopted_name,
    is_change,
    shown_model,
)
from responsible.validation import Params, did_you_mean

MOST = 10  # models; answers of all of them are counted jointly
RESERVED = (CHANGE, DATA, *NO_MODEL)
Name = Annotated[str, Field(min_length=1)]
Texts = Annotated[list[Name], Field(min_length=1)]


class External(Params):
    """A model of somebody else: its ``score`` in [0, 1], its ``decision``, or both, by their columns.

    A decision is 1 or 0, or a text, of which those of ``positive`` are a yes. Without one it is a yes from a score of
    ``decision_threshold``. The columns are the table's, or those of a ``file`` in ``data/predictions``, whose ``key``
    has the values of ``budget.key``, each once.
    """

    score: Name | None = None
    decision: Name | None = None
    positive: Texts | None = None
    decision_threshold: Annotated[float, Field(gt=0, le=1)] = 0.5
    file: Name | None = None
    key: Name | None = None
    delimiter: Annotated[str, Field(pattern=r'^[^"\r\n]$')] = ","

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not (self.score or self.decision):
            raise ValueError("needs a score, a decision, or both: name their columns")
        if self.positive and not self.decision:
            raise ValueError("positive are levels of a decision; name its column, or leave them out")
        if self.decision and "decision_threshold" in self.model_fields_set:
            raise ValueError("decision_threshold makes decisions of a score, and decision has them; leave one out")
        if bool(self.file) != bool(self.key):
            raise ValueError(f"{'key' if self.file else 'file'} is missing: a file is joined by the column of its key")
        if self.file and ("/" in self.file or self.file.startswith(".")):
            rule = "must be the name of a file in data/predictions, which DVC watches"
            raise ValueError(f"file {rule}, got {self.file!r}; move it there")
        if self.score == self.decision:
            raise ValueError(f"score and decision must be different columns, got {self.score!r} for both")
        return self


class Models(Params):
    """Every model that is judged, by name: an empty entry is one that is trained here, any other an
    :class:`External` one. Changes are measured against ``reference`` (default: the first). Documents lead with the
    last. ``adopted`` is the candidate of a search for alternatives that is trained in place of the reweighed model, and
    is then listed in its place, as :func:`~responsible.names.adopted_name` names it.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, External | None]

    reference: Name | None = None
    adopted: Name | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.names or len(self.names) > MOST:
            raise ValueError(f"must name 1 to {MOST} models, got {len(self.names)}")
        if self.reference is not None and self.reference not in self.names:
            raise ValueError(f"reference {self.reference!r} is no model{did_you_mean(self.reference, self.names)}")
        for name, own in (self.__pydantic_extra__ or {}).items():
            if (fault := _fault(name, own, self.own)) is not None:
                raise ValueError(f"{name}: {fault}")
        if self.adopted and self.own[1] not in self.trained:
            place = f"{REWEIGHED}, which it takes the place of, is not listed or the name {self.own[1]!r} is taken"
            raise ValueError(f"adopted: {place}; list {REWEIGHED} with an empty entry")
        if self.trained and set(self.trained) != set(self.own):
            raise ValueError(f"{' and '.join(self.own)} are trained together, to be compared; list both or neither")
        return self

    @property
    def own(self) -> tuple[str, str]:
        """The names that the two models trained here have."""
        return BASELINE, adopted_name(self.adopted) if self.adopted else REWEIGHED

    def shown(self, name: str) -> str:
        """How people read a model's name."""
        return shown_model(name, self.adopted)

    @property
    def names(self) -> tuple[str, ...]:
        """All models, in their order."""
        return tuple(self.__pydantic_extra__ or ())

    @property
    def trained(self) -> tuple[str, ...]:
        """Those that are trained here."""
        return tuple(name for name, own in (self.__pydantic_extra__ or {}).items() if own is None)

    @property
    def external(self) -> dict[str, External]:
        """Those of somebody else."""
        return {name: own for name, own in (self.__pydantic_extra__ or {}).items() if own is not None}

    def judged(self, *, labelled: bool = True, shown: bool = False) -> Judged:
        """Names and reference, for the rows at hand; as people read them, if they are to be ``shown``."""
        names = tuple(map(self.shown, self.names)) if shown else self.names
        return Judged(names, names[self.names.index(self.reference or self.names[0])], labelled)


def _fault(name: str, own: External | None, trained: tuple[str, str]) -> str | None:
    if name in RESERVED or is_change(name):
        return "the name is taken (by rows about changes or data); choose another"
    if not name.replace("_", "").replace("-", "").isalnum():
        return "a name has letters, digits, _ and - only, because it is a part of paths"
    if own is None and name not in trained:
        return f"is trained here? Only {' and '.join(trained)} are; name its score or decision"
    if own is not None and name in MODELS:
        return "is the name of a model that is trained here; leave the entry empty, or choose another name"
    return None
