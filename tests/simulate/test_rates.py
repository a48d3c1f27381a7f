"""Whether the invented lives look like the real ones: rates within wide bounds, on three times the default size."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from childrens_warehouse.simulate import Scenario, register, simulate, terms, world
from tests.simulate.conftest import Extracts, day_of, read

NIGHT = dt.date(2017, 7, 14)
SCENARIO = Scenario(night=NIGHT, nights=1, children=360, pupils=2_500, dirt=False)
YEAR_END = dt.date(2017, 3, 31)
HOUR = dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def area(tmp_path_factory: pytest.TempPathFactory) -> Extracts:
    inbox = tmp_path_factory.mktemp("area") / "inbox"
    simulate(inbox, SCENARIO)
    return Extracts(inbox, SCENARIO, ())


def test_about_as_many_children_in_care_as_asked_for(area: Extracts) -> None:
    for day in (YEAR_END, NIGHT):
        in_care = {row["CHILD"] for row in area.rows("ssda903_episodes", day) if not row["DEC"]}
        assert 0.85 * 360 < len(in_care) < 1.15 * 360


@pytest.mark.parametrize("children", [1, 7, 60, 2_000])
def test_numbers_in_care_are_steady_at_every_size(children: int) -> None:
    from childrens_warehouse.simulate import care

    scenario = Scenario(night=NIGHT, children=children)
    found = list(care.children(scenario, dt.date(1997, 1, 1), dt.date(2020, 1, 1)))
    days = [dt.date(year, month, 1) for year in (2016, 2017, 2018, 2019) for month in (1, 5, 9)]
    counts = [sum(any(p.started_on <= day < p.ended_on for p in child.periods) for child in found) for day in days]
    tolerance = 0.12 * children + 3 * children**0.5
    assert all(abs(count - children) < tolerance for count in counts), counts


def test_pupils_on_the_rolls(area: Extracts) -> None:
    day = "2017-05-18"
    on_roll = {
        row["upn"]
        for row in area.rows("enrolments", NIGHT)
        if row["start_date"] <= day < (row["end_date"] or "9999-12-31")
    }
    assert 0.93 * 2_500 < len(on_roll) < 1.07 * 2_500


def test_placements_are_mostly_foster_and_some_children_move_often(area: Extracts) -> None:
    rows = area.rows("ssda903_episodes", YEAR_END)
    now = Counter(row["PLACE"][0] for row in rows if not row["DEC"])
    assert 0.55 < now["U"] / now.total() < 0.85
    assert 0.05 < now["K"] / now.total() < 0.2
    started = sum(row["RNE"] == "S" and day_of("ssda903_episodes", row["DECOM"]) >= dt.date(2016, 4, 1) for row in rows)
    left = sum(row["REC"] not in ("", "X1") for row in rows)
    assert 0.25 * 360 < started < 0.7 * 360 and 0.25 * 360 < left < 0.7 * 360
    homes = defaultdict(set)
    for row in rows:
        if not row["PLACE"].startswith("T"):
            homes[row["CHILD"]].add((row["PL_POST"], row["URN"]))
    still = {row["CHILD"] for row in rows if not row["DEC"]}
    assert 0.06 < sum(len(homes[child]) >= 3 for child in still) / len(still) < 0.22


def test_some_come_back_into_care(area: Extracts) -> None:
    starts = Counter()
    for path in area.files("ssda903_episodes"):
        for row in {(row["CHILD"], row["DECOM"]) for row in read(path) if row["RNE"] == "S"}:
            starts[row] = 1
    again = Counter(child for child, _ in starts)
    assert any(times > 1 for times in again.values())


def test_first_reviews_are_mostly_within_20_working_days(area: Extracts) -> None:
    reviews = defaultdict(list)
    born = {}
    for year in (2016, 2017):
        for row in area.rows("ssda903_reviews", dt.date(year, 3, 31)):
            reviews[row["CHILD"]].append(day_of("ssda903_reviews", row["REVIEW"]))
            years = (day_of("ssda903_reviews", row["REVIEW"]) - day_of("ssda903_reviews", row["DOB"])).days / 365.25
            assert (row["REVIEW_CODE"] == "PN0") == (years < 4) or abs(years - 4) < 0.01
            born[row["CHILD"]] = row["DOB"]
    in_time = []
    for row in area.rows("ssda903_episodes", dt.date(2016, 3, 31)):
        started = day_of("ssda903_episodes", row["DECOM"])
        if row["RNE"] != "S" or started < dt.date(2015, 4, 1) or row["LS"] == "V4":
            continue
        after = [day for day in reviews[row["CHILD"]] if day > started]
        if after:
            in_time.append(min(after) <= terms.working_days_after(started, 20))
    assert len(in_time) > 40 and 0.72 < sum(in_time) / len(in_time) < 0.95
    held = [day for days in reviews.values() for day in days]
    assert all(terms.working_day_on_or_after(day) == day for day in held)


def test_initial_assessments_are_mostly_in_time(area: Extracts) -> None:
    rows = area.rows("health_assessments", NIGHT)
    done = [row for row in rows if row["assessment_type"] == "IHA" and row["outcome"] == "completed"]
    assert len(done) > 100
    assert 0.6 < sum(row["seen_on"] <= row["due_on"] for row in done) / len(done) < 0.9
    assert {row["outcome"] for row in rows} == {"", "completed", "refused", "not_brought", "cancelled"}
    assert all(bool(row["seen_on"]) == (row["outcome"] == "completed") for row in rows)
    assert all(row["seen_on"] >= row["requested_on"] for row in rows if row["seen_on"])
    assert {row["assessment_type"] for row in rows} == {"IHA", "RHA"}


def test_unaccompanied_children(area: Extracts) -> None:
    rows = area.rows("ssda903_uasc", NIGHT)
    in_header = {row["CHILD"]: row for row in area.rows("ssda903_header", NIGHT)}
    assert 0.02 < len(rows) / len(in_header) < 0.15
    for row in rows:
        eighteen = terms.add_months(day_of("ssda903_uasc", row["DOB"]), 216)
        assert day_of("ssda903_uasc", row["DUC"]) <= eighteen
        assert (row["SEX"], row["DOB"]) == (in_header[row["CHILD"]]["SEX"], in_header[row["CHILD"]]["DOB"])


def test_persistent_absence_and_the_gap_of_children_in_care(area: Extracts) -> None:
    """Ten per cent or more of a pupil's own possible sessions of the school year."""
    marks = area.marks(NIGHT)
    marks = marks.filter(pc.greater_equal(marks["date"], "2016-09-01"))
    absent = pc.is_in(marks["mark"], pa.array(["I", "M", "C", "R", "O", "N", "U", "G", "H", "E", "S"]))
    possible = pc.invert(pc.is_in(marks["mark"], pa.array(["D", "X", "Y", "#", ""])))
    counted = pa.table(
        {"upn": marks["upn"], "absent": pc.cast(absent, "int64"), "possible": pc.cast(possible, "int64")}
    )
    pupils = counted.group_by("upn").aggregate([("absent", "sum"), ("possible", "sum")]).to_pylist()
    rates = {row["upn"]: row["absent_sum"] / row["possible_sum"] for row in pupils if row["possible_sum"] > 40}
    persistent = sum(rate >= 0.1 for rate in rates.values()) / len(rates)
    assert 0.08 < persistent < 0.18
    upns = {row["UPN"] for row in area.rows("ssda903_header", NIGHT)}
    in_care = [rate for upn, rate in rates.items() if upn in upns]
    others = [rate for upn, rate in rates.items() if upn not in upns]
    assert len(in_care) > 100
    assert sum(in_care) / len(in_care) > 1.2 * sum(others) / len(others)
    assert {"/", "\\", "L", "I", "O", "M", "G", "N", "U", "S", "E", "V"} <= set(marks["mark"].unique().to_pylist())


