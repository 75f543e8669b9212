"""How a stage or command starts, ends and shows progress: a refused input is one message, never a traceback."""

from __future__ import annotations

import gc
import os
import resource
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from responsible.validation import InputError, cause

T = TypeVar("T")
BOUNDS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))  # version 2 and 1
MAPPED = Path("/proc/self/statm")  # pages of this process
INTERRUPTED, CLOSED = 130, 141  # exit codes, as shells give them to what Ctrl-C or a closed pipe ends


def run(
    main: Callable[[], int | None], *, refused: int = 1, errors: tuple[type[ValueError], ...] = (InputError,)
) -> None:
    """Call the ``main`` of a stage or command, and end with the exit code that it returns.

    Each fault of a refused input, one of ``errors``, is a line on stderr, without traceback and with exit code
    ``refused``. Ctrl-C ends it in silence, and so does a reader of the output that has gone (``| head``).

    What is imported stays, so the garbage collector does not look through it: that takes a tenth of a stage. Nor does
    it look through what is left at the end, which goes with the process.
    """
    gc.freeze()
    try:
        code = main()
        sys.stdout.flush()
        gc.freeze()
    except errors as error:
        code = _said(*str(error).splitlines(), code=refused)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python writes what is left when it ends
        code = CLOSED
    except OSError as error:
        code = _said(f"{error.filename or 'a file'}: {cause(error)}")
    except MemoryError:
        remedy = "close other programs, give numbers bins, or set prepare.sample_rows"
        code = _said(f"not enough memory for this table; {remedy}")
    except RecursionError:
        code = _said("an input is nested too deeply; restore the files that `git status` and `dvc status` name")
    if code:
        sys.exit(code)


def _said(*faults: str, code: int = 1) -> int:
    print(*(f"error: {fault}" for fault in faults), sep="\n", file=sys.stderr)
    return code


def memory() -> int:
    """Bytes of memory that programs have here: those of the machine, or fewer where a container has a bound; and where
    ``ulimit -v`` bounds addresses, no more than what is left of them.
    """
    page, bounds = os.sysconf("SC_PAGE_SIZE"), [path.read_text(encoding="ascii") for path in BOUNDS if path.is_file()]
    known = [page * os.sysconf("SC_PHYS_PAGES"), *(int(bound) for bound in bounds if bound.strip().isdigit())]
    addresses, _ = resource.getrlimit(resource.RLIMIT_AS)
    if addresses != resource.RLIM_INFINITY and MAPPED.is_file():
        known.append(max(addresses - page * int(MAPPED.read_text(encoding="ascii").split()[0]), 0))
    return min(known)


def watch(steps: Iterable[T], what: str) -> Iterable[T]:
    """``steps`` with a progress bar that says ``what`` they are; silent where nobody watches (no terminal)."""
    from tqdm import tqdm

    return tqdm(steps, desc=what, disable=None, leave=False)
