"""A release holds what the candidate holds, shares what did not change, and is published in one step."""

from __future__ import annotations

import dataclasses
import datetime as dt
import errno
import grp
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.build import candidate, steps
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.errors import BuildFailed, ConfigurationError, PublishFailed
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish import files, tables
from childrens_warehouse.publish.current import current_manifest, read_manifest
from childrens_warehouse.publish.steps import Release, current_release, publish, switch_to
from childrens_warehouse.settings import Settings, parse_instant
from tests.build import small_warehouse
from tests.build.small_warehouse import PUPIL_MONTH, SESSION, TABLES

JUNE_1 = dt.date(2017, 6, 1)


@pytest.fixture(autouse=True)
def _no_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_warehouse.Suites, "suite_for", lambda told: told.table.name)


def released(settings: Settings, run_id: str = "run", force: bool = False) -> Release:
    return publish(settings, steps.build(settings, run_id, force=force).build_id)


def ask(settings: Settings, query: str, path: Path | None = None) -> list[tuple]:
    with duckdb.connect(str(path or settings.home.marts), read_only=True) as connection:
        return connection.execute(query).fetchall()


def part(month: str, table: str = SESSION) -> str:
    return f"{table}/authority_code=310/session_month={month}/part.parquet"


def test_every_public_table_can_be_asked_for_by_the_name_marts(settings: Settings) -> None:
    small_warehouse.deliver_two_months(settings)
    release = released(settings)

    assert release.tables == TABLES
    with candidate.connect(Workspace.of(settings), settings, read_only=True) as connection:
        for table in TABLES:
            theirs = connection.execute(f"select * from marts.{table}").fetchall()
            ours = ask(settings, f"select * from marts.{table}")
            assert theirs and sorted(ours, key=repr) == sorted(theirs, key=repr), table
    assert ask(settings, "select release_id, as_at, known_on, gate_verdict from marts.release") == [
        (release.release_id, dt.date(2017, 5, 31), None, "pass")
    ]


def test_types_keys_and_comments_come_along(settings: Settings) -> None:
    small_warehouse.deliver_two_months(settings)
    released(settings)
    assert ask(
        settings, "select constraint_column_names from duckdb_constraints() where constraint_type = 'PRIMARY KEY'"
    ) == [(["authority_code", "child_key"],)]
    assert ask(settings, "select comment from duckdb_tables() where table_name = 'dim_child'") == [
        ("One row per child.",)
    ]
    assert ask(settings, "select comment from duckdb_columns() where column_name = 'sex'") == [
        ("Sex, as the return's code has it.",)
    ]
    # Read through the folders an authority would come out as a number.
    assert ask(settings, f"select typeof(authority_code), typeof(session_month) from marts.{SESSION} limit 1") == [
        ("VARCHAR", "DATE")
    ]


def test_a_part_can_be_read_on_its_own(settings: Settings) -> None:
    small_warehouse.deliver_two_months(settings)
    folder = settings.home.releases / released(settings).release_id
    found = duckdb.sql(
        f"select distinct authority_code, session_month from read_parquet('{folder / part('2017-04-01')}',"
        " hive_partitioning = false)"
    ).fetchall()
    assert found == [("310", dt.date(2017, 4, 1))]


def test_the_manifest_accounts_for_the_release(settings: Settings) -> None:
    small_warehouse.deliver_two_months(settings)
    release = released(settings)
    manifest = read_manifest(settings.home, release.release_id)
    assert manifest is not None

    assert manifest["inputs"]["fingerprint"] == release.inputs
    assert {file["dataset"] for file in manifest["inputs"]["files"]} == {
        "ssda903_header", "ssda903_reviews", "attendance",
    }  # fmt: skip
    assert manifest["code"]["versions"]["duckdb"] == duckdb.__version__
    assert manifest["gate"]["verdict"] == "pass"
    folder = settings.home.releases / release.release_id
    told = {file["path"]: file["rows"] for table in manifest["tables"].values() for file in table["files"]}
    found = {
        path.relative_to(folder).as_posix(): duckdb.read_parquet(str(path)).count("*").fetchone()[0]
        for path in folder.rglob("*.parquet")
    }
    assert told == found
    carried = dataclasses.replace(release, files=())  # what was in force stays in the manifest
    assert Release.from_dict(json.loads(json.dumps(release.to_dict()))) == carried
    told_to_others = json.loads((settings.home.published / "current.json").read_text())
    assert (told_to_others["release_id"], told_to_others["gate"]) == (release.release_id, "pass")
    events = Ledger(settings.home.ledger).query("select run_id, release_id from release_event")
    assert events == [{"run_id": "run", "release_id": release.release_id}]