def test_illness_comes_in_spells(area: Extracts) -> None:
    marks = area.marks(NIGHT)
    ill = marks.filter(pc.and_(pc.equal(marks["mark"], "I"), pc.equal(marks["session"], "AM")))
    days = defaultdict(set)
    for row in ill.select(["upn", "date"]).to_pylist():
        days[row["upn"]].add(dt.date.fromisoformat(row["date"]))
    followed = [day + terms.DAY in found for found in days.values() for day in found if day.weekday() < 4]
    assert sum(followed) / len(followed) > 0.35


def test_a_day_has_the_same_marks_in_any_span() -> None:
    drawn = world.draw(Scenario(night=dt.date(2017, 5, 18), nights=1, children=20, pupils=100))
    later = world.draw(Scenario(night=dt.date(2017, 6, 18), nights=1, children=20, pupils=100))

    def day(of: world.World) -> dict[tuple[str, int], tuple[int, int]]:
        on_roll = register.roll(of)
        on = on_roll.on(dt.date(2017, 5, 9))
        morning, afternoon = register.marks(on_roll, on, dt.date(2017, 5, 9))
        return {
            (on_roll.upn[spell], int(on_roll.urn[spell])): (int(morning[place]), int(afternoon[place]))
            for place, spell in enumerate(on)
        }

    assert day(drawn) == day(later) and len(day(drawn)) > 80


