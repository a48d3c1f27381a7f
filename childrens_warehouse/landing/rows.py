"""Read the rows of a file and judge each: kept, kept and marked, or refused with a rule.

Everything is SQL composed from the dataset's declaration, so that fourteen million rows never pass through
Python. A row is refused only when it cannot be read, has no key, lacks what it must have, bears an unknown code
or ends before it starts; the first of these that holds, in this order, is its rule.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.datasets import Column, Coverage, Dataset, Kind
from childrens_warehouse.errors import FileRefused
from childrens_warehouse.reference import code_list, collection_year_end

EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(2100, 1, 1)

# Kinds whose text may be unreadable; any text is a text, and codes are judged by their list.
_READ = (Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.TIMESTAMP, Kind.PARTIAL_DATE)
_MINUTES, _SECONDS = "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"
_PARTIAL_DATE_FORMAT = "%d/%m/%Y"


@dataclass(frozen=True)
class TextRows:
    """The file as text, one Parquet row per readable row, in the order of the file."""

    path: Path
    rows: int
    unreadable: tuple[tuple[int, str], ...]  # (row number in the file, what is wrong)

    @property
    def rows_read(self) -> int:
        return self.rows + len(self.unreadable)


def read_text(
    connection: duckdb.DuckDBPyConnection, path: Path, header: list[str], scratch: Path, most_unreadable: int
) -> TextRows:
    """Split the file into cells. Rows that cannot be split are listed, not lost.

    Raises FileRefused when the file as a whole cannot be split.
    """
    text = scratch / "text.parquet"
    columns = ", ".join(f"{sql.literal(cell.lower())}: 'VARCHAR'" for cell in header)
    try:
        connection.execute(
            f"copy (select * from read_csv({sql.literal(path)}, header = true, auto_detect = false, "
            f"columns = {{{columns}}}, delim = ',', quote = '\"', escape = '\"', strict_mode = true, "
            f"null_padding = false, store_rejects = true, rejects_limit = {most_unreadable + 1}, "
            "rejects_table = 'refused_text', rejects_scan = 'refused_scan', nullstr = '')) "
            f"to {sql.literal(text)} (format parquet, compression snappy)"
        )
    except duckdb.Error as error:
        # DuckDB quotes the offending text in its message: children's data, so only the kind is passed on.
        raise FileRefused(
            "FILE-UNREADABLE", f"the file cannot be split into rows and columns ({type(error).__name__})."
        ) from None
    refused = connection.execute(
        "select distinct on (line) line, lower(replace(cast(error_type as varchar), '_', ' ')) from refused_text "
        "order by line"
    ).fetchall()
    for line, what in refused:
        if what == "unquoted value":
            # Everything after an open quote may have been swallowed by it: none of it can be believed.
            raise FileRefused(
                "FILE-QUOTES", f"a quotation mark opened in row {line} is never closed: ask for the file again."
            )
    rows = connection.execute(f"select count(*) from read_parquet({sql.literal(text)})").fetchone()
    return TextRows(text, int(rows[0]) if rows else 0, tuple((int(line), str(what)) for line, what in refused))


@dataclass(frozen=True)
class Period:
    """The days a row's codes must have been valid on, as SQL: any overlap will do."""

    start: str
    end: str


def period(dataset: Dataset, scope: str, extract_date: dt.date) -> Period:
    """The row's own date where it has one; else the collection year the file speaks of, its spell, or the night."""
    if dataset.judged_on:
        day = sql.name(dataset.judged_on.lower())
        return Period(day, day)
    kind, _, year = scope.partition(":")
    if kind == Coverage.COLLECTION_YEAR:
        return Period(sql.literal(dt.date(int(year) - 1, 4, 1)), sql.literal(collection_year_end(int(year))))
    night = sql.literal(extract_date)
    if dataset.spell:
        start, end = (sql.name(column.lower()) for column in dataset.spell)
        return Period(f"coalesce({start}, {night})", f"coalesce({end}, {night})")
    return Period(night, night)