def test_what_did_not_change_is_shared_with_the_release_before(settings: Settings) -> None:
    small_warehouse.deliver_two_months(settings)
    first = released(settings)
    small_warehouse.deliver(
        settings, "attendance", small_warehouse.marks(dt.date(2017, 5, 30)), dt.date(2017, 5, 30), "school_date"
    )

    second = released(settings)

    old, new = (settings.home.releases / each.release_id for each in (first, second))
    shared = {
        path.relative_to(new).as_posix()
        for path in new.rglob("*.parquet")
        if (old / path.relative_to(new)).exists() and path.samefile(old / path.relative_to(new))
    }
    assert shared == {
        part("2017-04-01"), part("2017-04-01", PUPIL_MONTH), "dim_child.parquet", "fct_review.parquet",
    }  # fmt: skip
    assert (second.linked, second.written) == (4, 5)
    assert second.changed == ("dim_extract", "fct_attendance_partition", PUPIL_MONTH, SESSION, "indicator_value")
    assert ask(settings, f"select count(*) from marts.{SESSION}") == [(180,)]
    assert ask(settings, f"select count(*) from {SESSION}", old / "marts.duckdb") == [(120,)]


def test_reporting_dates_that_came_out_as_they_were_are_shared(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every night computes the subjects of all dates anew; a release grows by the dates that changed."""
    subjects = """
        create or replace table marts.indicator_subject as
        select 'attendance' as indicator_id, authority_code, last_day(session_month) as as_at, 'month' as period,
            pupil_key as subject_key, cast(possible_sessions as bigint) as in_denominator
        from marts.fct_attendance_pupil_month;
    """
    monkeypatch.setitem(small_warehouse.SQL, "indicators", small_warehouse.SQL["indicators"] + subjects)
    monkeypatch.setattr(small_warehouse, "TABLES", (*small_warehouse.TABLES, "indicator_subject"))
    small_warehouse.deliver_two_months(settings)
    first = released(settings)
    small_warehouse.deliver(
        settings, "attendance", small_warehouse.marks(dt.date(2017, 5, 30)), dt.date(2017, 5, 30), "school_date"
    )
    second = released(settings)

    old, new = (settings.home.releases / each.release_id for each in (first, second))
    april, may = (
        f"indicator_subject/authority_code=310/as_at={day}/part.parquet" for day in ("2017-04-30", "2017-05-31")
    )
    assert (new / april).samefile(old / april)
    assert not (new / may).samefile(old / may)
    assert "indicator_subject" in second.changed
    asked = "select typeof(authority_code), typeof(as_at), count(*) from marts.indicator_subject group by all"
    ((authority, day, rows),) = ask(settings, asked)
    assert (authority, day) == ("VARCHAR", "DATE")
    assert [(rows,)] == ask(settings, f"select count(*) from marts.{PUPIL_MONTH}")


def test_a_rebuild_from_raw_makes_the_same_release(settings: Settings) -> None:
    small_warehouse.deliver_two_months(settings)
    first = released(settings)
    again = released(settings, force=True)
    assert again.release_id == first.release_id
    assert [path.name for path in settings.home.releases.iterdir()] == [first.release_id]


def test_shared_files_agree_with_the_rest_of_the_release_on_where_rows_came_from(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    first = released(settings)
    small_warehouse.deliver_night(settings, JUNE_1)  # the same children, from another file
    second = released(settings)

    assert "dim_child" not in second.changed
    folder = settings.home.releases / second.release_id
    assert not (folder / "dim_child.parquet").samefile(settings.home.releases / first.release_id / "dim_child.parquet")
    unknown = f"""
        select count(*) from read_parquet('{folder}/dim_child.parquet')
        where source_file not in (select source_file from read_parquet('{folder}/dim_extract.parquet'))
    """
    assert duckdb.sql(unknown).fetchall() == [(0,)]


def test_the_content_hash_knows_rows_and_not_their_order_or_lineage() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema marts")

        def content(name: str, rows: str) -> tables.Content:
            connection.execute(
                f"create or replace table marts.fct_{name} as select * from (values {rows})"
                " as t (authority_code, n, day, source_file)"
            )
            [table] = [each for each in tables.public_tables(connection) if each.name == f"fct_{name}"]
            return tables.contents(connection, table)

        base = content("a", "('310', 1, date '2017-05-31', 'x'), ('310', null, null, 'x')")
        turned = content("b", "('310', null, null, 'x'), ('310', 1, date '2017-05-31', 'x')")
        elsewhere = content("c", "('310', 1, date '2017-05-31', 'y'), ('310', null, null, 'x')")
        assert base == turned
        assert base.content == elsewhere.content and base.exact != elsewhere.exact
        for name, rows in {
            "doubled": "('310', 1, date '2017-05-31', 'x'), ('310', 1, date '2017-05-31', 'x')",
            "nothing": "('310', 1, date '2017-05-31', 'x'), ('310', 0, null, 'x')",
            "fewer": "('310', 1, date '2017-05-31', 'x')",
            "swapped": "('310', null, date '2017-05-31', 'x'), ('310', 1, null, 'x')",
        }.items():
            assert content(name, rows).content != base.content, name


def test_the_hash_of_a_table_is_that_of_its_partitions_together(settings: Settings) -> None:
    small_warehouse.deliver_two_months(settings)
    build = steps.build(settings, "run")
    with candidate.connect(Workspace.of(settings), settings, read_only=True) as connection:
        [session] = [table for table in tables.public_tables(connection) if table.name == SESSION]
        whole = tables.contents(connection, session)
    publish(settings, build.build_id)
    told = current_manifest(settings.home)["tables"][SESSION]
    assert (told["rows"], told["content_hash"]) == (whole.rows, whole.content)


def test_publishing_again_changes_nothing(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    build_id = steps.build(settings, "run").build_id
    first = publish(settings, build_id)
    before = {path: path.stat().st_mtime_ns for path in settings.home.releases.rglob("*")}

    second = publish(settings, build_id)

    assert (first.is_new, second.is_new) == (True, False)
    assert second == dataclasses.replace(first, is_new=False)
    assert {path: path.stat().st_mtime_ns for path in settings.home.releases.rglob("*")} == before
    assert len(Ledger(settings.home.ledger).query("select 1 from release_event")) == 1


def test_an_earlier_release_can_be_published_again_as_it_was(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    first = released(settings)
    small_warehouse.deliver_night(settings, JUNE_1, children=31)
    second = released(settings)

    back = switch_to(settings, first.release_id)

    assert back.is_new
    assert current_release(settings).release_id == first.release_id
    assert ask(settings, "select count(*) from marts.dim_child") == [(30,)]
    # What is published is not what is in force: the next night notices and goes forward again.
    assert released(settings).release_id == second.release_id
    assert ask(settings, "select count(*) from marts.dim_child") == [(31,)]


def test_there_is_no_going_back_to_what_never_was(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    released(settings)
    with pytest.raises(PublishFailed, match="There is no release 2017-01-01-00000000"):
        switch_to(settings, "2017-01-01-00000000")


def test_a_build_as_known_on_an_instant_has_a_release_and_is_not_published(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    small_warehouse.deliver_night(settings, JUNE_1, children=31)
    tonight = released(settings)
    then = small_warehouse.settings_for(settings.home.root, known_on=parse_instant("2017-05-31"))

    release = released(then)

    assert release.is_new
    assert current_release(settings).release_id == tonight.release_id
    assert ask(settings, "select count(*) from marts.dim_child") == [(31,)]
    database = settings.home.releases / release.release_id / "marts.duckdb"
    assert ask(settings, "select count(*) from dim_child", database) == [(30,)]
    assert ask(settings, "select known_on from release", database) == [(dt.datetime(2017, 5, 31, 23, 59, 59, 999999),)]
    with pytest.raises(PublishFailed):
        switch_to(settings, release.release_id)


@pytest.mark.parametrize(
    ("layer", "was", "becomes", "table"),
    [
        ("indicators", "sum(", "1 + sum(", "indicator_value"),
        (
            "core",
            "date_trunc('month', session_date), session, mark",
            "date_trunc('month', session_date), mark, mark",
            SESSION,
        ),
    ],
)
def test_a_build_that_is_not_reproducible_is_not_published(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, layer: str, was: str, becomes: str, table: str
) -> None:
    small_warehouse.deliver_night(settings)
    first = released(settings)
    assert was in small_warehouse.SQL[layer]
    monkeypatch.setitem(small_warehouse.SQL, layer, small_warehouse.SQL[layer].replace(was, becomes))
    with pytest.raises(BuildFailed, match=f"other content in {table}: the build is not reproducible"):
        released(settings, force=True)
    assert current_release(settings).release_id == first.release_id


_READER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
for _ in sys.stdin:
    rows = [connection.execute(f"select count(*) from marts.{table}").fetchone()[0] for table in sys.argv[2:]]
    print(*rows, connection.execute("select release_id from marts.release").fetchone()[0], flush=True)
"""


class Reader:
    """A BI tool that keeps the published file open."""

    def __init__(self, settings: Settings) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _READER, str(settings.home.marts), "dim_child", SESSION],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ask(self) -> list[str]:
        self._process.stdin.write("?\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().split()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.stdout.close()
        assert self._process.wait(timeout=30) == 0


def test_a_reader_keeps_its_release_while_the_next_one_is_published(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    first = released(settings)
    opened = settings.home.releases / first.release_id / "marts.duckdb"
    bytes_opened = opened.read_bytes()
    assert opened.samefile(settings.home.marts)
    with Reader(settings) as reader:
        before = reader.ask()
        assert before == ["30", "60", first.release_id]
        small_warehouse.deliver_night(settings, JUNE_1, children=31)
        second = released(settings)
        assert reader.ask() == before
        with Reader(settings) as newcomer:
            assert newcomer.ask() == ["31", "120", second.release_id]
        assert reader.ask() == before
    assert opened.read_bytes() == bytes_opened, "a file that somebody has open was written to"


def test_what_a_careless_writer_left_beside_the_old_file_is_not_played_into_the_new(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    released(settings)
    wal = settings.home.published / "marts.duckdb.wal"
    wal.write_bytes(b"not of the new file")
    small_warehouse.deliver_night(settings, JUNE_1, children=31)
    released(settings)
    assert not wal.exists()
    assert ask(settings, "select count(*) from marts.dim_child") == [(31,)]


def test_the_group_reads_releases_and_others_nothing(settings: Settings) -> None:
    small_warehouse.deliver_two_months(settings)
    released(settings)
    home = settings.home
    for root in (home.releases, home.published):
        for path in (root, *root.rglob("*")):
            assert path.stat().st_mode & 0o777 == (0o750 if path.is_dir() else 0o640), path
    assert not list(home.published.glob(".*"))
    assert [path.name for path in home.published.glob("*.wal")] == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root may hand files to a group it is not in")
def test_files_are_handed_to_the_readers_group(settings: Settings) -> None:
    group = next(each.gr_name for each in grp.getgrall() if each.gr_gid not in (0, os.getgid()))
    settings = dataclasses.replace(settings, readers_group=group)
    small_warehouse.deliver_two_months(settings)
    released(settings)
    home = settings.home
    for path in (home.root, home.releases, home.published, *home.releases.rglob("*"), *home.published.rglob("*")):
        assert path.group() == group, path
    assert home.build.group() != group


def test_a_group_that_does_not_exist_is_a_setting_to_put_right(settings: Settings) -> None:
    settings = dataclasses.replace(settings, readers_group="nobody-of-the-kind")
    small_warehouse.deliver_night(settings)
    with pytest.raises(ConfigurationError, match="WAREHOUSE_READERS_GROUP is 'nobody-of-the-kind'"):
        released(settings)
    assert current_release(settings) is None


def test_a_full_disk_leaves_the_last_release_and_says_so(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    first = released(settings)
    small_warehouse.deliver_night(settings, JUNE_1, children=31)
    build_id = steps.build(settings, "run").build_id
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(PublishFailed, match=f"Release {first.release_id} stays published") as failed:
            publish(settings, build_id)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert failed.value.retry
    assert [path.name for path in settings.home.releases.iterdir()] == [first.release_id]
    assert ask(settings, "select count(*) from marts.dim_child") == [(30,)]

    assert publish(settings, build_id).is_new
    assert ask(settings, "select count(*) from marts.dim_child") == [(31,)]


def test_a_file_system_without_links_gets_copies(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    small_warehouse.deliver_two_months(settings)
    released(settings)
    small_warehouse.deliver_night(settings, JUNE_1)
    second = released(settings)
    assert second.linked == 0
    assert current_release(settings).release_id == second.release_id
    assert ask(settings, f"select count(*) from marts.{SESSION}") == [(180,)]


def test_the_current_release_is_what_readers_open_whatever_the_note_says(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    first = released(settings)
    small_warehouse.deliver_night(settings, JUNE_1)
    second = released(settings)
    note = settings.home.published / "current.json"
    for text in (note.read_text().replace(second.release_id, first.release_id), "{", None):
        if text is None:
            files.remove(note)
        else:
            note.write_text(text)
        assert current_release(settings).release_id == second.release_id
