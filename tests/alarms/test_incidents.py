"""One incident per trouble: from the night that saw it first to the night that no longer does."""

from __future__ import annotations

import dataclasses
import datetime as dt
import subprocess
import sys

import pytest

from childrens_warehouse.alarms import (
    Key,
    Kind,
    Scope,
    Settled,
    Trouble,
    close_by_hand,
    note,
    open_incidents,
    recent_incidents,
)
from childrens_warehouse.alarms.incidents import in_words
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.ledger import Ledger

NIGHT = dt.date(2017, 5, 31)
NEXT = NIGHT + dt.timedelta(days=1)


def late(source="education", night=NIGHT, authority="310"):
    return Trouble(Key(Kind.LATE, authority, source), "It is late.", "Ask.", ("inbox/",), night)


def arrived(source="education", night=NIGHT, authority="310"):
    return Scope(night, (Settled(Kind.LATE, f"{source} arrived", authority, source, until=night),))


@pytest.fixture
def told(settings):
    return dataclasses.replace(settings, alarms=dataclasses.replace(settings.alarms, email=("a@example.org",)))


def test_keys_read_as_they_are_documented():
    assert str(Key(Kind.LATE, "310", "education")) == "late:310:education"
    assert str(Key(Kind.REFUSED, "310", "social_care", "header.csv")) == "refused:310:social_care:header.csv"
    assert str(Key(Kind.GATE, what="fct_review:PUB-EMPTY")) == "gate:fct_review:PUB-EMPTY"
    assert str(Key(Kind.PUBLISH)) == "publish"


def test_a_trouble_is_opened_once_counted_by_night_and_resolved_by_itself(settings):
    first = note(settings, "run 1", Scope(NIGHT), [late()])
    assert [str(each.key) for each in first.opened] == ["late:310:education"]
    again = note(settings, "run 2", Scope(NIGHT), [late()])
    assert (again.opened, [each.nights_seen for each in again.still_open]) == ((), [1])
    third = note(settings, "run 3", Scope(NEXT), [late(night=NEXT)])
    assert (third.opened, [each.nights_seen for each in third.still_open]) == ((), [2])
    last = note(settings, "run 4", arrived(night=NEXT), [])
    assert [(each.resolution, each.opened_by, each.resolved_by) for each in last.resolved] == [
        ("education arrived", "run 1", "run 4")
    ]
    assert open_incidents(settings) == ()
    assert note(settings, "run 5", arrived(night=NEXT), []).resolved == ()


def test_a_trouble_that_comes_back_is_another_incident(settings):
    note(settings, "run 1", Scope(NIGHT), [late()])
    note(settings, "run 2", arrived(), [])
    assert len(note(settings, "run 3", Scope(NEXT), [late(night=NEXT)]).opened) == 1


@pytest.mark.parametrize(
    "scope",
    [
        Scope(NEXT),
        arrived("health", NEXT),
        arrived(authority="301", night=NEXT),
        arrived(night=NIGHT - dt.timedelta(days=1)),
        Scope(NEXT, (Settled(Kind.REFUSED, "taken in", "310", "education"),)),
    ],
    ids=["saw nothing of it", "another source", "another authority", "an older night", "another kind"],
)
def test_only_an_observation_that_saw_it_gone_resolves_it(settings, scope):
    note(settings, "run 1", Scope(NIGHT), [late()])
    assert note(settings, "run 2", scope, []).resolved == ()
    assert len(open_incidents(settings)) == 1


def test_what_was_found_again_is_not_resolved_by_the_same_observation(settings):
    note(settings, "run 1", Scope(NIGHT), [late()])
    changes = note(settings, "run 2", arrived(), [late()])
    assert (len(changes.still_open), changes.resolved) == (1, ())


def test_how_late_it_came_is_counted_from_when_it_was_missed(settings):
    missed = dt.datetime(2017, 6, 1, 5, 12, tzinfo=dt.UTC)
    note(settings, "run 1", Scope(NIGHT), [late()], now=missed)
    came = Settled(Kind.LATE, "education of 310 arrived", arrived_at=missed + dt.timedelta(hours=3))
    (resolved,) = note(settings, "run 2", Scope(NIGHT, (came,)), []).resolved
    assert resolved.resolution == "education of 310 arrived at 09:12 on 1 June 2017, 3 hours late"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (dt.timedelta(seconds=20), "a moment"),
        (dt.timedelta(minutes=1), "1 minute"),
        (dt.timedelta(minutes=59), "59 minutes"),
        (dt.timedelta(minutes=60), "1 hour"),
        (dt.timedelta(hours=47), "47 hours"),
        (dt.timedelta(days=3), "3 days"),
    ],
)
def test_spans_are_said_in_words(span, words):
    assert in_words(span) == words


def test_opening_and_resolving_fall_due_for_every_channel_once(told):
    def due():
        rows = Ledger(told.home.ledger).query("select event, channel, notified_at from incident_notice order by rowid")
        return [tuple(row.values()) for row in rows]

    note(told, "run 1", Scope(NIGHT), [late()])
    note(told, "run 1", Scope(NIGHT), [late()])
    assert due() == [("opened", "email", None)]
    note(told, "run 2", arrived(), [])
    note(told, "run 2", arrived(), [])
    assert due() == [("opened", "email", None), ("resolved", "email", None)]


def test_without_a_channel_incidents_are_recorded_and_nothing_is_due(settings):
    note(settings, "run 1", Scope(NIGHT), [late()])
    assert len(open_incidents(settings)) == 1
    assert Ledger(settings.home.ledger).query("select * from incident_notice") == []


def test_an_incident_nobody_will_resolve_is_closed_by_hand(told):
    note(told, "run 1", Scope(NIGHT), [late()])
    with pytest.raises(ConfigurationError, match="warehouse alarms"):
        close_by_hand(told, "late:999:education", "no such one")
    closed = close_by_hand(told, "late:310:education", "the school year is over")
    assert closed.resolution == "closed by hand: the school year is over"
    since = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
    assert [each.incident_id for each in recent_incidents(told, since)] == [closed.incident_id]
    assert recent_incidents(told, since + dt.timedelta(hours=1)) == ()


TWO_AT_ONCE = """
import datetime as dt, sys
from childrens_warehouse.alarms import Key, Kind, Scope, Settled, Trouble, note
from childrens_warehouse.settings import Settings
night = dt.date(2017, 5, 31)
troubles = [Trouble(Key(Kind.LATE, f"{number:03}", "education"), "late", "ask") for number in range(100, 130)]
settings = Settings.from_environment()
print("ready", flush=True)
sys.stdin.readline()
opened = sum(len(note(settings, "run", Scope(night), [trouble]).opened) for trouble in troubles)
print(opened, flush=True)
sys.stdin.readline()
gone = Scope(night, (Settled(Kind.LATE, "came"),))
print(len(note(settings, "run", gone, []).resolved), flush=True)
"""


def test_two_processes_at_once_open_and_resolve_nothing_twice(settings):
    processes = [
        subprocess.Popen([sys.executable, "-c", TWO_AT_ONCE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]

    def answers():
        return [process.stdout.readline().strip() for process in processes]

    def go_on():
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()

    assert answers() == ["ready", "ready"]
    go_on()
    opened = answers()
    go_on()
    resolved = answers()
    assert [process.wait() for process in processes] == [0, 0]
    assert sum(map(int, opened)) == sum(map(int, resolved)) == 30
    assert open_incidents(settings) == ()
