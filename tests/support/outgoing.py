"""A watch on processes of Python: whom they connect to, send to, or look up, but for this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

WATCH = """
import os, sys

OWN = (None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0", "::")

def watch(event, given):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        host = given[1][0] if isinstance(given[1], tuple) else ""  # the other ones are files of this machine
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = given[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in OWN:
        file = os.open({log!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, f"{{event}} {{host}}\\n".encode())
        os.close(file)

sys.addaudithook(watch)
"""


@dataclass(frozen=True)
class Watch:
    """Processes that run with ``environment`` write each request to another machine, or for its address, down."""

    folder: Path

    def __post_init__(self) -> None:
        """Python loads the watch before anything else."""
        self.folder.mkdir()
        text = WATCH.format(log=str(self.folder / "asked"))
        (self.folder / "sitecustomize.py").write_text(text, encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """What a process that is watched has in its environment, and those that it starts."""
        return {"PYTHONPATH": str(self.folder)}

    @property
    def asked(self) -> list[str]:
        """What was asked of others so far, one line each."""
        log = self.folder / "asked"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []

    def proves_itself(self) -> bool:
        """Whether a process that does ask others is written down: of one connection, and of one address."""
        script = (
            "import contextlib, socket\n"
            "with contextlib.suppress(OSError):\n    socket.create_connection(('192.0.2.1', 9), timeout=0.01)\n"
            "with contextlib.suppress(OSError):\n    socket.gethostbyname('elsewhere.invalid')\n"
        )
        before = self.asked
        subprocess.run([sys.executable, "-c", script], env=os.environ | self.environment, check=True)
        log = self.folder / "asked"
        found = self.asked[len(before) :]
        log.write_text("".join(f"{line}\n" for line in before), encoding="utf-8")
        return {"socket.connect 192.0.2.1", "socket.gethostbyname elsewhere.invalid"} <= {*found}
