"""A home of an older layout is brought up to date, whole, also when that is cut short; a newer one is refused."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from childrens_warehouse import cli
from childrens_warehouse.build.steps import begin
from childrens_warehouse.errors import HomeFormatError
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish.current import Release, read_manifest
from childrens_warehouse.raw import epoch
from childrens_warehouse.raw.acceptance import accepted
from childrens_warehouse.serving import parts
from childrens_warehouse.settings import Settings
from childrens_warehouse.upkeep import home_format, upgrading
from tests.serving.releases import release_of

DAY = "2017-05-31"
HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"
ROW = "C{0},1,01/02/2008,WBRI,A123456789{0:03d},,\n"


@pytest.fixture
def landed(supplier):
    """A home with two files in force, and a release."""
    supplier.deliver("social_care", DAY, {"header.csv": HEADER + ROW.format(1)}, coverage="collection_year:2018")
    supplier.land("social_care", DAY)
    assert len(list(accepted(supplier.home))) == 1
    release_of(supplier.settings)
    return supplier.settings


def make_older(settings: Settings) -> dict[str, str]:
    """Give a home the layout of format 1; what the present layout called its files, by what they were called."""
    home = settings.home
    (now,) = {each.key_id for each in accepted(home)}
    names = {}
    for path in [*home.raw.rglob(f"*-{now}*"), *home.restricted.rglob(f"*-{now}*")]:
        if path.is_file():
            older = path.with_name(path.name.replace(f"-{now}", ""))
            names[str(older)] = str(path)
            path.rename(older)
    (home.raw / "epoch.json").unlink()
    for path in home.releases.glob("*/manifest.json"):
        manifest = json.loads(path.read_text())
        del manifest["inputs"]["key_id"], manifest["code"]["commit"]
        del manifest["views"], manifest["history"], manifest["aggregate"]
        for table in manifest["tables"].values():
            del table["grain"], table["references"]
            for file in table["files"]:
                file["session_month"] = file.pop("partition")
        path.write_text(json.dumps(manifest))
    with sqlite3.connect(home.ledger) as connection:
        connection.execute("drop table upkeep_event")
        connection.execute("drop table disposal_event")
        connection.execute(
            "create table removal_event (recorded_at text not null, run_id text not null, kind text not null,"
            " path text not null, extract_date text not null)"
        )
        connection.executemany(
            "insert into removal_event values ('2026-01-01T00:00:00+00:00', 'r1', ?, 'a', '2017-05-31')",
            [("archive",), ("archive",), ("restricted",)],
        )
        connection.execute("alter table file_event drop column columns")
    home_format.path(home).unlink()
    return names


def test_a_home_bears_its_format_from_the_beginning(settings):
    assert home_format.format_of(settings.home) == home_format.FORMAT
    assert home_format.path(settings.home).stat().st_mode & 0o777 == 0o600


def test_programs_refuse_an_older_home_that_has_to_be_upgraded_on_purpose(landed):
    make_older(landed)
    with pytest.raises(HomeFormatError, match=r"of format 1.* needs 5: files of raw .* run `warehouse upgrade`"):
        Settings.from_environment()
    with pytest.raises(HomeFormatError, match="run `warehouse upgrade`"):
        landed.home.create()


def test_an_upgrade_brings_an_older_home_to_what_it_would_be_today(landed):
    before = {each.record(landed.home).name for each in accepted(landed.home)}
    inputs = begin(landed, "before").inputs
    names = make_older(landed)
    runner = CliRunner()
    checked = runner.invoke(cli.app, ["upgrade", "--check"])
    assert checked.exit_code == 1
    assert checked.output.count("due: ") == 4
    assert home_format.format_of(landed.home) == 1
    done = runner.invoke(cli.app, ["upgrade"])
    assert done.exit_code == 0, done.output
    assert "was of format 1 and is of 5" in done.output
    assert all(Path(now).is_file() and not Path(older).exists() for older, now in names.items())
    assert {each.record(landed.home).name for each in accepted(landed.home)} == before
    settings = Settings.from_environment()
    assert begin(settings, "after").inputs == inputs
    (release,) = [path.name for path in settings.home.releases.iterdir()]
    manifest = read_manifest(settings.home, release)
    assert Release.of_manifest(manifest).rows > 0
    assert parts.of_release(settings, manifest, with_sessions=True)
    assert manifest["inputs"]["key_id"] == epoch.current(settings.home).key_id
    steps = [
        json.loads(row["detail"])["step"] for row in Ledger(settings.home.ledger).query("select * from upkeep_event")
    ]
    # The first to write it down made the ledger whole.
    assert steps == [2, 3, 5]
    removed = Ledger(settings.home.ledger).query("select layer, rule, items from disposal_event order by layer")
    assert [tuple(row.values()) for row in removed] == [
        ("archive", "WAREHOUSE_RETENTION_ARCHIVE_MONTHS", 2),
        ("restricted", "WAREHOUSE_RETENTION_RESTRICTED_MONTHS", 1),
    ]
    assert not upgrading.due(settings.home)
    assert runner.invoke(cli.app, ["upgrade"]).exit_code == 0


def test_an_upgrade_that_is_cut_short_goes_on(landed, monkeypatch):
    """Killed after each single rename in turn: nothing of raw counts until the last, and then all of it."""
    make_older(landed)
    rename, died = upgrading._rename, 0
    while home_format.format_of(landed.home) == 1:
        left = [1]

        def once(old, new, left=left):
            if old != new and old.exists():
                if not left:
                    raise KeyboardInterrupt
                left.pop()
            return rename(old, new)

        monkeypatch.setattr(upgrading, "_rename", once)
        try:
            upgrading.upgrade(landed.home)
        except KeyboardInterrupt:
            died += 1
            assert not list(accepted(landed.home))
            with pytest.raises(HomeFormatError):
                Settings.from_environment()
    assert died >= 2
    assert [each.content(landed.home).exists() for each in accepted(landed.home)] == [True]


def test_raw_of_two_keys_is_not_guessed_at(landed):
    make_older(landed)
    (record,) = landed.home.raw.glob("*/*/accepted/*/*.json")
    record.with_name("other.json").write_text(record.read_text().replace('"key_id": "', '"key_id": "x'))
    with pytest.raises(HomeFormatError, match="different keys"):
        upgrading.upgrade(landed.home)
    assert record.exists()


def test_what_is_harmless_is_done_on_the_way(settings):
    release_of(settings)
    (path,) = settings.home.releases.glob("*/manifest.json")
    manifest = json.loads(path.read_text())
    del manifest["views"]
    path.write_text(json.dumps(manifest))
    home_format.path(settings.home).unlink()
    Settings.from_environment().home.create()
    assert json.loads(path.read_text())["views"] == {}
    assert home_format.format_of(settings.home) == home_format.FORMAT


def test_a_newer_home_is_refused_by_its_number_and_version(settings, monkeypatch):
    home_format.path(settings.home).write_text(json.dumps({"format": 99, "program": "7.8.9"}))
    for program in (Settings.from_environment, settings.home.create):
        with pytest.raises(HomeFormatError, match=r"of format 99, since version 7\.8\.9"):
            program()
    refused = CliRunner().invoke(cli.app, ["upgrade"])
    assert isinstance(refused.exception, HomeFormatError)
