"""The harness at tiny sizes: what it delivers, how it measures, and that a run that was cut off goes on."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import json
import os
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from bench.scale import __main__ as program
from bench.scale import extracts, measure
from bench.scale.cases import NIGHT, Case, cases, codes
from bench.scale.results import Results, append
from tests.bench import a_night
from tests.bench.invented import measurement

TINY = Case("duckdb", "rows", 0.01, 0.01)


def marks(inbox: Path) -> list[dict[str, str]]:
    found = []
    for path in sorted(inbox.glob("*/education/*/attendance.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found += list(csv.DictReader(file))
    return found


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# Cases and their deliveries


def test_cases_are_sizes_spans_and_authorities_of_each_engine():
    found = cases(("duckdb", "spark"), [4, 1], [14, 64], [1, 33], 4)
    assert [case.key for case in found if case.engine == "duckdb"] == [
        "duckdb rows 1 1", "duckdb rows 4 1", "duckdb history 14 1", "duckdb history 64 1",
        "duckdb authorities 4 1", "duckdb authorities 4 33",
    ]  # fmt: skip
    assert {case.series for case in found if case.engine == "spark"} == {"rows", "authorities"}
    less, more = (case for case in found if case.series == "history")
    assert (less.pupils, less.children) == (more.pupils, more.children)
    assert (less.years, less.days, more.years, more.days) == (1, 166, 4, 190)


def test_england_has_the_children_it_has():
    assert Case("duckdb", "rows", 3_000, 3_000).children == 84_000


def test_codes_are_boroughs_and_the_first_is_the_seeds_own():
    assert codes(1) == ["310"]
    assert len(set(codes(33))) == 33


def test_an_area_is_delivered_with_as_many_marks_as_asked_for(tmp_path: Path):
    extracts.make(tmp_path, TINY)
    first = read(tmp_path / "310" / "education" / NIGHT.isoformat() / "attendance.csv")
    assert len(first) == pytest.approx(10_000, rel=0.15)
    (more,) = (path for path in tmp_path.glob("310/education/*/attendance.csv") if str(NIGHT) not in str(path))
    assert {row["date"] for row in read(more)} == {str(NIGHT + dt.timedelta(days=1))}


def test_history_is_the_same_area_with_more_years_behind_it(tmp_path: Path):
    extracts.make(tmp_path / "short", Case("duckdb", "history", 0.00875, 0.01))
    extracts.make(tmp_path / "long", Case("duckdb", "history", 0.04, 0.01))
    short, long = (marks(tmp_path / name) for name in ("short", "long"))
    assert len(long) == pytest.approx(4 * 190 / 166 * len(short), rel=0.1)
    assert Counter(row["date"][:4] for row in long).keys() > Counter(row["date"][:4] for row in short).keys()
    keys = Counter((row["upn"], row["date"], row["session"], row["school_urn"], row["supplier"]) for row in long)
    assert set(keys.values()) == {1}
    # The night after is the same, but for the day since which pupils are on the roll.
    after = [folder / "310" / "education" / "2017-05-23" for folder in (tmp_path / "short", tmp_path / "long")]
    for name in ("attendance.csv", "pupils.csv", "schools.csv"):
        assert after[0].joinpath(name).read_bytes() == after[1].joinpath(name).read_bytes()


def test_authorities_share_the_pupils(tmp_path: Path):
    extracts.make(tmp_path, Case("duckdb", "authorities", 0.06, 0.06, authorities=3))
    found = {folder.name: len(marks_of) for folder in tmp_path.iterdir() if (marks_of := marks_in(folder))}
    assert sorted(found) == sorted(codes(3))
    assert sum(found.values()) == pytest.approx(60_000, rel=0.2)
    assert max(found.values()) < 2 * min(found.values())


def marks_in(authority: Path) -> list[dict[str, str]]:
    return read(authority / "education" / NIGHT.isoformat() / "attendance.csv")


# Measuring


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A night of known steps in the place of the real one."""
    monkeypatch.setattr(measure, "PROGRAM", "tests.bench.a_night")


def test_each_step_is_measured_by_itself(tmp_path: Path, stand_in: None):
    first, more = measure.measure(TINY, tmp_path / "work", "2GB", lambda what: None)
    assert (first.night, more.night) == ("first", "more")
    models, land = first.phases["build models"], first.phases["land"]
    # No upper ends: other programs may lengthen anything.
    assert models.seconds >= 4 * a_night.STEP - 0.1
    assert all(phase.seconds >= a_night.STEP - 0.1 for phase in first.phases.values())
    # What it starts counts: an interpreter of some ten megabytes, and what that one holds.
    assert models.peak_bytes - land.peak_bytes == pytest.approx(a_night.HOLDS + a_night.CHILD_HOLDS, rel=0.15)
    assert models.spilled_bytes >= a_night.SPILLS
    assert land.spilled_bytes == 0
    assert models.processor_seconds > first.phases["gate"].processor_seconds
    assert first.marks == pytest.approx(10_000, rel=0.15)
    # A file with two names counts once.
    assert 1_000_000 <= first.disk["published"] < 2_000_000
    assert more.disk["published"] > first.disk["published"]
    assert first.disk["inbox"] > 10_000 * 30
    assert not (tmp_path / "work").exists()


