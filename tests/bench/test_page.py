"""docs/scale.md is what the script makes of the measurements that are kept, and says what they say."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from bench.scale import page
from bench.scale.cases import Case
from bench.scale.results import Results, append
from tests.bench.invented import measurement, rows_series


def test_the_committed_page_is_the_computed_one():
    kept = Results.read(page.KEPT)
    assert page.PAGE.read_text(encoding="utf-8") == page.render(kept), "run: python -m bench.scale.page"
    assert page.PICTURE.read_text(encoding="utf-8") == page.drawn(kept), "run: python -m bench.scale.page"


def test_what_is_measured_is_on_the_page():
    measured = [*rows_series("duckdb", lambda n: 50 + 9 * n), *rows_series("spark", lambda n: 400 + 30 * n, (1, 4))]
    text = page.render(Results(measured))
    assert "| first load | 64.00 | 1 | 636 | 10 | 0 | 626 |" in text
    assert "| DuckDB, first load | seconds | 60.00 | 9.000 | 1.00 | 0% |" in text
    assert "| Spark, first load | seconds | 410.00 | 30.000 | 1 (assumed: two sizes) |" in text
    assert "| first load | 4.00 | 96 | 530 | 5.5 | 6.0 | 1.0 |" in text
    assert "Not yet measured: Spark 16 million; Spark 64 million; DuckDB with many authorities" in text
    assert "Against the largest size measured: London 7 times, England 47 times." in text
    # 60 s and 9 s a million
    assert f"| first load, hours | {(60 + 9 * 450) / 3600:.1f} / {(60 + 9 * 450) / 3600:.1f} |" in text
    assert "**missed**" not in text


def test_what_breaks_first_is_computed():
    by_memory = rows_series("duckdb", lambda n: 50 + 9 * n, peak=lambda n: n * 1e9, a_night=1)
    by_disk = rows_series("duckdb", lambda n: 50 + 9 * n, disk=lambda n: n * 1e11)
    assert "First of all: **memory**." in page.render(Results(by_memory))
    assert "First of all: **disk for a year of nights**." in page.render(Results(by_disk))
    firsts = [each for each in by_memory if each.night == "first"]
    assert "First of those that can be told so far: **memory**." in page.render(Results(firsts))


def test_a_missed_bound_is_told():
    measured = rows_series("duckdb", lambda n: 50 + 9 * n, peak=lambda n: 6.5e9)
    assert "6.50 GB **missed**" in page.render(Results(measured))


def test_without_measurements_nothing_is_claimed():
    text = page.render(Results([]))
    assert "Nothing is measured yet." in text
    assert "First of all" not in text and "should be faster" not in text
    assert "Not yet measured" in page.drawn(Results([]))


def test_the_picture_has_a_point_for_each_night_measured():
    drawn = page.drawn(Results(rows_series("duckdb", lambda n: 50 + 9 * n)))
    assert drawn.count("<path") >= 8
    assert "one more night" in drawn and "Spark" not in drawn


def test_measurements_take_the_place_of_those_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kept, newer = tmp_path / "kept.jsonl", tmp_path / "newer.jsonl"
    monkeypatch.setattr(page, "KEPT", kept)
    for each in rows_series("duckdb", lambda n: 50 + 9 * n, (1, 4)):
        append(kept, each)
    nodes = {f"node_{number}": float(number) for number in range(100)}
    append(newer, measurement(Case("duckdb", "rows", 4, 4), models=7, rest=0, nodes=nodes))
    page.keep(newer)
    assert len(kept.read_text().splitlines()) == 4
    replaced = Results.read(kept).one("duckdb", "rows", "first", 4)
    assert replaced is not None and replaced.seconds == 7
    assert sorted(replaced.nodes.values()) == [float(number) for number in range(40, 100)]


def test_on_a_busy_machine_the_outlook_rests_on_processor_seconds():
    """Five steps of two processor seconds each, whatever the clock said; and the clock's own times stay on the page."""
    measured = [
        dataclasses.replace(each, others=1.5) for each in rows_series("duckdb", lambda n: 50 + 9 * n)
    ]
    text = page.render(Results(measured))
    assert "| first load | 64.00 | 1 | 636 | 10 | 0 | 626 |" in text
    assert "rest on processor seconds" in text
    assert "| first load, hours | 0.0028 / 0.0028 |" in text
    assert "![Processor seconds against" in text and "rest on processor" not in page.render(Results([]))
