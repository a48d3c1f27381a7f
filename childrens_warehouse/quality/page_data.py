"""What the quality page says, read from the ledger's views. Counts of rows and files; nothing about a child.

A refusal's own reason may quote a header that is none; the page has the words of its rule instead.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from childrens_warehouse.datasets import BY_NAME, Source
from childrens_warehouse.landing import quarantine
from childrens_warehouse.ledger_views import rows
from childrens_warehouse.quality import attention
from childrens_warehouse.quality.attention import Item

WEEKS = 13
NIGHTS = WEEKS * 7
_FILES_DRAWN = 40

# State of a night -> (sign, words). The worst of a night's is shown.
SIGNS = {
    "refused": ("R", "a file was refused"),
    "late": ("L", "late or no folder"),
    "arrived": ("✓", "arrived"),
    "held": ("H", "held by the gate"),
    "not judged": ("?", "the gate could not judge"),
    "failed": ("F", "the build failed"),
    "published": ("✓", "published"),
    "nothing": ("·", "nothing new"),
    "none": ("", "no run"),
}
_STATE_OF_BUILD = {
    "published": "published", "held": "held", "could not judge": "not judged", "failed": "failed",
    "gated": "failed", "unfinished": "failed",
}  # fmt: skip


@dataclass(frozen=True)
class Day:
    """One night of a calendar; `state` is a key of SIGNS."""

    date: dt.date
    state: str
    detail: str = ""


@dataclass(frozen=True)
class Calendar:
    """The nights of one source, or of publication: weeks of seven days, Monday first, oldest first."""

    title: str
    weeks: tuple[tuple[Day | None, ...], ...]
    counts: dict[str, int]


@dataclass(frozen=True)
class DatasetLine:
    """One dataset of one authority: how fresh it is and how large its files were, oldest first.

    in_release: the release its newest file is in, or that it is waiting for one.
    """

    authority: str
    source: str
    dataset: str
    title: str
    owner: str
    due: str
    as_of: dt.date | None
    state: str
    late_since: dt.datetime | None
    nights_missed: int
    volumes: tuple[int, ...]
    median: float | None
    is_unusual: bool
    open_rows: int
    in_release: str | None


@dataclass(frozen=True)
class Reason:
    """Open rows of one dataset and rule, or one file refused whole (rows None)."""

    rule: str
    what: str
    todo: str
    where: str
    rows: int | None
    since: dt.date
    last_file: str


@dataclass(frozen=True)
class Trend:
    """One count a night, oldest first."""

    title: str
    values: tuple[int, ...]


@dataclass(frozen=True)
class PageData:
    """Everything on the page."""

    now: dt.datetime
    last_night: dt.date | None
    authorities: tuple[str, ...]
    release: str | None
    released_at: dt.datetime | None
    items: tuple[Item, ...]
    calendars: tuple[Calendar, ...]
    lines: tuple[DatasetLine, ...]
    reasons: tuple[Reason, ...]
    gates: tuple[dict[str, Any], ...]
    changes: tuple[dict[str, Any], ...]
    nights: tuple[dt.date, ...]
    trends: tuple[Trend, ...]

    @property
    def urgent(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.is_urgent)

    @property
    def worth_a_look(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if not item.is_urgent)


def gather(connection: duckdb.DuckDBPyConnection, timezone: ZoneInfo) -> PageData:
    """Read the page's content from a ledger opened with `ledger_views.open_ledger`."""
    last, now = connection.execute(
        "select (select max(night) from source_night), (select instant from asked_at)"
    ).fetchone() or (None, None)
    release = connection.execute(
        "select release_id, recorded_at from release_event where json_extract_string(detail, '$.known_on') is null"
        " order by recorded_at desc, rowid desc limit 1"
    ).fetchone() or (None, None)
    nights = tuple(last - dt.timedelta(days=back) for back in reversed(range(NIGHTS - 1))) if last else ()
    return PageData(
        now=now,
        last_night=last,
        authorities=tuple(
            code for (code,) in connection.execute("select distinct authority from file_event order by 1").fetchall()
        ),
        release=release[0],
        released_at=release[1],
        items=attention.items(connection, timezone),
        calendars=_calendars(connection, last) if last else (),
        lines=_lines(connection),
        reasons=_reasons(connection),
        gates=_gates(connection, last) if last else (),
        changes=tuple(rows(connection, "select * from schema_change order by generated_at desc, dataset limit 20")),
        nights=nights,
        trends=_trends(connection, nights),
    )


def _calendars(connection: duckdb.DuckDBPyConnection, last: dt.date) -> tuple[Calendar, ...]:
    states: dict[str, dict[dt.date, tuple[str, str]]] = defaultdict(dict)
    for source, night, refused, late, arrived, files in connection.execute(
        """
        select source, night,
            string_agg(distinct file_name, ', ' order by file_name) filter (where status = 'refused'),
            string_agg(distinct authority, ', ' order by authority) filter (where status = 'no folder' or is_late),
            count(*) filter (where status in ('accepted', 'unchanged')),
            count(*)
        from dataset_night
        where night > ? group by source, night
        """,
        [last - dt.timedelta(days=NIGHTS)],
    ).fetchall():
        if refused:
            states[source][night] = ("refused", refused)
        elif late:
            states[source][night] = ("late", late)
        else:
            states[source][night] = ("arrived", f"{arrived} of {files} datasets") if arrived else ("nothing", "")
    for night, state, release in connection.execute(
        "select as_at, arg_max(state, begun_at), arg_max(release_id, begun_at) from build"
        " where known_on is null and as_at > ? group by as_at",
        [last - dt.timedelta(days=NIGHTS)],
    ).fetchall():
        states["publication"][night] = (_STATE_OF_BUILD[state], release or "")
    run = {night for (night,) in connection.execute("select distinct night from source_night").fetchall()}
    return tuple(
        _calendar(title, states[key], run, last)
        for key, title in [*((str(source), str(source).replace("_", " ").capitalize()) for source in Source),
                           ("publication", "Publication")]
    )  # fmt: skip


