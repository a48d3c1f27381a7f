"""Nights on which the calendar or a clock is odd.

Schedules on both sides of clock changes, the hour that comes twice and the one that does not, stamps without a zone;
the end of a collection year, 29 February, New Year, a night that is today; machines whose clock is ten minutes ahead or
behind (libfaketime, where it is installed). Every trial is counted as a fault that was survived.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from chaos import holding, released
from chaos.contract import Count, Form, Say
from chaos.deliveries import private_home
from chaos.lists import Line
from chaos.model import Entry, Model
from chaos.spoiling import Draft
from chaos.suppliers import Written
from childrens_warehouse import ledger_views
from childrens_warehouse.alarms import observing
from childrens_warehouse.build import steps
from childrens_warehouse.datasets import BY_NAME
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.orchestration.dates import extract_date, is_past_cut_off
from childrens_warehouse.publish.current import current_release
from childrens_warehouse.publish.steps import publish
from childrens_warehouse.raw.in_force import in_force
from childrens_warehouse.run import land_night
from childrens_warehouse.settings import PROJECT, Home, Settings

LONDON = ZoneInfo("Europe/London")
# In the middle of the hour that comes twice or never, and at the time that is set.
_SCHEDULES = ("0 4 * * *", "30 1 * * *", "15 0 * * *")
# Ten minutes ahead, which another's clock is not; behind; right; ahead.
_CLOCKS = ("+10m", "-10m", "+0", "+10m")
_FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


def run(form: Form, seed: int, say: Say) -> Count:
    count = Count()
    years = range(2015, 2031) if form is Form.LONG else (2017, 2026)
    for name, trial in (
        ("due times and cut-offs", lambda: _due_times(years)),
        ("stamps in the hour that comes twice", _stamps_of_the_double_hour),
        ("31 March to 1 April", lambda: _scopes(years)),
        ("29 February, New Year, school years and today", lambda: _odd_nights(years)),
        ("a machine ahead and behind", lambda: _other_clocks(_CLOCKS if form is Form.LONG else _CLOCKS[:2], say)),
        ("schedules", lambda: _schedules(years)),  # last, since Airflow changes how logs are written
    ):
        said = list(trial())
        say(f"{name}: {'; '.join(said) or 'held'}")
        count += Count(faults=not said, broken=tuple(f"{name}: {each}" for each in said))
    return count


def clock_changes(year: int) -> tuple[dt.date, dt.date]:
    """The Sundays on which the clocks go forward and back: the last of March and of October."""
    last = (dt.date(year, 3, 31), dt.date(year, 10, 31))
    return tuple(day - dt.timedelta(days=day.isoweekday() % 7) for day in last)  # type: ignore[return-value]


def _schedules(years: Sequence[int]) -> Iterator[str]:
    """Whatever the schedule, each night has its run, in order, and none stands for a night that has not been."""
    from airflow.timetables.base import DataInterval, TimeRestriction
    from airflow.timetables.trigger import CronTriggerTimetable
    from pendulum import instance

    with private_home() as settings:
        for cron in _SCHEDULES:
            timetable = CronTriggerTimetable(cron, timezone=str(settings.timezone))
            for change in (change for year in years for change in clock_changes(year)):
                began = dt.datetime.combine(change - dt.timedelta(days=3), dt.time(12), dt.UTC)
                restriction, last, nights = TimeRestriction(instance(began), None, True), None, []
                for _ in range(7):
                    info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
                    if info is None or info.logical_date is None:
                        break
                    nights.append(extract_date(settings, info.logical_date))
                    last = DataInterval.exact(info.logical_date)
                wanted = [change + dt.timedelta(days=number - 3) for number in range(9)]
                if (
                    sorted(set(nights)) != wanted[: len(set(nights))]
                    or nights != sorted(nights)
                    or len(set(nights)) < 6
                ):
                    yield f"{cron} around {change} lands {', '.join(map(str, nights))}"


def _due_times(years: Sequence[int]) -> Iterator[str]:
    """Six o'clock is six o'clock on both sides of a change; a cut-off of four hours is four hours."""
    with private_home() as settings:
        nights = [change + dt.timedelta(days=number) for year in years for change in clock_changes(year)
                  for number in (-2, -1, 0, 1)]  # fmt: skip
        for night in nights:
            Ledger(settings.home.ledger).record_source_night(f"night {night}", night, "social_care", {"as_of": {}})
        with contextlib.closing(ledger_views.open_ledger(settings)) as ledger:
            told = ledger.execute("select night, due_at from due_time where due = '06:00'").fetchall()
        for night, due_at in told:
            local = due_at.replace(tzinfo=dt.UTC).astimezone(LONDON)
            if (local.date(), local.time()) != (night + dt.timedelta(days=1), dt.time(6)):
                yield f"the night of {night} is due at {local}"
        cut_off = settings.cut_off("social_care")
        for change in (change for year in years for change in clock_changes(year)):
            run_at = dt.datetime.combine(change, dt.time(0, 30), LONDON)
            ends = run_at.astimezone(dt.UTC) + cut_off
            early, late = (
                is_past_cut_off(settings, "social_care", run_at, ends + dt.timedelta(minutes=m)) for m in (-1, 0)
            )
            if early or not late:
                yield f"the cut-off of {change} is not {cut_off} after {run_at}"


def _stamps_of_the_double_hour() -> Iterator[str]:
    """01:50 by summer time is before 01:10 by winter time where the zone is told, and after it where it is not."""
    for zones, wins in ((("+01:00", "+00:00"), 2), (("", ""), 1)):
        with _small_home() as settings:
            model = Model(dt.datetime.now(dt.UTC))
            for size, at, zone in ((1, "2017-10-29T01:50:00", zones[0]), (2, "2017-10-29T01:10:00", zones[1])):
                _deliver(settings, model, "2017-10-28", {"ssda903_uasc": _uasc(size)}, f"{at}{zone}")
                land_night(settings, dt.date(2017, 10, 28), f"delivery {size}")
            found = [each.rows_loaded for each in in_force(settings).extracts]
            if found != [wins]:
                yield f"with the zones {zones} the file of {found} rows is in force, not that of {wins}"


def _scopes(years: Sequence[int]) -> Iterator[str]:
    """A folder of 31 March speaks of the year that ends, one of 1 April of the next; both are in force."""
    with _small_home() as settings:
        model = Model(dt.datetime.now(dt.UTC))
        for year in years:
            for day in (f"{year}-03-31", f"{year}-04-01"):
                _deliver(settings, model, day, {"ssda903_uasc": _uasc(year % 7 + 1)})
                land_night(settings, dt.date.fromisoformat(day), day)
        found = sorted(each.scope for each in in_force(settings).extracts)
        wanted = sorted({f"collection_year:{number}" for year in years for number in (year, year + 1)})
        if found != wanted:
            yield f"in force are {found}, should be {wanted}"


def _odd_nights(years: Sequence[int]) -> Iterator[str]:
    """Nights that are odd by the calendar are landed, built and published as of themselves; the last is today."""
    today = dt.datetime.now(LONDON).date()
    nights = [
        dt.date(2016, 2, 28), dt.date(2016, 2, 29), dt.date(2016, 3, 1), dt.date(2016, 3, 31), dt.date(2016, 4, 1),
        dt.date(2016, 8, 31), dt.date(2016, 9, 1), dt.date(2016, 12, 31), dt.date(2017, 1, 1), dt.date(2017, 2, 28),
        today,
    ]  # fmt: skip
    with _small_home() as settings:
        model = Model(dt.datetime.now(dt.UTC))
        for night in nights:
            _deliver(settings, model, night.isoformat(), _all_lists(night))
            land_night(settings, night, f"night {night}")
            built = steps.build(settings, f"night {night}")
            release = publish(settings, built.build_id)
            if release.as_at != night:
                yield f"the release of {night} is as at {release.as_at}"
            yield from holding.readers_see(settings, [release.release_id], is_settled=True)
            with duckdb.connect(str(settings.home.marts), read_only=True) as marts:
                found = marts.execute(
                    "select count(*) from marts.fct_attendance_session where session_date = ?", [night]
                ).fetchone()
                if found != (40,):
                    yield f"{found} sessions of {night} are published, not 40"
        troubles = observing.staleness(settings)[1]
        if troubles:
            yield f"the night of today is called stale: {troubles[0].happened}"


def _other_clocks(clocks: Sequence[str], say: Say) -> Iterator[str]:
    """Machines with these clocks land and publish one night after the other; the first lands, and another publishes."""
    if not _FAKETIME.exists():
        say("libfaketime is not installed: other clocks were not tried (apt-get install faketime)")
        return
    with _small_home() as settings:
        model = Model(dt.datetime.now(dt.UTC))
        today = dt.datetime.now(dt.UTC).date()
        for number, clock in enumerate(clocks):
            back = len(clocks) - 1 - number  # the last night is today
            night = (today - dt.timedelta(days=back)).isoformat()
            _deliver(settings, model, night, _all_lists(dt.date.fromisoformat(night)))
            for step in ("land", "release"):
                said = _elsewhere(settings, night, step, "+0" if (number, step) == (0, "release") else clock)
                if said:
                    yield f"{step} of {night} with a clock {clock}: {said}"
            release = current_release(settings)
            if release is None or release.as_at.isoformat() != night:
                yield f"after {night} with a clock {clock}, published is {release and release.as_at}"
            yield from _ledger_says(settings, night, clock)
        yield from holding.explained(settings, [])


def _ledger_says(settings: Settings, night: str, clock: str) -> Iterator[str]:
    """Whatever the clocks: what was published counts as published, what arrived as arrived."""
    with contextlib.closing(ledger_views.open_ledger(settings)) as ledger:
        became = dict(
            ledger.execute(
                "select dataset, became from dataset_night where night = ? and status <> 'missing'", [night]
            ).fetchall()
        )
    if wrong := {dataset: what for dataset, what in became.items() if what != "published"}:
        yield f"the ledger calls {wrong} what is published of {night}, with a clock {clock}"


def _elsewhere(settings: Settings, night: str, step: str, clock: str) -> str:
    """Do a step of a night on a machine with another clock; what it said when it failed."""
    environment = {
        **os.environ, "LD_PRELOAD": str(_FAKETIME), "FAKETIME": clock, "PYTHONPATH": str(PROJECT),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "chaos.calendar", str(settings.home.root), night, step],
        env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["no word"])[-1]


def _step(home: str, night: str, step: str) -> None:
    """What `_elsewhere` starts: land a night, or build, judge and publish it."""
    settings = replace(Settings.from_environment(), home=Home(Path(home)), threads=1)
    with contextlib.ExitStack() as stack:
        released.install(stack)
        if step == "land":
            outcomes = land_night(settings, dt.date.fromisoformat(night), f"night {night}")
            if refused := [f"{each.file_name} {each.rule}" for each in outcomes if each.status == "refused"]:
                raise SystemExit(json.dumps(refused))
        else:
            publish(settings, steps.build(settings, f"night {night}").build_id)


def _deliver(
    settings: Settings, model: Model, day: str, lists: Mapping[str, Sequence[Line]], generated_at: str | None = None
) -> None:
    """Deliver lists of one authority, each source's into its folder, under a manifest."""
    stamp = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(23), dt.UTC)
    if stamp > dt.datetime.now(dt.UTC):
        stamp = dt.datetime.now(dt.UTC)
    told = dt.datetime.fromisoformat(generated_at) if generated_at else stamp
    for source in sorted({str(BY_NAME[name].source) for name in lists}):
        written = {
            name: Draft(BY_NAME[name], list(lines)).written()
            for name, lines in lists.items() if BY_NAME[name].source == source
        }  # fmt: skip
        files = {file.name: (file, data) for file, data in written.values()}
        entries = {name: Entry(told, None, file.sha256) for name, (file, _) in files.items()}
        Written(("310", source, day), files, entries, "odd").write(settings.home.inbox, model)


