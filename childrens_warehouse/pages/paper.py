"""A page as PDF: A4, tagged, with bookmarks, page numbers and nothing fetched from anywhere."""

from __future__ import annotations

import contextlib
import gc
import re
from collections.abc import Iterator

from childrens_warehouse.errors import PaperUnavailable

# What opens on a screen stays shut on paper, which is wider than a telephone: half of all there is to lay out.
_SCREEN_ALONE = re.compile(r"<details\b.*?</details>|<div class=\"slim\">.*?</div>", re.DOTALL)
# Up to the edges of the paper. A browser would print the whole page smaller for it, and leave the margins white.
_BANNER = "p.banner { margin: 0 -15mm !important; padding: 3mm 15mm !important }"


def pdf(html: str) -> bytes:
    """Print a page. Raises PaperUnavailable where this machine has no Pango."""
    try:
        from weasyprint import CSS, HTML
        from weasyprint.urls import URLFetcher
    except OSError as error:
        raise PaperUnavailable(
            f"The PDF cannot be made, as Pango is missing ({error.args[0] if error.args else error}). On Debian and"
            " Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-liberation. The page"
            " itself needs nothing; --no-pdf leaves the PDF out."
        ) from None
    page = HTML(
        string=_SCREEN_ALONE.sub("", html), url_fetcher=URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    )
    with _nothing_collected():
        printed: bytes = page.write_pdf(stylesheets=[CSS(string=_BANNER)], pdf_tags=True)
    return printed


@contextlib.contextmanager
def _nothing_collected() -> Iterator[None]:
    """Have Python not look for garbage: every box of every page lives until all are drawn, and is walked again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
