"""The folders: complete, true to their manifests, the same every time, and never over somebody else's."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from pathlib import Path

import pytest

from childrens_warehouse.datasets import ALL, Source
from childrens_warehouse.datasets.declaration import may_lack
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.reference import collection_year
from childrens_warehouse.simulate import Scenario, extracts, simulate, world
from childrens_warehouse.simulate.terms import is_school_day
from tests.simulate.conftest import DIRTY, NIGHT, Extracts, contents, day_of, manifest, read, read_marks

SMALL = Scenario(night=dt.date(2017, 5, 18), nights=2, children=40, pupils=120, attendance_days=6)


def test_every_night_has_all_three_sources_and_the_year_ends_come_first(clean: Extracts) -> None:
    found = {(path.parent.name, path.name) for path in clean.folders()}
    nights = {(source, str(day)) for source in ("social_care", "health", "education")
              for day in clean.scenario.extract_dates}  # fmt: skip
    assert found == nights | {("social_care", "2016-03-31"), ("social_care", "2017-03-31")}


def test_a_manifest_says_what_lies_in_the_folder(dirty: Extracts) -> None:
    for folder in dirty.folders():
        said = manifest(folder)
        assert (said["authority"], said["source"], said["extract_date"]) == (
            folder.parts[-3], folder.parts[-2], folder.parts[-1],
        )  # fmt: skip
        files = {path.name for path in folder.iterdir()} - {"_manifest.json"}
        assert {entry["name"] for entry in said["files"]} == files
        for entry in said["files"]:
            data = (folder / entry["name"]).read_bytes()
            assert hashlib.sha256(data).hexdigest() == entry["sha256"]
            if entry["name"].endswith(".csv"):
                assert data.count(b"\n") - 1 == entry["rows"]


def test_files_have_the_declared_columns_and_coverage(clean: Extracts) -> None:
    declared = {name: dataset for dataset in ALL for name in dataset.files if name != "ssda903.xml"}
    for folder in clean.folders():
        for entry in manifest(folder)["files"]:
            dataset = declared[entry["name"]]
            if dataset.file:
                header = (folder / entry["name"]).read_text(encoding="utf-8").splitlines()[0]
                assert header == ",".join(column.name for column in dataset.columns)
            year = 2018 if folder.name.startswith("2017-05") else int(folder.name[:4])
            expected = {"collection_year": f"collection_year:{year}"}.get(dataset.coverage, str(dataset.coverage))
            assert entry["coverage"] == expected


def test_every_declared_file_is_delivered(told: Extracts) -> None:
    """On the first night all that is not yearly, and in the returns all that is of the year's format."""
    first, year = told.scenario.first_night, collection_year(told.scenario.first_night)
    own = [dataset for dataset in ALL if dataset.file]
    nightly = {dataset.file for dataset in own if not may_lack(dataset, year)} | {"cin_census.xml", "annex_a.xlsx"}
    yearly = set() if (first.month, first.day) == (3, 31) else {"oc2.csv", "oc3.csv"}
    marks = set() if is_school_day(first) else {"attendance.csv"}
    delivered = {entry["name"] for source in Source for entry in manifest(told.folder(source, first))["files"]}
    assert delivered >= nightly - yearly - marks
    for ended in (year - 2, year - 1):
        files = {entry["name"] for entry in manifest(told.folder("social_care", dt.date(ended, 3, 31)))["files"]}
        declared = [dataset for dataset in own if dataset.coverage == "collection_year"]
        assert files >= {dataset.file for dataset in declared if not may_lack(dataset, ended)} | {"cin_census.xml"}
        assert not files & {name for dataset in ALL if dataset.coverage == "full" for name in dataset.files}


def test_slow_lists_come_once_a_week(tmp_path: Path) -> None:
    """Thursday is the first night, Monday the next that has them."""
    scenario = dataclasses.replace(SMALL, night=dt.date(2017, 5, 22), nights=5, dirt=False)
    simulate(tmp_path / "inbox", scenario)
    slow = {
        "cin_census.xml", "peps.csv", "attainment.csv", "dental_checks.csv", "immunisations.csv", "sdq.csv", "ad1.csv",
        "annex_a.xlsx",
    }  # fmt: skip
    listed: dict[str, set[str]] = {}
    for path in (tmp_path / "inbox").glob("*/*/2017-05-*/*.*"):
        listed.setdefault(path.parent.name, set()).add(path.name)
    with_them = {day: names & slow for day, names in sorted(listed.items()) if names & slow}
    assert with_them == {"2017-05-18": slow, "2017-05-22": slow}


