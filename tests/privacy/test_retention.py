"""What goes when its time is over, and what stays whatever the limit."""

from __future__ import annotations

import datetime as dt

import pytest
from typer.testing import CliRunner

from childrens_warehouse.cli import app
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.privacy.retention import overdue
from childrens_warehouse.raw.in_force import in_force
from childrens_warehouse.settings import Settings

HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"


@pytest.fixture(autouse=True)
def _three_nights(supplier):
    """Of one list: replaced, refused, in force."""
    first, second = "7,1,17/06/2005,WBRI,,,\n", "8,1,17/06/2005,WBRI,,,\n"
    files = {"2017-05-29": HEADER + first + second, "2017-05-30": "CHILD\n7\n", "2017-05-31": HEADER + second}
    for day, content in files.items():
        supplier.deliver("social_care", day, {"header.csv": content})
        supplier.land("social_care", day)


def named(supplier, months: str, monkeypatch, today: dt.date = dt.date(2019, 6, 1)) -> list[tuple[str, str]]:
    for kind in ("ARCHIVE", "RESTRICTED"):
        monkeypatch.setenv(f"WAREHOUSE_RETENTION_{kind}_MONTHS", months)
    return [(each.kind, str(each.extract_date)) for each in overdue(Settings.from_environment(), today)]


def test_only_what_was_accepted_and_replaced_goes(supplier, monkeypatch):
    assert sorted(named(supplier, "24", monkeypatch)) == [("archive", "2017-05-29"), ("restricted", "2017-05-29")]


def test_not_before_its_time(supplier, monkeypatch):
    assert named(supplier, "24", monkeypatch, dt.date(2019, 5, 28)) == []
    assert len(named(supplier, "24", monkeypatch, dt.date(2019, 5, 29))) == 2


def test_without_a_limit_everything_stays(supplier, monkeypatch):
    assert named(supplier, "", monkeypatch) == []
    assert "everything is kept" in CliRunner().invoke(app, ["retention"]).output


@pytest.mark.parametrize("months", ["0", "-1", "two"])
def test_what_is_no_number_of_months_is_refused(supplier, monkeypatch, months):
    with pytest.raises(ConfigurationError, match="WAREHOUSE_RETENTION_ARCHIVE_MONTHS"):
        named(supplier, months, monkeypatch)


def test_a_dry_run_only_says_and_apply_removes_and_notes_it(supplier, monkeypatch):
    due = named(supplier, "24", monkeypatch)
    before = in_force(supplier.settings)
    files = {path for path in supplier.home.root.rglob("*") if path.is_file()}
    said = CliRunner().invoke(app, ["retention"]).output
    assert "would go" in said and {path for path in supplier.home.root.rglob("*") if path.is_file()} == files
    done = CliRunner().invoke(app, ["retention", "--apply"])
    assert done.exit_code == 0 and "2 files" in done.output and "removed" in done.output
    gone = files - {path for path in supplier.home.root.rglob("*") if path.is_file()}
    noted = Ledger(supplier.home.ledger).query("select kind, path, extract_date from removal_event")
    assert {supplier.home.root / row["path"] for row in noted} == gone
    assert sorted((row["kind"], row["extract_date"]) for row in noted) == sorted(due)
    assert in_force(supplier.settings) == before and not [path for path in gone if "raw" in path.parts]
