"""Judge the rows of a dataset: kept, kept and marked, or refused with a rule.

Everything is SQL composed from the dataset's declaration, so that fourteen million rows never pass through
Python. A row is refused only when it cannot be read, has no key, lacks what it must have, bears an unknown code
or ends before it starts; the first of these that holds, in this order, is its rule.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from childrens_warehouse import spreadsheets, sql
from childrens_warehouse.datasets import Column, Coverage, Dataset, Kind, PersonalData
from childrens_warehouse.landing.formats.text_rows import SCRATCH_PARQUET, TextRows
from childrens_warehouse.reference import code_list, collection_year_end, spellings
from childrens_warehouse.settings import OWNER_ONLY_FILE

EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(2100, 1, 1)

# Kinds whose text may be unreadable; any text is a text, and codes are judged by their list.
_READ = (Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.TIMESTAMP, Kind.PARTIAL_DATE)
_MINUTES, _SECONDS = "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"
_PARTIAL_DATE_FORMAT = "%d/%m/%Y"


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


def create_judged(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, text: TextRows, judged_on: Period, scratch: Path
) -> None:
    """Create the view `judged`: typed cells under the delivered names in lower case, and beside them

    `_source_row`: row number in the file, the header being row 1;
    `_refusal`: null, or RULE:column:hint of the first thing that refuses the row;
    `_oddities`: null, or the rule codes of what marks it.

    Cells are typed once, into a Parquet file that all later steps read: on millions of rows every further look
    at the text would cost as much as the first.
    """
    texts = [f"{_filled(column, text)} as {_text(column)}" for column in dataset.columns]
    cells = [f"{_cell(dataset, column)} as {_delivered(column)}" for column in dataset.columns]
    carried = [_text(column) for column in dataset.columns if column.kind in _READ]
    number = ["_source_row"] if text.is_numbered else []
    judged = scratch / "judged.parquet"
    connection.execute(
        f"""
        copy (
            with delivered as (
                select {", ".join([*number, *texts])} from read_parquet({sql.literal(text.path)})
            ),
            typed as (
                select {", ".join([*number, *cells, *carried])} from delivered
            )
            select * {f"exclude ({', '.join(carried)})" if carried else ""},
                {_refusal(dataset)} as _refusal,
                {_oddities(dataset, judged_on)} as _oddities
            from typed
        ) to {sql.literal(judged)} ({SCRATCH_PARQUET})
        """
    )
    judged.chmod(OWNER_ONLY_FILE)
    rows = f"read_parquet({sql.literal(judged)})"
    if not text.is_numbered:
        rows = numbered(connection, text, judged)
    connection.execute(f"create or replace view judged as select * from {rows}")


def numbered(connection: duckdb.DuckDBPyConnection, text: TextRows, judged: Path) -> str:
    """SQL of rows, in the order of the file, with their numbers in it; those that could not be split count too."""
    numbered = f"read_parquet({sql.literal(judged)}, file_row_number = true) as p"
    if not text.unreadable:
        return f"(select p.file_row_number + 2 as _source_row, p.* exclude (file_row_number) from {numbered})"
    # From which readable row on (counted from 0) how many unreadable ones lie before it.
    connection.execute("create or replace table skipped (from_row bigint, skipped bigint)")
    connection.executemany(
        "insert into skipped values (?, ?)",
        [(line - 2 - already, already + 1) for already, (line, _) in enumerate(text.unreadable)],
    )
    return (
        "(select p.file_row_number + 2 + coalesce(s.skipped, 0) as _source_row, p.* exclude (file_row_number) "
        f"from {numbered} asof left join skipped as s on p.file_row_number >= s.from_row)"
    )


@dataclass(frozen=True, order=True)
class RefusedRow:
    """A row that is set aside.

    row: its number in the file. hint: what the cell looks like instead, in words without its value.
    key: keyed pseudonym by which the same row is known again in another file; None if it could not be split.
    register: supplier|school|date for attendance.
    """

    row: int
    rule: str
    column: str | None = None
    hint: str = ""
    key: int | None = None
    register: str = ""


@dataclass(frozen=True)
class Refusals:
    """The rows set aside: the first of them one by one, and all of them counted by (rule, column, hint)."""

    rows: tuple[RefusedRow, ...]
    counts: Counter[tuple[str, str | None, str]]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def by_rule(self) -> dict[str, int]:
        counted: Counter[str] = Counter()
        for (rule, _, _), rows in self.counts.items():
            counted[rule] += rows
        return dict(counted)


def refusals(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, text: TextRows, row_key: Callable[[str], int]
) -> Refusals:
    """Every row that could not be split into cells or that the view `judged` refuses.

    row_key: turns the text that identifies a row into its keyed pseudonym.
    """
    counts: Counter[tuple[str, str | None, str]] = Counter()
    for refusal, found in connection.execute(
        "select _refusal, count(*) from judged where _refusal is not null group by _refusal"
    ).fetchall():
        counts[_parts(refusal)] = int(found)
    if text.unreadable:
        counts["ROW-UNREADABLE", None, ""] += len(text.unreadable)
    listed = [RefusedRow(row, "ROW-UNREADABLE", hint=what) for row, what in text.unreadable]
    if counts.total() > len(text.unreadable):
        key = " || '|' || ".join(f"coalesce(cast({sql.name(name.lower())} as varchar), '')" for name in dataset.key)
        has_key = " and ".join(f"{sql.name(name.lower())} is not null" for name in dataset.key)
        whole = " || '|' || ".join(f"coalesce(cast({_delivered(column)} as varchar), '')" for column in dataset.columns)
        register = "''"
        if dataset.coverage is Coverage.SCHOOL_DATE:
            register = "coalesce(concat_ws('|', supplier, school_urn, \"date\"), '')"
        for row, refusal, identity, of_register in connection.execute(
            f"select _source_row, _refusal, case when {has_key} then {key} else {whole} end, {register} "
            f"from judged where _refusal is not null order by _source_row limit {dataset.ceiling_rows + 1}"
        ).fetchall():
            listed.append(RefusedRow(int(row), *_parts(refusal), row_key(identity), str(of_register)))
    return Refusals(tuple(sorted(listed, key=lambda each: each.row)), counts)


def _parts(refusal: str) -> tuple[str, str | None, str]:
    rule, column, hint = refusal.split(":", 2)
    return rule, column or None, hint


def create_duplicates(connection: duckdb.DuckDBPyConnection, dataset: Dataset) -> int:
    """Create the table `duplicate_rows` (row, the mark it bears) of rows whose key comes again further down in the
    file; return how many.

    The last row of a key is the one that counts: systems append corrections. The others are marked KEY-DUPLICATE,
    and KEY-CONFLICT too where they say something else than the last.
    """
    key = ", ".join(sql.name(column.lower()) for column in dataset.key)
    connection.execute("create or replace table duplicate_rows (_source_row bigint, mark varchar)")
    found = connection.execute(
        f"select count(*) - count(distinct hash({key})) from judged where _refusal is null"
    ).fetchone()
    if not found or not found[0]:
        return 0
    # First by hash of the key, which is cheap for millions of rows; the few that collide are then compared exactly.
    values = ", ".join(_delivered(column) for column in dataset.columns)
    connection.execute(
        f"""
        insert into duplicate_rows
        with hashed as (select hash({key}) as key_hash from judged where _refusal is null),
        suspects as (select key_hash from hashed group by key_hash having count(*) > 1),
        ranked as (
            select _source_row, hash({values}) as value_hash,
                first_value(hash({values})) over same_key as last_value_hash,
                row_number() over same_key as from_last
            from judged
            where _refusal is null and hash({key}) in (select key_hash from suspects)
            window same_key as (partition by {key} order by _source_row desc)
        )
        select _source_row, 
            'KEY-DUPLICATE' || case when value_hash <> last_value_hash then ' KEY-CONFLICT' else '' end
        from ranked
        where from_last > 1
        """
    )
    found = connection.execute("select count(*) from duplicate_rows").fetchone()
    return int(found[0]) if found else 0


def _delivered(column: Column) -> str:
    return sql.name(column.name.lower())


def _text(column: Column) -> str:
    return sql.name("_text_" + column.name.lower())


def _filled(column: Column, rows: TextRows) -> str:
    """The trimmed text; null where the cell says nothing or the file lacks the column."""
    if column.name.lower() not in rows.columns:
        return "cast(null as varchar)"
    text = f"nullif(trim({_delivered(column)}), '')"
    if column.blank_when:
        return f"case when upper({text}) not in ({sql.literals(column.blank_when)}) then {text} end"
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
    """The code that is meant: as it is, by its label, or as councils spell it (`reference.spellings`).

    'Male', 'a) Male', 'WBRI - White British' and 'q) 6: Police' are codes of their lists; behind a code and a separator
    anything may stand, because labels are worded in many ways. '1.0' is what spreadsheets make of the code 1.
    What no spelling explains stays as it is, for CODE-UNKNOWN.
    """
    codes, known = [code.code for code in code_list(list_name)], spellings(list_name)
    if any(spelling.isdigit() for spelling in known):
        text = f"regexp_replace({text}, '^([0-9]+)[.]0+$', '\\1')"
    cased = text
    if all(code == code.upper() for code in codes):
        cased = f"upper({text})"
    elif all(code == code.lower() for code in codes):
        cased = f"lower({text})"
    meant = f"map([{sql.literals(known)}], [{sql.literals(known.values())}])"
    unlettered = f"regexp_replace({text}, '^[A-Za-z]{{1,2}}[)] *', '')"
    before_separator = f"regexp_extract({unlettered}, '^([A-Za-z0-9]+) *[-:\u2013\u2014] *[^ ]', 1)"
    ways = ", ".join(f"{meant}[{_plain(each)}]" for each in (text, unlettered))
    by_code = {code.upper(): code for code in codes}
    of_code = f"map([{sql.literals(by_code)}], [{sql.literals(by_code.values())}])[upper({before_separator})]"
    # Codes as they are come first and nearly always: the rest is only worked out for what is left.
    return (
        f"case when list_contains([{sql.literals(codes)}], {cased}) then {cased} "
        f"when {text} is not null then coalesce({ways}, {of_code}, {cased}) end"
    )


def _plain(text: str) -> str:
    """`reference.plain` in SQL."""
    return f"trim(regexp_replace(lower({text}), '[^a-z0-9]+', ' ', 'g'))"


def _refusal(dataset: Dataset) -> str:
    """The first rule that refuses the row, as RULE:column:hint."""
    whens: list[tuple[str, str, str, str]] = []
    for column in (column for column in dataset.columns if column.kind in _READ):
        test = f"{_text(column)} is not null and {_delivered(column)} is null"
        whens.append((test, "CELL-UNREADABLE", column.name, _hint(dataset, column)))
    for name in dataset.key:
        whens.append((f"{sql.name(name.lower())} is null", "KEY-MISSING", name, "''"))
    for column in dataset.columns:
        if column.required and column.name not in dataset.key:
            whens.append((f"{_delivered(column)} is null", "CELL-MISSING", column.name, "''"))
    for column in dataset.columns:
        if column.code_list:
            known = sql.literals(code.code for code in code_list(column.code_list))
            # A look-up in a list is done once per distinct value of a block; `in (...)` compares every row with each.
            unknown = f"not list_contains([{known}], {_delivered(column)})"
            if column.kind is Kind.CODES:
                unknown = f"not list_has_all([{known}], string_split({_delivered(column)}, ';'))"
            whens.append((unknown, "CODE-UNKNOWN", column.name, "''"))
    if dataset.spell:
        start, end = dataset.spell
        whens.append((f"{sql.name(end.lower())} < {sql.name(start.lower())}", "SPELL-REVERSED", end, "''"))
    cases = (f"when {test} then {sql.literal(f'{rule}:{column}:')} || {hint}" for test, rule, column, hint in whens)
    return f"case {' '.join(cases)} end"


def _hint(dataset: Dataset, column: Column) -> str:
    """SQL of what an unreadable cell looks like instead: enough to find the setting that is wrong at the source."""
    if column.kind is not Kind.DATE:
        return "''"
    text = _text(column)
    looks = [
        (f"regexp_full_match({text}, '[0-9]{{1,2}}[/.-][0-9]{{1,2}}[/.-][0-9]{{2}}')", "a two-digit year"),
        (f"regexp_full_match({text}, '[0-9]+([.][0-9]+)?')", "a number, as spreadsheets store dates"),
    ]
    if dataset.date_format == "%d/%m/%Y":
        looks.append((f"try_strptime({text}, '%m/%d/%Y') is not null", "month before day"))
        looks.append((f"try_strptime({text}, '%Y-%m-%d') is not null", "year first"))
        looks.append((f"regexp_full_match({text}, '[0-9]{{1,2}}/[0-9]{{1,2}}/[0-9]{{4}}')", "a day no calendar has"))
    else:
        looks.append((f"regexp_full_match({text}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')", "a day no calendar has"))
        looks.append((f"regexp_full_match({text}, '[0-9]{{1,2}}/[0-9]{{1,2}}/[0-9]{{4}}')", "day or month before year"))
    return "case " + " ".join(f"when {test} then {sql.literal(what)}" for test, what in looks) + " else '' end"


def _oddities(dataset: Dataset, judged_on: Period) -> str:
    """The rule codes of what is odd about a row that is kept, separated by spaces."""
    # Codes that share a limit are looked up together, after the date is compared: most rows need no more.
    withdrawn: dict[tuple[Column, dt.date], list[str]] = {}
    not_yet: dict[tuple[Column, dt.date], list[str]] = {}
    for column in dataset.columns:
        for code in code_list(column.code_list) if column.code_list else ():
            if code.valid_to:
                withdrawn.setdefault((column, code.valid_to), []).append(code.code)
            if code.valid_from:
                not_yet.setdefault((column, code.valid_from), []).append(code.code)
    odd = [
        ("CODE-WITHDRAWN", _any_of(f"{judged_on.start} > {{day}}", withdrawn)),
        ("CODE-NOT-YET-VALID", _any_of(f"{judged_on.end} < {{day}}", not_yet)),
    ]
    # What raw keeps as it was delivered, tables for people show too.
    kept = [
        _delivered(column)
        for column in dataset.columns
        if column.kind is Kind.TEXT and column.personal in (PersonalData.NONE, PersonalData.SENSITIVE)
    ]
    odd.append(("TEXT-FORMULA", " or ".join(spreadsheets.is_formula_sql(text) for text in kept)))
    odd += [(mark.rule, mark.condition) for mark in dataset.marks]
    cases = [f"case when {condition} then '{rule}' end" for rule, condition in odd if condition]
    if not cases:
        return "cast(null as varchar)"
    # Words are put together for the few rows that are odd, not for all.
    is_odd = " or ".join(f"({condition})" for _, condition in odd if condition)
    return f"case when {is_odd} then concat_ws(' ', {', '.join(cases)}) end"


def _any_of(comparison: str, codes: dict[tuple[Column, dt.date], list[str]]) -> str:
    cases = []
    for (column, day), listed in codes.items():
        among = f"list_contains([{sql.literals(listed)}], {_delivered(column)})"
        if column.kind is Kind.CODES:
            among = f"list_has_any([{sql.literals(listed)}], string_split({_delivered(column)}, ';'))"
        cases.append(f"({comparison.format(day=sql.literal(day))} and {among})")
    return " or ".join(cases)