def test_only_the_datasets_asked_for_are_delivered(tmp_path: Path) -> None:
    asked = frozenset({"ssda903_header", "health_assessments", "pupils"})
    simulate(tmp_path / "some", dataclasses.replace(SMALL, datasets=asked))
    assert {path.name for path in (tmp_path / "some").rglob("*.*") if path.name != "_manifest.json"} == {
        "header.csv", "health_assessments.csv", "pupils.csv",
    }  # fmt: skip
    simulate(tmp_path / "all", SMALL)
    some, everything = contents(tmp_path / "some"), contents(tmp_path / "all")
    for name in some:
        # The returns name the leavers of a list that is not asked for.
        if name.endswith(".csv") and "-03-31" not in name:
            assert some[name] == everything[name]


def test_attendance_comes_on_school_days_only(clean: Extracts) -> None:
    thursday, friday, saturday = clean.scenario.extract_dates
    dates = {day: set(clean.marks(day)["date"].to_pylist()) for day in (thursday, friday)}
    assert dates[friday] == {"2017-05-19"}
    assert min(dates[thursday]) == "2015-09-04" and max(dates[thursday]) == "2017-05-18"
    listed = {entry["name"] for entry in manifest(clean.folder("education", saturday))["files"]}
    assert listed == {"pupils.csv", "schools.csv", "enrolments.csv", "exclusions.csv"}
    assert not (clean.folder("education", saturday) / "attendance.csv").exists()


def test_attendance_days_asked_for(tmp_path: Path) -> None:
    simulate(tmp_path / "inbox", dataclasses.replace(SMALL, dirt=False))
    marks = read_marks(tmp_path / "inbox/310/education/2017-05-17/attendance.csv")
    days = ["2017-05-10", "2017-05-11", "2017-05-12", "2017-05-15", "2017-05-16", "2017-05-17"]
    assert sorted(set(marks["date"].to_pylist())) == days


def test_register_marks_are_in_order(clean: Extracts) -> None:
    for day in clean.scenario.extract_dates[:2]:
        marks = clean.marks(day)
        order = [(name, "ascending") for name in ("date", "school_urn", "upn", "session")]
        assert marks.num_rows > 0 and marks.equals(marks.sort_by(order))


def test_the_same_scenario_gives_the_same_bytes(dirty: Extracts, tmp_path: Path) -> None:
    simulate(tmp_path / "again", DIRTY)
    assert contents(tmp_path / "again") == contents(dirty.inbox)


@pytest.mark.parametrize("change", [{"seed": 311}, {"authority": "311"}], ids=str)
def test_another_seed_or_authority_gives_other_people(change: dict[str, object], tmp_path: Path) -> None:
    def people(scenario: Scenario, inbox: Path) -> set[tuple[str, str]]:
        simulate(inbox, scenario)
        [path] = inbox.glob("*/education/2017-05-17/pupils.csv")
        return {(row["forename"], row["date_of_birth"]) for row in read(path)}

    one, other = people(SMALL, tmp_path / "one"), people(dataclasses.replace(SMALL, **change), tmp_path / "other")
    assert len(one & other) < 0.1 * len(one)


@pytest.mark.parametrize(
    "night",
    [
        dt.date(2017, 3, 31),  # the collection year changes
        dt.date(2017, 8, 31),  # the school year changes
        dt.date(2024, 3, 31),  # sex becomes a letter
        dt.date(2023, 10, 27),  # supported accommodation registers
    ],
    ids=str,
)
def test_a_further_night_changes_no_earlier_folder(night: dt.date, tmp_path: Path) -> None:
    before = dataclasses.replace(SMALL, night=night)
    after = dataclasses.replace(before, night=night + dt.timedelta(days=1), nights=before.nights + 1)
    simulate(tmp_path / "before", before)
    simulate(tmp_path / "after", after)
    earlier, later = contents(tmp_path / "before"), contents(tmp_path / "after")
    assert {name: later[name] for name in earlier} == earlier
    assert {Path(name).parts[2] for name in later.keys() - earlier.keys()} == {after.night.isoformat()}


def test_children_to_come_are_in_no_earlier_folder() -> None:
    """Who is drawn only because of a night a year later is not yet known to anybody."""
    before = dataclasses.replace(SMALL, nights=1, children=250, dirt=False)
    after = dataclasses.replace(before, night=before.night + dt.timedelta(days=365), nights=366)
    one, other = world.draw(before), world.draw(after)
    assert len(other.cases) > len(one.cases)
    for source in Source:
        earlier = list(extracts.tables(one, source, before.night, is_return=False))
        assert earlier == list(extracts.tables(other, source, before.night, is_return=False))


