"""A year's return made by others, dirty on purpose, goes through the same run.

WAREHOUSE_SSDA903_SAMPLES names the folder that holds the twelve files of the year to 31 March 2018. They stay where
they are.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import shutil
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.datasets import ssda903
from childrens_warehouse.landing.identifiers import is_valid
from childrens_warehouse.run import run_night
from tests.nights.conftest import home_at

FOLDER = Path(os.environ.get("WAREHOUSE_SSDA903_SAMPLES") or "nowhere")
FILES = tuple(dataset.file for dataset in ssda903.DATASETS)
# Every row of these bears a code that no list has.
HOPELESS = {"placed_for_adoption.csv", "sw_episodes.csv"}
DAY = dt.date(2018, 3, 31)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (FOLDER / "episodes.csv").exists(), reason="WAREHOUSE_SSDA903_SAMPLES names no folder"),
]


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8-sig") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    settings = home_at(tmp_path_factory.mktemp("samples"))
    folder = settings.home.inbox / "310" / "social_care" / DAY.isoformat()
    folder.mkdir(parents=True)
    for name in FILES:
        shutil.copy(FOLDER / name, folder / name)
    (folder / "_manifest.json").write_text(json.dumps({
        "authority": "310", "source": "social_care", "extract_date": DAY.isoformat(),
        "generated_at": "2018-05-31T12:00:00Z",
        "files": [{"name": name, "coverage": "collection_year:2018"} for name in FILES],
    }))  # fmt: skip
    return settings, run_night(settings, DAY)


def test_nothing_is_refused_that_the_rules_do_not_refuse(published):
    _, result = published
    by_file = {outcome.file_name: outcome for outcome in result.outcomes}
    assert {name for name, outcome in by_file.items() if outcome.status == "refused"} == HOPELESS
    assert {by_file[name].rule for name in HOPELESS} == {"ROWS-CEILING"}
    for name in FILES:
        assert by_file[name].rows_read == len(rows(name))
        assert by_file[name].rows_read == by_file[name].rows_loaded + by_file[name].rows_refused
    backwards = [row for row in rows("episodes.csv") if row["DEC"] and _day(row["DEC"]) < _day(row["DECOM"])]
    assert by_file["episodes.csv"].rows_refused == len(backwards)


def test_what_is_odd_is_marked(published):
    _, result = published
    by_file = {outcome.file_name: outcome for outcome in result.outcomes}
    failing = [row for row in rows("header.csv") if row["UPN"] and not is_valid("upn", row["UPN"])]
    assert by_file["header.csv"].marks["UPN-CHECK-LETTER"] == len(failing) > 2_500
    unfinished = [row for row in rows("episodes.csv") if bool(row["DEC"]) != bool(row["REC"])]
    assert by_file["episodes.csv"].marks["EPISODE-END-REASON"] == len(unfinished) == 1_413
    keys = [(row["CHILD"], row["REVIEW"]) for row in rows("reviews.csv")]
    assert by_file["reviews.csv"].marks["KEY-DUPLICATE"] == len(keys) - len(set(keys))


def test_the_rest_is_published_and_adds_up(published):
    settings, result = published
    assert result.is_new
    with duckdb.connect(str(settings.home.marts), read_only=True) as marts:
        (children,) = marts.execute(
            "select count(distinct child_key) from marts.dim_child where is_known_to_social_care"
        ).fetchone()
        (episodes,) = marts.execute("select sum(episode_count) from marts.fct_placement").fetchone()
        (held,) = marts.execute("select count(*) from marts.fct_review where is_held").fetchone()
        unexplained = marts.execute(
            "select count(*) from marts.fct_reconciliation where rows_unexplained <> 0"
        ).fetchone()
        without_fact = marts.execute("select sum(rows_without_fact) from marts.fct_reconciliation").fetchone()
        (failed,) = marts.execute(
            "select count(distinct rule_code) from marts.fct_data_quality_rule where state = 'failed'"
        ).fetchone()
    # one order is of a child whom nothing else tells of
    assert children == len({row["CHILD"] for name in ("header.csv", "DoLo.csv") for row in rows(name)})
    assert episodes == len({(row["CHILD"], row["DECOM"]) for row in rows("episodes.csv")})
    assert held == len({(row["CHILD"], row["REVIEW"]) for row in rows("reviews.csv")})
    assert unexplained == (0,) and without_fact == (0,)
    assert failed > 80  # its makers say that more than a hundred rules fail on it; two of its files are refused here


def _day(text: str) -> dt.date:
    return dt.datetime.strptime(text, "%d/%m/%Y").date()
