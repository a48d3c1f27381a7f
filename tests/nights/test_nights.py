"""What a night leaves: accounts that add up, figures, permissions; and that order and repetition change nothing."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import json
import random
import shutil
import stat
from collections import Counter

import duckdb
import pytest
from rich.console import Console

from childrens_warehouse import report
from childrens_warehouse.build import candidate, gating, members
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.build.steps import build
from childrens_warehouse.datasets import Source
from childrens_warehouse.errors import GateFailed
from childrens_warehouse.landing import night as landing
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish import restricting
from childrens_warehouse.publish.current import current_release
from childrens_warehouse.publish.steps import publish
from childrens_warehouse.publish.tables import public_tables
from childrens_warehouse.quality.judge import Verdict
from childrens_warehouse.run import land_night, run_night
from childrens_warehouse.simulate.dirt import REFUSALS
from tests.nights.conftest import NIGHT, SCENARIO, contents, copy_inbox, home_at

pytestmark = pytest.mark.slow


def test_every_row_read_is_accounted_for(night_by_night):
    outcomes = [outcome for result in night_by_night.results for outcome in result.outcomes]
    assert {outcome.status for outcome in outcomes} == {"accepted", "unchanged"}
    for outcome in outcomes:
        assert outcome.rows_read == outcome.rows_loaded + outcome.rows_refused, outcome.file_name
        if outcome.status == "accepted":
            parts = outcome.rows_new + outcome.rows_changed + outcome.rows_unchanged
            duplicates = (outcome.marks or {}).get("KEY-DUPLICATE", 0)
            assert parts == outcome.rows_loaded - duplicates, outcome.file_name
    with duckdb.connect(str(night_by_night.settings.home.marts), read_only=True) as marts:
        assert marts.execute(
            "select count(*), sum(abs(rows_unexplained)) from marts.fct_reconciliation"
        ).fetchall() != [(0, None)]
        assert marts.execute(
            "select count(*) from marts.fct_reconciliation where rows_unexplained <> 0"
        ).fetchall() == [(0,)]


def test_landing_finds_exactly_the_dirt_that_was_planted(night_by_night):
    """Row for row and rule for rule: quarantine lists what the generator spoiled, and the ledger counts the marks."""
    home = night_by_night.settings.home
    found, marked = set(), Counter()
    landed = Ledger(home.ledger).query("select * from file_event where status = 'accepted'")
    for event in landed:
        folder = home.quarantine / event["authority"] / event["source"] / event["extract_date"]
        # a file that bears several lists has a list of refused rows for each
        for listed in folder.glob(f"{event['file_name']}*.rows.csv"):
            with listed.open(newline="") as handle:
                found |= {
                    (row["dataset"], event["extract_date"], int(row["row"]), row["rule"])
                    for row in csv.DictReader(handle)
                }
        for rule, rows in json.loads(event["marks"] or "{}").items():
            marked[event["dataset"], event["extract_date"], rule] += rows
    files = {(event["dataset"], event["extract_date"]) for event in landed}
    planted = [each for each in night_by_night.planted if (each.dataset, each.extract_date.isoformat()) in files]
    assert found == {
        (each.dataset, each.extract_date.isoformat(), each.row, each.rule) for each in planted if each.rule in REFUSALS
    }
    assert len({rule for *_, rule in found}) >= 4
    expected = Counter(
        (each.dataset, each.extract_date.isoformat(), each.rule)
        for each in planted
        if each.rule and each.rule not in REFUSALS
    )
    assert expected and all(marked[key] >= rows for key, rows in expected.items())


def test_the_marts_hold_what_an_analyst_expects(night_by_night):
    with duckdb.connect(str(night_by_night.settings.home.marts), read_only=True) as marts:
        tables = {name for (name,) in marts.execute(
            "select table_name from information_schema.tables where table_catalog = 'marts'"
        ).fetchall()}  # fmt: skip
        assert {
            "dim_date", "dim_child", "dim_placement_type", "dim_legal_status", "dim_school", "dim_attendance_code",
            "fct_placement", "fct_review", "fct_attendance_session", "fct_attendance_pupil_month",
            "fct_health_assessment", "indicator", "indicator_value",
        } <= tables  # fmt: skip
        for indicator in report.HEADLINES:
            row = marts.execute(
                "select numerator, display, disclosure from marts.indicator_value where indicator_id = ? and "
                "dimension = 'all' order by as_at desc limit 1", [indicator],
            ).fetchone()  # fmt: skip
            assert row is not None, indicator
            assert row[1] is not None or row[2] == "not_available", indicator
        (looked_after,) = marts.execute(
            "select numerator from marts.indicator_value where indicator_id = 'cla_count' and dimension = 'all' "
            "and as_at = ? and period = 'snapshot'", [NIGHT],
        ).fetchone()  # fmt: skip
        (by_hand,) = marts.execute(
            "select count(distinct child_key) from marts.fct_care_period where not is_short_break "
            "and started_on <= ? and (ended_on is null or ended_on > ?)", [NIGHT, NIGHT],
        ).fetchone()  # fmt: skip
        assert looked_after == by_hand > 0


def test_the_same_night_again_changes_nothing_and_says_so(night_by_night):
    settings = night_by_night.settings
    before = {path: path.stat().st_mtime_ns for path in settings.home.published.iterdir()}
    result = run_night(settings, NIGHT)
    assert not result.is_new and "Nothing changed" in result.build.start.reason
    assert {outcome.status for outcome in result.outcomes} == {"unchanged"}
    assert {path: path.stat().st_mtime_ns for path in settings.home.published.iterdir()} == before
    out = io.StringIO()
    report.print_night(settings, NIGHT, result.run_id, Console(file=out, width=200))
    assert "Nothing new was delivered" in out.getvalue()
    assert f"Nothing changed, so release {result.release.release_id} is published" in out.getvalue()


def test_the_summary_adds_up_and_names_the_release(night_by_night):
    out = io.StringIO()
    settings, result = night_by_night.settings, night_by_night.results[-1]
    report.print_night(settings, NIGHT, result.run_id, Console(file=out, width=250))
    text = out.getvalue()
    assert result.release.release_id in text
    read, loaded, refused = (
        sum(getattr(outcome, f"rows_{what}") for outcome in result.outcomes) for what in ("read", "loaded", "refused")
    )
    assert f"{read:,} read = {loaded:,} loaded + {refused:,} refused" in text
    for expected in ("attendance", "looked after", "Where to look next", str(settings.home.marts)):
        assert expected.lower() in text.lower(), expected


def test_published_files_are_for_the_group_and_the_rest_is_not(night_by_night):
    home = night_by_night.settings.home
    for folder in (home.published, home.releases):
        for path in [folder, *folder.rglob("*")]:
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode == (0o750 if path.is_dir() else 0o640), (path, oct(mode))
    for folder in (home.restricted, home.archive, home.raw, home.build):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_unchanged_months_are_linked_from_the_release_before(night_by_night):
    first, second = (result.release for result in night_by_night.results)
    assert second.linked > 0 and "fct_attendance_session" in second.changed
    releases = night_by_night.settings.home.releases
    month = "fct_attendance_session/authority_code=310/session_month=2017-04-01"
    one, two = (next((releases / release.release_id / month).glob("*.parquet")) for release in (first, second))
    assert one.stat().st_ino == two.stat().st_ino


def test_shuffled_nights_publish_the_same_from_raw_alone(night_by_night, tmp_path):
    shuffled = home_at(tmp_path / "shuffled")
    copy_inbox(night_by_night.settings, shuffled)
    folders = [path for path in shuffled.home.inbox.glob("*/*/*") if path.is_dir()]
    random.Random(7).shuffle(folders)
    waiting = tmp_path / "waiting"
    shutil.move(shuffled.home.inbox / "310", waiting)
    for folder in folders:
        # one folder arrives, and is landed, before the next
        relative = folder.relative_to(shuffled.home.inbox / "310")
        shutil.copytree(waiting / relative, folder)
        source = Source(relative.parts[0])
        for delivery in landing.expect(shuffled, source, NIGHT, "310", "shuffled"):
            landing.land(shuffled, delivery, "shuffled")
        landing.close(shuffled, source, NIGHT, "shuffled", [])

    # Raw is all that is left, and nothing was ever built of it.
    for lost in (shuffled.home.build, shuffled.home.releases, shuffled.home.published, shuffled.home.inbox):
        shutil.rmtree(lost)
    shuffled.home.create()
    built = build(shuffled, "from raw")
    publish(shuffled, built.build_id)
    assert contents(shuffled) == contents(night_by_night.settings)


def test_the_first_night_can_be_built_again_as_it_was_known(night_by_night, tmp_path):
    settings = night_by_night.settings
    first = night_by_night.results[0].release
    known_on = dt.datetime.combine(NIGHT - dt.timedelta(days=1), dt.time(23, 59), dt.UTC)
    # the second night was generated the morning after, so it was not known then
    before = dataclasses.replace(settings, known_on=known_on + dt.timedelta(hours=6))
    built = build(before, "as known then")
    assert built.start.as_at == first.as_at
    with duckdb.connect() as check:
        candidate = next(settings.home.build.glob("known-on-*/*.duckdb"))
        check.execute(f"attach '{candidate}' as known (read_only)")
        placements = check.execute("select count(*) from known.marts.fct_placement").fetchone()[0]
    assert placements == sum(first.volumes["fct_placement"].values())


def test_a_bad_second_delivery_leaves_yesterdays_marts(night_by_night, tmp_path):
    """The gate holds what the rows alone do not show: most children of the area are gone from the list."""
    settings = home_at(tmp_path / "shrunk")
    shutil.copytree(night_by_night.settings.home.root, settings.home.root, dirs_exist_ok=True, symlinks=True)
    settings.home.create()
    day = NIGHT + dt.timedelta(days=1)
    folder = settings.home.inbox / "310" / "education" / day.isoformat()
    folder.mkdir()
    previous = settings.home.inbox / "310" / "education" / NIGHT.isoformat()
    lines = (previous / "enrolments.csv").read_text().splitlines(keepends=True)
    (folder / "enrolments.csv").write_text("".join(lines[:20]))
    (folder / "_manifest.json").write_text(json.dumps({
        "authority": "310", "source": "education", "extract_date": day.isoformat(),
        "generated_at": f"{day}T23:00:00Z", "files": [{"name": "enrolments.csv", "rows": 19, "coverage": "full"}],
    }))  # fmt: skip
    before = contents(settings)
    land_night(settings, day, "shrunk")
    with pytest.raises(GateFailed, match="fct_enrolment"):
        build(settings, "shrunk")
    assert contents(settings) == before
    with duckdb.connect(str(settings.home.marts), read_only=True) as marts:
        assert marts.execute("select count(*) from marts.fct_enrolment").fetchone()[0] > 19


def test_every_table_can_be_judged_of_one_authority_alone(night_by_night):
    settings = night_by_night.settings
    workspace = Workspace.of(settings)
    state = workspace.load()
    anew = {key: dataclasses.replace(held, judged=False) for key, held in state.held.items()}
    with candidate.connect(workspace, settings, read_only=True) as connection:
        tables = public_tables(connection)
    with members.alone(settings, workspace, "310") as connection:
        judged = gating.judge_all(
            connection, settings, dataclasses.replace(state, held=anew), current_release(settings), tables
        )
    assert {each.suite for each in judged} == {*(table.name for table in tables), "marts_aggregate"}
    assert [each for each in judged if each.verdict is Verdict.FAIL] == []
    with members.alone(settings, workspace, "305") as connection:
        assert connection.execute("select count(*) from marts.dim_child").fetchone() == (0,)


def test_a_restricted_child_can_be_left_out_of_every_table_that_dbt_builds(night_by_night, tmp_path):
    """As publication does: no number of any table is one of the child's afterwards, and figures are as they were."""
    shutil.copy(night_by_night.settings.home.build / "candidate.duckdb", tmp_path)  # its views ask for this name
    with duckdb.connect(str(tmp_path / "candidate.duckdb")) as candidate:
        candidate.execute(
            "insert into raw.restriction select authority_code, 'education', pupil_key from marts.bridge_pupil_child"
            " inner join marts.fct_review using (authority_code, child_key) order by all limit 1"
        )
        keys = restricting.restricted_keys(candidate)
        before, figures = (
            public_tables(candidate),
            candidate.execute("from marts.indicator_value order by all").fetchall(),
        )
        assert len(keys) > 1 and restricting.take_out(candidate) > 10
        assert public_tables(candidate) == before
        named = ", ".join(map(str, keys))
        for table in before:
            for column in (column.name for column in table.columns if column.type == "BIGINT"):
                query = f'select 1 from {table.relation} where "{column}" in ({named}) limit 1'
                assert not candidate.execute(query).fetchall(), (table.name, column)
        assert candidate.execute("from marts.indicator_value order by all").fetchall() == figures


def test_the_scenario_is_what_these_tests_think_it_is():
    assert SCENARIO.dirt and SCENARIO.night == NIGHT
