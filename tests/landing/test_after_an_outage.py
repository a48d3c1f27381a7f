"""Nights that nobody landed in time are landed later, and it comes to the same."""

from __future__ import annotations

import dataclasses
import datetime as dt

from childrens_warehouse import schedule
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.raw.in_force import in_force
from childrens_warehouse.settings import Home

HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"


def test_nights_after_an_outage_give_what_nights_in_time_give(supplier, tmp_path):
    """Seven nights landed one by one, and in one go a week later: the same is in force."""
    days = [(dt.date(2017, 5, 25) + dt.timedelta(days=number)).isoformat() for number in range(7)]
    other = dataclasses.replace(supplier, settings=dataclasses.replace(supplier.settings, home=Home(tmp_path / "b")))
    other.home.create()
    for number, day in enumerate(days):
        for each in (supplier, other):
            if number != 3:  # a night that nobody delivered
                rows = "".join(f"{child},1,05/06/2005,WBRI,UN3,,\n" for child in range(1, 41 + number))
                each.deliver("social_care", day, {"header.csv": HEADER + rows if number != 5 else "nonsense"})
        supplier.land("social_care", day, f"run of {day}")
    outcomes = other.land("social_care", days[-1])
    assert outcomes["header.csv"].extract_date == days[-1]
    assert in_force(other.settings).fingerprint == in_force(supplier.settings).fingerprint
    refused = "select extract_date, status from file_event where file_name = 'header.csv' order by event_id"
    told = [(row["extract_date"], row["status"]) for row in Ledger(other.home.ledger).query(refused)]
    assert [day for day, _ in told] == [day for number, day in enumerate(days) if number != 3], "in order"
    assert dict(told)[days[5]] == "refused"


class Closed:
    """A ledger with nights that were closed."""

    def __init__(self, settings):
        self.settings = settings
        self.ledger = Ledger(settings.home.ledger)

    def nights(self, *days, source="health"):
        for day in days:
            self.ledger.record_source_night("run", dt.date.fromisoformat(day), source, {})

    def missed(self, began_at, source="health"):
        found = schedule.missed(self.settings, source, dt.datetime.fromisoformat(f"{began_at}+00:00"))
        return [at.strftime("%Y-%m-%dT%H:%M") for at in found]


def test_the_nights_between_the_last_that_was_closed_and_this_one_were_missed(settings):
    closed = Closed(settings)
    closed.nights("2017-05-24", "2017-05-25")
    # At four in London, three in UTC: each on the day after its night.
    assert closed.missed("2017-05-29T03:00") == ["2017-05-27T03:00", "2017-05-28T03:00"]
    closed.nights("2017-05-26")
    assert closed.missed("2017-05-29T03:00") == ["2017-05-28T03:00"]
    closed.nights("2017-05-28")  # this one: what comes after it is nobody's business here
    assert closed.missed("2017-05-29T03:00") == ["2017-05-28T03:00"]


def test_nothing_was_missed_before_the_first_night_nor_where_none_is_lacking(settings):
    closed = Closed(settings)
    assert closed.missed("2017-05-29T03:00") == []
    closed.nights("2017-05-27")
    assert closed.missed("2017-05-29T03:00") == []
    assert closed.missed("2017-05-30T03:00", source="education") == [], "each source has its own"


def test_a_week_over_a_clock_change_is_seven_nights(settings):
    closed = Closed(settings)
    closed.nights("2017-03-22")
    assert closed.missed("2017-03-31T03:00") == [
        "2017-03-24T04:00", "2017-03-25T04:00", "2017-03-26T03:00", "2017-03-27T03:00", "2017-03-28T03:00",
        "2017-03-29T03:00", "2017-03-30T03:00",
    ]  # fmt: skip


def test_days_that_are_not_on_the_schedule_were_not_missed(settings):
    closed = Closed(dataclasses.replace(settings, schedule="0 4 * * 2-6"))
    closed.nights("2017-05-25")  # a Thursday, landed on Friday
    assert closed.missed("2017-05-31T03:00") == ["2017-05-27T03:00", "2017-05-30T03:00"]


def test_longer_ago_than_a_month_is_a_backfill(settings):
    closed = Closed(settings)
    closed.nights("2016-05-30")
    found = closed.missed("2017-05-31T03:00")
    assert (len(found), found[0], found[-1]) == (31, "2017-04-30T03:00", "2017-05-30T03:00")
