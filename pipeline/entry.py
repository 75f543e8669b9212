"""How a script of the pipeline starts and shows progress: a refused input is one message, never a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TypeVar

from responsible.validation import InputError, cause

T = TypeVar("T")


def run(main: Callable[[], None]) -> None:
    """Call a stage's ``main``; each fault of a refused input is a line on stderr, with exit code 1 and no traceback."""
    try:
        main()
    except InputError as error:
        sys.exit("\n".join(f"error: {line}" for line in str(error).splitlines()))
    except OSError as error:
        sys.exit(f"error: {error.filename or 'a file'}: {cause(error)}")
    except MemoryError:
        sys.exit("error: not enough memory for this table; close other programs, or set prepare.sample_rows")
    except RecursionError:
        sys.exit("error: an input is nested too deeply; restore the files that `git status` and `dvc status` name")


def watch(steps: Iterable[T], what: str) -> Iterable[T]:
    """``steps`` with a progress bar that says ``what`` they are; silent where nobody watches (no terminal)."""
    from tqdm import tqdm

    return tqdm(steps, desc=what, disable=None, leave=False)
