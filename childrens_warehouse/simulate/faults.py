"""Ways to spoil a row of each table, with the rule that must find it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from childrens_warehouse.datasets import BY_NAME
from childrens_warehouse.simulate.extracts import SEX_AS_LETTER_FROM
from childrens_warehouse.simulate.identity import UPN_LETTERS

Cells = list[str]
Suits = Callable[[Cells], bool]
Spoil = Callable[[Cells], Cells | None]


@dataclass(frozen=True)
class Fault:
    """A way to spoil a row. `spoil` returns a further row to stand right after it, or None."""

    kind: str
    rule: str | None
    suits: Suits
    spoil: Spoil


class _Table:
    """Ways to spoil rows of one dataset, by the names of its columns."""

    def __init__(self, dataset: str) -> None:
        self.index = {column.name: position for position, column in enumerate(BY_NAME[dataset].columns)}

    def put(self, column: str, value: str) -> Spoil:
        return self.change(column, lambda _: value)

    def change(self, column: str, how: Callable[[str], str]) -> Spoil:
        position = self.index[column]

        def spoil(row: Cells) -> None:
            row[position] = how(row[position])

        return spoil

    def copy(self, row: Cells, **changes: str) -> Cells:
        changed = list(row)
        for column, value in changes.items():
            changed[self.index[column]] = value
        return changed

    def filled(self, column: str, also: Callable[[str], bool] = bool) -> Suits:
        position = self.index[column]
        return lambda row: bool(row[position]) and also(row[position])

    def is_(self, column: str, value: str) -> Suits:
        position = self.index[column]
        return lambda row: row[position] == value

    def blank(self, column: str) -> Suits:
        return self.is_(column, "")

    def broken(self, column: str, value: str) -> Fault:
        """A cell that cannot be read as its kind."""
        return Fault("broken date", "CELL-UNREADABLE", _always, self.put(column, value))

    def unknown(self, column: str, value: str) -> Fault:
        return Fault("unknown code", "CODE-UNKNOWN", self.filled(column), self.put(column, value))

    def keyless(self, column: str) -> Fault:
        return Fault("blank key", "KEY-MISSING", _always, self.put(column, ""))

    def repeated(self) -> Fault:
        return Fault("repeated row", "KEY-DUPLICATE", _always, lambda row: list(row))


def faults_of(dataset: str, extract_date: dt.date) -> tuple[Fault, ...]:
    """The faults of one dataset, in the order in which they find their rows."""
    table = _Table(dataset)
    if dataset.startswith("ssda903_"):
        return _of_the_return(dataset, table, extract_date)
    if dataset.startswith("annex_a_"):
        return _of_the_inspection(dataset, table)
    match dataset:
        case "persons":
            nobody = table.put("date_of_birth", "")
            both = table.change("disability", "NONE;{}".format)
            is_disabled = table.filled("disability", lambda value: value != "NONE")
            has_number = table.filled("nhs_number")
            return (
                Fault("no date of birth", "BIRTH-DATE-MISSING", _always, nobody),
                Fault("disabled and not", "DISABILITY-CONTRADICTED", is_disabled, both),
                Fault("wrong check digit", "NHS-CHECK-DIGIT", has_number, table.change("nhs_number", _other_digit)),
                table.unknown("ethnicity", "BRIT"),
            )
        case "allocations":
            is_over = table.filled("end_date")
            return (
                Fault("ends before it starts", "SPELL-REVERSED", is_over, table.put("end_date", "1992-01-31")),
                table.keyless("worker_id"),
            )
        case "return_interviews":
            held = table.filled("interviewed_at")
            return (
                Fault("before the return", "INTERVIEW-DATES", held, table.put("interviewed_at", "1992-01-31T10:00")),
                Fault("broken time", "CELL-UNREADABLE", _always, table.put("returned_at", "in the evening")),
            )
        case "care_leavers":
            in_touch = table.is_("in_touch", "YES")
            return (
                Fault("in touch, nothing known", "LEAVER-AGAINST-CONTACT", in_touch, table.put("activity", "0")),
                table.unknown("eligibility", "leaver"),
            )
        case "patients":
            has_number = table.filled("nhs_number")
            return (
                Fault("wrong check digit", "NHS-CHECK-DIGIT", has_number, table.change("nhs_number", _other_digit)),
                table.unknown("sex", "X"),
            )
        case "health_assessments":
            return (
                Fault("blank cell", "CELL-MISSING", _always, table.put("assessment_type", "")),
                table.unknown("outcome", "attended"),
                table.broken("requested_on", "12th May"),
            )
        case "dental_checks":
            return (table.unknown("outcome", "check-up"), table.repeated())
        case "immunisations":
            return (table.unknown("up_to_date", "partly"), table.broken("assessed_on", "31/02"))
        case "sdq":
            has_score = table.filled("score")
            return (
                Fault("score beyond 40", "SDQ-SCORE-RANGE", has_score, table.put("score", "44")),
                Fault("score and reason", "SDQ-SCORE-AND-REASON", has_score, table.put("reason_not_completed", "SDQ4")),
                Fault("broken number", "CELL-UNREADABLE", has_score, table.put("score", "twelve")),
            )
        case "pupils":
            ordinary = table.blank("child_id")
            return (
                Fault("broken date", "CELL-UNREADABLE", ordinary, table.put("date_of_birth", "0000-00-00")),
                Fault("blank key", "KEY-MISSING", ordinary, table.put("upn", "")),
            )
        case "enrolments":
            has_left = table.filled("leaving_reason")
            return (
                Fault("comma without quotes", "ROW-UNREADABLE", has_left, lambda row: row.append("see file")),
                table.repeated(),
            )
        case "exclusions":
            suspended = table.filled("sessions")
            return (
                Fault("longer than the law allows", "SUSPENSION-LENGTH", suspended, table.put("sessions", "190")),
                Fault("blank cell", "CELL-MISSING", _always, table.put("type", "")),
            )
        case "peps":
            held = table.filled("meeting_on")
            return (
                Fault("plan of another year", "PEP-SCHOOL-YEAR", held, table.change("school_year", _next_year)),
                Fault("broken number", "CELL-UNREADABLE", held, table.put("pupil_premium_planned", "as agreed")),
                table.unknown("quality", "blue"),
            )
        case "attainment":
            return (table.unknown("stage", "KS3"), table.keyless("subject"), table.repeated())
    return ()


def _of_the_return(dataset: str, table: _Table, extract_date: dt.date) -> tuple[Fault, ...]:
    match dataset.removeprefix("ssda903_"):
        case "header":
            has_upn = table.filled("UPN", lambda value: not value.startswith("UN"))
            return (
                Fault("wrong check letter", "UPN-CHECK-LETTER", has_upn, table.change("UPN", _other_letter)),
                _sex_of_another_year(table, extract_date),
            )
        case "episodes":
            is_over = table.filled("DEC")
            return (
                table.broken("DECOM", "31/02/2017"),
                table.unknown("PLACE", "U9"),
                Fault("ends before it starts", "SPELL-REVERSED", is_over, table.change("DEC", _years_earlier)),
                table.keyless("CHILD"),
                Fault("end without a reason", "EPISODE-END-REASON", is_over, table.put("REC", "")),
            )
        case "reviews":
            return (
                table.repeated(),
                Fault("orphan", None, _always, lambda row: table.copy(row, CHILD="9" + row[0])),
            )
        case "oc2":
            has_score = table.filled("SDQ_SCORE")
            without_problem = table.is_("SUBSTANCE_MISUSE", "0")
            received = table.put("INTERVENTION_RECEIVED", "1")
            return (
                Fault("score beyond 40", "SDQ-SCORE-RANGE", has_score, table.put("SDQ_SCORE", "44")),
                Fault("help without a problem", "INTERVENTION-UNFOUNDED", without_problem, received),
                table.unknown("TEETH_CHECK", "done"),
            )
        case "oc3":
            in_touch = table.is_("IN_TOUCH", "YES")
            return (
                Fault("in touch, nothing known", "LEAVER-AGAINST-CONTACT", in_touch, table.put("ACTIV", "0")),
                table.unknown("ACCOM", "Q1"),
            )
        case "ad1":
            undecided = table.put("DATE_INT", "")
            a_couple = table.is_("NB_ADOPTR", "2")
            return (
                Fault("matched, never decided", "ADOPTION-DATES", _always, undecided),
                Fault("a couple of one", "ADOPTERS-DISAGREE", a_couple, table.put("NB_ADOPTR", "1")),
            )
        case "placed_for_adoption":
            is_back = table.filled("REASON_PLACED_CEASED")
            return (
                Fault("end without a reason", "PLACED-END-REASON", is_back, table.put("REASON_PLACED_CEASED", "")),
                Fault("before birth", "BEFORE-BIRTH", _always, table.change("DATE_PLACED", _years_earlier)),
            )
        case "previous_permanence":
            none = table.is_("PREV_PERM", "Z1")
            return (Fault("where nothing was", "PERMANENCE-CONTRADICTED", none, table.put("LA_PERM", "310")),)
        case "missing":
            is_back = table.filled("MIS_END")
            return (
                Fault("ends before it starts", "SPELL-REVERSED", is_back, table.change("MIS_END", _years_earlier)),
                Fault("before birth", "BEFORE-BIRTH", is_back, table.change("MIS_START", _years_earlier)),
            )
        case "sw_episodes":
            bare = table.change("SW_ID", lambda value: value.removeprefix("SW"))
            return (
                Fault("number without its letters", "SOCIAL-WORKER-ID", _always, bare),
                table.unknown("SW_REASON", "LEFT"),
            )
        case "dolo":
            return (Fault("before birth", "BEFORE-BIRTH", _always, table.change("DOLO_START", _years_earlier)),)
    return ()


def _of_the_inspection(dataset: str, table: _Table) -> tuple[Fault, ...]:
    match dataset.removeprefix("annex_a_"):
        case "1_contacts":
            return (table.unknown("Contact Source", "a neighbour"), table.repeated())
        case "2_early_help":
            return (table.broken("Assessment start date", "before Easter"),)
        case "3_referrals":
            return (table.keyless("Child Unique ID"),)
        case "4_assessments":
            is_over = table.filled("Continuous Assessment Date of Authorisation")
            reverse = table.put("Continuous Assessment Date of Authorisation", "1992-01-31")
            return (Fault("ends before it starts", "SPELL-REVERSED", is_over, reverse),)
        case "6_children_in_need":
            return (table.unknown("Primary Need Code", "N12"),)
        case "8_children_in_care":
            return (table.unknown("Placement Type", "U9"),)
        case "9_care_leavers":
            return (table.unknown("Activity Status", "Q1"),)
    return ()


def _sex_of_another_year(table: _Table, extract_date: dt.date) -> Fault:
    """A figure where the return wants a letter, or a letter where it wants a figure."""
    if extract_date >= SEX_AS_LETTER_FROM:
        figures = {"M": "1", "F": "2"}
        return Fault("withdrawn code", "CODE-WITHDRAWN", _always, table.change("SEX", figures.__getitem__))
    letters = {"1": "M", "2": "F"}
    return Fault("code of the future", "CODE-NOT-YET-VALID", _always, table.change("SEX", letters.__getitem__))


def _always(row: Cells) -> bool:
    return True


def _other_letter(upn: str) -> str:
    return UPN_LETTERS[(UPN_LETTERS.index(upn[0]) + 1) % 23] + upn[1:]


def _other_digit(nhs_number: str) -> str:
    return nhs_number[:-1] + str((int(nhs_number[-1]) + 1) % 10)


def _next_year(year: str) -> str:
    return str(int(year) + 1)


def _years_earlier(day: str) -> str:
    """The typing slip that puts a day decades too early."""
    return day[:6] + str(int(day[6:]) - 20)
