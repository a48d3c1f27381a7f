"""What needs a person now, most urgent first: for `warehouse status` and the quality page. Counts, never values."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from childrens_warehouse.landing import quarantine
from childrens_warehouse.ledger_views import rows

# A nightly run that is not heard of for this long was stopped or forgotten.
_SILENCE = dt.timedelta(hours=36)
# After so many nights nobody can call it late any more.
_STALE_NIGHTS = 7
_RERUN = "What was in force stays; when it comes, the next run takes it in."


@dataclass(frozen=True)
class Item:
    """One thing a person must act on, or (is_urgent False) look at when there is time.

    kind: one of HELD, REFUSED, LATE, STALE, SILENT, ROWS, VOLUME, COLUMNS.
    since: the night or day it began; None when it is about the last file only.
    """

    kind: str
    what: str
    todo: str
    since: dt.date | None = None
    is_urgent: bool = True


def items(connection: duckdb.DuckDBPyConnection, timezone: ZoneInfo) -> tuple[Item, ...]:
    """Everything that waits for a person by the ledger opened with `ledger_views.open_ledger`; times are local."""
    found = [
        *_silence(connection, timezone),
        *_held(connection),
        *_refused_files(connection),
        *_late(connection, timezone),
        *_rows_above_usual(connection),
        *_unusual_volumes(connection),
        *_changed_columns(connection),
    ]
    return tuple(sorted(found, key=lambda item: not item.is_urgent))


def _silence(connection: duckdb.DuckDBPyConnection, timezone: ZoneInfo) -> Iterator[Item]:
    last, now = connection.execute(
        "select (select max(recorded_at) from source_night), (select instant from asked_at)"
    ).fetchone() or (None, None)
    if last is not None and now is not None and now - last > _SILENCE:
        yield Item(
            "SILENT",
            f"No night has been run since {_local(last, timezone)}.",
            "See whether Airflow is up (make up) and its landing DAGs are switched on.",
            last.date(),
        )


def _held(connection: duckdb.DuckDBPyConnection) -> Iterator[Item]:
    """Builds since the last release that readers do not get."""
    waiting = rows(
        connection,
        """
        select * from build
        where state in ('held', 'could not judge', 'failed') and begun_at > coalesce(
            (select max(begun_at) from build where state = 'published' and known_on is null), timestamp '1970-01-01'
        )
        order by begun_at
        """,
    )
    if not waiting:
        return
    last = waiting[-1]
    since = min(each["as_at"] for each in waiting)
    times = f"{len(waiting)} builds" if len(waiting) > 1 else "a build"
    if last["state"] == "held":
        broken = rows(
            connection,
            """
            select rule, string_agg(distinct table_name, ', ' order by table_name) as tables from gate_rule
            where build_id = ? and severity = 'critical' group by rule order by rule
            """,
            [last["build_id"]],
        )
        said = "; ".join(f"{each['rule']} on {each['tables']}" for each in broken)
        todo = " ".join(dict.fromkeys(_rule(each["rule"], "how_to_put_it_right") for each in broken))
        yield Item("HELD", f"The gate holds {times}: {said}. Readers keep the last good release.", todo, since)
    elif last["state"] == "could not judge":
        yield Item(
            "HELD",
            f"The gate could not judge {times}: {last['message']} Readers keep the last good release.",
            "This says nothing about the data: put right what the message names and trigger build_warehouse again.",
            since,
        )
    else:
        yield Item(
            "HELD",
            f"{times[0].upper()}{times[1:]} failed in {last['failed_step']}. Readers keep the last good release.",
            f"{last['message'] or ''} Mend it and trigger build_warehouse again.".strip(),
            since,
        )


def _refused_files(connection: duckdb.DuckDBPyConnection) -> Iterator[Item]:
    for each in rows(connection, "select * from refused_file where state = 'open' order by authority, file_name, rule"):
        times = f", {each['times_seen']} nights" if each["times_seen"] > 1 else ""
        yield Item(
            "REFUSED",
            f"{each['authority']}/{each['source']}/{each['file_name']} is refused{times}: {each['rule']}. "
            f"{_rule(each['rule'], 'what')}",
            f"{_rule(each['rule'], 'how_to_put_it_right')} What was in force stays.",
            each["first_seen"],
        )


def _late(connection: duckdb.DuckDBPyConnection, timezone: ZoneInfo) -> Iterator[Item]:
    """Datasets later than due; those of one source that are late since the same day are one matter."""
    late = rows(
        connection,
        """
        select f.*, count(*) over (partition by f.authority, f.source, f.late_since) as alike,
            (select count(*) from dataset_freshness as o where o.authority = f.authority and o.source = f.source)
                as of_source
        from dataset_freshness as f
        where state = 'late' and not (last_status = 'refused' and exists (
            select 1 from refused_file as r
            where r.state = 'open' and r.authority = f.authority
                and list_contains(string_split(r.datasets, ' '), f.dataset)
        ))
        order by late_since, authority, source, dataset
        """,
    )
    matters: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for each in late:
        matters[each["authority"], each["source"], each["late_since"]].append(each)
    for (authority, source, since), datasets in matters.items():
        names = ", ".join(each["dataset"] for each in datasets)
        which = f"all of {source}" if len(datasets) == datasets[0]["of_source"] else f"{source}: {names}"
        nights = max(each["nights_missed"] for each in datasets)
        as_of = min(each["as_of"] for each in datasets)
        to_do = f"Ask {_supplier(source)} for the folder. {_RERUN}"
        if any(each["last_status"] == "overtaken" for each in datasets):
            to_do = (
                f"What came since was generated before that, by its own account, and does not count: ask "
                f"{_supplier(source)} for it again, with a generated_at that is right."
            )
        yield Item(
            "STALE" if nights > _STALE_NIGHTS else "LATE",
            f"{authority}, {which}: due {_local(since, timezone)}, known as of {as_of.day} {as_of:%B %Y}, "
            f"{nights} night{'s' if nights > 1 else ''} missed.",
            to_do,
            since.date(),
        )


def _rows_above_usual(connection: duckdb.DuckDBPyConnection) -> Iterator[Item]:
    for each in rows(connection, _newest("is_refused_unusual")):
        worst = connection.execute(
            """
            select rule, count(*) as n from refused_row_file
            where authority = ? and dataset = ? and generated_at = ? group by rule order by n desc, rule limit 1
            """,
            [each["authority"], each["dataset"], each["generated_at"]],
        ).fetchone()
        named = f", most by {worst[0]}" if worst else ""
        todo = _rule(worst[0], "how_to_put_it_right") if worst else ""
        yield Item(
            "ROWS",
            f"{each['authority']}/{each['source']}/{each['file_name']}: {each['rows_refused']:,} of "
            f"{each['rows_read']:,} rows refused, usually {each['usual_refused']:,.0f}{named}.",
            f"{todo} List: warehouse quarantine --dataset {each['dataset']}".strip(),
            each["extract_date"],
        )


def _unusual_volumes(connection: duckdb.DuckDBPyConnection) -> Iterator[Item]:
    for each in rows(connection, _newest("rule is not null")):
        yield Item(
            "VOLUME",
            f"{each['authority']}/{each['source']}/{each['file_name']} has {each['rows_read']:,} rows, usually "
            f"{each['usual_rows']:,.0f}.",
            "Compare with the supplier; if it is wrong ask for the file again.",
            each["extract_date"],
            is_urgent=False,
        )


def _changed_columns(connection: duckdb.DuckDBPyConnection) -> Iterator[Item]:
    """Changes that came with the newest file, or with one of the week before it."""
    changed = rows(
        connection,
        """
        select authority, source, file_name, generated_at, extract_date,
            string_agg(
                change || ' ' || coalesce(was || ' to ', '') || column_name, ', ' order by change, column_name
            ) as changes
        from schema_change
        where extract_date > (select max(night) from source_night) - 7
        group by all
        order by authority, source, file_name, generated_at
        """,
    )
    for each in changed:
        yield Item(
            "COLUMNS",
            f"{each['authority']}/{each['source']}/{each['file_name']} has other columns than before: "
            f"{each['changes']}.",
            "If it is meant, add the column or spelling to the dataset's declaration; else tell the supplier.",
            each["extract_date"],
            is_urgent=False,
        )


def _newest(condition: str) -> str:
    """The newest file of each dataset, where it fulfils a condition."""
    return f"""
        select * from (
            select * from file_volume
            qualify row_number() over (partition by authority, dataset order by generated_at desc, sha256 desc) = 1
        )
        where {condition}
        order by authority, source, dataset
    """


def _local(instant: dt.datetime, timezone: ZoneInfo) -> str:
    shown = instant.replace(tzinfo=dt.UTC).astimezone(timezone)
    return f"{shown.day} {shown:%B %Y, %H:%M}"


def _rule(rule: str, said: str) -> str:
    """The words of a rule. A file's own stay in the ledger: a reason may quote a header that is none."""
    return quarantine.rules().get(rule, {}).get(said, "")


def _supplier(source: str) -> str:
    return {"social_care": "social care", "health": "the health trust", "education": "education"}.get(source, source)
