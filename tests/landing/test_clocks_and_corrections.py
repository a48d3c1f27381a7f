"""Suppliers correct what they delivered at any moment, and their clocks are wrong: nothing is lost, all is said."""

from __future__ import annotations

import datetime as dt
import os
import threading

import pytest

from childrens_warehouse.datasets import BY_NAME
from childrens_warehouse.landing import keep, receive
from childrens_warehouse.landing import night as landing
from childrens_warehouse.privacy.retention import disposing
from childrens_warehouse.raw.acceptance import accepted
from childrens_warehouse.raw.in_force import in_force

DAY, NEXT = "2017-05-30", "2017-05-31"
UASC = "CHILD,SEX,DOB,DUC\n"
ATTENDANCE = "upn,school_urn,date,session,supplier,mark\n"


def uasc(*children: int, sex: str = "1") -> str:
    return UASC + "".join(f"{child},{sex},05/06/2005,\n" for child in children)


def children_in_force(supplier) -> list[int]:
    return sorted(each.rows_loaded for each in in_force(supplier.settings).extracts)


def counts(outcome) -> tuple[int, int, int, int]:
    return outcome.rows_new, outcome.rows_changed, outcome.rows_unchanged, outcome.rows_withdrawn


def test_a_correction_that_comes_while_the_night_lands_is_taken_in_by_the_next(supplier):
    supplier.deliver("social_care", DAY, {"uasc.csv": uasc(1)})
    night = dt.date.fromisoformat(DAY)
    [delivery] = landing.expect(supplier.settings, "social_care", night, "310", "first")
    landing.land(supplier.settings, delivery, "first")
    supplier.deliver("social_care", DAY, {"uasc.csv": uasc(1, 2)}, generated_at="2017-05-31T09:00:00Z")
    landing.close(supplier.settings, "social_care", night, "first", [])

    assert supplier.land("social_care", NEXT, "second")["uasc.csv"].status == "accepted"
    assert children_in_force(supplier) == [2]


def test_a_file_that_was_swapped_under_its_manifest_is_taken_in_once_the_manifest_follows(supplier):
    folder = supplier.deliver("social_care", DAY, {"uasc.csv": uasc(1)})
    night = dt.date.fromisoformat(DAY)
    [delivery] = landing.expect(supplier.settings, "social_care", night, "310", "first")
    (folder / "uasc.csv").write_text(uasc(1, 2))
    assert landing.land(supplier.settings, delivery, "first")[0].rule == "FILE-HASH"
    supplier.deliver("social_care", DAY, {"uasc.csv": uasc(1, 2)})
    landing.close(supplier.settings, "social_care", night, "first", [])
    assert supplier.land("social_care", NEXT, "second")["uasc.csv"].rows_loaded == 2


def test_what_is_dated_ahead_is_refused_since_it_would_hold_back_all_that_follows(supplier):
    supplier.deliver("social_care", DAY, {"uasc.csv": uasc(1)}, generated_at="2091-05-31T02:00:00Z")
    outcome = supplier.land("social_care", DAY)["uasc.csv"]
    assert (outcome.status, outcome.rule) == ("refused", "FILE-FUTURE") and "2091-05-31" in outcome.reason
    supplier.deliver("social_care", NEXT, {"uasc.csv": uasc(1, 2)})
    assert supplier.land("social_care", NEXT)["uasc.csv"].status == "accepted"
    assert children_in_force(supplier) == [2]


@pytest.mark.parametrize("minutes", [-10, 10, 90])
def test_clocks_may_differ_by_minutes_and_by_a_zone(supplier, minutes):
    told = (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)).isoformat()
    supplier.deliver("social_care", DAY, {"uasc.csv": uasc(1)}, generated_at=told)
    assert supplier.land("social_care", DAY)["uasc.csv"].status == "accepted"


def test_without_a_manifest_a_file_dated_ahead_is_refused_and_not_waited_for(supplier):
    path = supplier.folder("social_care", DAY) / "uasc.csv"
    path.write_text(uasc(1))
    ahead = dt.datetime(2091, 1, 1, tzinfo=dt.UTC).timestamp()
    os.utime(path, (ahead, ahead))
    assert supplier.land("social_care", DAY)["uasc.csv"].rule == "FILE-FUTURE"


