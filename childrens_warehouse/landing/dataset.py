"""Land the rows of one dataset of a file: judge them, keep them, and say what changed."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse import sql, waivers
from childrens_warehouse.datasets import BY_NAME, Coverage, Dataset
from childrens_warehouse.datasets.declaration import may_lack
from childrens_warehouse.errors import FileRefused
from childrens_warehouse.landing import keep, places, pseudonyms, quarantine, rows
from childrens_warehouse.landing.formats.text_rows import TextRows
from childrens_warehouse.quality.judge import Judgement, Verdict
from childrens_warehouse.raw import withdrawals
from childrens_warehouse.raw.acceptance import Acceptance, accepted, commit
from childrens_warehouse.raw.in_force import newest_per_scope
from childrens_warehouse.reference import collection_year
from childrens_warehouse.settings import Home, Settings

# A column of which so many of the filled cells cannot be read has another type than it had.
_RETYPED = 0.5


# What fails with the ceiling, and is waived with it.
_OF_CEILINGS = frozenset({"ROWS-CEILING", "KEY-MISSING", "CELL-MISSING"})


def counts(acceptance: Acceptance) -> dict[str, Any]:
    """What an outcome says of an acceptance."""
    return {
        "scope": acceptance.scope,
        "generated_at": acceptance.generated_at.isoformat(),
        "rows_read": acceptance.rows_read,
        "rows_loaded": acceptance.rows_loaded,
        "rows_refused": acceptance.rows_refused,
    }


def replaced_by(acceptance: Acceptance, home: Home) -> list[Acceptance]:
    """What a file replaces: the accepted files of its scope that were generated before it.

    By stamp, not by arrival, so that the counts are the same in whatever order files come.
    """
    others = [
        each for each in accepted(home, acceptance.dataset, acceptance.authority) if each.order < acceptance.order
    ]
    if BY_NAME[acceptance.dataset].coverage is Coverage.SCHOOL_DATE:
        return others
    return [each for each in newest_per_scope(others) if each.scope == acceptance.scope]


def overtaken(acceptance: Acceptance, home: Home) -> list[str]:
    """A note where a file does not count, because one of its scope, or a whole list, is no older."""
    if BY_NAME[acceptance.dataset].coverage is Coverage.SCHOOL_DATE:
        return []
    counting = newest_per_scope(accepted(home, acceptance.dataset, acceptance.authority))
    if any((each.scope, each.order) == (acceptance.scope, acceptance.order) for each in counting):
        return []
    instead = [each for each in counting if each.scope in (acceptance.scope, Coverage.FULL)]
    return [f"does not count: the file of {each.extract_date}, no older than this, is in force" for each in instead[:1]]


class DatasetLanding:
    """The steps for one dataset. `rows_read` is known even when it is refused.

    settled: returns when the archived file is on the disk; nothing is accepted before.
    """

    def __init__(
        self,
        settings: Settings,
        connection: duckdb.DuckDBPyConnection,
        scratch: Path,
        dataset: Dataset,
        acceptance: Acceptance,
        archived_as: str,
        settled: Callable[[], None],
    ) -> None:
        self.home = settings.home
        self.connection = connection
        self.scratch = scratch
        self.dataset = dataset
        self.acceptance = acceptance
        self.archived_as = archived_as
        self.settled = settled
        self.rows_read = 0

    def run(self, text: TextRows) -> dict[str, Any]:
        """Judge and keep; return what the outcome says. Raises FileRefused when the dataset is refused whole."""
        dataset, connection = self.dataset, self.connection
        self.rows_read = text.rows_read
        if text.rows_read == 0 and not dataset.may_be_empty:
            raise FileRefused("FILE-NO-ROWS", "the file has a header and no rows: that would withdraw everything.")
        period = rows.period(dataset, self.acceptance.scope, self.acceptance.extract_date)
        rows.create_judged(connection, dataset, text, period, self.scratch)
        pseudonymiser = pseudonyms.load(self.home)
        refused = rows.refusals(connection, dataset, text, self._row_key(pseudonymiser))
        judgement = self._judge(text)
        quarantine.refuse_rows(self.home, self.acceptance, refused.rows, self.archived_as)
        notes = [*text.notes, *self._year_notes(), *self._check_ceilings(refused)]
        broken = sorted({result.rule for result in judgement.failed if result.severity == "critical"})
        if broken and not (self._waiver() and _OF_CEILINGS.issuperset(broken)):
            raise FileRefused(broken[0], f"the arrivals suite failed: {', '.join(broken)}.")

        duplicates = rows.create_duplicates(connection, dataset)
        keep.map_identities(connection, dataset, self.acceptance.authority, pseudonymiser)
        acceptance = replace(
            self.acceptance,
            rows_read=text.rows_read,
            rows_loaded=text.rows_read - refused.total,
            rows_refused=refused.total,
            derived_with=places.derived_with(dataset),
        )
        keep.write_restricted(connection, dataset, acceptance, self.home)
        keep.write_content(connection, dataset, acceptance, self.home, duplicates)
        difference = keep.compare(
            connection, dataset, acceptance, replaced_by(acceptance, self.home), self.home, duplicates
        )
        marks = self._marks()
        withdrawals.forget(self.home, acceptance)
        self.settled()
        self._see_that_it_stands(acceptance)
        commit(acceptance, self.home)
        return {
            **counts(acceptance),
            "notes": "; ".join([*notes, *overtaken(acceptance, self.home)]) or None,
            **difference.to_dict(),
            "marks": marks,
            "refusals": refused.by_rule,
            "verdict": (Verdict.WARN if broken else judgement.verdict).value,
            "columns": list(text.header or text.columns),
        }

    def _see_that_it_stands(self, acceptance: Acceptance) -> None:
        """A mount that went away meanwhile takes along what was written, and an acceptance must not outlive it."""
        if not ((self.home.root / self.archived_as).exists() and keep.is_kept(self.dataset, acceptance, self.home)):
            raise OSError(
                errno.ESTALE, f"What was written of {acceptance.file_name} is gone: is a disk of its unmounted?"
            )

    def _judge(self, text: TextRows) -> Judgement:
        from childrens_warehouse.quality.judge import judge
        from expectations.arrivals import Arrival, suite_for  # takes seconds to import, so only when a file is new

        arrival = Arrival(self.dataset, self.acceptance.extract_date, None, len(text.unreadable), text.rows_read)
        return judge(self.connection, suite_for(arrival), "select * from judged")

    def _row_key(self, pseudonymiser: pseudonyms.Pseudonymiser) -> Callable[[str], int]:
        domain, authority = f"row of {self.dataset.name}", self.acceptance.authority
        return lambda text: pseudonymiser.pseudonym(domain, authority, text)

    def _year_notes(self) -> list[str]:
        year = self.acceptance.collection_year or collection_year(self.acceptance.extract_date)
        if may_lack(self.dataset, year):
            return [f"the format of {year} has no such list: read all the same"]
        return []

    def _check_ceilings(self, refused: rows.Refusals) -> list[str]:
        """Raises FileRefused when too many rows would be set aside; a note when a waiver lets them."""
        dataset, read = self.dataset, self.rows_read
        if refused.total <= min(dataset.ceiling * read, dataset.ceiling_rows):
            return []
        unreadable: Counter[str] = Counter()
        for (rule, column, _), found in refused.counts.items():
            if rule == "CELL-UNREADABLE" and column:
                unreadable[column] += found
        for column, found in unreadable.most_common(1):
            if found > read * _RETYPED:
                raise FileRefused("FILE-RETYPED", _retyped(dataset, column, found, read, refused))
        if waiver := self._waiver():
            return [f"more rows set aside than the ceiling allows, waived by {waiver.by} until {waiver.expires_on}"]
        raise FileRefused("ROWS-CEILING", _too_many(refused, read, dataset))

    def _waiver(self) -> waivers.Waiver | None:
        """The waiver that lets this dataset have more bad rows than its ceiling allows."""
        night = self.acceptance.extract_date
        on_file = waivers.on_file(self.home)
        return next((each for each in on_file if each.covers("ROWS-CEILING", self.dataset.name, night)), None)

    def _marks(self) -> dict[str, int]:
        found = self.connection.execute(
            "select _marks, count(*) from "
            f"read_parquet({sql.literal(self.acceptance.content(self.home))}) where _marks is not null group by _marks"
        ).fetchall()
        counted: Counter[str] = Counter()
        for marks, rows_marked in found:
            for mark in str(marks).split():
                counted[mark] += int(rows_marked)
        return dict(sorted(counted.items()))


def _retyped(dataset: Dataset, column: str, found: int, read: int, refused: rows.Refusals) -> str:
    hints = Counter(
        {hint: rows for (rule, name, hint), rows in refused.counts.items() if name == column and hint}
    ).most_common(1)
    looks = f"; it looks like {hints[0][0]}" if hints else ""
    return (
        f"column {column} cannot be read as {dataset.column(column).kind.value} in {found} of {read} rows{looks}: "
        "its type or format changed."
    )


def _too_many(refused: rows.Refusals, read: int, dataset: Dataset) -> str:
    """The commonest rules first, since they are what must be put right."""
    commonest = ", ".join(
        f"{rule}{f' in {column}' if column else ''}{f', {hint}' if hint else ''} ({count})"
        for (rule, column, hint), count in refused.counts.most_common(3)
    )
    return (
        f"{refused.total} of {read} rows would be refused, more than {dataset.ceiling:.0%} or "
        f"{dataset.ceiling_rows:,}: {commonest}."
    )
