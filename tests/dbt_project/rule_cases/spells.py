"""Rules of missing spells, deprivation of liberty and social workers."""

from __future__ import annotations

from tests.dbt_project.rule_cases import Case, after, case, ended, episode, last, moved, row, twelve_months
from tests.dbt_project.rule_cases.episodes import OPEN_BEFORE


def spell(mis_start: str, mis_end: str | None = None, **cells: object):
    return row(**{"missing": "M", "mis_start": mis_start, "mis_end": mis_end, **cells})


def order(dolo_start: str, dolo_end: str | None = None, **cells: object):
    return row(**{"dolo_start": dolo_start, "dolo_end": dolo_end, **cells})


def worker(sw_decom: str, sw_dec: str | None = None, worker_key: int = 1, **cells: object):
    return row(**{"worker_key": worker_key, "sw_decom": sw_decom, "sw_dec": sw_dec, "sw_reason": "MANAGE", **cells})


FOSTERED = (episode(),)
IN_A_HOME = (episode(place="K2"),)


def missing(rule: str, *spells, episodes=FOSTERED, at=("missing", 0), also=(), **files) -> Case:
    return case(rule, *episodes, at=at, also=also, missing=spells, **files)


def deprived(rule: str, *orders, episodes=IN_A_HOME, at=("dolo", 0), also=(), **files) -> Case:
    return case(rule, *episodes, at=at, also=also, dolo=orders, **files)


def worked(rule: str, *workers, episodes=FOSTERED, at=("sw_episodes", 0), also=(), **files) -> Case:
    return case(rule, *episodes, at=at, also=also, sw_episodes=workers, **files)


YEAR_LONG = {"oc2": [twelve_months()], "last_year": last(OPEN_BEFORE)}

CASES = (
    missing("INT13", spell("2026-07-01", "2026-07-02", birth_month="2016-06-01")),
    case(
        "INT04",
        at=("missing", 0),
        header=[],
        missing=[spell("2026-07-01", "2026-07-02")],
        also=[("1012", "missing", 0)],
    ),
    missing("570", spell("2027-04-01")),
    missing("571", spell("2026-07-01", "2027-04-01")),
    missing("574", spell("2026-07-01", "2026-07-10"), spell("2026-07-05", "2026-07-06"), at=("missing", 1)),
    missing("575", spell("2026-07-01"), episodes=(moved(), after())),
    case(
        "576",
        OPEN_BEFORE,
        at=("missing", -1),
        oc2=[twelve_months()],
        last_year=last(OPEN_BEFORE, missing=[spell("2026-03-20")]),
    ),
    missing("577", spell("2026-07-01", "2026-09-02"), episodes=(ended(),)),
    missing("578", spell("2026-09-02", "2026-09-03"), episodes=(ended(),)),
    missing("581", spell("2026-05-31", "2026-06-02")),
    missing("586", spell("2026-07-01", "2026-07-02", _marks="BEFORE-BIRTH")),
    # deprivation of liberty
    deprived("702", order("2026-07-01", "2026-07-01")),
    deprived("703", order("2027-04-01")),
    deprived("704", order("2026-07-01", "2027-04-01")),
    deprived("705", order("2026-07-01"), order("2026-07-05", "2026-07-06"), at=("dolo", 1)),
    case(
        "706",
        {**OPEN_BEFORE, "place": "K2"},
        at=("dolo", -1),
        oc2=[twelve_months()],
        last_year=last({**OPEN_BEFORE, "place": "K2"}, dolo=[order("2026-03-20")]),
    ),
    deprived("707", order("2026-07-01", "2026-09-02"), episodes=(ended(place="K2"),)),
    deprived("708", order("2026-07-01", "2026-07-05", _marks="BEFORE-BIRTH")),
    deprived("709", order("2026-07-01", "2026-07-05"), episodes=(episode(),)),
    deprived("710", order("2026-07-01", "2026-07-05"), episodes=(episode(place="K1"),), also=[("709", "dolo", 0)]),
    # social workers
    worked("SW01bSTG1", worker("2026-06-01", sw_reason=None)),
    worked("SW02STG1", worker("2026-06-01", _marks="SOCIAL-WORKER-ID")),
    worked("SW06STG2", worker("2027-04-01")),
    worked("SW07STG2", worker("2026-06-01", "2027-04-01"), also=[("SW17STG2", "sw_episodes", 0)]),
    worked("SW08STG2", worker("2026-06-01"), worker("2026-07-01", worker_key=2)),
    worked("SW09STG2", worker("2026-06-01", "2026-06-01"), worker("2026-06-01", worker_key=2)),
    worked("SW10STG2", worker("2026-06-01", "2026-07-01"), worker("2026-07-09", worker_key=2), at=("sw_episodes", 1)),
    worked("SW11bSTG2", worker("2026-06-01", "2027-03-30"), also=[("SW17STG2", "sw_episodes", 0)]),
    worked("SW12STG2", worker("2026-04-09"), episodes=(OPEN_BEFORE,), **YEAR_LONG),
    worked("SW17STG2", worker("2026-06-01", "2027-03-31")),
)

CLEAN = (
    missing("", spell("2026-07-01", "2026-07-02"), spell("2026-07-02", "2026-07-05"), episodes=(moved(), after())),
    missing("", spell("2026-08-20", "2026-09-01"), episodes=(ended(),)),
    deprived("", order("2026-07-01", "2026-07-05"), order("2026-07-05")),
    worked("", worker("2026-04-08"), episodes=(OPEN_BEFORE,), **YEAR_LONG),
    worked("", worker("2026-06-01", "2026-07-01"), worker("2026-07-08", worker_key=2)),
)
