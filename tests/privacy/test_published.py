"""Rights of persons and the end of records, through to releases: real raw, gate and publication, SQL for dbt."""

from __future__ import annotations

import dataclasses
import stat

import duckdb
import pytest
from typer.testing import CliRunner

from childrens_warehouse.build.steps import build
from childrens_warehouse.changes.reproducing import reproduce
from childrens_warehouse.cli import app
from childrens_warehouse.decisions.holds import Verdict
from childrens_warehouse.errors import PublishFailed, WarehouseError
from childrens_warehouse.identity import codes
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.modelling import sandbox
from childrens_warehouse.privacy import finding, releases
from childrens_warehouse.privacy.retention import disposing, schedule
from childrens_warehouse.privacy.subject import exporting
from childrens_warehouse.publish import restricting
from childrens_warehouse.publish.steps import Release, publish, switch_to
from childrens_warehouse.publish.tables import public_tables
from childrens_warehouse.raw import epoch
from childrens_warehouse.settings import parse_instant
from tests.build import small_warehouse
from tests.conftest import Supplier
from tests.privacy.conftest import OLD, UPNS, YOUNG
from tests.privacy.test_retention import EXAMPLE, dispose, hold, now

BY = ("--by", "J. Smith", "--reason", "Test", "--authority", "310")


@pytest.fixture
def published(keeper, monkeypatch) -> Supplier:
    """A home whose first release is published, with managers' pages."""
    small_warehouse.install(monkeypatch.setattr)
    release(keeper)
    pages = keeper.home.reports_restricted / "2017-05-31" / "managers" / "310"
    pages.mkdir(parents=True)
    worker = codes.spellings(4711)[0]
    rows = [f"<tr><td>{codes.spellings(key_of(keeper, child))[0]}</td><td>Due</td><td>{worker}</td></tr>"
            for child in (OLD, YOUNG)]  # fmt: skip
    (pages / "north.html").write_text("\n".join(rows))
    return keeper


def release(keeper) -> Release:
    built = build(keeper.settings, "test")
    assert built.start.needed, built.start.reason
    return publish(keeper.settings, built.build_id)


def key_of(keeper, child: str) -> int:
    return finding.find(keeper.settings, "310", f"child_id:{child}").first.key


def keys_of(keeper, child: str) -> set[int]:
    return finding.find(keeper.settings, "310", f"child_id:{child}").keys


def said(*arguments: str) -> str:
    done = CliRunner().invoke(app, [*arguments])
    assert done.exit_code == 0, f"{done.output} {done.exception}"
    return done.output


def rows(keeper, query: str) -> list[tuple]:
    with duckdb.connect(str(keeper.home.marts), read_only=True) as connection:
        return connection.execute(query).fetchall()


def ids(keeper) -> list[str]:
    return sorted(path.parent.name for path in keeper.home.releases.glob("*/manifest.json"))


def test_a_restricted_person_is_in_no_row_and_in_every_figure(published):
    before = rows(published, "from indicator_value")
    said("restrict", "add", f"child_id:{OLD}", *BY)
    done = release(published)
    assert rows(published, "select child_key from dim_child") == [(key_of(published, YOUNG),)]
    assert len(rows(published, "from fct_attendance_session")) == 2
    assert rows(published, "from indicator_value") == before
    assert not releases.bears(published.home, done.release_id, keys_of(published, OLD))
    # Nothing changed since: no other build, and the candidate can be built upon.
    assert not build(published.settings, "test").start.needed
    assert key_of(published, OLD) in {
        int(line.split()[1].partition(":")[2]) for line in said("restrict", "list").splitlines()
    }


def test_what_readers_could_open_before_is_closed_until_it_is_lifted(published):
    (first,) = ids(published)
    folder = published.home.releases / first
    said("restrict", "add", f"upn:{UPNS[0]}", *BY)
    release(published)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not list(published.home.reports_restricted.rglob("*.html"))
    with pytest.raises(PublishFailed, match="is closed"):
        switch_to(published.settings, first)
    said("restrict", "remove", f"child_id:{OLD}", *BY)
    again = release(published)
    # What counts is what counted then, so it is that release again.
    assert again.release_id == first and stat.S_IMODE(folder.stat().st_mode) == 0o750
    assert len(rows(published, "from dim_child")) == 2 and len(rows(published, "from fct_attendance_session")) == 3


def test_a_build_of_the_past_goes_by_todays_restrictions(published):
    said("restrict", "add", f"child_id:{OLD}", *BY)
    settings = dataclasses.replace(published.settings, known_on=parse_instant("2017-07-01"))
    done = publish(settings, build(settings, "test").build_id)
    assert not releases.bears(published.home, done.release_id, keys_of(published, OLD))


def test_a_restricted_person_is_in_no_list_that_is_written_out(keeper, tmp_path):
    keys = keys_of(keeper, OLD)
    said("restrict", "add", f"child_id:{OLD}", *BY)
    for dataset, left in {"ssda903_header": 1, "ssda903_episodes": 1, "pupils": 2, "attendance": 2}.items():
        path = tmp_path / f"{dataset}.parquet"
        for moment in (), ("--on", "2017-07-01"):
            assert f"{left} rows written" in said("known", dataset, *moment, "--to", str(path))
            written = duckdb.execute(f"from '{path}'").fetchall()
            assert len(written) == left and not keys & {value for row in written for value in row}
    said("restrict", "remove", f"child_id:{OLD}", *BY)
    assert "2 rows written" in said("known", "ssda903_header", "--to", str(tmp_path / "again.csv"))


