"""Pictures as a browser lays them out: no word lies on another or outside."""

from __future__ import annotations

import html
import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.pages.test_charts import DRAWN

pytestmark = pytest.mark.slow

# Boxes of letters are taller than the letters: two lines may touch by this much (in pixels).
_SCRIPT = """
<script>
const found = [];
for (const svg of document.querySelectorAll('svg')) {
  const all = svg.getBoundingClientRect(), name = svg.dataset.name;
  const texts = [...svg.querySelectorAll('text')].filter(each => each.textContent.trim())
    .map(each => [each.textContent, each.getBoundingClientRect()]);
  texts.forEach(([words, box], number) => {
    if (box.left < all.left - 1 || box.right > all.right + 1 || box.top < all.top - 1 || box.bottom > all.bottom + 1)
      found.push(`${name}: "${words}" is outside`);
    for (const [others, other] of texts.slice(number + 1)) {
      const across = Math.min(box.right, other.right) - Math.max(box.left, other.left);
      const down = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
      if (across > 1 && down > 3.5) found.push(`${name}: "${words}" lies on "${others}"`);
    }
  });
}
document.body.textContent = JSON.stringify({pictures: document.querySelectorAll('svg').length, found});
</script>
"""


def test_no_word_lies_on_another_or_outside_its_picture(chromium: tuple[str, ...], tmp_path: Path) -> None:
    pictures = {name: draw() for name, draw in DRAWN.items()}
    svgs = [(name, picture.svg) for name, picture in pictures.items()]
    svgs += [(f"{name}, narrow", picture.narrow) for name, picture in pictures.items() if picture.narrow]
    body = "".join(f"<div>{svg.replace('<svg ', f'<svg data-name={json.dumps(name)} ', 1)}</div>" for name, svg in svgs)
    page = tmp_path / "pictures.html"
    page.write_text(f"<!doctype html><meta charset='utf-8'><body>{body}{_SCRIPT}", encoding="utf-8")
    browser = [*chromium, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", str(page)]
    done = subprocess.run(browser, capture_output=True, text=True, check=True, timeout=120)
    told = re.search(r"<body>(.*)</body>", done.stdout, re.DOTALL)
    assert told is not None
    assert json.loads(html.unescape(told[1])) == {"pictures": len(svgs), "found": []}