def _calendar(title: str, states: dict[dt.date, tuple[str, str]], run: set[dt.date], last: dt.date) -> Calendar:
    first_monday = last - dt.timedelta(days=last.weekday() + 7 * (WEEKS - 1))
    weeks = []
    for week in range(WEEKS):
        days: list[Day | None] = []
        for weekday in range(7):
            date = first_monday + dt.timedelta(days=7 * week + weekday)
            known = states.get(date) or (("nothing", "") if date in run else ("none", ""))
            days.append(Day(date, *known) if date <= last else None)
        weeks.append(tuple(days))
    counts = Counter(day.state for week in weeks for day in week if day and day.state != "none")
    return Calendar(title, tuple(weeks), dict(counts))


def _lines(connection: duckdb.DuckDBPyConnection) -> tuple[DatasetLine, ...]:
    volumes: dict[tuple[str, str], list[int]] = defaultdict(list)
    unusual: dict[tuple[str, str], bool] = {}
    for authority, dataset, rows_read, rule in connection.execute(
        """
        select authority, dataset, rows_read, rule from file_volume
        qualify row_number() over (
            partition by authority, dataset order by generated_at desc, extract_date desc, sha256 desc
        ) <= ?
        order by generated_at, extract_date, sha256
        """,
        [_FILES_DRAWN],
    ).fetchall():
        volumes[authority, dataset].append(rows_read or 0)
        unusual[authority, dataset] = rule is not None
    waiting = {
        (authority, dataset): count
        for authority, dataset, count in connection.execute(
            "select authority, dataset, count(*) from refused_row where state = 'open' group by all"
        ).fetchall()
    }
    released = {
        (authority, dataset): release
        for authority, dataset, release in connection.execute(
            "select authority, dataset, arg_max(coalesce(last_release, became), night) from dataset_night"
            " where status in ('accepted', 'unchanged') group by all"
        ).fetchall()
    }
    lines = []
    for each in rows(connection, "select * from dataset_freshness where dataset in (select dataset from dataset)"):
        key = each["authority"], each["dataset"]
        declared = BY_NAME[each["dataset"]]
        lines.append(
            DatasetLine(
                authority=each["authority"],
                source=each["source"],
                dataset=each["dataset"],
                title=declared.title,
                owner=declared.owner,
                due=declared.due,
                as_of=each["as_of"],
                state=each["state"],
                late_since=each["late_since"],
                nights_missed=each["nights_missed"] or 0,
                volumes=tuple(volumes[key]),
                median=statistics.median(volumes[key]) if volumes[key] else None,
                is_unusual=unusual.get(key, False),
                open_rows=waiting.get(key, 0),
                in_release=released.get(key),
            )
        )
    order = {name: number for number, name in enumerate(BY_NAME)}
    return tuple(sorted(lines, key=lambda line: (line.authority, line.state == "on time", order[line.dataset])))


def _reasons(connection: duckdb.DuckDBPyConnection) -> tuple[Reason, ...]:
    known = quarantine.rules()
    found = rows(
        connection,
        """
        select rule, authority || ' ' || file_name as place, null as rows, first_seen as since,
            last_seen || '/' || file_name as last_file
        from refused_file where state = 'open'
        union all
        select rule, authority || ' ' || dataset, count(*), min(first_night),
            max(last_night || '/' || file_name)
        from refused_row where state = 'open' group by rule, authority, dataset
        order by rows desc nulls first, since, place, rule
        """,
    )
    return tuple(
        Reason(
            rule=each["rule"],
            what=known.get(each["rule"], {}).get("what", ""),
            todo=known.get(each["rule"], {}).get("how_to_put_it_right", ""),
            where=each["place"],
            rows=each["rows"],
            since=each["since"],
            last_file=each["last_file"],
        )
        for each in found
    )


def _gates(connection: duckdb.DuckDBPyConnection, last: dt.date) -> tuple[dict[str, Any], ...]:
    """Builds of the calendar's nights that were not simply published, and rules that only warned; newest first."""
    return tuple(
        rows(
            connection,
            """
            select
                b.as_at, b.state, b.message, r.rule, r.severity,
                string_agg(r.table_name || coalesce(' (' || r.column_name || ')', ''), ', ' order by r.table_name)
                    as tables,
                b.release_id
            from build as b
            left join gate_rule as r on b.build_id = r.build_id
            where b.as_at > ? and b.known_on is null and (b.state <> 'published' or r.rule is not null)
            group by b.as_at, b.begun_at, b.state, b.message, r.rule, r.severity, b.release_id
            order by b.begun_at desc, r.rule
            limit 30
            """,
            [last - dt.timedelta(days=NIGHTS)],
        )
    )


def _trends(connection: duckdb.DuckDBPyConnection, nights: Sequence[dt.date]) -> tuple[Trend, ...]:
    if not nights:
        return ()
    found = {
        night: counts
        for night, *counts in connection.execute(
            """
            select night, sum(coalesce(rows_read, 0)), sum(coalesce(rows_refused, 0)),
                sum(coalesce(rows_withdrawn, 0))
            from dataset_night where night >= ? group by night
            """,
            [nights[0]],
        ).fetchall()
    }
    return tuple(
        Trend(title, tuple(int(found[night][place]) if night in found else 0 for night in nights))
        for place, title in enumerate(("Rows read", "Rows refused", "Rows withdrawn"))
    )