def arguments(tmp_path: Path, *more: str) -> list[str]:
    return [
        "--only-duckdb", "--sizes", "0.01,0.02", "--history", "", "--authorities", "",
        "--results", str(tmp_path / "results.jsonl"), "--keep", str(tmp_path / "work"), *more,
    ]  # fmt: skip


def test_a_run_that_was_cut_off_goes_on_where_it_was(
    tmp_path: Path, stand_in: None, capsys: pytest.CaptureFixture[str]
):
    results = tmp_path / "results.jsonl"
    assert program.main(arguments(tmp_path)) == 0
    told = capsys.readouterr().out
    assert "[2/2] duckdb rows 0.02 1: first load …" in told
    assert "one more million" in told
    lines = results.read_text().splitlines()
    assert len(lines) == 4
    # The power went while the last line was written.
    results.write_text("\n".join([*lines[:3], lines[3][:50]]))
    assert program.main(arguments(tmp_path)) == 0
    told = capsys.readouterr().out
    assert "rows 0.01 " not in told.split("\n\n")[0]
    again = results.read_text().splitlines()
    assert again[:3] == lines[:3]
    assert [(json.loads(line)["case"]["millions"], json.loads(line)["night"]) for line in again[3:]] == [
        (0.02, "first"), (0.02, "more"),
    ]  # fmt: skip


def test_a_missed_bound_fails_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    options = ["--only-duckdb", "--sizes", "", "--history", "", "--authorities", ""]
    results = tmp_path / "results.jsonl"
    append(results, measurement(Case("duckdb", "rows", 64, 64), peak=5.9e9))
    assert program.main([*options, "--results", str(results)]) == 0
    append(results, measurement(Case("duckdb", "rows", 64, 64), peak=6.1e9))
    assert program.main([*options, "--results", str(results)]) == 1
    assert "6.10 GB (bound 6 GB, MISSED)" in capsys.readouterr().out


def test_what_finds_no_disk_is_left_out_and_told(
    tmp_path: Path, stand_in: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(measure, "room", lambda case, folder: case.millions < 0.015)
    assert program.main(arguments(tmp_path)) == 1
    assert "not measured, for want of disk: duckdb rows 0.02 1" in capsys.readouterr().out
    assert [each.case.millions for each in Results.read(tmp_path / "results.jsonl").all.values()] == [0.01, 0.01]


def test_the_engines_are_compared_on_the_same_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    results = tmp_path / "results.jsonl"
    for engine, seconds in (("duckdb", 10.0), ("spark", 70.0)):
        append(results, measurement(Case(engine, "rows", 1, 1), models=seconds, rest=10.0))
    program.main(["--sizes", "", "--history", "", "--authorities", "", "--results", str(results)])
    assert "first, 1 million rows: 4.0 times (80 s, 20 s); models alone 7.0 times" in capsys.readouterr().out


def test_a_run_that_is_ended_leaves_nothing_behind(tmp_path: Path, stand_in: None):
    """Killed as services are: what it had measured stays, its folder and its programs go."""
    work, results = tmp_path / "work" / "case", tmp_path / "results.jsonl"

    def end_once_it_works() -> None:
        deadline = time.monotonic() + 60
        while not (work / "home" / "build" / "spill").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    ender = threading.Thread(target=end_once_it_works)
    ender.start()
    with pytest.raises(SystemExit) as ended:
        program.main(arguments(tmp_path))
    ender.join()
    assert ended.value.code == 128 + signal.SIGTERM
    assert not work.exists() and not results.exists()
    assert not [each for each in threading.enumerate() if "_watch" in each.name]
    assert not [line for line in commands() if "tests.bench.a_night" in line and str(tmp_path) in line]


def commands() -> list[str]:
    """Programs of this machine with the home they work in."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            told = (process / "cmdline").read_bytes() + b" " + (process / "environ").read_bytes()
            found.append(told.replace(b"\0", b" ").decode(errors="replace"))
    return found


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_a_real_night_is_measured(tmp_path: Path):
    """A first load of a few thousand rows; the next night is the same program."""
    measured = measure.measure(TINY, tmp_path / "work", "2GB", lambda what: None)
    first = next(measured)
    measured.close()
    assert first.marks == pytest.approx(10_000, rel=0.15)
    assert all(phase.seconds > 0.1 and phase.peak_bytes > 5e7 for phase in first.phases.values())
    folders = ("inbox", "archive", "raw", "restricted", "candidate", "published")
    assert all(first.disk[folder] > 10_000 for folder in folders)
    assert first.nodes
