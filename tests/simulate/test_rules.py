"""What a clean simulation must never break: code lists, keys, the return's own rules for episodes, identities."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from childrens_warehouse.datasets import ALL, BY_NAME, Kind
from childrens_warehouse.landing import identifiers
from childrens_warehouse.reference import code_list
from tests.simulate.conftest import Extracts, day_of, read

FOSTER = {"U1", "U2", "U3", "U4", "U5", "U6"}
ADOPTIVE = {"A3", "A4", "A5", "A6"}


def test_every_code_is_in_the_list_of_its_day(told: Extracts) -> None:
    judged_on = {"PLACE": "DECOM", "RNE": "DECOM", "LS": "DECOM", "REC": "DEC", "REASON_PLACE_CHANGE": "DEC"}
    checked = 0
    for dataset in ALL:
        coded = [column for column in dataset.columns if column.kind in (Kind.CODE, Kind.CODES)]
        for path in told.files(dataset.name):
            night = dt.date.fromisoformat(path.parent.name)
            if dataset.name == "attendance":
                rows = told.marks(night).group_by(["date", "session", "mark"]).aggregate([]).to_pylist()
            else:
                rows = read(path)
            for row in rows:
                for column in coded:
                    if not row[column.name]:
                        continue
                    by = dataset.judged_on or judged_on.get(column.name)
                    day = day_of(dataset.name, row[by]) if by else night
                    assert day
                    valid = {
                        code.code for code in code_list(str(column.code_list))
                        if (code.valid_from or day) <= day <= (code.valid_to or day)
                    }  # fmt: skip
                    assert valid.issuperset(row[column.name].split(";")), (dataset.name, column.name, day)
                    checked += 1
    assert checked > 1_000


def test_keys_are_unique_and_what_is_required_is_there(told: Extracts) -> None:
    for dataset in ALL:
        if dataset.name == "attendance":
            continue
        required = {column.name for column in dataset.columns if column.required} | set(dataset.key)
        for path in told.files(dataset.name):
            rows = read(path)
            keys = Counter(tuple(row[name] for name in dataset.key) for row in rows)
            assert not [key for key, times in keys.items() if times > 1], dataset.name
            assert all(row[name] for row in rows for name in required), dataset.name
            assert rows or dataset.may_be_empty, dataset.name


def test_attendance_keys_are_unique(told: Extracts) -> None:
    for path in told.files("attendance"):
        marks = told.marks(dt.date.fromisoformat(path.parent.name))
        keys = marks.group_by(list(BY_NAME["attendance"].key)).aggregate([])
        assert keys.num_rows == marks.num_rows > 0
        assert not marks["mark"].to_pylist().count("")


def test_dates_and_whole_numbers_can_be_read_and_nothing_is_from_the_future(told: Extracts) -> None:
    # A due date and the end of being unaccompanied are plans; all else has happened.
    plans = {"due_on", "DUC"}
    for dataset in ALL:
        if dataset.name == "attendance":
            continue
        for path in told.files(dataset.name):
            night = dt.date.fromisoformat(path.parent.name)
            for row in read(path):
                for column in dataset.columns:
                    if column.kind is Kind.DATE:
                        day = day_of(dataset.name, row[column.name])
                        assert day is None or day <= night or column.name in plans, (dataset.name, column.name)
                    if column.kind is Kind.TIMESTAMP and row[column.name]:
                        assert dt.datetime.strptime(row[column.name], "%Y-%m-%dT%H:%M").date() <= night
                    if column.kind is Kind.DECIMAL and row[column.name]:
                        assert row[column.name] == f"{float(row[column.name]):.2f}"
                    if column.kind is Kind.INTEGER and row[column.name]:
                        assert row[column.name] == str(int(row[column.name]))


# ------------------------------------------------------------------------------------------ episodes


def _histories(told: Extracts) -> dict[str, list[dict[str, str]]]:
    """Episodes of each child in order, every return put together, the later year's row winning."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for path in told.files("ssda903_episodes"):
        for row in read(path):
            rows[row["CHILD"], row["DECOM"]] = row
    histories: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in sorted(rows.values(), key=lambda row: _started(row)):
        histories[row["CHILD"]].append(row)
    return histories


