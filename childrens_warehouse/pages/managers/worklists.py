"""What the work lists show: which columns, in which words, and what is most urgent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

STATUSES = {
    "overdue": "Overdue",
    "due": "Due",
    "one_move_away_in_year": "Two since 1 April",
    "one_move_away": "Two in twelve months",
    "over": "Over the line",
    "near": "Near the line",
    "not_known": "Not known",
}
# What is past or over, as against what is still to come.
URGENT = frozenset({"overdue", "one_move_away_in_year", "over"})

_ITEMS = {
    "first_review": "First review",
    "later_review": "Review",
    "initial_health_assessment": "Initial health assessment",
    "review_health_assessment": "Review health assessment",
    "dental_check": "Dental check",
    "strengths_and_difficulties_questionnaire": "Strengths and difficulties questionnaire",
}


@dataclass(frozen=True)
class Column:
    """One column beside the child, the worker and the status. text: of a row of the list. kind: class of its cells."""

    title: str
    text: Callable[[Row], str]
    kind: str = ""


@dataclass(frozen=True)
class WorkList:
    """One list.

    table: the published one. urgent: what its URGENT rows are, after their number. order: SQL, after the status.
    """

    table: str
    title: str
    short: str
    urgent: str
    about: str
    columns: tuple[Column, ...]
    order: str

    @property
    def id(self) -> str:
        return self.table.replace("_", "-")


def day(value: dt.date) -> str:
    """Short, so that a row stays a line: 5 Jun 2017."""
    return f"{value.day} {value:%b %Y}"


def _day(name: str) -> Callable[[Row], str]:
    return lambda row: _told(row[name])


def _told(value: dt.date | None) -> str:
    return day(value) if value else "–"


def _number(name: str) -> Callable[[Row], str]:
    return lambda row: "–" if row[name] is None else str(row[name])


def _left(row: Row) -> str:
    left = row["working_days_left"]
    if left is None:
        return "–"
    days = f"{abs(left):,} working day{'' if abs(left) == 1 else 's'}"
    return f"{days} late" if left < 0 else "today" if left == 0 else f"in {days}"


def _why(*names: tuple[str, str]) -> Callable[[Row], str]:
    """Why it is on the list: what is not known, else the dates that have one."""
    return lambda row: (
        row["why_not_known"] or "; ".join(f"{said} {day(row[name])}" for name, said in names if row[name])
    )


def _health_why(row: Row) -> str:
    if row["why_not_known"] and row["earliest_due_on"] and row["earliest_due_on"] != row["latest_due_on"]:
        return f"{row['why_not_known']} Due on {day(row['earliest_due_on'])} or {day(row['latest_due_on'])}."
    return _why(("last_done_on", "last done"), ("period_of_care_started_on", "in care since"))(row)


def _percent(row: Row) -> str:
    return "–" if row["absence_percent"] is None else f"{row['absence_percent']:.1f}%"


def _sessions(row: Row) -> str:
    return f"{row['absent_sessions']} of {row['possible_sessions']}" if row["possible_sessions"] else "–"


def _may_miss(row: Row) -> str:
    if row["expected_further_sessions"] is None:
        return "–"
    if row["may_still_miss_sessions"] is None:
        return "over it by July in any case"
    return f"{row['may_still_miss_sessions']} of {row['expected_further_sessions']} to come"


def _plan(row: Row) -> str:
    if row["why_not_known"]:
        return str(row["why_not_known"])
    begun = f"meeting {day(row['meeting_on'])}" if row["meeting_on"] else "begun, no meeting yet"
    return f"{begun if row['plan_count'] else 'none begun'}; in care since {day(row['since_on'])}"


_WHAT = Column("What", lambda row: _ITEMS[row["item"]], "what")
_DUE = (Column("Due on", _day("due_on"), "line"), Column("When", _left, "line"))

ALL = (
    WorkList(
        "worklist_review_due", "Reviews due", "Reviews", "overdue",
        "Reviews of children in care that are overdue, or due within 20 working days.",
        (_WHAT, *_DUE, Column("Why", _why(
            ("last_held_on", "last held"), ("period_of_care_started_on", "in care since"),
            ("recorded_for", "entered for"),
        ), "words")),
        "due_on nulls last",
    ),
    WorkList(
        "worklist_health_assessment_due", "Health due", "Health", "overdue",
        "Health assessments, dental checks and questionnaires that are overdue, or due within 20 working days.",
        (_WHAT, *_DUE, Column("Why", _health_why, "words")),
        "due_on nulls last, item",
    ),
    WorkList(
        "worklist_personal_education_plan_missing", "Education plans missing", "Education plans",
        "overdue",
        "Children in care of school age without a complete personal education plan for this term.",
        (*_DUE, Column("Why", _plan, "words")),
        "due_on nulls last",
    ),
    WorkList(
        "worklist_placement_stability", "One move from three placements", "Placements", "since 1 April",
        "Children in care with two placements: one more move makes three in the year.",
        (
            Column("Since 1 April", _number("placements_in_year_count"), "figure"),
            Column("In twelve months", _number("placements_in_twelve_months_count"), "figure"),
            Column("One again from", _day("drops_out_on"), "line"),
            Column("Why", _why(("since_on", "last move")), "words"),
        ),
        "drops_out_on desc nulls last",
    ),
    WorkList(
        "worklist_attendance", "Near persistent absence", "Attendance", "over the line",
        "Pupils in care or in need who have missed 8 % or more of their sessions since 1 September; 10 % is persistent"
        " absence."
        " How many they may still miss by July assumes two sessions on every school day that is left.",
        (
            Column("Missed", _percent, "figure"),
            Column("Sessions", _sessions, "figure"),
            Column("May still miss", _may_miss, "line"),
            Column("Why", _why(("marks_until", "marks until")), "words"),
        ),
        "absence_percent desc nulls last",
    ),
)  # fmt: skip
