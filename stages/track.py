"""Record the result in the audit trail: one MLflow run for each distinct result, none when it has one already.

Nothing depends on this stage and it writes no file of the repository. Where runs are kept: docs/tracking.md.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline import entry
from pipeline.results.catalogue import MODEL_FILES
from pipeline.results.fingerprint import RECORDED, Result
from pipeline.results.freshness import locked, refuse_mixed
from pipeline.storage import parameters
from pipeline.storage.line_contents import TRAINING, absent
from pipeline.tracking.store import SWITCH, locate, switched_off


def main(
    *,
    root: str = ".",
    params: str = "params.yaml",
    recorded: Sequence[str] = RECORDED,
    models: Mapping[str, str] = MODEL_FILES,
) -> None:
    """Find the run of the result in ``root``, or log one; say which."""
    if switched_off():
        print(f"audit trail: off ({SWITCH}=off), nothing is recorded")
        return
    gone = absent(parameters.read_yaml(Path(root, params)))
    result, store = Result(Path(root), recorded, {} if TRAINING in gone else models), locate(root)
    name, new = store.recorded(result.fingerprint), False
    if name is None:
        parameters.whole(Path(root, params))  # refuses what no stage would read
        if "DVC_STAGE" not in os.environ and (stages := locked(root)):
            refuse_mixed(result, stages)
        from pipeline.tracking.mlflow_runs import record_in_time  # MLflow takes two seconds to import

        name, new = record_in_time(result, store)
    print(f"audit trail: {'recorded' if new else 'already recorded'} as {name!r} in {store.address}")


if __name__ == "__main__":
    entry.run(main)
