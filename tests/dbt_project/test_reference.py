"""Invented histories, untidier than real ones, told by the models and by `reference`: both must say the same."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter, defaultdict
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.build import dbt, raw_schema
from tests.dbt_project import reference
from tests.dbt_project.reference import DAY, Episode

pytestmark = pytest.mark.slow

CHILDREN = 400
AS_AT = dt.date(2017, 5, 31)
MODELS = ("fct_placement", "fct_care_period", "fct_review")


def invent_episodes(chance: random.Random) -> list[Episode]:
    """Gaps, overlaps, ends that are missing, days of no length, blanks, and the same episode in two years."""
    episodes = []
    for child in range(1, CHILDREN + 1):
        day = dt.date(chance.choice((2009, 2010, 2011, 2015, 2016)), chance.randint(1, 12), chance.randint(1, 28))
        home = ("U4", "PR1", 1, 1)
        other = ("K2", "PR4", 2, 2)
        for number in range(chance.randint(1, 6)):
            temporary = (chance.choice(("T1", "T3")), None, None, None)
            without_address = ("U4", "PR1", None, None)
            adopters = (chance.choice(("A5", "A6")), "PR1", 1, chance.choice((1, 2)))
            place, provider, urn, postcode = chance.choice(
                (home, home, other, temporary, adopters, without_address, (None, None, None, None))
            )
            length = chance.choice((0, 1, 3, 7, 30, 90, 200, 400))
            ended = None if chance.random() < 0.12 else day + length * DAY
            episode = Episode(
                child=child,
                started=day,
                ended=ended,
                reason="S" if number == 0 else chance.choice(("L", "P", "T", "B", "U", None)),
                legal_status=chance.choice(("C2", "V2", "V2", "V4" if child % 5 == 0 else "C1", None)),
                place=place,
                provider=provider,
                urn=urn,
                postcode=postcode,
                end_reason=chance.choice(("X1", "E4A", None)),
                change_reason=chance.choice(("PLACE", "CARPL", "CARPL", None)),
                year=2017,
            )
            if chance.random() < 0.1:
                episodes.append(Episode(**{**vars(episode), "ended": None, "place": "R1", "year": 2016}))
            episodes.append(episode)
            # mostly the next begins the day this one ends; sometimes before, sometimes after
            day = (ended or day + 50 * DAY) + chance.choice((0, 0, 0, 0, 0, 1, 40, -5)) * DAY
            day = max(day, episode.started + DAY)
    return episodes


@pytest.fixture(scope="module")
def histories() -> tuple[list[Episode], dict[int, list[dt.date]]]:
    chance = random.Random(2017)
    episodes = invent_episodes(chance)
    held: dict[int, list[dt.date]] = defaultdict(list)
    for episode in episodes:
        for _ in range(chance.randint(0, 2)):
            day = episode.started + chance.choice((0, 14, 25, 28, 29, 30, 31, 90, 180)) * DAY
            held[episode.child] = sorted({*held[episode.child], day})
    return episodes, held


@pytest.fixture(scope="module")
def candidate(histories, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    path = folder / "candidate.duckdb"
    episodes, held = histories
    with duckdb.connect(str(path)) as connection:
        raw_schema.create_empty(connection)
        for table in ("ssda903_episodes", "ssda903_reviews"):
            connection.execute(f"create table kept as from raw.{table}; drop view raw.{table}")
            connection.execute(f"create table raw.{table} as from kept; drop table kept")
        connection.executemany(
            "insert into raw.ssda903_episodes (child_key, decom, dec, rne, ls, place, place_provider, urn, "
            "pl_post_key, rec, reason_place_change, _authority_code, _collection_year, _stamp, _source_file, "
            "_source_row) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '310', ?, timestamp '2017-05-31', 'episodes', ?)",
            [
                (one.child, one.started, one.ended, one.reason, one.legal_status, one.place, one.provider, one.urn,
                 one.postcode, one.end_reason, one.change_reason, one.year, row)
                for row, one in enumerate(episodes, start=2)
            ],
        )  # fmt: skip
        connection.executemany(
            "insert into raw.ssda903_reviews (child_key, review, _authority_code, _collection_year, _stamp) "
            "values (?, ?, '310', 2017, timestamp '2017-05-31')",
            [(child, day) for child, days in held.items() for day in days],
        )
    finished = dbt.run(
        ["build", "--select", *(f"+{model}" for model in MODELS), "--exclude-resource-type", "unit_test", "test"],
        path,
        folder / "target",
    )
    assert finished.returncode == 0, finished.stdout
    return path


def told(candidate: Path, statement: str) -> list[tuple]:
    with duckdb.connect(str(candidate), read_only=True) as connection:
        return connection.execute(statement).fetchall()


def test_placements_and_periods_of_care(histories, candidate):
    placements, periods = [], []
    seen: Counter[str] = Counter()
    for child, episodes in reference.in_force(histories[0]).items():
        for period in reference.periods_of_care(episodes):
            last = period.episodes[-1]
            periods.append(
                (child, period.started, period.ended, last.end_reason if last.ended else None,
                 period.is_short_break, len(period.episodes))
            )  # fmt: skip
            seen["short breaks"] += period.is_short_break
            for placement in period.placements:
                first, last = placement.episodes[0], placement.episodes[-1]
                seen["rebuilt"] += len(placement.episodes) > 1
                seen["return"] += placement.is_return
                seen["same carer"] += placement.is_same_carer
                seen["adopters and the placement before"] += placement.stable_since != placement.same_carer_since
                seen["no days"] += first.started == last.ended
                seen["overlap"] += any(one.overlaps for one in placement.episodes)
                seen["open before next"] += any(one.open_before_next for one in placement.episodes)
                placements.append(
                    (child, first.started, last.ended, period.started, first.home[0], placement.underlying,
                     len(placement.episodes), placement.is_temporary, placement.is_return,
                     placement.is_same_carer, placement.counts, placement.same_carer_since, placement.stable_since,
                     (last.ended - first.started).days if last.ended else None,
                     any(one.overlaps for one in placement.episodes),
                     any(one.open_before_next for one in placement.episodes))
                )  # fmt: skip
    # the comparison is worth something only if the histories hold every case, and more than once
    assert all(seen[case] >= 5 for case in ("short breaks", "rebuilt", "return", "no days", "overlap")), seen
    assert all(seen[case] >= 5 for case in ("open before next", "same carer", "adopters and the placement before"))

    assert sorted(periods, key=repr) == sorted(
        told(
            candidate,
            "select child_key, started_on, ended_on, end_reason_code, is_short_break, episode_count "
            "from marts.fct_care_period",
        ),
        key=repr,
    )
    assert sorted(placements, key=repr) == sorted(
        told(
            candidate,
            "select child_key, started_on, ended_on, period_of_care_started_on, placement_type_code, "
            "underlying_placement_type_code, episode_count, is_temporary, is_return_from_temporary, "
            "is_same_carer_as_before, counts_as_placement, same_carer_since, stable_since, nights, "
            "coalesce(marks like '%EPISODE-OVERLAP%', false), coalesce(marks like '%OPEN-BEFORE-NEXT%', false) "
            "from marts.fct_placement",
        ),
        key=repr,
    )


def test_reviews(histories, candidate):
    episodes, held = histories
    expected = [
        (child, *review)
        for child, own in reference.in_force(episodes).items()
        for review in reference.reviews(reference.periods_of_care(own), held[child], AS_AT)
    ]
    seen = Counter(review[-1] for review in expected)
    assert set(seen) == {"on_time", "late", "overdue", "not_yet_due", "outside_care"}
    assert min(seen.values()) >= 5, seen

    assert sorted(expected, key=repr) == sorted(
        told(
            candidate,
            "select child_key, review_on, is_held, period_of_care_started_on, review_number, due_on, timeliness "
            "from marts.fct_review",
        ),
        key=repr,
    )
