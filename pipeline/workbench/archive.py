"""What a run made, in one ZIP file whose bytes follow from its contents alone."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from pipeline.repository import dvc
from pipeline.repository.digests import sha256
from pipeline.storage import spreadsheets
from pipeline.storage.lines import ANSWERS, PARAMETERS

FOLDERS = ("docs/", "metrics/", "plots/")
DIGESTS = "SHA256SUMS"
DATE = (1980, 1, 1, 0, 0, 0)  # the first that a ZIP file can have


def archive(root: Path) -> bytes:
    """The decision page, cards, tables and pictures of ``root``, its parameters and DVC's files, and their digests.

    Copies of the tables for spreadsheets are in ``spreadsheets/``. ``sha256sum --check SHA256SUMS`` finds what changed.
    Nothing is compressed: how zlib does differs between its versions.
    """
    contents = _contents(root)
    listing = "".join(f"{sha256(content)}  {name}\n" for name, content in contents.items())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as file:
        for name, content in {**contents, DIGESTS: listing.encode()}.items():
            entry = zipfile.ZipInfo(name, DATE)
            entry.external_attr, entry.create_system = 0o644 << 16, 3
            file.writestr(entry, content)
    return packed.getvalue()


def _contents(root: Path) -> Mapping[str, bytes]:
    """Path → content, sorted: every output that people read, and what it was made with."""
    outs = [out.path for out in dvc.outputs(root) if out.path.startswith(FOLDERS)]
    names = sorted({*outs, PARAMETERS, ANSWERS, dvc.PIPELINE, dvc.LOCK})
    found = {name: (root / name).read_bytes() for name in names if (root / name).is_file()}
    tables = [name for name in found if name.startswith("plots/") and name.endswith(".csv")]
    found |= {f"spreadsheets/{Path(name).name}": spreadsheets.copy(root / name).encode() for name in tables}
    return dict(sorted(found.items()))
