"""The state of a dataset as it was known at a moment of the past can be asked for, whatever came since."""

from __future__ import annotations

import duckdb
from typer.testing import CliRunner

from childrens_warehouse.cli import app

UASC = "CHILD,SEX,DOB,DUC\n"


def uasc(*children: int) -> str:
    return UASC + "".join(f"{child},1,05/06/2005,\n" for child in children)


def ask(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["known", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_rows_known_at_a_moment_are_those_generated_before_it(supplier, tmp_path):
    supplier.deliver("social_care", "2017-03-31", {"uasc.csv": uasc(1)}, generated_at="2017-04-05T00:00:00Z")
    supplier.deliver("social_care", "2017-05-30", {"uasc.csv": uasc(2, 3)}, generated_at="2017-05-31T02:00:00Z")
    # A correction of March that comes in June.
    supplier.deliver("social_care", "2017-06-20", {"uasc.csv": uasc(1, 4)}, "collection_year:2017")
    supplier.land("social_care", "2017-06-20")

    assert ask("ssda903_uasc").splitlines() == [
        "310 collection_year:2017 uasc.csv of 2017-06-20, generated 2017-06-21T02:10:00Z: 2 rows",
        "310 collection_year:2018 uasc.csv of 2017-05-30, generated 2017-05-31T02:00:00Z: 2 rows",
    ]
    assert ask("ssda903_uasc", "--on", "2017-04-05").splitlines() == [
        "310 collection_year:2017 uasc.csv of 2017-03-31, generated 2017-04-05T00:00:00Z: 1 rows"
    ]
    path = tmp_path / "then.parquet"
    assert "3 rows written" in ask("ssda903_uasc", "--on", "2017-06-01", "--to", str(path))
    years = duckdb.execute(f"select _collection_year, count(*) from '{path}' group by all order by all").fetchall()
    assert years == [(2017, 1), (2018, 2)]
    assert path.stat().st_mode & 0o077 == 0


def test_attendance_as_known_before_a_register_was_delivered_again(supplier, tmp_path):
    marks = "upn,school_urn,date,session,supplier,mark\nA310270113001,1,2017-05-08,AM,sims,{}\n"
    for night, mark in (("2017-05-08", "N"), ("2017-05-09", "/")):
        supplier.deliver("education", night, {"attendance.csv": marks.format(mark)})
    supplier.land("education", "2017-05-09")
    for moment, mark in (("2017-05-09", "N"), ("2017-05-10", "/")):
        path = tmp_path / f"{moment}.csv"
        ask("attendance", "--on", moment, "--to", str(path))
        assert duckdb.execute(f"select mark from read_csv('{path}', all_varchar = true)").fetchall() == [(mark,)]


def test_an_unknown_dataset_is_named_as_such(supplier):
    result = CliRunner().invoke(app, ["known", "nothing"])
    assert result.exit_code != 0 and "is no dataset" in result.output
