"""What ties the lists of an authority to one another: the same children, spells, placements and schools in all."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

from lxml import etree

from childrens_warehouse.datasets.declaration import may_lack
from childrens_warehouse.datasets.ssda903 import SOCIAL_WORKER_EPISODES
from childrens_warehouse.simulate.postcodes import INWARD
from tests.simulate.conftest import Extracts, day_of, read

ADOPTED = {"E11", "E12"}
SHORT_BREAKS = {"V3", "V4"}
Row = dict[str, str]


def _day(text: str, return_file: bool = True) -> dt.date:
    day = day_of("ssda903_episodes" if return_file else "persons", text)
    assert day
    return day


def _last_return(told: Extracts) -> dt.date:
    night = told.scenario.first_night
    return dt.date(night.year - (night <= dt.date(night.year, 3, 31)), 3, 31)


def _returns(told: Extracts) -> list[dt.date]:
    last = _last_return(told)
    return [last.replace(year=last.year - 1), last]


def _age(born: dt.date, on: dt.date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _periods(told: Extracts) -> dict[str, list[tuple[dt.date, dt.date | None]]]:
    """Periods of care of each child, put together from the episodes of all returns and nights."""
    rows: dict[tuple[str, dt.date], Row] = {}
    for path in told.files("ssda903_episodes"):
        rows |= {(row["CHILD"], _day(row["DECOM"])): row for row in read(path)}
    found: dict[str, list[tuple[dt.date, dt.date | None]]] = defaultdict(list)
    for (child, started_on), row in sorted(rows.items()):
        ended_on = day_of("ssda903_episodes", row["DEC"])
        if found[child] and found[child][-1][1] == started_on and row["RNE"] != "S":
            started_on = found[child].pop()[0]
        found[child].append((started_on, ended_on))
    return found


def _was_in_care(periods: list[tuple[dt.date, dt.date | None]], first: dt.date, last: dt.date) -> bool:
    return any(started_on <= first and (ended_on is None or last <= ended_on) for started_on, ended_on in periods)


def _in_care(told: Extracts, night: dt.date) -> set[str]:
    return {row["CHILD"] for row in told.rows("ssda903_episodes", night) if not row["DEC"]}


# ---------------------------------------------------------------- the return


def test_every_file_of_the_return_names_children_of_its_header(told: Extracts) -> None:
    for path in told.files("ssda903_header"):
        header = {row["CHILD"]: row["DOB"] for row in read(path)}
        for file in path.parent.glob("*.csv"):
            for row in read(file):
                if "DOB" in row:
                    assert header[row["CHILD"]] == row["DOB"], file.name


def test_oc2_is_of_the_children_looked_after_all_year(told: Extracts) -> None:
    periods = _periods(told)
    for day in _returns(told):
        breaks = {row["CHILD"] for row in told.rows("ssda903_episodes", day) if row["LS"] in SHORT_BREAKS}
        first = dt.date(day.year - 1, 4, 1)
        expected = {
            child for child, spells in periods.items()
            if any(start <= first and (end is None or end > day) for start, end in spells)
        } - breaks  # fmt: skip
        rows = told.rows("ssda903_oc2", day)
        assert {row["CHILD"] for row in rows} == expected and rows
        for row in rows:
            years = _age(_day(row["DOB"]), day)
            assert bool(row["CONVICTED"]) == (years >= 10) and bool(row["HEALTH_CHECK"]) == (years < 5)
            is_asked = years >= 4 and _age(_day(row["DOB"]), first) < 17
            assert bool(row["SDQ_SCORE"] or row["SDQ_REASON"]) == is_asked
            assert not (row["SDQ_SCORE"] and row["SDQ_REASON"])
            assert bool(row["INTERVENTION_RECEIVED"]) == (row["SUBSTANCE_MISUSE"] == "1")
            assert bool(row["INTERVENTION_OFFERED"]) == (row["INTERVENTION_RECEIVED"] == "0")


def test_oc2_says_what_the_trust_knows(told: Extracts) -> None:
    night, day = told.scenario.first_night, _last_return(told)
    year = [(day - dt.timedelta(days=offset)).isoformat() for offset in (0, 364)]
    scores, dental, seen = {}, set(), Counter()
    for row in sorted(told.rows("sdq", night), key=lambda row: row["completed_on"]):
        if year[1] <= row["completed_on"] <= year[0]:
            scores[row["child_id"]] = (row["score"], row["reason_not_completed"])
    for row in told.rows("dental_checks", night):
        if year[1] <= row["checked_on"] <= year[0] and row["outcome"] == "seen":
            dental.add(row["child_id"])
    for row in told.rows("health_assessments", night):
        seen[row["child_id"]] += year[1] <= row["seen_on"] <= year[0]
    known = {row["child_id"] for row in told.rows("patients", night)}
    compared = 0
    for row in told.rows("ssda903_oc2", day):
        child, years = row["CHILD"], _age(_day(row["DOB"]), day)
        if child not in known:
            continue
        compared += 1
        assert (row["TEETH_CHECK"] == "1") == (child in dental)
        assert (row["HEALTH_ASSESSMENT"] == "1") == (seen[child] >= (2 if years < 5 else 1))
        if 4 <= years <= 16:
            assert (row["SDQ_SCORE"], row["SDQ_REASON"]) == scores.get(child, ("", "SDQ4"))
    assert compared > 40


def test_ad1_is_of_the_children_adopted_in_the_year(told: Extracts) -> None:
    adopted = 0
    for path in told.files("ssda903_ad1"):
        episodes = defaultdict(list)
        for row in read(path.parent / "episodes.csv"):
            episodes[row["CHILD"]].append(row)
        left = {child for child, rows in episodes.items() if any(row["REC"] in ADOPTED for row in rows)}
        rows = read(path)
        assert {row["CHILD"] for row in rows} == left
        decisions = {(row["CHILD"], row["DATE_PLACED"]): row for row in read(path.parent / "placed_for_adoption.csv")}
        for row in rows:
            adopted += 1
            decided_on, matched_on = _day(row["DATE_INT"]), _day(row["DATE_MATCH"])
            with_adopters = [each for each in episodes[row["CHILD"]] if each["PLACE"] in ("A3", "A4", "A5", "A6")]
            assert decided_on < matched_on < min(_day(each["DECOM"]) for each in with_adopters)
            assert (row["FOSTER_CARE"] == "1") == (with_adopters[0]["PLACE"] in ("A3", "A5"))
            assert not decisions[row["CHILD"], row["DATE_INT"]]["DATE_PLACED_CEASED"]
        for child, row in ((key[0], row) for key, row in decisions.items()):
            assert bool(row["DATE_PLACED_CEASED"]) == bool(row["REASON_PLACED_CEASED"])
            assert child in episodes
    assert adopted


def test_previous_permanence_is_asked_of_who_came_since_2016(told: Extracts) -> None:
    asked_from = dt.date(2016, 4, 1)
    came = defaultdict(set)
    for path in told.files("ssda903_episodes"):
        for row in read(path):
            if row["RNE"] == "S":
                came[row["CHILD"]].add(_day(row["DECOM"]))
    for path in told.files("ssda903_previous_permanence"):
        night = dt.date.fromisoformat(path.parent.name)
        children = {row["CHILD"] for row in read(path.parent / "episodes.csv")}
        rows = read(path)
        asked = {row["CHILD"] for row in rows}
        assert asked >= {child for child in children if any(asked_from <= day <= night for day in came[child])}
        assert asked <= children
        if night < asked_from:
            assert not asked
        for row in rows:
            assert bool(row["DATE_PERM"]) == bool(row["LA_PERM"]) == (row["PREV_PERM"] in ("P1", "P2", "P3"))
            assert row["DATE_PERM"][-4:] >= row["DOB"][-4:] or not row["DATE_PERM"]


def test_missing_spells_lie_within_care_and_apart(told: Extracts) -> None:
    periods = _periods(told)
    spells: dict[str, set[tuple[dt.date, dt.date | None]]] = defaultdict(set)
    for path in told.files("ssda903_missing"):
        night = dt.date.fromisoformat(path.parent.name)
        for row in read(path):
            ended_on = day_of("ssda903_missing", row["MIS_END"])
            started_on = _day(row["MIS_START"])
            assert _was_in_care(periods[row["CHILD"]], started_on, ended_on or night)
            if ended_on:
                spells[row["CHILD"]].add((started_on, ended_on))
    for found in spells.values():
        assert all(before[1] < after[0] for before, after in pairwise(sorted(found)))
    counts = sorted(map(len, spells.values()))
    assert counts[0] == 1 and counts[-1] >= 20, "a few children have many"


def test_a_return_interview_belongs_to_a_missing_spell(told: Extracts) -> None:
    night = told.scenario.night
    spells = {}
    for path in told.files("ssda903_missing"):
        spells |= {(row["CHILD"], _day(row["MIS_START"]).isoformat()): row["MIS_END"] for row in read(path)}
    delivered_from = min(dt.date(day.year - 1, 4, 1) for day in _returns(told))
    rows = [row for row in told.rows("return_interviews", night) if row["missing_start"] >= str(delivered_from)]
    assert len(rows) > 30
    for row in rows:
        returned = spells[row["child_id"], row["missing_start"]]
        assert row["returned_at"][:10] == _day(returned).isoformat()
        assert row["offered"] or (night - dt.date.fromisoformat(row["returned_at"][:10])).days < 4
        assert bool(row["accepted"]) == (row["offered"] == "Y")
        assert not row["interviewed_at"] or (row["accepted"] == "Y" and row["interviewed_at"] > row["returned_at"])


# ---------------------------------------------------------------- workers


def test_every_open_case_has_one_worker_at_a_time(told: Extracts) -> None:
    night = told.scenario.first_night
    spells: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in told.rows("allocations", night):
        spells[row["child_id"], row["role"]].append((row["start_date"], row["end_date"]))
    for found in spells.values():
        for before, after in pairwise(sorted(found)):
            assert before[1] and before[1] <= after[0]
    open_with = {key for key, found in spells.items() if any(not end for _, end in found)}
    in_care = _in_care(told, night)
    in_need = {child for child, role in open_with if role == "social_worker"} - in_care
    assert in_care <= {child for child, role in open_with if role == "social_worker"}
    assert in_need <= {each.id for each in _census(told) if any(not case.closed for case in each.cases)}
    with_officer = {child for child, role in open_with if role == "iro"}
    assert with_officer <= in_care and len(with_officer) > 0.95 * len(in_care)


def test_social_workers_of_the_return_are_those_allocated(told: Extracts) -> None:
    night = told.scenario.first_night
    allocated = {
        (row["child_id"], row["worker_id"], row["start_date"], row["end_date"])
        for row in told.rows("allocations", night)
        if row["role"] == "social_worker"
    }
    year = night.year + (night.month >= 4)
    for path in told.files("ssda903_sw_episodes"):
        rows = read(path)
        if path.parent.name == str(night):
            assert rows and {
                (row["CHILD"], row["SW_ID"], _day(row["SW_DECOM"]).isoformat(),
                 _day(row["SW_DEC"]).isoformat() if row["SW_DEC"] else "")
                for row in rows
            } <= allocated  # fmt: skip
            assert {row["CHILD"] for row in rows if not row["SW_DEC"]} == _in_care(told, night)
    assert bool(told.files("ssda903_sw_episodes")) == (not may_lack(SOCIAL_WORKER_EPISODES, year))


# ---------------------------------------------------------------- children in need


@dataclass(frozen=True)
class Need:
    """One CINdetails of the census."""

    element: etree._Element

    def text(self, name: str) -> str:
        return self.element.findtext(name) or ""

    @property
    def referred(self) -> str:
        return self.text("CINreferralDate")

    @property
    def closed(self) -> str:
        return self.text("CINclosureDate")


@dataclass(frozen=True)
class InNeed:
    """One child of the census."""

    id: str
    born: str
    upn: str
    cases: list[Need]


def _census(told: Extracts, day: dt.date | None = None) -> list[InNeed]:
    document = etree.parse(told.folder("social_care", day or told.scenario.first_night) / "cin_census.xml")
    return [
        InNeed(
            child.findtext("ChildIdentifiers/LAchildID"),
            child.findtext("ChildIdentifiers/PersonBirthDate"),
            child.findtext("ChildIdentifiers/UPN") or child.findtext("ChildIdentifiers/UPNunknown"),
            [Need(each) for each in child.findall("CINdetails")],
        )
        for child in document.iter("Child")
    ]


def test_the_census_holds_everybody_in_care_and_agrees_with_persons(told: Extracts) -> None:
    night = told.scenario.first_night
    children = _census(told)
    persons = {row["child_id"]: row for row in told.rows("persons", night)}
    assert len({child.id for child in children}) == len(children)
    for child in children:
        assert (persons[child.id]["date_of_birth"], persons[child.id]["upn"]) == (child.born, child.upn)
    with_case = {child.id for child in children if any(not case.closed for case in child.cases)}
    in_care = _in_care(told, night)
    assert in_care <= with_case and len(with_case) > 1.3 * len(in_care)
    assert {child.id for child in children} <= persons.keys()


def test_what_follows_a_referral_lies_within_its_case(told: Extracts) -> None:
    seen = Counter()
    for day in (*_returns(told), told.scenario.first_night):
        since, until = f"{day.year - (day.month < 4)}-04-01", str(day)
        for child in _census(told, day):
            assert child.cases
            for before, after in pairwise(child.cases):
                assert before.closed and before.closed < after.referred
            for case in child.cases:
                end = case.closed or until
                assert child.born <= case.referred <= end <= until and end >= since
                assert bool(case.closed) == bool(case.text("ReasonForClosure"))
                assert (case.text("ReferralNFA") == "1") == (case.element.find("Assessments") is None)
                days = [each.text for each in case.element.iter() if each.tag.endswith("Date")]
                assert all(case.referred <= day <= end for day in days)
                enquiry = case.element.find("Section47")
                plan = case.element.find("ChildProtectionPlans")
                if enquiry is not None:
                    held = enquiry.findtext("DateOfInitialCPC")
                    assert not (held and enquiry.findtext("ICPCnotRequired") == "1")
                    seen["conference"] += bool(held)
                if plan is not None:
                    assert plan.findtext("CPPstartDate") == enquiry.findtext("DateOfInitialCPC")
                    assert plan.findtext("CPPstartDate") < (plan.findtext("CPPendDate") or "9999")
                    seen["plan"] += 1
    assert seen["plan"] > 20 and seen["conference"] > seen["plan"]


# ---------------------------------------------------------------- leavers


def test_leavers_are_contacted_after_care_and_up_to_21(told: Extracts) -> None:
    night = told.scenario.night
    persons = {row["child_id"]: row for row in told.rows("persons", night)}
    periods = _periods(told)
    contacts: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(told.rows("care_leavers", night), key=lambda row: row["contact_date"]):
        contacts[row["child_id"]].append(row)
    advised = {row["child_id"] for row in told.rows("allocations", night) if row["role"] == "personal_adviser"}
    for child, rows in contacts.items():
        born = _day(persons[child]["date_of_birth"], return_file=False)
        for row in rows:
            on = dt.date.fromisoformat(row["contact_date"])
            assert 16 <= _age(born, on) <= 20 and not _was_in_care(periods.get(child, []), on, on)
            if row["eligibility"] != "qualifying":
                assert row["eligibility"] == ("former_relevant" if _age(born, on) >= 18 else "relevant")
            assert not row["pathway_plan_reviewed_on"] or row["pathway_plan_reviewed_on"] <= row["contact_date"]
        died = [row["contact_date"] for row in rows if row["in_touch"] == "DIED"]
        assert died == ([persons[child]["date_of_death"]] if persons[child]["date_of_death"] else [])
        assert not died or rows[-1]["contact_date"] == died[0]
        assert child in advised or rows[-1]["eligibility"] == "qualifying"
    eligibilities = {row["eligibility"] for rows in contacts.values() for row in rows}
    assert eligibilities == {"relevant", "former_relevant", "qualifying"}


def test_oc3_tells_how_leavers_were_around_their_birthday(told: Extracts) -> None:
    night = told.scenario.first_night
    contacts: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(told.rows("care_leavers", night), key=lambda row: row["contact_date"]):
        contacts[row["child_id"]].append(row)
    periods = _periods(told)
    for day in _returns(told):
        rows = told.rows("ssda903_oc3", day)
        ages = Counter()
        for row in rows:
            born = _day(row["DOB"])
            ages[_age(born, day)] += 1
            birthday = born.replace(year=born.year + _age(born, day), day=min(born.day, 28))
            assert not _was_in_care(periods.get(row["CHILD"], []), birthday, birthday)
            until = str(min(birthday + dt.timedelta(days=33), day))
            before = [each for each in contacts[row["CHILD"]] if each["contact_date"] <= until]
            if before:
                assert row["IN_TOUCH"] in {each["in_touch"] for each in before[-2:]}
        assert set(ages) <= {17, 18, 19, 20, 21} and {19, 20, 21} <= set(ages)


# ---------------------------------------------------------------- persons, patients, pupils


def test_persons_are_everybody_in_care_and_agree_with_the_header(told: Extracts) -> None:
    for night in told.scenario.extract_dates:
        persons = {row["child_id"]: row for row in told.rows("persons", night)}
        for row in told.rows("ssda903_header", night):
            person = persons[row["CHILD"]]
            assert (person["upn"], person["sex"], person["ethnicity"]) == (row["UPN"], row["SEX"], row["ETHNIC"])
            assert person["date_of_birth"] == _day(row["DOB"]).isoformat()
        unaccompanied = {row["CHILD"] for row in told.rows("ssda903_uasc", night)}
        assert {child for child in unaccompanied if persons[child]["unaccompanied"] != "Y"} == set()


def test_former_upns_are_those_the_schools_have(told: Extracts) -> None:
    night = told.scenario.night
    pupils = {row["upn"]: row for row in told.rows("pupils", night)}
    with_former = [row for row in told.rows("persons", night) if row["former_upn"]]
    assert with_former
    for row in with_former:
        assert row["upn"] not in pupils or pupils[row["upn"]]["former_upn"] == row["former_upn"]


def test_patients_are_known_by_nhs_number_and_sometimes_by_child_id(told: Extracts) -> None:
    night = told.scenario.first_night
    persons = {row["child_id"]: row for row in told.rows("persons", night)}
    by_number = {row["nhs_number"]: row for row in persons.values() if row["nhs_number"]}
    patients = {row["patient_id"]: row for row in told.rows("patients", night)}
    superseded = 0
    for row in patients.values():
        number = row["superseded_by"] or row["nhs_number"]
        superseded += bool(row["superseded_by"])
        if row["child_id"] and number and persons[row["child_id"]]["nhs_number"]:
            assert persons[row["child_id"]]["nhs_number"] == number
        if number in by_number:
            assert by_number[number]["date_of_birth"] == row["date_of_birth"]
            assert row["child_id"] in ("", by_number[number]["child_id"])
    linked = sum((row["superseded_by"] or row["nhs_number"]) in by_number for row in patients.values())
    assert 0.6 < linked / len(patients) < 0.9 and superseded
    assert len({row["nhs_number"] for row in patients.values()} - {""}) == sum(
        bool(row["nhs_number"]) for row in patients.values()
    )
    for dataset in ("health_assessments", "dental_checks", "immunisations", "sdq"):
        for row in told.rows(dataset, night):
            assert patients[row["patient_id"]]["child_id"] == row["child_id"]


# ---------------------------------------------------------------- schooling


def test_suspensions_are_in_the_register(told: Extracts) -> None:
    """Hardly any is hidden by a mark that comes before it: a school closed, the other school of two."""
    night = told.scenario.first_night
    marks = {
        (row["upn"], row["date"]): row["mark"]
        for row in told.marks(night).to_pylist()
        if row["session"] == "AM" and row["mark"] != "D"
    }
    roll = defaultdict(list)
    for row in told.rows("enrolments", night):
        roll[row["upn"], row["school_urn"]].append((row["start_date"], row["end_date"] or "9999-12-31"))
    rows = told.rows("exclusions", night)
    found = Counter()
    for row in rows:
        assert any(start <= row["start_date"] < end for start, end in roll[row["upn"], row["school_urn"]])
        assert bool(row["sessions"]) == (row["type"] != "PERM")
        if row["type"] != "PERM" and (row["upn"], row["start_date"]) in marks:
            found[marks[row["upn"], row["start_date"]] == "E"] += 1
    assert rows and found[False] <= 0.1 * found.total()
    suspended = {(row["upn"], row["start_date"]) for row in rows}
    excluded = {key for key, mark in marks.items() if mark == "E"}
    assert found.total() == 0 or len(excluded & suspended) > 0.3 * len(excluded)


def test_children_in_care_have_a_plan_each_term(told: Extracts) -> None:
    night = told.scenario.first_night
    header = {row["CHILD"]: row for row in told.rows("ssda903_header", night)}
    year = night.year - (night.month < 9)
    periods = _periods(told)
    rows = told.rows("peps", night)
    for row in rows:
        assert row["child_id"] or row["upn"]
        if row["meeting_on"]:
            on = dt.date.fromisoformat(row["meeting_on"])
            assert int(row["school_year"]) == on.year - (on.month < 9)
            assert row["child_id"] not in header or _was_in_care(periods[row["child_id"]], on, on)
        assert not row["completed_on"] or row["meeting_on"] <= row["completed_on"]
    planned = {row["child_id"] for row in rows if int(row["school_year"]) == year}
    planned |= {row["upn"] for row in rows if int(row["school_year"]) == year}
    lacking = 0
    of_age = [
        child
        for child in _in_care(told, night)
        if 5 <= _age(_day(header[child]["DOB"]), dt.date(year, 9, 1)) <= 15
        and _was_in_care(periods[child], night - dt.timedelta(days=100), night - dt.timedelta(days=1))
    ]
    lacking = sum(child not in planned and header[child]["UPN"] not in planned for child in of_age)
    assert len(of_age) > 30 and lacking == 0


def test_results_are_of_pupils_of_the_right_age(told: Extracts) -> None:
    night = told.scenario.first_night
    pupils = {row["upn"]: row for row in told.rows("pupils", night)}
    years_after_reception = {"EYFSP": 0, "PHONICS": 1, "KS1": 2, "KS2": 6, "KS4": 11}
    rows = told.rows("attainment", night)
    assert {row["stage"] for row in rows} == set(years_after_reception)
    for row in rows:
        born = dt.date.fromisoformat(pupils[row["upn"]]["date_of_birth"])
        reception = born.year - (born.month < 9) + 5
        assert int(row["year"]) == reception + years_after_reception[row["stage"]] + 1
        assert row["stage"] == "KS4" or row["year"] not in ("2020", "2021")
        if row["stage"] == "KS2" and row["measure"] == "level":
            assert int(row["year"]) <= 2015 and row["result"] in "2345"


def test_most_postcodes_exist(told: Extracts) -> None:
    """So that distances come out: nearly all of those written, and homes in the council's own area mostly."""
    episodes = [row for path in told.files("ssda903_episodes") for row in read(path)]
    written = [row[column].partition(" ") for row in episodes for column in ("HOME_POST", "PL_POST") if row[column]]
    exist = [
        inward in {INWARD[outward][at : at + 3] for at in range(0, len(INWARD[outward]), 3)}
        for outward, _, inward in written
    ]
    assert 0.93 < sum(exist) / len(exist) < 1
    assert {outward for outward, _, _ in written} == set(INWARD)
