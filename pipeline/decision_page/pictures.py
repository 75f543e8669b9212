"""Pictures inside the page: the wide drawing, and for phones the narrow one where there is one."""

from __future__ import annotations

import base64
import math
import re
from html import escape

from pipeline.reporting.links import said
from pipeline.reporting.sources import Sources
from responsible.validation import InputError

SVG = re.compile(rb'<svg [^>]*?width="(\d+)" height="([\d.]+)".*</svg>\n', re.DOTALL)
PHONE = "(max-width: 48rem)"


def attributes(sources: Sources, file: str) -> dict[str, str]:
    """The attributes of an image element that holds a declared picture itself."""
    content = sources.path(file).read_bytes()
    if not (found := SVG.fullmatch(content)):
        raise InputError(f"{file}: is not a complete SVG picture; run `dvc repro` to build it again")
    width, height = (str(math.ceil(float(size))) for size in found.groups())
    return {"src": f"data:image/svg+xml;base64,{base64.b64encode(content).decode()}", "width": width, "height": height}


def for_phones(sources: Sources, file: str, image: str) -> str:
    """The element ``image`` of a picture, with its narrow drawing for narrow windows where the stage declares one."""
    narrow = f"{file.removesuffix('.svg')}_narrow.svg"
    if narrow not in sources.files:
        return image
    drawn = attributes(sources, narrow)["src"]
    return f'<picture><source media="{PHONE}" srcset="{drawn}">{image}</picture>'


def element(sources: Sources, file: str) -> str:
    """The picture as an element of its own; its alternative text is what it found."""
    given = attributes(sources, file) | {"alt": said(sources, file).alt}
    image = " ".join(f'{name}="{escape(value)}"' for name, value in given.items())
    return f"<img {image}>"
