"""`warehouse status`: what needs a person comes first, with what to do; then the night; a screenful."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from rich.console import Console

from childrens_warehouse import report
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.settings import Settings
from tests.quality.invented_ledger import LAST_NIGHT

MORNING = dt.datetime(2017, 6, 1, 9, tzinfo=dt.UTC)


def status(settings: Settings, now: dt.datetime = MORNING) -> str:
    out = io.StringIO()
    report.print_status(settings, LAST_NIGHT, Console(file=out, width=160), now)
    return out.getvalue()


def kinds(said: str) -> list[str]:
    """The items' kinds: the words in capitals before the night begins."""
    before = said.split("Night of ")[0].splitlines()
    return [line.split()[0] for line in before if line.startswith("  ") and line.split()[0].isupper()]


def test_what_needs_a_person_comes_first_with_what_to_do(troubled):
    said = status(troubled)
    assert said.startswith("Needs a person: 4:")
    assert kinds(said) == ["HELD", "REFUSED", "LATE", "ROWS", "VOLUME", "COLUMNS"]
    assert "or write a waiver if it is right" in said.split("REFUSED")[0]
    assert "warehouse quarantine --dataset enrolments" in said
    assert "schools.csv has" in said and "renamed former_upn to former_upn_no" in said
    assert said.index("COLUMNS") < said.index("Night of Wednesday 31 May 2017") < said.index("What landed")


def test_it_is_a_screenful(troubled, healthy):
    assert len(status(troubled).splitlines()) <= 50
    said = status(healthy)
    assert said.startswith("Needs a person: nothing.\n") and kinds(said) == []
    assert len(said.splitlines()) <= 25


def test_files_without_a_remark_are_counted(troubled, healthy):
    assert "Without a remark: " in status(healthy) and " accepted." in status(healthy)
    assert "social_care/reviews.csv" in status(troubled) and "social_care/oc2.csv" not in status(troubled)


def test_silence_is_told(healthy):
    assert kinds(status(healthy, MORNING + dt.timedelta(hours=12))) == []
    said = status(healthy, MORNING + dt.timedelta(hours=36))
    assert kinds(said) == ["SILENT"] and "No night has been run since 1 June 2017, 04:08." in said


def record(settings: Settings, file_name: str, dataset: str, **told: Any) -> None:
    Ledger(settings.home.ledger).record_file(
        **{
            "run_id": "run", "night": LAST_NIGHT, "authority": "310", "source": "social_care",
            "extract_date": LAST_NIGHT, "dataset": dataset, "file_name": file_name, "status": "accepted",
            "rows_read": 10, "rows_loaded": 9, "rows_refused": 1, **told,
        }
    )  # fmt: skip


def test_a_file_that_bears_several_datasets_has_a_line_for_each(settings):
    record(settings, "annex_a.xlsx", "ssda903_episodes", refusals={"CODE-UNKNOWN": 1})
    record(settings, "annex_a.xlsx", "ssda903_header", status="refused", rule="FILE-COLUMNS", reason="CHILD is missing")
    record(settings, "reviews.csv", "ssda903_reviews")
    out = io.StringIO()
    report.print_night(settings, LAST_NIGHT, console=Console(file=out, width=200))
    lines = [line for line in out.getvalue().splitlines() if line.startswith("310/")]
    assert [line.split("  ")[0] for line in lines] == [
        "310/social_care/reviews.csv",
        "310/social_care/annex_a.xlsx (ssda903_header)",
        "310/social_care/annex_a.xlsx (ssda903_episodes)",
    ]
    assert "30 read = 27 loaded + 3 refused" in out.getvalue()


def test_a_week_late_is_stale(settings):
    ledger = Ledger(settings.home.ledger)
    for back in reversed(range(10)):
        night = LAST_NIGHT - dt.timedelta(days=back)
        if back == 9:
            stamp = f"{night}T23:00:00+00:00"
            for name in ("header", "reviews"):
                record(settings, f"{name}.csv", f"ssda903_{name}", extract_date=night, generated_at=stamp, scope="full")
        ledger.record_source_night("run", night, "social_care", {"source": "social_care", "late": [], "as_of": {}})
    said = status(settings)
    assert kinds(said) == []  # a return that came once may be due in a year
    record(settings, "schools.csv", "schools", extract_date=LAST_NIGHT - dt.timedelta(days=9), source="education",
           generated_at="2017-05-22T23:00:00+00:00", scope="full")  # fmt: skip
    for back in range(8):
        night = LAST_NIGHT - dt.timedelta(days=back)
        ledger.record_source_night("run", night, "education", {"source": "education", "late": [], "as_of": {}})
    said = status(settings)
    assert kinds(said) == ["STALE"]
    assert "310, all of education: due 25 May 2017, 06:00, known as of 22 May 2017, 8 nights missed." in said
