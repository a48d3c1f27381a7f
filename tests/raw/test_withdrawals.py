"""What disappears from a list is withdrawn on that night, said, and the same in any order of arrival."""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.raw import withdrawals
from childrens_warehouse.raw.in_force import create_raw_schema, in_force

UASC = "CHILD,SEX,DOB,DUC\n"
SCHOOLS = "urn,name,phase,la_code,postcode,opened_on,closed_on\n"
WITHDRAWN = "select dataset, scope, withdrawn_on, source_row, is_back from raw.withdrawal order by all"


def uasc(*children: int) -> str:
    return UASC + "".join(f"{child},1,05/06/2005,\n" for child in children)


def schools(*urns: int) -> str:
    return SCHOOLS + "".join(f"{urn},Made {urn},primary,310,HA1 1AA,,\n" for urn in urns)


def raw(settings, query: str, known_on: dt.datetime | None = None):
    connection = duckdb.connect()
    create_raw_schema(connection, settings, in_force(settings, known_on), [])
    return connection.execute(query).fetchall()


def deliver(supplier, day: str, *children: int) -> None:
    supplier.deliver("social_care", day, {"uasc.csv": uasc(*children)})


def test_a_row_that_disappears_is_withdrawn_on_that_night(supplier):
    deliver(supplier, "2017-05-29", 1, 2, 3)
    deliver(supplier, "2017-05-30", 1, 3)
    outcome = supplier.land("social_care", "2017-05-30")["uasc.csv"]
    assert (outcome.rows_withdrawn, outcome.rows_unchanged) == (1, 2)
    assert raw(supplier.settings, WITHDRAWN) == [
        ("ssda903_uasc", "collection_year:2018", dt.date(2017, 5, 30), 3, False)
    ]
    [(child, patient)] = raw(supplier.settings, "select child_key, patient_key from raw.withdrawal")
    assert child and patient is None


def test_a_row_that_comes_back_is_said_to_be_back_and_its_withdrawal_stays(supplier):
    for day, children in (("2017-05-29", (1, 2)), ("2017-05-30", (1,)), ("2017-05-31", (1, 2))):
        deliver(supplier, day, *children)
    supplier.land("social_care", "2017-05-31")
    assert [row[2:] for row in raw(supplier.settings, WITHDRAWN)] == [(dt.date(2017, 5, 30), 3, True)]


def test_another_collection_year_withdraws_nothing(supplier):
    deliver(supplier, "2017-03-31", 1, 2)
    deliver(supplier, "2017-04-30", 1)
    supplier.land("social_care", "2017-04-30")
    assert raw(supplier.settings, WITHDRAWN) == []


def test_as_known_on_a_past_night_nothing_had_disappeared_yet(supplier):
    supplier.deliver("education", "2017-05-29", {"schools.csv": schools(1, 2)})
    supplier.deliver("education", "2017-05-30", {"schools.csv": schools(1)})
    supplier.land("education", "2017-05-30")
    before = dt.datetime(2017, 5, 30, 12, tzinfo=dt.UTC)
    assert raw(supplier.settings, WITHDRAWN, before) == []
    assert len(raw(supplier.settings, WITHDRAWN)) == 1


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_any_order_of_arrival_tells_the_same_withdrawals(supplier, tmp_path: Path, order):
    nights = [("2017-05-29", (1, 2, 3)), ("2017-05-30", (2, 3)), ("2017-05-31", (1, 3))]
    for position in order:
        deliver(supplier, nights[position][0], *nights[position][1])
        supplier.land("social_care", "2017-05-31", run_id=f"run {position}")
        fingerprint = in_force(supplier.settings).fingerprint
    assert [row[2:] for row in raw(supplier.settings, WITHDRAWN)] == [
        (dt.date(2017, 5, 30), 2, True),
        (dt.date(2017, 5, 31), 2, False),
    ]
    # A late file makes new neighbours, and with them another state, although the newest file is in force as before.
    shutil.rmtree(supplier.home.raw / "ssda903_uasc" / "310" / "withdrawn")
    assert in_force(supplier.settings).fingerprint == fingerprint


def test_a_comparison_that_landing_forgets_while_it_is_read_is_made_anew(supplier, monkeypatch):
    deliver(supplier, "2017-05-29", 1, 2)
    deliver(supplier, "2017-05-30", 1)
    supplier.land("social_care", "2017-05-30")
    expected = raw(supplier.settings, WITHDRAWN)
    told, select = [], withdrawals.select

    def forgotten(withdrawal, in_force):
        told.append(withdrawal)
        withdrawal.path.unlink()
        return select(withdrawal, in_force)

    monkeypatch.setattr(withdrawals, "select", forgotten)
    assert raw(supplier.settings, WITHDRAWN) == expected and expected
    compared, forgets = withdrawals.compared, iter([True, False, True, False])

    def forgotten_at_once(*arguments):
        path = compared(*arguments)
        if next(forgets):
            path.unlink()
        return path

    monkeypatch.setattr(withdrawals, "compared", forgotten_at_once)
    assert raw(supplier.settings, WITHDRAWN) == expected
    assert not list(forgets) and len(told) == 2
