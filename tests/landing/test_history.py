"""What was set aside can be followed from file to file, in whatever order the files came."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import hashlib
import json
import random
from collections.abc import Sequence

import duckdb
import pytest

from childrens_warehouse.datasets import BY_NAME
from childrens_warehouse.landing import history
from childrens_warehouse.raw.acceptance import Acceptance, commit
from childrens_warehouse.settings import Home

YEAR = "collection_year:2018"
HEADER = (
    "file", "row", "rule", "column", "what", "archived_as", "dataset", "scope", "generated_at", "row_key", "register",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Listed:
    """One refused row of a file."""

    row_key: int
    row: int
    rule: str = "CODE-UNKNOWN"
    register: str = ""


@dataclasses.dataclass(frozen=True)
class File:
    """One delivered file: what it refused, and whether it was taken in."""

    day: int
    refused: Sequence[Listed] = ()
    content: str = ""
    dataset: str = "ssda903_episodes"
    scope: str = YEAR
    is_accepted: bool = True
    rows_refused: int | None = None
    registers: Sequence[str] = ()

    @property
    def extract_date(self) -> dt.date:
        return dt.date(2017, 5, self.day)

    @property
    def stamp(self) -> dt.datetime:
        return dt.datetime(2017, 5, self.day, 23, 30, tzinfo=dt.UTC)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(f"{self.dataset} {self.scope} {self.content or self.day}".encode()).hexdigest()

    def put(self, home: Home, with_list: bool = True) -> None:
        """Leave what landing leaves of it."""
        dataset = BY_NAME[self.dataset]
        folder = home.quarantine / "310" / dataset.source / self.extract_date.isoformat()
        archived_as = f"archive/310/{dataset.source}/{self.extract_date}/{self.sha256[:16]}-{dataset.file}"
        if self.refused and with_list:
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / f"{dataset.file}.rows.csv").open("w", newline="") as handle:
                writer = csv.writer(handle)
                writer.writerow(HEADER)
                for each in self.refused:
                    writer.writerow([
                        dataset.file, each.row, each.rule, "LS", 'A code, "unknown"', archived_as, dataset.name,
                        self.scope, self.stamp.isoformat(), each.row_key or "", each.register,
                    ])  # fmt: skip
        if not self.is_accepted:
            return
        refused = len(self.refused) if self.rows_refused is None else self.rows_refused
        accepted = Acceptance(
            authority="310", source=str(dataset.source), dataset=dataset.name, scope=self.scope,
            extract_date=self.extract_date, generated_at=self.stamp, file_name=dataset.file, sha256=self.sha256,
            rows_read=100, rows_loaded=100 - refused, rows_refused=refused, key_id="test",
        )  # fmt: skip
        if self.registers:
            accepted.registers(home).parent.mkdir(parents=True, exist_ok=True)
            with duckdb.connect() as connection:
                connection.execute(
                    "create table r (source_file varchar, supplier varchar, school_urn integer, session_date date)"
                )
                connection.executemany(
                    "insert into r values (?, ?, ?, ?)",
                    [[accepted.file_id, *register.split("|")] for register in self.registers],
                )
                connection.execute(f"copy r to '{accepted.registers(home)}' (format parquet)")
        commit(accepted, home)


def rows(home: Home) -> list[dict[str, object]]:
    with duckdb.connect() as connection:
        history.create(connection, home)
        found = connection.execute("select * from refused_row order by all")
        return [dict(zip([each[0] for each in found.description], row, strict=True)) for row in found.fetchall()]


def told(home: Home) -> list[tuple[object, ...]]:
    """(row key, first seen, last seen, resolved on: days of May; times, row)."""
    return [
        (
            row["row_key"], row["first_seen"].day, row["last_seen"].day,
            row["resolved_on"].day if row["resolved_on"] else None, row["times_seen"], row["source_row"],
        )
        for row in rows(home)
    ]  # fmt: skip


def test_a_row_is_open_until_a_later_file_of_its_scope_takes_it(settings):
    home = settings.home
    File(1, [Listed(7, 12)]).put(home)
    assert told(home) == [(7, 1, 1, None, 1, 12)]
    File(2, [Listed(7, 14)]).put(home)
    assert told(home) == [(7, 1, 2, None, 2, 14)]
    File(4).put(home)
    File(5).put(home)
    assert told(home) == [(7, 1, 2, 4, 2, 14)]


def test_a_row_that_comes_back_is_open_again(settings):
    for each in (File(1, [Listed(7, 12)]), File(2), File(3, [Listed(7, 12)])):
        each.put(settings.home)
    assert told(settings.home) == [(7, 1, 3, None, 2, 12)]


def test_the_same_content_again_is_as_wrong_as_it_was(settings):
    """A file known by its content leaves no second list."""
    File(1, [Listed(7, 12)], content="same").put(settings.home)
    File(2, [Listed(7, 12)], content="same").put(settings.home, with_list=False)
    assert told(settings.home) == [(7, 1, 2, None, 2, 12)]
    File(3).put(settings.home)
    assert told(settings.home) == [(7, 1, 2, 3, 2, 12)]


def test_content_judged_again_that_lets_the_row_in_resolves_it(settings):
    """A code list was extended between the second and the third delivery of the same file."""
    File(1, [Listed(7, 12), Listed(8, 13)], content="same").put(settings.home)
    File(2, content="same", rows_refused=2).put(settings.home)
    File(3, [Listed(8, 13)], content="same").put(settings.home)
    assert told(settings.home) == [(7, 1, 2, 3, 2, 12), (8, 1, 3, None, 3, 13)]


def test_a_row_that_could_not_be_split_is_known_in_its_file_only(settings):
    File(1, [Listed(0, 12, "ROW-UNREADABLE"), Listed(0, 13, "ROW-UNREADABLE")]).put(settings.home)
    File(2, [Listed(0, 12, "ROW-UNREADABLE")]).put(settings.home)
    found = [(row["first_seen"].day, row["source_row"], row["state"]) for row in rows(settings.home)]
    assert sorted(found) == [(1, 12, "resolved"), (1, 13, "resolved"), (2, 12, "open")]


def test_another_rule_on_the_same_row_is_another_story(settings):
    File(1, [Listed(7, 12)]).put(settings.home)
    File(2, [Listed(7, 12, "SPELL-REVERSED")]).put(settings.home)
    found = {row["rule"]: (row["state"], row["resolved_on"] and row["resolved_on"].day) for row in rows(settings.home)}
    assert found == {"CODE-UNKNOWN": ("resolved", 2), "SPELL-REVERSED": ("open", None)}


def test_another_year_resolves_nothing_and_a_full_list_does(settings):
    File(1, [Listed(7, 12), Listed(8, 13)]).put(settings.home)
    File(2, scope="collection_year:2017").put(settings.home)
    assert {row["state"] for row in rows(settings.home)} == {"open"}
    File(3, [Listed(8, 99)], scope="full").put(settings.home)
    found = {(row["row_key"], row["scope"]): row["state"] for row in rows(settings.home)}
    assert found == {(7, YEAR): "resolved", (8, YEAR): "open", (8, "full"): "open"}


def test_a_file_refused_whole_resolves_nothing(settings):
    File(1, [Listed(7, 12)]).put(settings.home)
    File(2, [Listed(9, 3)], is_accepted=False).put(settings.home)
    assert [row["state"] for row in rows(settings.home)] == ["open", "open"]


def test_a_register_is_resolved_by_a_file_that_contains_it(settings):
    attendance = {"dataset": "attendance", "scope": "school_date"}
    mine, other = "mis|100001|2017-05-01", "mis|100001|2017-05-02"
    listed = [Listed(7, 12, register=mine), Listed(8, 13, register="mis|100001")]  # its date cannot be read
    File(1, listed, registers=[mine], **attendance).put(settings.home)
    File(2, registers=[other], **attendance).put(settings.home)
    assert {row["state"] for row in rows(settings.home)} == {"open"}
    File(3, registers=[other, mine], **attendance).put(settings.home)
    found = {row["row_key"]: row["resolved_on"] and row["resolved_on"].day for row in rows(settings.home)}
    assert found == {7: 3, 8: None}


def test_the_order_of_arrival_does_not_matter(settings, tmp_path):
    chance = random.Random(5)
    files = [
        File(
            day,
            [Listed(key, key + day, chance.choice(["CODE-UNKNOWN", "KEY-MISSING"])) for key in range(9)
             if chance.random() < 0.4],
            scope=chance.choice([YEAR, YEAR, "collection_year:2017", "full"]),
            content=f"night {day}",
            is_accepted=chance.random() < 0.8,
        )
        for day in range(1, 25)
    ]  # fmt: skip
    for each in files:
        each.put(settings.home)
    expected = rows(settings.home)
    assert {row["state"] for row in expected} == {"open", "resolved"}
    for number in range(3):
        chance.shuffle(files)
        home = Home(tmp_path / str(number)).create()
        for each in files:
            each.put(home)
        assert rows(home) == expected


def test_lists_without_row_keys_are_left_out(settings):
    folder = settings.home.quarantine / "310" / "social_care" / "2017-05-01"
    folder.mkdir(parents=True)
    (folder / "episodes.csv.rows.csv").write_text("file,row,rule,column,what,archived_as\nepisodes.csv,2,X,,,a\n")
    assert rows(settings.home) == []
    File(2, [Listed(7, 12)]).put(settings.home)
    assert told(settings.home) == [(7, 2, 2, None, 1, 12)]


def refuse(home: Home, day: int, name: str = "episodes.csv", rule: str = "FILE-COLUMNS", dataset: str = "") -> None:
    folder = home.quarantine / "310" / "social_care" / f"2017-05-{day:02}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}{dataset and '.'}{dataset}.refused.json").write_text(
        json.dumps({"file": name, "dataset": dataset, "rule": rule, "reason": f"said on {day}", "archived_as": None})
    )


@pytest.mark.parametrize("name", ["episodes.csv", "_manifest.json"])
def test_a_file_refused_whole_is_resolved_by_a_later_night(settings, name):
    refuse(settings.home, 2, name)
    refuse(settings.home, 3, name)
    File(1).put(settings.home)

    def listed() -> list[tuple[object, ...]]:
        with duckdb.connect() as connection:
            history.create(connection, settings.home)
            return connection.execute(
                "select file_name, first_seen, last_seen, times_seen, reason, resolved_on, state from refused_file"
            ).fetchall()

    so_far = (name, dt.date(2017, 5, 2), dt.date(2017, 5, 3), 2, "said on 3")
    assert listed() == [(*so_far, None, "open")]
    File(5).put(settings.home)
    assert listed() == [(*so_far, dt.date(2017, 5, 5), "resolved")]


def test_another_file_resolves_no_refused_file(settings):
    refuse(settings.home, 2)
    File(4, dataset="ssda903_reviews").put(settings.home)
    with duckdb.connect() as connection:
        history.create(connection, settings.home)
        assert connection.execute("select datasets, state from refused_file").fetchall() == [
            ("ssda903_episodes", "open")
        ]


def test_a_refused_return_is_resolved_by_a_file_of_its_year_only(supplier):
    header = ",".join(column.name for column in BY_NAME["ssda903_uasc"].columns)
    rows = f"{header}\n1,1,05/06/2005,\n"

    def open_or_resolved() -> str:
        with duckdb.connect() as connection:
            history.create(connection, supplier.home)
            [(state,)] = connection.execute("select state from refused_file").fetchall()
        return state

    supplier.deliver("social_care", "2017-03-31", {"uasc.csv": rows.replace("DUC", "WHEN")})
    supplier.deliver("social_care", "2017-05-31", {"uasc.csv": rows})
    assert supplier.land("social_care", "2017-05-31")["uasc.csv"].status == "accepted"
    assert open_or_resolved() == "open"
    supplier.deliver("social_care", "2017-06-01", {"uasc.csv": rows}, "collection_year:2017")
    supplier.land("social_care", "2017-06-01")
    assert open_or_resolved() == "resolved"


def test_one_dataset_of_a_file_may_be_refused_alone(settings):
    refuse(settings.home, 2, "annex_a.xlsx", dataset="ssda903_episodes")
    File(4, dataset="ssda903_reviews").put(settings.home)
    with duckdb.connect() as connection:
        history.create(connection, settings.home)
        assert connection.execute("select datasets, state from refused_file").fetchall() == [
            ("ssda903_episodes", "open")
        ]


@pytest.mark.parametrize("same_folder", [False, True])
@pytest.mark.parametrize("newest_first", [False, True])
def test_what_landing_leaves_can_be_followed(supplier, newest_first, same_folder):
    """Through the landing itself: a bad row, the same folder or the next night without it, in either order."""
    header = ",".join(column.name for column in BY_NAME["schools"].columns)
    cells = {column.name: "" for column in BY_NAME["schools"].columns}

    def school(urn: str, **changes: str) -> str:
        return ",".join({**cells, "urn": urn, "name": "A school", **changes}.values())

    good = [school(str(100_000 + number)) for number in range(60)]
    dated = next(column.name for column in BY_NAME["schools"].columns if column.kind == "date")
    first = ("2017-05-01", "2017-05-01T22:00:00Z", [*good, school("100099", **{dated: "no date"})])
    second = ("2017-05-01" if same_folder else "2017-05-02", "2017-05-02T22:00:00Z", [*good, school("100099")])
    for day, stamp, lines in (second, first) if newest_first else (first, second):
        supplier.deliver("education", day, {"schools.csv": "\n".join([header, *lines]) + "\n"}, generated_at=stamp)
        supplier.land("education", "2017-05-02")
    (row,) = rows(supplier.home)
    assert (row["rule"], row["column"], row["source_row"]) == ("CELL-UNREADABLE", dated, 62)
    assert (row["first_seen"], row["resolved_on"]) == (dt.datetime(2017, 5, 1, 22), dt.datetime(2017, 5, 2, 22))
