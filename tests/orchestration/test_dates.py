"""Which night a run stands for: schedule, time zone and offset are configuration."""

from __future__ import annotations

import datetime as dt

import pendulum
import pytest

from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.orchestration.dates import extract_date, is_past_cut_off
from childrens_warehouse.settings import Settings


@pytest.fixture
def settings(monkeypatch):
    def configured(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(f"WAREHOUSE_{name.upper()}", str(value))
        return Settings.from_environment()

    return configured


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def test_a_run_before_dawn_lands_the_day_before(settings):
    assert extract_date(settings(), utc("2017-06-01T03:00")) == dt.date(2017, 5, 31)


@pytest.mark.parametrize(("offset", "expected"), [(0, "2017-06-01"), (-1, "2017-05-31"), (-7, "2017-05-25")])
def test_the_offset_is_configuration(settings, offset, expected):
    found = extract_date(settings(extract_offset_days=offset), utc("2017-06-01T03:00"))
    assert found.isoformat() == expected


def test_half_past_midnight_in_summer_is_still_the_day_before_in_utc(settings):
    # 00:30 on 1 June in London is 23:30 on 31 May in UTC.
    assert extract_date(settings(), utc("2017-05-31T23:30")) == dt.date(2017, 5, 31)


def test_the_time_zone_is_configuration(settings):
    assert extract_date(settings(timezone="UTC"), utc("2017-05-31T23:30")) == dt.date(2017, 5, 30)


@pytest.mark.parametrize(
    ("run_at", "expected"),
    [
        # Clocks go forward on 26 March 2017 and back on 29 October 2017: four o'clock is there once, every day.
        ("2017-03-25T04:00", "2017-03-24"),
        ("2017-03-26T03:00", "2017-03-25"),
        ("2017-03-27T03:00", "2017-03-26"),
        ("2017-10-28T03:00", "2017-10-27"),
        ("2017-10-29T04:00", "2017-10-28"),
        ("2017-10-30T04:00", "2017-10-29"),
    ],
)
def test_no_night_is_lost_or_landed_twice_when_the_clocks_change(settings, run_at, expected):
    assert extract_date(settings(), utc(run_at)).isoformat() == expected


@pytest.mark.parametrize("around", ["2017-03-26", "2017-10-29"])
def test_the_schedule_itself_gives_every_night_once_when_the_clocks_change(settings, around):
    from airflow.serialization.encoders import coerce_to_core_timetable
    from airflow.timetables.base import DataInterval, TimeRestriction

    from childrens_warehouse.orchestration.house import nightly

    timetable = coerce_to_core_timetable(nightly())
    middle = dt.date.fromisoformat(around)
    last = DataInterval.exact(utc(f"{middle - dt.timedelta(days=3)}T04:00"))
    nights = []
    for _ in range(6):
        run = timetable.next_dagrun_info(
            last_automated_data_interval=last, restriction=TimeRestriction(None, None, catchup=True)
        )
        assert run.run_after.astimezone(settings().timezone).time() == dt.time(4)
        nights.append(extract_date(settings(), run.run_after))
        last = run.data_interval
    first = nights[0]
    assert nights == [first + dt.timedelta(days=number) for number in range(6)]
    assert nights[0] < middle < nights[-1]


def test_a_chosen_night_wins(settings):
    assert extract_date(settings(), utc("2026-01-01T04:00"), "2017-05-31") == dt.date(2017, 5, 31)


def test_a_chosen_night_that_is_no_date_is_refused_with_the_form_it_should_have(settings):
    with pytest.raises(ConfigurationError, match="must look like 2017-05-31, not '31/05/2017'"):
        extract_date(settings(), utc("2026-01-01T04:00"), "31/05/2017")


def test_the_cut_off_counts_from_when_the_run_was_due(settings):
    configured = settings(cut_off_minutes=240)
    due = utc("2017-06-01T03:00")
    assert not is_past_cut_off(configured, "health", due, utc("2017-06-01T06:59"))
    assert is_past_cut_off(configured, "health", due, utc("2017-06-01T07:00"))


def test_the_cut_off_is_counted_in_hours_that_pass_when_the_clocks_change(settings):
    # Half past midnight by summer time; four hours later the clock on the wall has gone back to half past three.
    london = settings().timezone
    run_at = dt.datetime(2017, 10, 29, 0, 30, tzinfo=london)
    assert not is_past_cut_off(settings(), "health", run_at, utc("2017-10-29T03:29"))
    assert is_past_cut_off(settings(), "health", run_at, utc("2017-10-29T03:30"))


def test_a_backfill_of_nights_asks_for_the_runs_that_stand_for_them(settings):
    from childrens_warehouse.orchestration.command import Again, arguments

    first, last = dt.date(2017, 10, 27), dt.date(2017, 10, 29)  # the clocks go back in between
    told = arguments(settings(), "health", first, last, Again.NONE)
    begin, end = (dt.datetime.fromisoformat(told[told.index(name) + 1]) for name in ("--from-date", "--to-date"))
    assert (begin, end) == (utc("2017-10-27T23:00"), utc("2017-10-30T23:59:59"))
    runs = [begin + dt.timedelta(hours=hour) for hour in range(80)]
    nights = {extract_date(settings(), at) for at in runs if begin <= at <= end}
    assert nights == {dt.date(2017, 10, day) for day in (27, 28, 29)}
    assert told[told.index("--max-active-runs") + 1] == "1", "in order"


def test_a_source_may_be_waited_for_longer_than_the_others(settings):
    configured = settings(cut_off_minutes="240, education=420")
    due = utc("2017-06-01T03:00")
    assert is_past_cut_off(configured, "health", due, utc("2017-06-01T07:00"))
    assert not is_past_cut_off(configured, "education", due, utc("2017-06-01T09:59"))
    assert is_past_cut_off(configured, "education", due, utc("2017-06-01T10:00"))


@pytest.mark.parametrize("wrong", ["education=420", "240, schools=420", "240, education=late", ""])
def test_a_cut_off_that_cannot_be_meant_is_refused(settings, wrong):
    if wrong:
        with pytest.raises(ConfigurationError, match=r"WAREHOUSE_CUT_OFF_MINUTES must be minutes"):
            settings(cut_off_minutes=wrong)
    else:
        assert settings(cut_off_minutes=wrong).cut_off("health") == dt.timedelta(minutes=240)


def test_a_backfill_of_the_past_waits_for_nothing(settings):
    assert is_past_cut_off(settings(), "education", utc("2017-06-01T03:00"), utc("2017-06-09T12:00"))


@pytest.mark.parametrize("wrong", ["8 o'clock", "25:00", "08:00Z"])
def test_a_time_of_day_that_is_none_is_refused(settings, wrong):
    with pytest.raises(ConfigurationError, match="WAREHOUSE_PUBLISH_BY must be a time of day"):
        settings(publish_by=wrong)


def test_the_cut_off_of_a_run_as_airflow_tells_it(settings):
    """Airflow's instants are pendulum's; in Python's own UTC, what is added to one has no zone."""
    run_at, of = pendulum.datetime(2017, 6, 1, 3), settings(cut_off_minutes=60)
    assert not is_past_cut_off(of, "health", run_at, utc("2017-06-01T03:59"))
    assert is_past_cut_off(of, "health", run_at, utc("2017-06-01T04:00"))
