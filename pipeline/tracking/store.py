"""Where the audit trail is kept: a SQLite file in the repository, or a server. MLflow is not imported here.

A store is found from ``MLFLOW_TRACKING_URI`` and from the main workspace, which DVC names in ``DVC_ROOT`` when it runs
a stage in a temporary copy: a store there would be deleted with it.
"""

from __future__ import annotations

import os
import re
import sqlite3
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from responsible.validation import InputError

NAME = "responsible-ml-pipeline"  # of the experiment, and how registered models begin; or MLFLOW_EXPERIMENT_NAME
VARIABLE, SWITCH, SECONDS = "MLFLOW_TRACKING_URI", "AUDIT_TRAIL", "AUDIT_TRAIL_SECONDS"
FINGERPRINT = "fingerprint"  # the tag by which a result's run is found
PROMOTED = "promoted"  # the alias of the model that a person chose
# Read by MLflow when it is imported. The first two are nobody's choice; the rest may be set from outside.
ALWAYS = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
UNLESS_SET = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # 7, the default, makes a dead server block for minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",  # seconds, instead of 120
    "MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT": "60",  # seconds, instead of none
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "GIT_PYTHON_REFRESH": "quiet",
}
_FORMS = "sqlite:///FILE, http://HOST:PORT or https://HOST"
_RECORDED = """
SELECT runs.name FROM runs JOIN experiments USING (experiment_id) JOIN tags USING (run_uuid)
WHERE experiments.name = ? AND tags.key = ? AND tags.value = ?
AND runs.status = 'FINISHED' AND runs.lifecycle_stage = 'active'
"""


@dataclass(frozen=True)
class Store:
    """``uri`` without credentials, which are in ``user`` and ``password``; ``database`` is None for a server.

    ``lock`` is a file that processes hold one at a time while they look a run up and log it.
    """

    uri: str
    experiment: str
    lock: Path
    database: Path | None = None
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    def registered(self, model: str) -> str:
        """The name of a registered model: the experiment's, in the letters a registry allows, and the model's own."""
        first = re.sub(r"[^\w-]+", "-", self.experiment).strip("-") or NAME
        return f"{first}-{model}"

    @property
    def artifacts(self) -> str | None:
        """The address of the folder for models and files, beside the database; on a server the server decides."""
        return None if self.database is None else self.database.with_name("mlartifacts").as_uri()

    @property
    def address(self) -> str:
        """The store as people are told of it."""
        return self.uri if self.database is None else str(self.database)

    def environment(self) -> dict[str, str]:
        """Variables to set before MLflow is imported: no telemetry, short waits, credentials apart from the address."""
        chosen = {name: value for name, value in UNLESS_SET.items() if name not in os.environ}
        login = {"MLFLOW_TRACKING_USERNAME": self.user, "MLFLOW_TRACKING_PASSWORD": self.password}
        return {**chosen, **ALWAYS, VARIABLE: self.uri, **(login if self.user else {}), **self._without_proxy()}

    def _without_proxy(self) -> dict[str, str]:
        """No proxy for a server of this machine; other exceptions stay. Clients prefer the name in small letters."""
        host = urlsplit(self.uri).hostname or ""
        if host != "localhost" and not (_is_address(host) and ip_address(host).is_loopback):
            return {}
        other = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
        return dict.fromkeys(("NO_PROXY", "no_proxy"), f"{other},{host}" if other else host)

    def recorded(self, fingerprint: str) -> str | None:
        """The name of the result's finished run, when there is one and SQLite can say so; else None.

        None may also mean that only MLflow can tell: on a server, or with tables of another version.
        """
        if self.database is None or not self.database.is_file():
            return None
        asked = (self.experiment, FINGERPRINT, fingerprint)
        try:
            store = sqlite3.connect(f"file:{quote(str(self.database))}?mode=ro", uri=True, timeout=5)
            try:
                found = store.execute(_RECORDED, asked).fetchone()
            finally:
                store.close()
        except sqlite3.Error:
            return None
        return found[0] if found else None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def switched_off() -> bool:
    """Whether the trail is off: ``AUDIT_TRAIL=off``."""
    wish = os.environ.get(SWITCH, "on").strip().lower() or "on"
    if wish not in ("on", "off"):
        raise InputError(f"{SWITCH} must be on or off, got {wish!r}")
    return wish == "off"


def patience() -> float:
    """Seconds that recording on a server may take in all: ``AUDIT_TRAIL_SECONDS``, by default 180."""
    wish = os.environ.get(SECONDS, "").strip() or "180"
    try:
        seconds = float(wish)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 86_400:
        raise InputError(f"{SECONDS} must be a number of seconds from 1 to 86400, got {wish!r}")
    return seconds


def locate(root: str | Path = ".") -> Store:
    """The store of the workspace that DVC runs for; outside of DVC that of the workspace ``root``."""
    home = Path(os.environ.get("DVC_ROOT") or root).resolve()
    experiment = os.environ.get("MLFLOW_EXPERIMENT_NAME", "").strip() or NAME
    uri = os.environ.get(VARIABLE, "").strip() or "sqlite:///mlflow.db"
    scheme = re.match(r"[a-z]*(?=:)", uri.lower())
    if scheme and scheme[0] == "sqlite":
        return _sqlite(uri, experiment, home)
    if scheme and scheme[0] in ("http", "https"):
        return _server(uri, experiment, home)
    raise InputError(f"{VARIABLE} must be {_FORMS}; its present value may hold a password and is not shown")


def _sqlite(uri: str, experiment: str, home: Path) -> Store:
    """A relative file lies in the workspace, wherever the process runs."""
    matched = re.fullmatch(r"sqlite:///([^?#]+)", uri, flags=re.IGNORECASE)
    if not matched:
        raise InputError(f"{VARIABLE} must be {_FORMS}; for sqlite it may name the file only, no options")
    database = (home / matched[1]).resolve()
    return Store(f"sqlite:///{database}", experiment, database.with_name(database.name + ".lock"), database)


def _server(uri: str, experiment: str, home: Path) -> Store:
    """What is left of the address has no credentials; a refusal does not repeat them either."""
    try:
        parts = urlsplit(uri)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        address = f"{host}:{parts.port}" if parts.port else host
    except ValueError:
        host = address = None
    if not host or not address:
        raise InputError(f"{VARIABLE} must be {_FORMS}; host or port of the address cannot be read")
    if parts.query or parts.fragment:
        raise InputError(f"{VARIABLE} must end with the path; put a token into MLFLOW_TRACKING_TOKEN instead")
    if bool(parts.username) != bool(parts.password):
        raise InputError(
            f"{VARIABLE} has an incomplete login; write USER:PASSWORD@, or put a token into MLFLOW_TRACKING_TOKEN"
        )
    clean = urlunsplit((parts.scheme, address, parts.path.rstrip("/"), "", ""))
    login = unquote(parts.username or ""), unquote(parts.password or "")
    return Store(clean, experiment, home / "mlflow.lock", None, *login)
