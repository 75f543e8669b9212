"""The pictures in a browser: letters large enough and of enough contrast, nothing cut off, nothing over another."""

import pytest

from tests.support import browsing
from tests.support.contract import ROOT
from tests.support.pictures import pictures

LONG = "People who did not say in which of the many districts of the city they live now"
CHANGED = {
    "fairness": {"education": LONG},
    "group_rates": {"Male": LONG, "education": LONG},
    "healthcare_approvals": {"GP": LONG},
    "healthcare_waits": {"GP": LONG},
}
# Of every text: its size on the page, the contrast with the ground and with each shade, whether it lies inside the
# picture, and the texts that it overlaps.
MEASURE = """() => [...document.querySelectorAll("svg")].map((svg) => {
  const channel = (c) => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(channel);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const contrast = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + .05) / (y + .05);
  };
  const frame = svg.getBoundingClientRect(), scale = frame.width / svg.viewBox.baseVal.width;
  const shades = [...svg.querySelectorAll(".ground, .within, .beyond")].map((shape) => getComputedStyle(shape).fill);
  const texts = [...svg.querySelectorAll("text")].map((text) =>
    ({ said: text.textContent, box: text.getBoundingClientRect(), style: getComputedStyle(text) }));
  const meets = (a, b) =>
    a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 4 && b.top < a.bottom - 4;
  const inside = (box) => box.left > frame.left - 2 && box.right < frame.right + 2
    && box.top > frame.top - 2 && box.bottom < frame.bottom + 2;
  return {
    size: Math.min(...texts.map(({ style }) => parseFloat(style.fontSize) * scale)),
    contrast: Math.min(...texts.flatMap(({ style }) => shades.map((shade) => contrast(style.fill, shade)))),
    cut: texts.filter(({ box }) => !inside(box)).map(({ said }) => said),
    over: texts.flatMap((a, i) =>
      texts.slice(i + 1).filter((b) => meets(a.box, b.box)).map((b) => `${a.said} / ${b.said}`)),
  };
})"""


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("changes", [{}, CHANGED, None], ids=["own names", "long names", "of the other pipelines"])
def test_every_letter_can_be_read(tmp_path, changes, width, scheme):
    """At both widths, light and dark: letters of 12 pixels and more, contrast of 4.5 and more, none cut or covered."""
    if changes is None:
        files = [*ROOT.glob("monitor/*.svg"), *ROOT.glob("alternatives/*.svg")]
        drawn = [file.read_bytes() for file in sorted(files) if ("_narrow" in file.stem) == (width == 390)]
        assert len(drawn) * 2 == len(files)
    else:
        drawn = [made.narrow if width == 390 else made.wide for made in pictures(**changes).values()]
    page = tmp_path / "page.html"
    frame = '<!DOCTYPE html><meta charset="utf-8"><style>body{margin:16px}svg{display:block;max-width:100%}</style>'
    page.write_text(frame + "".join(drawing.decode() for drawing in drawn), encoding="utf-8")
    with browsing.opened(page, width, scheme) as seen:
        for found in seen.page.evaluate(MEASURE):
            assert found["size"] >= 12
            assert found["contrast"] >= 4.5
            assert (found["cut"], found["over"]) == ([], [])
        assert seen.errors == []