def _started(row: dict[str, str]) -> dt.date:
    day = day_of("ssda903_episodes", row["DECOM"])
    assert day
    return day


def _ended(row: dict[str, str]) -> dt.date | None:
    return day_of("ssda903_episodes", row["DEC"])


def _where(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in ("PLACE", "PLACE_PROVIDER", "PL_POST", "URN"))


def test_an_end_and_its_reason_come_together(told: Extracts) -> None:
    """Rule 148; 355: an episode lasts a day at least."""
    for history in _histories(told).values():
        for row in history:
            assert bool(row["DEC"]) == bool(row["REC"])
            ended = _ended(row)
            assert ended is None or ended > _started(row)


def test_one_episode_follows_the_other(told: Extracts) -> None:
    """Rules 142, 388, 431, 432, 433, 501."""
    steps = 0
    for history in _histories(told).values():
        for row, following in pairwise(history):
            steps += 1
            ended = _ended(row)
            assert ended is not None
            if row["REC"] == "X1":
                assert _started(following) == ended and following["RNE"] != "S"
            else:
                assert _started(following) > ended and following["RNE"] == "S"
        assert history[-1]["REC"] != "X1"
    assert steps > 100


def test_the_reason_for_a_new_episode_says_what_changed(told: Extracts) -> None:
    """Rules 434 to 436, 504, 225 and 226."""
    seen = Counter()
    for history in _histories(told).values():
        for row, following in pairwise(history):
            if row["REC"] != "X1":
                assert not row["REASON_PLACE_CHANGE"]
                continue
            status_changes, place_changes = row["LS"] != following["LS"], _where(row) != _where(following)
            assert (status_changes, place_changes) == {
                "L": (True, False), "P": (False, True), "T": (False, True), "B": (True, True), "U": (True, True),
            }[following["RNE"]]  # fmt: skip
            if following["RNE"] in ("T", "U"):
                assert row["PL_POST"] == following["PL_POST"]
            assert row["CIN"] == following["CIN"]
            is_temporary = row["PLACE"].startswith("T") or following["PLACE"].startswith("T")
            assert bool(row["REASON_PLACE_CHANGE"]) == (place_changes and not is_temporary)
            seen[following["RNE"]] += 1
    assert {"L", "P", "T", "B"} <= seen.keys()


def test_a_temporary_stay_returns_to_the_same_placement(told: Extracts) -> None:
    """Rules 213, 375 to 383."""
    longest = {"T1": 42, "T2": 21, "T3": 21, "T4": 7}
    stays = 0
    for history in _histories(told).values():
        for position, row in enumerate(history):
            if not row["PLACE"].startswith("T"):
                continue
            stays += 1
            assert row["LS"] != "V4" and row["RNE"] == "P" and not row["PLACE_PROVIDER"]
            # What came before may lie in a year that is not delivered any more.
            before = history[position - 1] if position else None
            ended = _ended(row)
            if ended is None:
                continue
            assert (ended - _started(row)).days <= longest[row["PLACE"]]
            assert row["REC"] == "X1"
            after = history[position + 1]
            assert before is None or _where(before) == _where(after)
    assert stays


