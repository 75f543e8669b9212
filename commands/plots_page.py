"""Plots without a network: ``python -m commands.plots_page [BASE]``; with BASE it is ``make plots``.

DVC's page of plots loads its libraries from the network. This writes a page that holds them, git-ignored beside DVC's
configuration, and names it in ``.dvc/config.local``, so that ``dvc plots show`` and ``dvc plots diff`` work offline.
With BASE the plots that differ from it are drawn into ``dvc_plots/index.html``, both versions over each other.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from html import escape
from importlib.metadata import version
from pathlib import Path

from pipeline import entry
from pipeline.repository import RepositoryError, dvc
from pipeline.repository.digests import sha256
from pipeline.results.figures import PARAMETERS
from pipeline.review import base_version, comparability
from pipeline.storage import files as _io
from pipeline.storage import parameters
from responsible.validation import InputError

SOURCE = "docs/templates/plots_page.html"
PAGE = "plots_page.html"  # beside .dvc/config, where DVC looks for it
LIBRARIES, DIGESTS = "/*libraries*/", "/*digests*/"
SETTING = f"html_template = {PAGE}"
REPORT = "dvc_plots/index.html"


def main(base: str | None = None, root: str = ".") -> None:
    """Write the page and its setting where they are missing or old; with ``base``, draw what differs from it."""
    here = Path(root).resolve()
    write_page(here)
    if not base:
        return
    commit = base_version.resolve(here, base)
    if not (changed := changed_plots(here, commit)):
        print(f"no plot differs from {base}")
        return
    _draw(here, commit, changed)
    stops = _obstacles(here, commit)
    _named(here / REPORT, commit, base.removeprefix("origin/"), stops)
    if stops:
        print(f"not comparable with {base}: {'; '.join(stops)}")
    print(f"{len(changed)} plots differ from {base} ({commit[:9]}): {(here / REPORT).as_uri()}")


def write_page(root: Path) -> None:
    """The page with its libraries, unless the one that is there has the same ones; and the setting that names it."""
    source = (root / SOURCE).read_text(encoding="utf-8")
    mark = f"<!-- {version('vl-convert-python')} {sha256(source)} -->\n"
    page = root / ".dvc" / PAGE
    if not page.is_file() or not page.read_text(encoding="utf-8").startswith(mark):
        filled = source.replace(LIBRARIES, _libraries())
        scripts = re.findall(r"<script>(.*?)</script>", filled, re.DOTALL)
        digests = (base64.b64encode(bytes.fromhex(sha256(script))).decode() for script in scripts)
        _io.write_text(page, mark + filled.replace(DIGESTS, " ".join(f"'sha256-{digest}'" for digest in digests)))
    _set(root)


def _libraries() -> str:
    """Vega, Vega-Lite and vega-embed as one script that may stand inside a page."""
    import vl_convert

    bundle: str = vl_convert.javascript_bundle()  # type: ignore[call-arg]  # its stub lacks the default
    return bundle.replace("</script", "<\\/script")


def _set(root: Path) -> None:
    """Name the page in the local configuration, every other line of which stays; a page of the user's own stays too."""
    config = root / ".dvc/config.local"
    text = config.read_text(encoding="utf-8") if config.is_file() else ""
    if "html_template" in text:
        return
    head, section, tail = text.partition("[plots]\n")
    if not section and text and not text.endswith("\n"):
        head += "\n"
    _io.write_text(config, f"{head}[plots]\n    {SETTING}\n{tail}")


def changed_plots(root: Path, commit: str) -> list[str]:
    """The declared plots, by file or by name, of which a file differs from the commit's or is new."""
    differing = {path for what, path in base_version.changed_files(root, commit, ("plots",)) if what != "deleted"}
    return [name for name, files in declared(root) if differing & files]


def declared(root: Path) -> Iterator[tuple[str, set[str]]]:
    """(name, files) of every plot in dvc.yaml: those of several series by their title, others by their file."""
    pipeline = dvc.read(root / dvc.PIPELINE)
    for plot in pipeline.get("plots", ()):
        for name, options in plot.items():
            yield name, set(options["y"]) if isinstance(options.get("y"), dict) else {name}
    for stage in pipeline["stages"].values():
        for plot in stage.get("plots", ()):
            name = plot if isinstance(plot, str) else next(iter(plot))
            yield name, {name}


def _draw(root: Path, commit: str, targets: list[str]) -> None:
    try:
        dvc.run(root, "plots", "diff", "--quiet", "--out", str(Path(REPORT).parent), commit[:9], "--targets", *targets)
    except RepositoryError as error:
        raise InputError(str(error)) from None


def _obstacles(root: Path, commit: str) -> list[str]:
    """Why figures of both versions are not comparable."""
    with tempfile.TemporaryDirectory(prefix="plots-", ignore_cleanup_errors=True) as folder:
        there = Path(folder)
        base_version.extract(root, commit, there)
        old, new = (parameters.read_yaml(place / PARAMETERS) for place in (there, root))
        digests = comparability.digests(there), comparability.digests(root)
    return [stop.what for stop in comparability.obstacles(old, new, digests)]


def _named(page: Path, commit: str, base: str, stops: Sequence[str]) -> None:
    """Call the versions as people do, ``main`` and ``here``, and say at the top why they are not comparable."""
    head, tag, drawn = page.read_text(encoding="utf-8").partition("<plaintext")
    for rev, name in ((commit[:9], base), ("workspace", "here")):
        text = json.dumps(name)
        drawn = drawn.replace(f'"rev": "{rev}"', f'"rev": {text}').replace(f"<p>{rev}</p>", f"<p>{escape(name)}</p>")
        drawn = re.sub(r'"domain": \[[^]]*\]', partial(_renamed, f'"{rev}"', text), drawn)
    if stops:
        said = f'<p class="banner">Not comparable: {escape("; ".join(stops))}.</p>\n'
        head = head.replace("</header>", f"{said}</header>", 1)
    _io.write_text(page, head + tag + drawn)


def _renamed(old: str, new: str, found: re.Match[str]) -> str:
    return found[0].replace(old, new)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", nargs="?", help="branch, tag or commit; what differs from it is drawn")
    entry.run(lambda: main(parser.parse_args().base))