def test_a_clock_that_goes_back_is_told_and_the_source_is_not_called_fresh(supplier):
    supplier.deliver("social_care", DAY, {"uasc.csv": uasc(1, 2)}, generated_at="2017-06-05T02:00:00Z")
    supplier.land("social_care", DAY, "first")
    supplier.deliver("social_care", NEXT, {"uasc.csv": uasc(1)}, generated_at="2017-06-01T02:00:00Z")
    outcome = supplier.land("social_care", NEXT, "second")["uasc.csv"]
    assert outcome.status == "accepted" and children_in_force(supplier) == [2]
    assert outcome.notes == f"does not count: the file of {DAY}, no older than this, is in force"
    closed = landing.close(supplier.settings, "social_care", dt.date.fromisoformat(NEXT), "second", [])
    assert closed.as_of == {"310": DAY}


def test_under_one_stamp_the_later_night_counts_whichever_came_last(supplier):
    for day, children in ((NEXT, (1, 2, 3)), (DAY, (1, 2))):
        supplier.deliver("social_care", day, {"uasc.csv": uasc(*children)}, generated_at="2017-05-01T00:00:00Z")
        supplier.land("social_care", NEXT)
    assert children_in_force(supplier) == [3]


def test_the_same_content_under_one_stamp_is_of_the_later_night_whichever_came_last(supplier):
    for day in (NEXT, DAY):
        supplier.deliver("social_care", day, {"uasc.csv": uasc(1)}, generated_at="2017-05-01T00:00:00Z")
        supplier.land("social_care", NEXT)
    assert [str(each.extract_date) for each in in_force(supplier.settings).extracts] == [NEXT]


def test_of_a_key_that_comes_twice_the_last_row_is_compared(supplier):
    supplier.deliver("social_care", DAY, {"uasc.csv": uasc(1, 2)})
    supplier.land("social_care", DAY)
    supplier.deliver("social_care", NEXT, {"uasc.csv": uasc(1, 2) + "2,2,05/06/2005,\n"})
    assert counts(supplier.land("social_care", NEXT)["uasc.csv"]) == (0, 1, 1, 0)


def test_a_register_that_comes_back_is_compared_with_what_counted_last(supplier):
    def mark(sign: str) -> dict[str, str]:
        return {"attendance.csv": ATTENDANCE + f"A1,100001,2017-05-08,AM,sims,{sign}\n"}

    found = []
    for day, sign in (("2017-05-08", "/"), ("2017-05-09", "I"), ("2017-05-10", "/"), ("2017-05-11", "I")):
        supplier.deliver("education", day, mark(sign))
        found.append(counts(supplier.land("education", day)["attendance.csv"]))
    assert found == [(1, 0, 0, 0), (0, 1, 0, 0), (0, 1, 0, 0), (0, 1, 0, 0)]


def test_content_comes_again_whose_names_retention_has_removed(supplier):
    header = ",".join(column.name for column in BY_NAME["persons"].columns) + "\n"
    for day, surname in ((DAY, "Made"), (NEXT, "Other")):
        row = {"child_id": "1", "surname": surname, "date_of_birth": "2005-06-05"}
        line = ",".join(row.get(name, "") for name in header.strip().split(","))
        supplier.deliver("social_care", day, {"persons.csv": f"{header}{line}\n"})
        supplier.land("social_care", day)
    [first] = [each for each in accepted(supplier.home, "persons") if str(each.extract_date) == DAY]
    keep.persons(first, supplier.home).unlink()

    content = (supplier.folder("social_care", DAY) / "persons.csv").read_text()
    supplier.deliver("social_care", "2017-06-01", {"persons.csv": content})
    assert supplier.land("social_care", "2017-06-01")["persons.csv"].status == "accepted"
    assert keep.persons(first, supplier.home).exists()


def test_no_original_goes_while_a_file_lands_that_may_rest_on_it(supplier):
    disposed = threading.Event()

    def dispose() -> None:
        disposing.dispose(supplier.settings, "J. Smith", "Their time is over", dt.datetime.now(dt.UTC))
        disposed.set()

    with receive.archive_held(supplier.home):
        other = threading.Thread(target=dispose)
        other.start()
        assert not disposed.wait(0.5)
    other.join(30)
    assert disposed.is_set()
