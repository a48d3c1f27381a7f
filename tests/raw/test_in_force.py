"""Which file is in force: any order of arrival gives the same state, and the past can be asked for."""

from __future__ import annotations

import datetime as dt
import itertools

import duckdb
import pytest

from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.raw import in_force as in_force_module
from childrens_warehouse.raw.in_force import create_raw_schema, in_force

UASC = "CHILD,SEX,DOB,DUC\n"
ATTENDANCE = "upn,school_urn,date,session,supplier,mark\n"
SCHOOLS = "urn,name,phase,la_code,postcode,opened_on,closed_on\n"


def uasc(*children: int) -> str:
    return UASC + "".join(f"{child},1,05/06/2005,\n" for child in children)


def marks(school: int, day: str, *marks_by_pupil: str, supplier: str = "sims") -> str:
    return "".join(f"A{n:012},{school},{day},AM,{supplier},{mark}\n" for n, mark in enumerate(marks_by_pupil))


def rows(settings, query: str, known_on: dt.datetime | None = None, rebuild=None):
    force = in_force(settings, known_on)
    months = [(each.authority, each.month) for each in force.partitions] if rebuild is None else rebuild
    connection = duckdb.connect()
    create_raw_schema(connection, settings, force, months)
    return connection.execute(query).fetchall()


def test_the_newest_stamp_of_a_scope_counts_whatever_arrives_last(supplier):
    supplier.deliver("social_care", "2017-05-30", {"uasc.csv": uasc(1, 2)}, generated_at="2017-06-02T00:00:00Z")
    supplier.deliver("social_care", "2017-05-31", {"uasc.csv": uasc(1)}, generated_at="2017-06-01T00:00:00Z")
    supplier.land("social_care", "2017-05-31")
    assert rows(supplier.settings, "select count(*) from raw.ssda903_uasc") == [(2,)]


def test_collection_years_stand_beside_each_other_and_a_newer_full_list_replaces_them(supplier):
    supplier.deliver("social_care", "2016-03-31", {"uasc.csv": uasc(1)})
    supplier.deliver("social_care", "2017-03-31", {"uasc.csv": uasc(2)})
    supplier.land("social_care", "2017-03-31")
    by_year = "select _collection_year, count(*) from raw.ssda903_uasc group by all order by all"
    assert rows(supplier.settings, by_year) == [(2016, 1), (2017, 1)]

    supplier.deliver("social_care", "2017-05-31", {"uasc.csv": uasc(1, 2, 3)}, coverage="full")
    supplier.land("social_care", "2017-05-31")
    assert rows(supplier.settings, by_year) == [(None, 3)]

    supplier.deliver("social_care", "2017-06-30", {"uasc.csv": uasc(1, 2)}, coverage="collection_year:2017")
    supplier.land("social_care", "2017-06-30")
    assert rows(supplier.settings, by_year) == [(2017, 2), (None, 3)]


def test_attendance_is_replaced_register_by_register(supplier):
    monday, tuesday = "2017-05-08", "2017-05-09"
    supplier.deliver(
        "education", "2017-05-09",
        {"attendance.csv": ATTENDANCE + marks(100001, monday, "/", "/") + marks(100001, tuesday, "/", "/")
         + marks(100002, monday, "/", "/")},
    )  # fmt: skip
    supplier.land("education", "2017-05-09")
    # Monday of one school comes again, with one pupil less and another mark
    supplier.deliver("education", "2017-05-10", {"attendance.csv": ATTENDANCE + marks(100001, monday, "I")})
    supplier.land("education", "2017-05-10")
    assert rows(
        supplier.settings,
        "select school_urn, session_date, string_agg(mark, '' order by mark) from raw.attendance "
        "group by all order by all",
    ) == [
        (100001, dt.date(2017, 5, 8), "I"),
        (100001, dt.date(2017, 5, 9), "//"),
        (100002, dt.date(2017, 5, 8), "//"),
    ]
    (partition,) = in_force(supplier.settings).partitions
    assert partition.rows == 5
    assert rows(supplier.settings, "select sum(rows_in_force) from raw.extract") == [(5,)]


def test_only_the_months_to_rebuild_are_read(supplier):
    supplier.deliver(
        "education", "2017-06-01",
        {"attendance.csv": ATTENDANCE + marks(100001, "2017-05-31", "/") + marks(100001, "2017-06-01", "/", "/")},
    )  # fmt: skip
    supplier.land("education", "2017-06-01")
    june = [("310", dt.date(2017, 6, 1))]
    assert rows(supplier.settings, "select count(*) from raw.attendance", rebuild=june) == [(2,)]
    assert rows(
        supplier.settings, "select session_month, is_rebuilt from raw.attendance_partition order by 1", rebuild=june
    ) == [(dt.date(2017, 5, 1), False), (dt.date(2017, 6, 1), True)]


def test_a_fingerprint_changes_only_for_the_month_that_changed(supplier):
    supplier.deliver(
        "education", "2017-06-01",
        {"attendance.csv": ATTENDANCE + marks(100001, "2017-05-31", "/") + marks(100001, "2017-06-01", "/")},
    )  # fmt: skip
    supplier.land("education", "2017-06-01")
    may, june = in_force(supplier.settings).partitions
    supplier.deliver("education", "2017-06-02", {"attendance.csv": ATTENDANCE + marks(100001, "2017-06-02", "/")})
    supplier.land("education", "2017-06-02")
    may_after, june_after = in_force(supplier.settings).partitions
    assert may_after == may and june_after != june


