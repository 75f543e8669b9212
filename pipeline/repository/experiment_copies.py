"""What keeps DVC from running an experiment in a copy of the repository, as --temp and --queue do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.repository import RepositoryError, dvc, git


def obstacles(root: Path) -> list[str]:
    """Each obstacle in a line with its cure: the path of DVC's cache, and tables that no copy would have."""
    found = [
        f"{name} is ignored by git: `dvc exp run` with --temp or --queue lacks it; `dvc add {name}` helps"
        for name in _ignored(root)
    ]
    if not str(root).isascii() and not str(dvc.cache_folder(root)).isascii():
        found.append(
            f"{root}: `dvc exp run --temp` fails in a path that is not all ASCII; move DVC's cache with "
            "`dvc cache dir --local /a/path/in/ascii`, or for queued experiments the repository"
        )
    return found


def _ignored(root: Path) -> list[str]:
    """The sources that params.yaml names and that git ignores, but for those that DVC tracks, alone or in a folder."""
    try:
        sections = dvc.read(root / "params.yaml").values()
    except RepositoryError:  # the first stage says what is wrong with it
        return []
    sources = [section["source"] for section in sections if isinstance(section, Mapping) and "source" in section]
    inside = [source for source in sources if isinstance(source, str) and not Path(source).is_absolute()]
    ignored = git.found(root, "check-ignore", "--", *inside).splitlines() if inside else []
    return [name for name in ignored if not any(_tracked(root / part) for part in _upwards(name))]


def _upwards(name: str) -> list[Path]:
    return [Path(name), *Path(name).parents][:-1]


def _tracked(path: Path) -> bool:
    return path.with_name(f"{path.name}.dvc").is_file()