def test_placements_agree_with_age_law_and_provider(told: Extracts) -> None:
    """Rules 371 to 374, 378, 390, 408, 526 to 531."""
    born = {}
    for path in told.files("ssda903_header"):
        born |= {row["CHILD"]: day_of("ssda903_header", row["DOB"]) for row in read(path)}
    youngest = {"K3": 16, "H5": 16, "P2": 16, "R5": 10, "S1": 4, "P3": 14}
    for child, history in _histories(told).items():
        for row in history:
            place, provider = row["PLACE"], row["PLACE_PROVIDER"]
            years = (_started(row) - born[child]).days / 365.2425
            assert -0.01 < years < 18.01 and years >= youngest.get(place, 0) - 0.01, (place, years)
            if place == "P1":
                assert row["LS"] in ("C1", "C2") and provider == "PR0"
            else:
                assert provider != "PR0"
            if place in ADOPTIVE:
                assert row["LS"] == "E1"
            if provider in ("PR1", "PR2"):
                assert place not in ("R2", "R5")
            if provider == "PR3":
                assert place not in {"K1", "K2"} | FOSTER | ADOPTIVE
            if row["REC"] in ("E11", "E12"):
                assert place in ADOPTIVE
            if row["REC"] in ("E5", "E6", "E7"):
                assert (_ended(row) - born[child]).days / 365.2425 > 15.99
            ended = _ended(row)
            if row["LS"] in ("L1", "L2") and ended:
                assert (ended - _started(row)).days <= {"L1": 3, "L2": 21}[row["LS"]]


def test_care_ends_by_the_eighteenth_birthday(told: Extracts) -> None:
    for path in told.files("ssda903_episodes"):
        night = dt.date.fromisoformat(path.parent.name)
        born = {row["CHILD"]: day_of("ssda903_header", row["DOB"])
                for row in read(path.parent / "header.csv")}  # fmt: skip
        for row in read(path):
            last = _ended(row) or night
            assert (last - born[row["CHILD"]]).days <= 18 * 365.25 + 1


# ------------------------------------------------------------------------------------------ identities


def test_check_digits_hold(told: Extracts) -> None:
    upns, numbers, unknown = set(), set(), Counter()
    everywhere = {
        "ssda903_header": ["UPN"], "persons": ["upn", "former_upn"], "pupils": ["upn", "former_upn"],
        "enrolments": ["upn"], "exclusions": ["upn"], "peps": ["upn"], "attainment": ["upn"],
    }  # fmt: skip
    for dataset, columns in everywhere.items():
        for path in told.files(dataset):
            for row in read(path):
                for column in columns:
                    if row[column].startswith("UN"):
                        unknown[row[column]] += 1
                    elif row[column]:
                        upns.add(row[column])
    for dataset, columns in {"pupils": ["nhs_number"], "persons": ["nhs_number"],
                             "patients": ["nhs_number", "superseded_by"]}.items():  # fmt: skip
        for path in told.files(dataset):
            numbers |= {row[column] for row in read(path) for column in columns if row[column]}
    assert len(upns) > 500 and all(identifiers.is_valid("upn", upn) for upn in upns)
    assert len(numbers) > 100 and all(identifiers.is_valid("nhs_number", number) for number in numbers)
    assert all(number.startswith("9") for number in numbers), "only numbers that are issued to nobody"
    assert set(unknown) <= {"UN1", "UN3", "UN4"} and unknown["UN1"]


def test_a_check_letter_worked_by_hand() -> None:
    from childrens_warehouse.simulate.identity import nhs_check_digit, upn_check_letter

    # 8*2 + 2*3 + 0 + 1*5 + 2*6 + 0 + 0 + 0 + 9*10 + 5*11 + 0 + 1*13 = 197; 197 - 8*23 = 13: the letter P
    assert upn_check_letter("820120009501") == "P"
    # 9*10 + 4*9 + 3*8 + 4*7 + 7*6 + 6*5 + 5*4 + 9*3 + 1*2 = 299; 299 mod 11 = 2; 11 - 2 = 9
    assert nhs_check_digit("943476591") == 9