def test_chance_is_even_and_its_own_for_each_day() -> None:
    import numpy as np

    seeds = np.arange(20_000, dtype=np.uint64)
    one, other = register.chance(seeds, 1, 736_000), register.chance(seeds, 1, 736_001)
    assert abs(one.mean() - 0.5) < 0.01 and one.min() >= 0 and one.max() < 1
    assert abs(float(np.corrcoef(one, other)[0, 1])) < 0.03
    assert abs(float(np.corrcoef(one, register.chance(seeds, 2, 736_000))[0, 1])) < 0.03
    # SplitMix64 of the state 0 begins with this number; the salt of matter 1 and day 0 is its increment.
    assert register.chance(np.array([0], dtype=np.uint64), 1, 0)[0] == (0xE220A8397B1DCDAF >> 11) * 2.0**-53


def test_school_days() -> None:
    days = set(terms.school_days_of(2016))
    for closed in ("2016-10-26", "2016-12-21", "2017-01-02", "2017-02-15", "2017-04-10", "2017-04-17", "2017-05-01",
                   "2017-05-31", "2017-07-21", "2017-03-18"):  # fmt: skip
        assert dt.date.fromisoformat(closed) not in days, closed
    for open_ in ("2016-09-05", "2016-10-21", "2016-10-31", "2017-03-31", "2017-04-18", "2017-07-20"):
        assert dt.date.fromisoformat(open_) in days, open_
    for year in range(2009, 2030):
        assert 186 <= len(terms.school_days_of(year)) <= 194, year


def test_working_days_and_months() -> None:
    # Good Friday and Easter Monday 2017 were 14 and 17 April.
    assert terms.working_days_after(dt.date(2017, 4, 13), 1) == dt.date(2017, 4, 18)
    assert terms.working_days_after(dt.date(2017, 4, 15), 20) == dt.date(2017, 5, 16)
    assert terms.working_day_on_or_before(dt.date(2017, 4, 17)) == dt.date(2017, 4, 13)
    assert terms.add_months(dt.date(2016, 11, 30), 3) == dt.date(2017, 2, 28)
    assert terms.add_months(dt.date(2016, 2, 29), -12) == dt.date(2015, 2, 28)
    assert terms.add_months(dt.date(2016, 12, 15), 12) == dt.date(2017, 12, 15)


# ------------------------------------------------------------------------------------------ the other lists


def _share(rows: list[dict[str, str]], column: str, value: str) -> float:
    return sum(row[column] == value for row in rows) / len(rows)


