"""The audit trail by hand: ``python -m commands.trail browse`` (``make mlflow``) and ``promote`` (``make promote``).

To browse is MLflow's server in its light form: one worker, no jobs, reachable from this machine only. A trail that is
on a server already is only pointed at. To promote lets the alias ``promoted`` of both registered models name those of
the committed result, and writes the same as Git tags. Builds and experiments log models and move no alias: what serves
by alias changes when a person decides so.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from pathlib import Path

from pipeline import entry
from pipeline.repository import git, release_tags
from pipeline.results.fingerprint import Result
from pipeline.results.freshness import locked, refuse_mixed
from pipeline.storage.line_contents import TRAINING, absent
from pipeline.tracking.session import VIEW, opened
from pipeline.tracking.store import PROMOTED, locate
from responsible.validation import InputError

PAGE = f"workflowType=machine_learning&viewStateShareKey={VIEW}"  # of models, not of prompts, and with our columns
LIGHT = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}  # 430 MB instead of 2.3 GB


def browse(port: int = 5000, root: str = ".") -> None:
    """Serve the store of the workspace until Ctrl-C."""
    store = locate(root)
    if store.database is None:
        print(f"the audit trail is at {store.address}: open that in a browser")
        return
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        raise InputError(f'port {port} is in use; take another: make mlflow ARGS="--port {port + 1}"') from None
    with opened(store) as (_, experiment):  # makes a new store here and now: the server and a rebuild do not both do it
        page = f"http://127.0.0.1:{port}/#/experiments/{experiment}/runs?{PAGE}"
    print(f"audit trail: {page} shows {store.address}; Ctrl-C ends it", flush=True)
    command = ["-m", "mlflow", "server", "--backend-store-uri", store.uri, "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--default-artifact-root", str(store.artifacts)]
    environment = {**os.environ, **store.environment(), **LIGHT}
    # The server takes this process's place, so that whatever ends this command ends it.
    os.execve(sys.executable, [sys.executable, *command], environment)  # noqa: S606 - a fixed argument list


def promote(root: str = ".") -> None:
    """Promote the result in ``root``, which must be that of a commit; say which run it is."""
    folder = Path(root)
    if not (commit := git.commit(folder)):
        raise InputError(f"{folder.resolve()}: not a commit of git; commit the result, then promote")
    if edited := git.lines(folder, "status", "--porcelain"):
        raise InputError(f"{edited[0][3:]}: differs from the commit; commit it, run `make`, then promote")
    result, store = Result(folder), locate(root)
    if TRAINING in absent(result.params):
        raise InputError("params.yaml: no model is trained here, so there is none to promote")
    refuse_mixed(result, locked(root))
    from pipeline.tracking import mlflow_runs  # MLflow takes two seconds to import

    print(f"promoted: {mlflow_runs.promote(result, store)!r}, commit {commit[:7]}, in {store.address}")
    if written := release_tags.write(folder, result.named, PROMOTED):
        print(f"git tags: {', '.join(written)}; to share them: git push --tags")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("browse", "promote"))
    parser.add_argument("--port", type=int, default=5000, help="of 127.0.0.1 (5000)")
    arguments = parser.parse_args()
    entry.run(promote if arguments.what == "promote" else lambda: browse(arguments.port))