def test_any_order_of_arrival_gives_the_same_state(supplier, settings, tmp_path):
    import dataclasses

    from childrens_warehouse.settings import Home
    from tests.conftest import Supplier

    nights = {
        "2017-05-08": {"schools.csv": SCHOOLS + "100001,One,primary,310,,,\n",
                       "attendance.csv": ATTENDANCE + marks(100001, "2017-05-08", "/", "/")},
        "2017-05-09": {"schools.csv": SCHOOLS + "100001,One,primary,310,,,\n100002,Two,primary,310,,,\n",
                       "attendance.csv": ATTENDANCE + marks(100001, "2017-05-09", "/")
                       + marks(100001, "2017-05-08", "I")},
        "2017-05-10": {"schools.csv": SCHOOLS + "100002,Two,primary,310,,,\n"},
    }  # fmt: skip
    states = set()
    for number, order in enumerate(itertools.permutations(nights)):
        home = Home(tmp_path / f"home{number}").create()
        one = Supplier(dataclasses.replace(settings, home=home))
        for day in order:
            one.deliver("education", day, nights[day])
            one.land("education", day)
        force = in_force(one.settings)
        states.add(
            (force.fingerprint, tuple(rows(one.settings, "select * exclude (_stamp) from raw.attendance order by all")))
        )
    assert len(states) == 1


def test_the_past_can_be_asked_for(supplier):
    supplier.deliver("social_care", "2017-05-30", {"uasc.csv": uasc(1)})
    supplier.deliver("social_care", "2017-05-31", {"uasc.csv": uasc(1, 2)})
    supplier.land("social_care", "2017-05-31")
    known_on = dt.datetime(2017, 5, 31, 12, tzinfo=dt.UTC)
    count = "select count(*) from raw.ssda903_uasc"
    assert rows(supplier.settings, count, known_on) == [(1,)]
    assert rows(supplier.settings, count) == [(2,)]


def test_the_same_content_again_is_a_new_acceptance_of_old_rows(supplier):
    for day, children in (("2017-05-29", (1,)), ("2017-05-30", (1, 2)), ("2017-05-31", (1,))):
        supplier.deliver("social_care", day, {"uasc.csv": uasc(*children)})
        outcome = supplier.land("social_care", day)["uasc.csv"]
    # It takes back what came between: a night on which something changes.
    assert (outcome.status, outcome.rows_unchanged, outcome.rows_withdrawn) == ("accepted", 1, 1)
    assert outcome.notes == "same content as 2017-05-29"
    assert rows(supplier.settings, "select count(*) from raw.ssda903_uasc") == [(1,)]
    assert len(list(supplier.home.raw.glob("*/*/content/*.parquet"))) == 2


def test_new_changed_unchanged_and_withdrawn_are_counted(supplier):
    supplier.deliver(
        "education", "2017-05-30", {"schools.csv": SCHOOLS + "100001,A,,,,,\n100002,B,,,,,\n100003,C,,,,,\n"}
    )
    supplier.land("education", "2017-05-30")
    supplier.deliver(
        "education", "2017-05-31", {"schools.csv": SCHOOLS + "100001,A,,,,,\n100002,X,,,,,\n100004,D,,,,,\n"}
    )
    outcome = supplier.land("education", "2017-05-31")["schools.csv"]
    counts = (outcome.rows_new, outcome.rows_changed, outcome.rows_unchanged, outcome.rows_withdrawn)
    assert counts == (1, 1, 1, 1)


def test_two_keys_are_not_mixed(supplier, monkeypatch):
    supplier.deliver("social_care", "2017-05-30", {"uasc.csv": uasc(1)})
    supplier.land("social_care", "2017-05-30")
    before = in_force(supplier.settings)
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", "another key, as long as the first one was")
    supplier.deliver("social_care", "2016-03-31", {"uasc.csv": uasc(1)})
    with pytest.raises(ConfigurationError, match=r"raw was made with key [0-9a-f]{8}: the same child would be two"):
        supplier.land("social_care", "2016-03-31")
    assert in_force(supplier.settings) == before


def test_a_register_that_comes_again_is_compared_with_the_one_it_replaces(supplier):
    monday = "2017-05-08"
    for day, register in (("2017-05-08", ("/", "/", "/")), ("2017-05-09", ("/", "I")), ("2017-05-10", ("/", "L", "/"))):
        supplier.deliver("education", day, {"attendance.csv": ATTENDANCE + marks(100001, monday, *register)})
        outcome = supplier.land("education", day)["attendance.csv"]
    counts = (outcome.rows_new, outcome.rows_changed, outcome.rows_unchanged, outcome.rows_withdrawn)
    assert counts == (1, 1, 1, 0)  # against the second delivery: its two pupils, one of them with another mark


def test_months_are_read_in_as_few_ranges_as_can_be():
    """April, May and September are wanted; of June there are rows that are not, of July and August there are none."""
    april, may, june, september = (dt.date(2017, month, 1) for month in (4, 5, 6, 9))
    assert in_force_module._ranges({april, may, september}, {april, may, june, september}) == [
        (april, dt.date(2017, 5, 31)),
        (september, dt.date(2017, 9, 30)),
    ]
    assert in_force_module._ranges({may, september}, {may, september}) == [(may, dt.date(2017, 9, 30))]
    assert in_force_module._ranges(set(), {may}) == []


def test_of_one_stamp_a_full_list_replaces_the_years_as_dbt_has_it(supplier):
    for day, coverage in (("2017-05-30", "full"), ("2017-05-31", "collection_year:2018")):
        supplier.deliver("social_care", day, {"uasc.csv": uasc(1)}, coverage, generated_at="2017-05-01T00:00:00Z")
        supplier.land("social_care", day)
    assert [each.scope for each in in_force(supplier.settings).extracts] == ["full"]
