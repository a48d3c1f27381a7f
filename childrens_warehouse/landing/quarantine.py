"""Where refusals are explained: rule, row and a pointer into the archive. Values stay in the archive."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from childrens_warehouse.raw.acceptance import write_atomically
from childrens_warehouse.settings import PROJECT, Home


@cache
def rules() -> dict[str, dict[str, str]]:
    """Rule code -> its row of `expectations/rules.csv`."""
    with (PROJECT / "expectations" / "rules.csv").open(newline="", encoding="utf-8") as handle:
        return {row["rule"]: row for row in csv.DictReader(handle)}


def folder(home: Home, authority: str, source: str, extract_date: str) -> Path:
    return home.quarantine / authority / source / extract_date


def refuse_file(where: Path, file_name: str, rule: str, reason: str, archived_as: str | None) -> None:
    """Say why a whole file was refused."""
    document = {
        "file": file_name,
        "rule": rule,
        "reason": reason,
        "what_to_do": rules().get(rule, {}).get("how_to_put_it_right", ""),
        "archived_as": archived_as,
    }
    write_atomically(where / f"{file_name}.refused.json", json.dumps(document, indent=1, ensure_ascii=False).encode())


def refuse_rows(where: Path, file_name: str, refused: Sequence[tuple[int, str, str | None]], archived_as: str) -> None:
    """List refused rows: row number (the header is row 1), rule, column, what is wrong and where the row lies."""
    path = where / f"{file_name}.rows.csv"
    if not refused:
        path.unlink(missing_ok=True)
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file", "row", "rule", "column", "what", "archived_as"])
    for row, rule, column in refused:
        writer.writerow([file_name, row, rule, column or "", rules().get(rule, {}).get("what", ""), archived_as])
    write_atomically(path, text.getvalue().encode())


def accept_file(where: Path, file_name: str) -> None:
    """A file that was refused before and is accepted now leaves no refusal behind."""
    (where / f"{file_name}.refused.json").unlink(missing_ok=True)
