"""By when a night is to be published, where it hangs, and that somebody is told."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from childrens_warehouse.alarms import deadlines, note, observing, open_incidents, recent_incidents
from childrens_warehouse.datasets import Source
from childrens_warehouse.ledger import Ledger

NIGHT = dt.date(2017, 5, 30)
EIGHT = dt.time(8)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


class Clock:
    """A home whose ledger is written at times that the test names."""

    def __init__(self, settings):
        self.settings = dataclasses.replace(settings, publish_by=EIGHT)
        self.ledger = Ledger(self.settings.home.ledger)

    def closed(self, at: str, night: dt.date = NIGHT, sources=tuple(Source)):
        for source in sources:
            self._insert("source_night", at, "run", night.isoformat(), source.value, "{}")

    def build(self, at: str, step: str, state: str, build_id: str = "b1"):
        self._insert("build_event", at, "run", build_id, step, state, "{}")

    def released(self, at: str):
        self._insert("release_event", at, "run", "b1", "r1", "{}")

    def _insert(self, table: str, at: str, *values: str):
        marks = ", ".join("?" for _ in (at, *values))
        with self.ledger.transaction() as connection:
            connection.execute(f"insert into {table} values ({marks})", (utc(at).isoformat(), *values))

    def look(self, at: str):
        scope, found = observing.deadline(self.settings, utc(at))
        note(self.settings, "watch", scope, found)
        return found


@pytest.fixture
def clock(settings):
    found = Clock(settings)
    found.closed("2017-05-20T05:00", dt.date(2017, 5, 19))
    return found


@pytest.mark.parametrize(
    ("now", "night", "by"),
    [
        # In summer eight o'clock is seven in UTC.
        ("2017-05-31T06:59", "2017-05-29", "2017-05-30T07:00"),
        ("2017-05-31T07:00", "2017-05-30", "2017-05-31T07:00"),
        ("2017-06-01T03:30", "2017-05-30", "2017-05-31T07:00"),
        # Clocks go forward on 26 March 2017 and back on 29 October 2017.
        ("2017-03-25T08:00", "2017-03-24", "2017-03-25T08:00"),
        ("2017-03-26T06:59", "2017-03-24", "2017-03-25T08:00"),
        ("2017-03-26T07:00", "2017-03-25", "2017-03-26T07:00"),
        ("2017-10-28T07:00", "2017-10-27", "2017-10-28T07:00"),
        ("2017-10-29T07:30", "2017-10-27", "2017-10-28T07:00"),
        ("2017-10-29T08:00", "2017-10-28", "2017-10-29T08:00"),
    ],
)
def test_the_night_that_is_due_by_local_time(settings, now, night, by):
    clock = Clock(settings)
    clock.closed("2017-01-01T05:00")
    found = deadlines.due(clock.settings, utc(now))
    assert (found.night.isoformat(), found.by) == (night, utc(by))


def test_every_night_of_a_year_is_due_once_and_in_order(settings):
    clock = Clock(settings)
    clock.closed("2016-12-01T05:00")
    noons = [utc("2017-01-01T12:00") + dt.timedelta(days=number) for number in range(365)]
    assert [deadlines.due(clock.settings, noon).night for noon in noons] == [
        noon.date() - dt.timedelta(days=1) for noon in noons
    ]


def test_a_schedule_of_working_days_has_no_deadline_on_sunday(settings):
    clock = Clock(dataclasses.replace(settings, schedule="0 4 * * 2-6"))
    clock.closed("2017-05-20T05:00", dt.date(2017, 5, 19))
    assert deadlines.due(clock.settings, utc("2017-06-05T12:00")).night == dt.date(2017, 6, 2)


def test_a_time_before_the_schedule_is_of_the_next_day(settings):
    clock = Clock(dataclasses.replace(settings, schedule="0 22 * * *", extract_offset=dt.timedelta(0)))
    clock.closed("2017-05-20T05:00", dt.date(2017, 5, 19))
    found = deadlines.due(clock.settings, utc("2017-05-31T12:00"))
    assert (found.night, found.by) == (NIGHT, utc("2017-05-31T07:00"))


def test_nothing_is_judged_without_a_time_or_before_the_first_night(settings):
    clock = Clock(settings)
    assert clock.look("2017-05-31T12:00") == []
    clock.closed("2017-05-31T05:00")
    assert clock.look("2017-05-31T12:00") == [], "the first night was landed by hand, after its time"
    assert deadlines.due(settings, utc("2017-06-05T12:00")) is None


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([], "land_social_care waits for folders, or has not run; land_health waits"),
        (
            [("closed", "2017-05-31T03:30", NIGHT, (Source.SOCIAL_CARE, Source.HEALTH))],
            "land_education waits for folders, or has not run",
        ),
        ([("closed", "2017-05-31T03:30")], "all three sources have landed, and build_warehouse has not begun"),
        (
            [("closed", "2017-05-31T03:30"), ("build", "2017-05-31T03:31", "begin", "done")],
            "at work on build b1; its last step that ended is begin",
        ),
        ([("closed", "2017-05-31T03:30"), ("build", "2017-05-31T03:40", "core", "failed")], "b1 ended: core failed"),
        ([("closed", "2017-05-31T03:30"), ("build", "2017-05-31T03:40", "gate", "fail")], "the gate refused build b1"),
        (
            [
                ("closed", "2017-05-31T03:30"),
                ("build", "2017-05-31T03:40", "gate", "fail"),
                ("build", "2017-05-31T06:40", "decision", "kept"),
            ],
            "it was decided: the last release stays",
        ),
        (
            [("closed", "2017-05-31T03:30"), ("build", "2017-05-31T03:40", "gate", "pass")],
            "publish_marts has not published it",
        ),
    ],
)
def test_the_incident_names_the_step_it_hangs_at(clock, events, said):
    for what, *arguments in events:
        getattr(clock, what)(*arguments)
    (found,) = clock.look("2017-05-31T07:00")
    assert str(found.key) == "deadline:marts"
    assert "The night of 2017-05-30 should have been published by 08:00 on 31 May 2017" in found.happened
    assert said in found.happened


def test_it_is_opened_once_counted_by_night_and_resolved_by_the_publication(clock):
    clock.look("2017-05-31T07:00")
    clock.look("2017-05-31T07:15")
    (incident,) = open_incidents(clock.settings)
    assert (incident.nights_seen, incident.about) == (1, NIGHT)
    clock.look("2017-06-01T07:00")
    (incident,) = open_incidents(clock.settings)
    assert (incident.nights_seen, incident.about) == (2, dt.date(2017, 5, 31))
    clock.closed("2017-06-01T07:20", dt.date(2017, 5, 31))
    clock.released("2017-06-01T07:30")
    assert clock.look("2017-06-01T07:30") == []
    (resolved,) = recent_incidents(clock.settings, utc("2017-01-01T00:00"))
    assert resolved.resolution == "the night of 2017-05-31 is published"


def test_a_night_that_changed_nothing_is_published(clock):
    clock.closed("2017-05-31T03:30")
    clock.build("2017-05-31T03:31", "begin", "not needed", "")
    assert clock.look("2017-05-31T07:00") == []


def test_a_release_from_before_the_last_source_landed_does_not_count(clock):
    clock.closed("2017-05-31T03:30", NIGHT, (Source.SOCIAL_CARE, Source.HEALTH))
    clock.released("2017-05-31T04:00")
    clock.closed("2017-05-31T06:00", NIGHT, (Source.EDUCATION,))
    assert len(clock.look("2017-05-31T07:00")) == 1


def test_without_the_setting_an_open_incident_is_over(clock):
    clock.look("2017-05-31T07:00")
    clock.settings = dataclasses.replace(clock.settings, publish_by=None)
    clock.look("2017-05-31T07:15")
    assert open_incidents(clock.settings) == ()
