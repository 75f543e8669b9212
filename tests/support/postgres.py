"""A PostgreSQL server of a test's own: started on a free port with a password, stopped and removed afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PASSWORD = "p@ss/w:rd%s#1"  # noqa: S105 - of a server that only this test knows; every sign that a URL gives a meaning


def programs() -> Path | None:
    """The folder of the server's programs; None when it is not on this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    here = shutil.which("initdb")
    return found[-1].parent if found else Path(here).parent if here else None


@contextmanager
def server(bin_folder: Path) -> Iterator[int]:
    """The port of a server on this machine with the user ``reader`` and :data:`PASSWORD`."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # not below pytest's folder, which another user may not enter
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "password").write_text(PASSWORD + "\n")
    as_user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        as_user = ["runuser", "-u", "postgres", "--"]
        subprocess.run(["chown", "-R", "postgres", str(folder)], check=True)
    data, options = (
        str(folder / "data"),
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off",
    )

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(bin_folder / program), "-D", data, *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=120)

    try:
        run(
            "initdb",
            "-U",
            "reader",
            "--auth=scram-sha-256",
            f"--pwfile={folder / 'password'}",
            "-E",
            "UTF8",
            "--locale=C",
        )
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield port
        finally:
            run("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
