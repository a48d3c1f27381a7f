"""Where refusals are explained: rule, row and a pointer into the archive. Values stay in the archive."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from childrens_warehouse.datasets import Dataset, files_of
from childrens_warehouse.landing.delivery import Outcome
from childrens_warehouse.landing.formats.readable import plain_name
from childrens_warehouse.landing.rows import RefusedRow
from childrens_warehouse.raw.acceptance import Acceptance, write_atomically
from childrens_warehouse.settings import PROJECT, Home, make_private


@cache
def rules() -> dict[str, dict[str, str]]:
    """Rule code -> its row of `expectations/rules.csv`."""
    with (PROJECT / "expectations" / "rules.csv").open(newline="", encoding="utf-8") as handle:
        return {row["rule"]: row for row in csv.DictReader(handle)}


def folder(home: Home, authority: str, source: str, extract_date: str) -> Path:
    return home.quarantine / authority / source / extract_date


def refuse_file(
    where: Path,
    file_name: str,
    rule: str,
    reason: str,
    archived_as: str | None,
    dataset: str = "",
    scope: str | None = None,
) -> None:
    """Say why a whole file was refused; `dataset`: why that one of the datasets it bears was.

    scope: what it would have replaced, where that is known: a later file of it settles the matter.
    """
    document = {
        "file": file_name,
        "dataset": dataset,
        "scope": scope,
        "rule": rule,
        "reason": reason,
        "what_to_do": rules().get(rule, {}).get("how_to_put_it_right", ""),
        "archived_as": archived_as,
    }
    write_atomically(_refusal(where, file_name, dataset), json.dumps(document, indent=1, ensure_ascii=False).encode())


def note_file(where: Path, file_name: str, outcomes: Sequence[Outcome]) -> None:
    """Say what of a file was refused whole; a file refused before and accepted now leaves no refusal behind."""
    refused = [outcome for outcome in outcomes if outcome.status == "refused"]
    of_parts = len(outcomes) > 1
    for outcome in outcomes:
        _refusal(where, file_name, outcome.dataset if of_parts else "").unlink(missing_ok=True)
    if len(refused) == len(outcomes) and len({outcome.rule for outcome in refused}) == 1:
        scopes = {outcome.scope for outcome in refused}
        refuse_file(
            where, file_name, str(refused[0].rule), str(refused[0].reason), refused[0].archived_as,
            scope=scopes.pop() if len(scopes) == 1 else None,
        )  # fmt: skip
        return
    _refusal(where, file_name).unlink(missing_ok=True)
    for outcome in refused:
        refuse_file(
            where, file_name, str(outcome.rule), str(outcome.reason), outcome.archived_as,
            outcome.dataset if of_parts else "", outcome.scope,
        )  # fmt: skip


def refuse_rows(home: Home, acceptance: Acceptance, refused: Sequence[RefusedRow], archived_as: str) -> None:
    """List the rows of one dataset that were set aside, each with its rule and where it lies; never its values.

    A list that another file of the same name and night left is put by, under `earlier/`. `row_key` and `register`
    let landing.history tell whether a later file brought the row again.
    """
    where = folder(home, acceptance.authority, acceptance.source, acceptance.extract_date.isoformat())
    several = len(of_file(acceptance.source, acceptance.file_name)) > 1
    suffix = f".{acceptance.dataset}" if several else ""
    path = where / f"{acceptance.file_name}{suffix}.rows.csv"
    _put_by(path, archived_as)
    if not refused:
        path.unlink(missing_ok=True)
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([
        "file", "row", "rule", "column", "what", "archived_as",
        "dataset", "scope", "generated_at", "row_key", "register",
    ])  # fmt: skip
    for each in refused:
        what = rules().get(each.rule, {}).get("what", "")
        writer.writerow([
            acceptance.file_name, each.row, each.rule, each.column or "",
            _said(what, each), archived_as,
            acceptance.dataset, acceptance.scope, acceptance.generated_at.isoformat(), each.key, each.register,
        ])  # fmt: skip
    write_atomically(path, text.getvalue().encode())


def _said(what: str, row: RefusedRow) -> str:
    """What the rule says, and what this row shows besides."""
    if not row.hint:
        return what
    return f"{what} {'It looks like' if row.rule == 'CELL-UNREADABLE' else 'Here:'} {row.hint}."


def _put_by(path: Path, archived_as: str) -> None:
    """Keep the list of another file: what was set aside, and when, is history."""
    if not path.exists():
        return
    with path.open(newline="", encoding="utf-8") as handle:
        row = next(csv.DictReader(handle), None)
    if row and row["archived_as"] != archived_as:
        earlier = make_private(path.parent / "earlier")
        stamp = "".join(character for character in row["generated_at"] if character.isalnum())
        path.replace(earlier / f"{Path(row['archived_as']).name[:16]}-{stamp}-{path.name}")


def accept_file(where: Path, file_name: str) -> None:
    """A file that was refused before and is accepted now leaves no refusal behind."""
    _refusal(where, file_name).unlink(missing_ok=True)


def of_file(source: str, file_name: str) -> tuple[Dataset, ...]:
    """The datasets a delivered file bears."""
    return next((file.datasets for file in files_of(source) if file.name == plain_name(file_name)), ())


def _refusal(where: Path, file_name: str, dataset: str = "") -> Path:
    return where / f"{file_name}{f'.{dataset}' if dataset else ''}.refused.json"