def test_health_of_children_looked_after_all_year(area: Extracts) -> None:
    rows = area.rows("ssda903_oc2", YEAR_END)
    assert 0.5 * 360 < len(rows) < 0.9 * 360
    assert 0.7 < _share(rows, "TEETH_CHECK", "1") < 0.95
    assert 0.7 < _share(rows, "HEALTH_ASSESSMENT", "1") < 0.97
    assert 0.65 < _share(rows, "IMMUNISATIONS", "1") < 0.95
    asked = [row for row in rows if row["SDQ_SCORE"] or row["SDQ_REASON"]]
    scores = [int(row["SDQ_SCORE"]) for row in asked if row["SDQ_SCORE"]]
    assert 0.6 < len(scores) / len(asked) < 0.9
    assert 12 < sum(scores) / len(scores) < 16.5 and max(scores) > 25
    assert 0 < _share(rows, "SUBSTANCE_MISUSE", "1") < 0.08 and 0 < _share(rows, "CONVICTED", "1") < 0.08


def test_one_child_in_ten_goes_missing_and_a_few_again_and_again(area: Extracts) -> None:
    spells = Counter(row["CHILD"] for row in area.rows("ssda903_missing", YEAR_END))
    in_year = {row["CHILD"] for row in area.rows("ssda903_episodes", YEAR_END)}
    assert 0.05 < len(spells) / len(in_year) < 0.2
    assert max(spells.values()) >= 10 and 3 < sum(spells.values()) / len(spells) < 12
    interviews = [row for row in area.rows("return_interviews", NIGHT) if row["interviewed_at"]]
    hours = [
        (dt.datetime.fromisoformat(row["interviewed_at"]) - dt.datetime.fromisoformat(row["returned_at"])) / HOUR
        for row in interviews
    ]
    assert 0.55 < sum(each <= 72 for each in hours) / len(hours) < 0.8


def test_leavers_are_mostly_in_touch_housed_and_some_without_work(area: Extracts) -> None:
    rows = [row for day in (YEAR_END, YEAR_END.replace(year=2016)) for row in area.rows("ssda903_oc3", day)]
    assert len(rows) > 100
    assert 0.75 < _share(rows, "IN_TOUCH", "YES") < 0.97
    in_touch = [row for row in rows if row["IN_TOUCH"] == "YES"]
    assert 0.25 < sum(row["ACTIV"].startswith("G") for row in in_touch) / len(in_touch) < 0.5
    assert 0.8 < sum(row["ACCOM"].endswith("1") for row in in_touch) / len(in_touch) < 0.96


def test_workers_change_and_each_has_a_caseload(area: Extracts) -> None:
    rows = [row for row in area.rows("allocations", NIGHT) if row["role"] == "social_worker"]
    in_care = {row["CHILD"] for row in area.rows("ssda903_episodes", NIGHT) if not row["DEC"]}
    open_cases = Counter(row["worker_id"] for row in rows if not row["end_date"] and row["child_id"] in in_care)
    assert 6 < sum(open_cases.values()) / len(open_cases) < 25
    workers = defaultdict(set)
    for row in rows:
        if row["child_id"] in in_care and (row["end_date"] or "9999") > "2016-07-14":
            workers[row["child_id"]].add(row["worker_id"])
    assert 1.3 < sum(map(len, workers.values())) / len(workers) < 3


def test_plans_suspensions_and_results(area: Extracts) -> None:
    plans = [row for row in area.rows("peps", NIGHT) if (row["school_year"], row["term"]) == ("2016", "spring")]
    assert len(plans) > 150 and 0.7 < sum(bool(row["completed_on"]) for row in plans) / len(plans) < 0.95
    suspended = {row["upn"] for row in area.rows("exclusions", NIGHT) if row["start_date"] >= "2016-09-01"}
    assert 0.01 < len(suspended) / 2_500 < 0.06
    results = area.rows("attainment", NIGHT)
    levels = [row for row in results if row["stage"] == "KS2" and row["measure"] == "level"]
    assert 0.4 < sum(row["result"] >= "4" for row in levels) / len(levels) < 0.85
    leavers = {row["upn"] for row in results if row["stage"] == "KS4"}
    passed = Counter(row["upn"] for row in results if row["stage"] == "KS4" and row["result"] in ("A*", "A", "B", "C"))
    assert len(leavers) > 30 and 0.02 < sum(times >= 5 for times in passed.values()) / len(leavers) < 0.4
