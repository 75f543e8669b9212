"""Let the aliases ``baseline`` and ``reweighed`` name the models of the committed result: ``make promote``.

Builds and experiments log models and move no alias: what serves by alias changes when a person decides so.
"""

from __future__ import annotations

from pathlib import Path

from pipeline import entry
from pipeline.repository import git
from pipeline.results.fingerprint import Result
from pipeline.results.freshness import locked, refuse_mixed
from pipeline.storage.line_contents import present
from pipeline.tracking.store import locate
from responsible.validation import InputError


def main(root: str = ".") -> None:
    """Promote the result in ``root``, which must be that of a commit; say which run it is."""
    folder = Path(root)
    if not (commit := git.commit(folder)):
        raise InputError(f"{folder.resolve()}: not a commit of git; commit the result, then promote")
    if edited := git.lines(folder, "status", "--porcelain"):
        raise InputError(f"{edited[0][3:]}: differs from the commit; commit it, run `make`, then promote")
    result, store = Result(folder), locate(root)
    if "budget" not in present(result.params):
        raise InputError("params.yaml: has no budget line, so there is no model to promote")
    refuse_mixed(result, locked(root))
    from pipeline.tracking.mlflow_runs import promote  # MLflow takes two seconds to import

    print(f"promoted: {promote(result, store)!r}, commit {commit[:7]}, in {store.address}")


if __name__ == "__main__":
    entry.run(main)