def test_a_further_night_joins_the_folders_already_there(tmp_path: Path) -> None:
    simulate(tmp_path / "inbox", SMALL)
    before = contents(tmp_path / "inbox")
    after = dataclasses.replace(SMALL, night=dt.date(2017, 5, 19), nights=3)
    written = simulate(tmp_path / "inbox", after)
    assert [path.name for path in written] == ["2017-05-19"] * 3
    assert {name: data for name, data in contents(tmp_path / "inbox").items() if name in before} == before
    assert simulate(tmp_path / "inbox", after) == []


def test_history_is_the_same_from_whatever_night_it_is_told(tmp_path: Path) -> None:
    """Two scenarios that share nothing but the seed agree on the year both tell of."""
    for night in (dt.date(2017, 4, 2), dt.date(2018, 1, 9)):
        simulate(tmp_path / str(night), Scenario(night=night, nights=1, attendance_days=1, dirt=False))
    [early, late] = sorted(tmp_path.glob("*/310/social_care/2017-03-31"))
    assert {path.name: path.read_bytes() for path in early.glob("*.csv")} == {
        path.name: path.read_bytes() for path in late.glob("*.csv")
    }


def test_returns_are_complete_and_younger_than_their_year_but_not_than_the_night(clean: Extracts) -> None:
    returns = {year: clean.folder("social_care", dt.date(year, 3, 31)) for year in (2016, 2017)}
    stamps = {year: manifest(folder)["generated_at"] for year, folder in returns.items()}
    assert stamps == {2016: "2016-06-30T16:00:00Z", 2017: "2017-05-18T18:10:00Z"}
    assert manifest(clean.folder("social_care", NIGHT))["generated_at"] == "2017-05-21T02:10:00Z"


def test_an_episode_open_over_31_march_is_in_both_years(clean: Extracts) -> None:
    before = {(row["CHILD"], row["DECOM"]) for row in clean.rows("ssda903_episodes", dt.date(2017, 3, 31))
              if not row["DEC"]}  # fmt: skip
    after = {(row["CHILD"], row["DECOM"]) for row in clean.rows("ssda903_episodes", NIGHT)}
    assert before and before <= after


def test_a_collection_year_holds_what_touches_it_and_nothing_else(clean: Extracts) -> None:
    for path in clean.files("ssda903_episodes"):
        night = dt.date.fromisoformat(path.parent.name)
        year = night.year + (night.month >= 4)
        for row in read(path):
            started, ended = day_of("ssda903_episodes", row["DECOM"]), day_of("ssda903_episodes", row["DEC"])
            assert started and started <= night
            assert ended is None or dt.date(year - 1, 4, 1) <= ended <= night
    for path in clean.files("ssda903_reviews"):
        night = dt.date.fromisoformat(path.parent.name)
        for row in read(path):
            held = day_of("ssda903_reviews", row["REVIEW"])
            assert held and dt.date(night.year - (night.month < 4), 4, 1) <= held <= night


def test_another_delivery_is_never_overwritten(tmp_path: Path) -> None:
    real = tmp_path / "inbox/310/health/2017-05-18"
    real.mkdir(parents=True)
    (real / "_manifest.json").write_text(json.dumps({"files": []}))
    (real / "health_assessments.csv").write_text("a real one")
    with pytest.raises(ConfigurationError, match="already holds another delivery"):
        simulate(tmp_path / "inbox", SMALL)
    assert (real / "health_assessments.csv").read_text() == "a real one"


def test_files_without_a_manifest_are_not_overwritten_unless_they_are_our_own(tmp_path: Path) -> None:
    folder = tmp_path / "inbox/310/health/2017-05-18"
    folder.mkdir(parents=True)
    (folder / "health_assessments.csv").write_text("what an interrupted simulation left")
    (folder / "notes.txt").write_text("somebody's")
    with pytest.raises(ConfigurationError, match=r"notes\.txt"):
        simulate(tmp_path / "inbox", SMALL)
    (folder / "notes.txt").unlink()
    simulate(tmp_path / "inbox", SMALL)
    assert (folder / "health_assessments.csv").read_text().startswith("assessment_id,")
    assert manifest(folder)["files"]


def test_nothing_half_made_stays_behind(tmp_path: Path) -> None:
    simulate(tmp_path / "inbox", SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["inbox"]
    assert not [path for path in (tmp_path / "inbox").rglob("*") if path.name.endswith(".part")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"authority": "31"}, {"authority": "³10"}, {"nights": 0}, {"children": 0}, {"pupils": 0}, {"schools": 1},
        {"attendance_days": 0}, {"datasets": frozenset({"headers"})}, {"night": dt.date(1999, 1, 1)},
        {"night": dt.date(2031, 1, 1)},
    ],
    ids=str,
)  # fmt: skip
def test_a_scenario_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        Scenario(**{"night": NIGHT, **wrong})  # type: ignore[arg-type]