def create_judged(connection: duckdb.DuckDBPyConnection, dataset: Dataset, text: TextRows, judged_on: Period) -> None:
    """Create the view `judged`: typed cells under the delivered names in lower case, and beside them

    `_source_row`: row number in the file, the header being row 1;
    `_refusal`: null, or RULE:column of the first thing that refuses the row;
    `_oddities`: null, or the rule codes of what marks it.
    """
    texts = [f"{_filled(column)} as {_text(column)}" for column in dataset.columns]
    cells = [f"{_cell(dataset, column)} as {_delivered(column)}" for column in dataset.columns]
    carried = [_text(column) for column in dataset.columns if column.kind in _READ]
    connection.execute(
        f"""
        create or replace view judged as
        with delivered as (
            select {_row_number(text)} as _source_row, {", ".join(texts)}
            from read_parquet({sql.literal(text.path)}, file_row_number = true)
        ),
        typed as (
            select {", ".join(["_source_row", *cells, *carried])}
            from delivered
        )
        select * {f"exclude ({', '.join(carried)})" if carried else ""},
            {_refusal(dataset)} as _refusal,
            {_oddities(dataset, judged_on)} as _oddities
        from typed
        """
    )


def unreadable_rows(text: TextRows) -> list[tuple[int, str, str | None]]:
    """(row, rule, column) of the rows that could not be split into cells."""
    return [(row, "ROW-UNREADABLE", None) for row, _ in text.unreadable]


def refused_rows(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, str, str | None]]:
    """(row, rule, column) of every row the view `judged` refuses, in the order of the file."""
    rows = connection.execute(
        "select _source_row, split_part(_refusal, ':', 1), nullif(split_part(_refusal, ':', 2), '') "
        "from judged where _refusal is not null order by _source_row"
    ).fetchall()
    return [(int(row), str(rule), column) for row, rule, column in rows]


def create_duplicates(connection: duckdb.DuckDBPyConnection, dataset: Dataset) -> int:
    """Create the table `duplicate_rows` of rows whose key comes again further down in the file; return how many.

    The last row of a key is the one that counts: systems append corrections.
    """
    key = ", ".join(sql.name(column.lower()) for column in dataset.key)
    # First by hash of the key, which is cheap for millions of rows; the few that collide are then compared exactly.
    connection.execute(
        f"""
        create or replace table duplicate_rows as
        with hashed as (select hash({key}) as key_hash from judged where _refusal is null),
        suspects as (select key_hash from hashed group by key_hash having count(*) > 1)
        select _source_row
        from judged
        where _refusal is null and hash({key}) in (select key_hash from suspects)
        qualify row_number() over (partition by {key} order by _source_row desc) > 1
        """
    )
    found = connection.execute("select count(*) from duplicate_rows").fetchone()
    return int(found[0]) if found else 0


def _row_number(text: TextRows) -> str:
    number = "file_row_number + 2"
    for already, (line, _) in enumerate(text.unreadable):
        # file_row_number counts readable rows only: each refused row before this one moves it on by one.
        number += f" + case when file_row_number >= {line - 2 - already} then 1 else 0 end"
    return number


def _delivered(column: Column) -> str:
    return sql.name(column.name.lower())


def _text(column: Column) -> str:
    return sql.name("_text_" + column.name.lower())


def _filled(column: Column) -> str:
    """The trimmed text; null where the cell says nothing."""
    text = f"nullif(trim({_delivered(column)}), '')"
    if column.kind is Kind.PARTIAL_DATE:
        # How the return says that no part of a date is known.
        return f"case when lower({text}) <> 'zz/zz/zzzz' then {text} end"
    return text


def _cell(dataset: Dataset, column: Column) -> str:
    """The typed cell; null where it is blank or cannot be read."""
    text = _text(column)
    if column.kind is Kind.INTEGER:
        # '12.0' is what spreadsheets make of 12; '12.5' is no whole number and must not be rounded to one.
        return f"case when regexp_full_match({text}, '[+-]?[0-9]+([.]0+)?') then try_cast({text} as integer) end"
    if column.kind is Kind.DECIMAL:
        plain = f"regexp_full_match({text}, '[+-]?[0-9]+([.][0-9]+)?')"
        return f"case when {plain} then try_cast({text} as decimal(18, 4)) end"
    if column.kind is Kind.DATE:
        return _within_bounds(f"cast(try_strptime({text}, {sql.literal(dataset.date_format)}) as date)")
    if column.kind is Kind.TIMESTAMP:
        return _within_bounds(f"try_strptime({text}, [{sql.literals((_MINUTES, _SECONDS))}])")
    if column.kind is Kind.PARTIAL_DATE:
        return _partial_date(text)
    if column.kind is Kind.CODE and column.code_list:
        return _as_the_list_spells_it(text, column.code_list)
    if column.kind is Kind.CODES and column.code_list:
        each = _as_the_list_spells_it("trim(part)", column.code_list)
        codes = f"list_transform(string_split({text}, ';'), lambda part: {each})"
        return f"nullif(array_to_string(list_filter({codes}, lambda code: code <> ''), ';'), '')"
    return text