def test_a_child_is_the_same_in_all_three_sources(told: Extracts) -> None:
    night = told.scenario.night
    header = {row["CHILD"]: row for row in told.rows("ssda903_header", night)}
    in_care = {row["CHILD"] for row in told.rows("ssda903_episodes", night) if not row["DEC"]}
    pupils = {row["upn"]: row for row in told.rows("pupils", night)}
    on_roll = {row["upn"] for row in told.rows("enrolments", night) if not row["end_date"]}
    shared = [child for child in in_care if header[child]["UPN"] in on_roll]
    assert len(shared) > 0.4 * len(in_care)
    for child in shared:
        pupil = pupils[header[child]["UPN"]]
        assert pupil["child_id"] in ("", child)
        assert day_of("pupils", pupil["date_of_birth"]) == day_of("ssda903_header", header[child]["DOB"])
        assert (pupil["sex"], pupil["ethnicity"]) == (header[child]["SEX"], header[child]["ETHNIC"])
    known = sum(bool(pupils[header[child]["UPN"]]["child_id"]) for child in shared) / len(shared)
    assert 0.45 < known < 0.75
    trust = told.rows("health_assessments", night)
    patients = {row["patient_id"]: row["child_id"] for row in trust}
    assert len({child for child in patients.values() if child}) == sum(map(bool, patients.values()))
    assert 0.82 < sum(map(bool, patients.values())) / len(patients) < 0.97
    assert len(in_care & set(patients.values())) > 0.7 * len(in_care)


def test_children_of_school_age_in_care_are_pupils(told: Extracts) -> None:
    night = told.scenario.night
    header = {row["CHILD"]: row for row in told.rows("ssda903_header", night)}
    on_roll = {row["upn"] for row in told.rows("enrolments", night) if not row["end_date"]}
    school_year = dt.date(night.year - (night.month < 9), 8, 31)
    of_age, missing = 0, 0
    for row in told.rows("ssda903_episodes", night):
        born = day_of("ssda903_header", header[row["CHILD"]]["DOB"])
        assert born
        years = school_year.year - born.year - ((born.month, born.day) > (8, 31))
        if row["DEC"] or not 5 <= years <= 15:
            continue
        of_age += 1
        missing += header[row["CHILD"]]["UPN"] not in on_roll
    # Some have only just come, and their UPN or their school place with them.
    assert of_age > 50 and missing <= 0.05 * of_age


def test_enrolments_and_marks_belong_together(told: Extracts) -> None:
    """Marks only for pupils on the roll of that school that day, both sessions, one supplier each."""
    night = told.scenario.first_night
    spells = defaultdict(list)
    for row in told.rows("enrolments", night):
        spells[row["upn"], row["school_urn"]].append((row["start_date"], row["end_date"] or "9999-12-31"))
    listed = {row["upn"] for row in told.rows("pupils", night)}
    days = told.marks(night).group_by(["upn", "school_urn", "date"]).aggregate([("supplier", "count_distinct"),
                                                                              ("session", "count")])  # fmt: skip
    for row in days.to_pylist():
        assert row["upn"] in listed
        assert (row["supplier_count_distinct"], row["session_count"]) == (1, 2)
        found = spells[row["upn"], row["school_urn"]]
        assert any(start <= row["date"] < end for start, end in found)


def test_a_pupil_of_two_schools_is_at_one_of_them(told: Extracts) -> None:
    marks = told.marks(told.scenario.first_night)
    at_other = pc.cast(pc.equal(marks["mark"], "D"), pa.int32())
    sessions = (
        marks.append_column("at_other", at_other)
        .group_by(["upn", "date", "session"])
        .aggregate([("school_urn", "count"), ("at_other", "sum")])
    )
    double = sessions.filter(pc.greater(sessions["school_urn_count"], 1)).to_pylist()
    assert all((row["school_urn_count"], row["at_other_sum"]) == (2, 1) for row in double)
    statuses = Counter(row["status"] for path in told.files("enrolments") for row in read(Path(path)))
    assert statuses["C"] > 100 and statuses["S"] > 0
    if told.scenario.nights > 1:
        assert double, "the default size has a pupil with two schools"
