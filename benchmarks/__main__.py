"""Run all parts or those named: ``python -m benchmarks [NAME ...] [--small]``."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import time
from collections.abc import Callable, Sequence

import benchmarks
from benchmarks._measure import machine
from responsible.validation import InputError, did_you_mean


def parts() -> dict[str, Callable[..., None]]:
    """Name → ``run`` of every module of the folder that has one."""
    names = [module.name for module in pkgutil.iter_modules(benchmarks.__path__) if not module.name.startswith("_")]
    modules = {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    return {name: module.run for name, module in modules.items() if hasattr(module, "run")}


def main(names: Sequence[str] = (), *, small: bool = False) -> None:
    """Print the machine, then what each part finds and how long it took."""
    known = parts()
    for name in names:
        if name not in known:
            raise InputError(f"benchmarks: {name!r} is not a part{did_you_mean(name, known)}")
    print(machine())
    for name in names or known:
        print(f"\n== {name}", flush=True)
        start = time.perf_counter()
        known[name](small=small)
        print(f"({name} took {time.perf_counter() - start:.0f} s)", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=benchmarks.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="parts to run (default: all)")
    parser.add_argument("--small", action="store_true", help="small sizes: whether it runs, not how fast")
    arguments = parser.parse_args()
    try:
        main(arguments.names, small=arguments.small)
    except InputError as error:
        sys.exit(f"error: {error}")
