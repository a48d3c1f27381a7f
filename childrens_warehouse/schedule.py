"""When nights begin: the schedule of landing, in local time, so that four o'clock stays four o'clock in summer."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator

from croniter import croniter

from childrens_warehouse.ledger import Ledger
from childrens_warehouse.settings import Settings

# What is called an outage: nights further back are run by a backfill, if anybody wants them.
NIGHTS_CAUGHT_UP = 31


def until(settings: Settings, now: dt.datetime) -> Iterator[dt.datetime]:
    """When nights began up to a moment, the newest first, in local time without a zone."""
    ticks = croniter(settings.schedule, local(settings, now) + dt.timedelta(seconds=1))
    return (ticks.get_prev(dt.datetime) for _ in itertools.count())


def following(settings: Settings, now: dt.datetime) -> dt.datetime:
    """When the next night begins (UTC)."""
    return utc(settings, croniter(settings.schedule, local(settings, now)).get_next(dt.datetime))


def next_time(settings: Settings, time: dt.time, now: dt.datetime) -> dt.datetime:
    """When it is that time of day next (UTC)."""
    return utc(settings, at_or_after(local(settings, now), time))


def missed(settings: Settings, source: str, began_at: dt.datetime) -> list[dt.datetime]:
    """When the nights began (UTC) that no run closed, between the last that one did and the one that began then.

    Oldest first; none before the first night of all.
    """
    night = local(settings, began_at).date() + settings.extract_offset
    (last,) = Ledger(settings.home.ledger).query(
        "select max(night) as night from source_night where source = ? and night < ?", (source, night.isoformat())
    ) or ({"night": None},)
    if last["night"] is None:
        return []
    nights: dict[dt.date, dt.datetime] = {}
    for tick in until(settings, began_at):
        day = tick.date() + settings.extract_offset
        if day.isoformat() <= last["night"] or len(nights) > NIGHTS_CAUGHT_UP:
            break
        nights[day] = utc(settings, tick)
    return [at for day, at in sorted(nights.items()) if day < night][-NIGHTS_CAUGHT_UP:]


def at_or_after(moment: dt.datetime, time: dt.time) -> dt.datetime:
    """The first moment of that time of day, both in local time."""
    at = dt.datetime.combine(moment.date(), time)
    return at if at >= moment else at + dt.timedelta(days=1)


def local(settings: Settings, moment: dt.datetime) -> dt.datetime:
    """In local time, without a zone."""
    return moment.astimezone(settings.timezone).replace(tzinfo=None)


def utc(settings: Settings, moment: dt.datetime) -> dt.datetime:
    """Of a local time without a zone."""
    return moment.replace(tzinfo=settings.timezone).astimezone(dt.UTC)