def test_a_restricted_person_is_in_no_sandbox(published, tmp_path, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_SANDBOX", str(tmp_path / "sandbox"))
    first = sandbox.beside(published.settings).home.root
    assert sandbox.beside(published.settings).home.root == first and first.exists()
    said("restrict", "add", f"child_id:{OLD}", *BY)
    with pytest.raises(WarehouseError, match="restricted since: run a night first"):
        sandbox.beside(published.settings)
    assert not first.exists()
    done = release(published)
    assert sandbox.beside(published.settings).home.root.name == done.release_id
    # As if it had been made before the restriction, and used again only now.
    first.mkdir()
    sandbox.beside(published.settings)
    assert not first.exists()


def test_a_correction_reaches_the_release(published):
    (file, row), *_ = duckdb.execute(
        f"select _source_file, _source_row from '{published.home.raw}/ssda903_header/310/content/*.parquet'"
        " where _source_row = 3"
    ).fetchall()
    said("rectify", "add", file, str(row), "sex", "1", "--evidence", "Passport", *BY)
    release(published)
    assert dict(rows(published, "select child_key, sex from dim_child"))[key_of(published, YOUNG)] == "1"


def test_a_disposed_persons_releases_go_once_another_is_published(published):
    home, settings, old = published.home, published.settings, keys_of(published, OLD)
    schedule.path(home).write_text(EXAMPLE)
    (first,) = ids(published)
    look = dispose(settings)
    assert look.awaited == 1 and ids(published) == [first]
    assert not (home.reports_restricted / "2017-05-31" / "managers" / "310").exists()
    second = release(published).release_id
    assert not releases.bears(home, second, old)
    with pytest.raises(WarehouseError, match="rows of them were disposed of since"):
        reproduce(settings, first, lambda _: None)
    assert dispose(settings).awaited == 0 and ids(published) == [second]
    told = Ledger(home.ledger).query("select * from disposal_event where layer = 'releases' and state = 'done'")
    assert [row["items"] for row in told] == [1]


def test_a_hold_keeps_a_release_that_bears_the_person_and_no_other(published):
    home, settings = published.home, published.settings
    schedule.path(home).write_text(EXAMPLE)
    hold(settings, person=f"child_id:{YOUNG}")
    dispose(settings)
    release(published)
    assert dispose(settings).awaited > 0 and len(ids(published)) == 2
    hold(settings, verdict=Verdict.LIFTED)
    assert dispose(settings).awaited == 0 and len(ids(published)) == 1


def test_releases_and_reports_have_classes_of_their_own(published):
    home, settings = published.home, published.settings
    said("restrict", "add", f"child_id:{OLD}", *BY)
    release(published)
    schedule.path(home).write_text(EXAMPLE[EXAMPLE.index('[[class]]\nname = "earlier releases"') :])
    far = now(2060)
    look = disposing.look(settings, far.date())
    due = {line.record_class: line.items for line in look.lines}
    assert due["earlier releases"] == 1 and due["reports for the panel and for managers"] == 1
    disposing.dispose(settings, "A", "B", far)
    assert len(ids(published)) == 1 and not list(home.reports_restricted.iterdir())


def test_releases_of_an_earlier_key_are_not_kept_for_want_of_knowing(published):
    home = published.home
    (first,) = ids(published)
    now_ = epoch.current(home)
    assert now_ and not releases.bears(home, first, {1})
    epoch.switch(home, "ffffffff")
    assert releases.bears(home, first, {1})


def test_an_export_has_releases_pages_and_the_candidate_and_nobody_else(published, tmp_path):
    done = exporting.export(published.settings, "310", f"child_id:{OLD}", tmp_path / "export", "A", "B")
    told = "".join(path.read_text() for path in (tmp_path / "export").rglob("*") if path.is_file())
    assert {"candidate", "releases", "reports", "disclosed"} <= set(done.rows)
    for table in ("dim_child", "fct_attendance_session"):
        column = "child_key" if table == "dim_child" else "pupil_key"
        found = rows(published, f"from {table} where {column} in ({', '.join(map(str, keys_of(published, OLD)))})")
        lines = (tmp_path / "export" / "releases" / f"{table}.csv").read_text().splitlines()
        assert len(lines) - 1 == len(found) == 1
    others = keys_of(published, YOUNG)
    assert not [key for key in others if str(key) in told]
    for code in (codes.spellings(key_of(published, YOUNG))[0], codes.spellings(4711)[0]):
        assert code not in told
    assert codes.spellings(key_of(published, OLD))[0] in told


def test_a_table_that_dbt_makes_as_a_view_is_left_as_it_was_but_for_the_rows():
    with duckdb.connect() as connection:
        connection.execute(
            """
            create schema raw; create schema marts;
            create table raw.restriction as
                select '310' as authority_code, 'health' as identity_kind, 2 as identity_key;
            create table raw.child_identity as
                select * from (values ('310', 'health', 2, 1), ('310', 'social_care', 1, 1), ('310', 'health', 3, 3))
                    as t (authority_code, identity_kind, identity_key, child_key);
            create view marts.indicator_subject as
                select '310' as authority_code, unnest([1::bigint, 2, 3, null]) as subject_key;
            comment on view marts.indicator_subject is 'One row per subject.';
            comment on column marts.indicator_subject.subject_key is 'Who.';
            create table marts.dim_child as
                select unnest(['310', '310', '201']) as authority_code, unnest([1::bigint, 3, 1]) as child_key;
            """
        )
        before = public_tables(connection)
        assert restricting.restricted_keys(connection) == {1, 2} and restricting.take_out(connection) == 1
        assert restricting.take_out(connection) == 0 and public_tables(connection) == before
        subjects = connection.execute("select subject_key from marts.indicator_subject order by 1").fetchall()
        # A key of another authority names somebody else.
        assert subjects == [(3,), (None,)]
        assert connection.execute("from marts.dim_child order by all").fetchall() == [("201", 1), ("310", 3)]
