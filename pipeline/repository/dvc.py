"""How DVC is started from here: by this interpreter, which its stages then find as ``python`` too."""

from __future__ import annotations

import os
import sys
from pathlib import Path

DVC = (sys.executable, "-m", "dvc")


def environment() -> dict[str, str]:
    """This process's environment with this interpreter's folder first on PATH, so that no activation is needed.

    Output is unbuffered: a reader at the other end of a pipe sees each line when it is written.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}