def _within_bounds(moment: str) -> str:
    # A two-digit year is read as the year 17: outside these bounds a date is a slip, not a date.
    return f"case when {moment} between {sql.literal(EARLIEST)} and {sql.literal(LATEST)} then {moment} end"


def _partial_date(text: str) -> str:
    """2015-06-30, 2015-06 or 2015: as far as day/month/year is known, each unknown part being zz."""
    whole = f"regexp_replace(lower({text}), '^zz/(zz|[0-9]+)/', '01/\\1/')"
    day = f"cast(try_strptime(replace({whole}, '/zz/', '/01/'), '{_PARTIAL_DATE_FORMAT}') as date)"
    return (
        f"case when lower({text}) like '%/zz/%' then strftime({_within_bounds(day)}, '%Y') "
        f"when lower({text}) like 'zz/%' then strftime({_within_bounds(day)}, '%Y-%m') "
        f"else strftime({_within_bounds(day)}, '%Y-%m-%d') end"
    )


def _as_the_list_spells_it(text: str, list_name: str) -> str:
    """Codes are matched without regard to letter case; '1.0' is what spreadsheets make of the code 1."""
    codes = [code.code for code in code_list(list_name)]
    if any(code.isdigit() for code in codes):
        text = f"regexp_replace({text}, '^([0-9]+)[.]0+$', '\\1')"
    if all(code == code.upper() for code in codes):
        return f"upper({text})"
    if all(code == code.lower() for code in codes):
        return f"lower({text})"
    return text


def _refusal(dataset: Dataset) -> str:
    """The first rule that refuses the row, as RULE:column."""
    whens: list[tuple[str, str, str]] = []
    for column in (column for column in dataset.columns if column.kind in _READ):
        whens.append((f"{_text(column)} is not null and {_delivered(column)} is null", "CELL-UNREADABLE", column.name))
    for name in dataset.key:
        whens.append((f"{sql.name(name.lower())} is null", "KEY-MISSING", name))
    for column in dataset.columns:
        if column.required and column.name not in dataset.key:
            whens.append((f"{_delivered(column)} is null", "CELL-MISSING", column.name))
    for column in dataset.columns:
        if column.code_list:
            known = sql.literals(code.code for code in code_list(column.code_list))
            unknown = f"{_delivered(column)} not in ({known})"
            if column.kind is Kind.CODES:
                unknown = f"not list_has_all([{known}], string_split({_delivered(column)}, ';'))"
            whens.append((unknown, "CODE-UNKNOWN", column.name))
    if dataset.spell:
        start, end = dataset.spell
        whens.append((f"{sql.name(end.lower())} < {sql.name(start.lower())}", "SPELL-REVERSED", end))
    return "case " + " ".join(f"when {test} then '{rule}:{column}'" for test, rule, column in whens) + " end"


def _oddities(dataset: Dataset, judged_on: Period) -> str:
    """The rule codes of what is odd about a row that is kept, separated by spaces."""
    withdrawn, not_yet = [], []
    for column in dataset.columns:
        for code in code_list(column.code_list) if column.code_list else ():
            is_it = f"{_delivered(column)} = {sql.literal(code.code)}"
            if column.kind is Kind.CODES:
                is_it = f"list_contains(string_split({_delivered(column)}, ';'), {sql.literal(code.code)})"
            if code.valid_to:
                withdrawn.append(f"({is_it} and {judged_on.start} > {sql.literal(code.valid_to)})")
            if code.valid_from:
                not_yet.append(f"({is_it} and {judged_on.end} < {sql.literal(code.valid_from)})")
    odd = [("CODE-WITHDRAWN", " or ".join(withdrawn)), ("CODE-NOT-YET-VALID", " or ".join(not_yet))]
    odd += [(mark.rule, mark.condition) for mark in dataset.marks]
    cases = [f"case when {condition} then '{rule}' end" for rule, condition in odd if condition]
    return f"nullif(concat_ws(' ', {', '.join(cases)}), '')" if cases else "cast(null as varchar)"
