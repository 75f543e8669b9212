"""What stages and commands share: storage, ingest, results, reporting, documents, pictures, the audit trail.

Importing this package, which every stage and command does first, applies ``determinism.env`` before numpy is loaded, so
that a stage started by hand, by DVC or by make gives the same bytes.
"""

import os
from pathlib import Path

for _line in (Path(__file__).parent.parent / "determinism.env").read_text(encoding="utf-8").splitlines():
    _name, _equals, _value = _line.partition("=")
    if _equals and not _line.startswith("#"):
        os.environ[_name] = _value