@contextlib.contextmanager
def _small_home() -> Iterator[Settings]:
    """A home of its own that is built in SQL instead of dbt."""
    with private_home() as settings, contextlib.ExitStack() as stack:
        released.install(stack)
        yield settings


def _uasc(children: int) -> list[Line]:
    return [Line({"CHILD": f"C{number}", "SEX": "1", "DOB": "2005-06-05"}) for number in range(children)]


def _all_lists(night: dt.date) -> dict[str, list[Line]]:
    """Children who were born on 29 February among them, and a register of the night itself."""
    header = [
        Line({"CHILD": f"C{number}", "SEX": "1", "DOB": "2004-02-29" if number % 2 else "2005-08-31", "ETHNIC": "WBRI"})
        for number in range(20)
    ]
    marks = [
        Line({"upn": f"A{number:012}", "school_urn": "100001", "date": str(night), "session": session,
              "supplier": "sims", "mark": "/"})
        for number in range(20) for session in ("AM", "PM")
    ]  # fmt: skip
    reviews = [Line({"CHILD": "C1", "DOB": "2004-02-29", "REVIEW": "2016-02-29", "REVIEW_CODE": "PN1"})]
    return {"ssda903_header": header, "ssda903_reviews": reviews, "attendance": marks}


if __name__ == "__main__":
    _step(*sys.argv[1:])
