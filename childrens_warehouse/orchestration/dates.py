"""From a run's date to the date of the extracts it lands."""

from __future__ import annotations

import datetime as dt

from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.settings import Settings


def extract_date(settings: Settings, run_at: dt.datetime, chosen: str | None = None) -> dt.date:
    """The night to land: the one chosen, or the local day of the run plus the configured offset.

    Local, because a schedule of half past midnight in British Summer Time is still the day before in UTC.
    """
    if chosen:
        try:
            return dt.date.fromisoformat(chosen)
        except ValueError:
            raise ConfigurationError(f"The extract date must look like 2017-05-31, not {chosen!r}.") from None
    return run_at.astimezone(settings.timezone).date() + settings.extract_offset


def is_past_cut_off(settings: Settings, source: str, run_at: dt.datetime, now: dt.datetime) -> bool:
    """Has the run waited long enough? Counted from when it was due: neither a late start nor a backfill waits again;
    in hours that pass, not by the clock on the wall, which is put forward and back."""
    # Airflow's instants are pendulum's, which lose their zone when a span is added to them in UTC.
    due = dt.datetime.fromtimestamp(run_at.timestamp(), dt.UTC)
    return now >= due + settings.cut_off(source)
