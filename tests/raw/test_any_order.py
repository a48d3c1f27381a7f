"""Whatever order deliveries come in, and however a night is split, the state is the same: by invented histories."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import random
import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from childrens_warehouse.datasets import BY_NAME
from childrens_warehouse.landing import dataset as landing_dataset
from childrens_warehouse.landing import night as landing
from childrens_warehouse.quality.judge import Judgement, Verdict
from childrens_warehouse.raw.in_force import create_raw_schema, in_force
from childrens_warehouse.settings import Home, Settings

FIRST = dt.date(2017, 3, 30)  # the nights cross the end of a collection year
LAST = FIRST + dt.timedelta(days=30)
UASC = "CHILD,SEX,DOB,DUC\n"
SCHOOLS = "urn,name,phase,la_code,postcode,opened_on,closed_on\n"
ATTENDANCE = "upn,school_urn,date,session,supplier,mark\n"


@dataclasses.dataclass(frozen=True)
class File:
    """One file of one night, generated at its own minute."""

    source: str
    day: dt.date
    name: str
    content: str
    minute: int
    coverage: str | None = None

    @property
    def generated_at(self) -> str:
        return (dt.datetime(2017, 6, 1) + dt.timedelta(minutes=self.minute)).isoformat() + "Z"


def uasc(children: frozenset[int]) -> str:
    return UASC + "".join(f"{child},{child % 2 + 1},05/06/2005,\n" for child in sorted(children))


def schools(urns: frozenset[int]) -> str:
    return SCHOOLS + "".join(f"{urn},Made {urn},primary,310,HA1 1AA,,\n" for urn in sorted({*urns, 9}))


def marks(registers: dict[tuple[int, int], str]) -> str:
    lines = [
        f"A{pupil:012},{school},2017-03-{day:02},AM,sims,{mark}\n"
        for (school, day), mark in sorted(registers.items())
        for pupil in range(3)
    ]
    return ATTENDANCE + "".join(lines)


NIGHTS = st.integers(0, 5).map(lambda days: FIRST + dt.timedelta(days=days))
ANY_OF_FIVE = st.frozensets(st.integers(1, 5))
FILES = st.one_of(
    st.tuples(
        st.just("social_care"), NIGHTS, st.just("uasc.csv"), ANY_OF_FIVE.map(uasc),
        st.sampled_from([None, "collection_year:2017", "full"]),
    ),
    st.tuples(st.just("education"), NIGHTS, st.just("schools.csv"), ANY_OF_FIVE.map(schools), st.none()),
    st.tuples(
        st.just("education"), NIGHTS, st.just("attendance.csv"),
        st.dictionaries(
            st.tuples(st.integers(1, 2), st.integers(27, 29)), st.sampled_from("/LI"), min_size=1, max_size=4
        ).map(marks),
        st.none(),
    ),
)  # fmt: skip


@st.composite
def histories(draw) -> list[File]:
    """Files of several nights, each with a stamp of its own; one name at most once a night."""
    drawn = draw(st.lists(FILES, min_size=2, max_size=7, unique_by=lambda file: file[:3]))
    minutes = draw(st.permutations(range(len(drawn))))
    return [
        File(source, day, name, content, minute, coverage)
        for (source, day, name, content, coverage), minute in zip(drawn, minutes, strict=True)
    ]


def arrive(home: Settings, files: list[File]) -> None:
    """Put files into their folders, beside what came before, under a manifest that names them all."""
    for file in files:
        folder = home.home.inbox / "310" / file.source / file.day.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "_manifest.json"
        document = json.loads(path.read_text()) if path.exists() else {
            "authority": "310", "source": file.source, "extract_date": file.day.isoformat(),
            "generated_at": "2017-06-01T00:00:00Z", "files": [],
        }  # fmt: skip
        (folder / file.name).write_text(file.content)
        document["files"].append(
            {
                "name": file.name, "sha256": hashlib.sha256(file.content.encode()).hexdigest(),
                "coverage": file.coverage, "generated_at": file.generated_at,
            }
        )  # fmt: skip
        path.write_text(json.dumps(document))


def land(home: Settings, run_id: str) -> None:
    for source in ("social_care", "education"):
        for delivery in landing.expect(home, source, LAST, "310", run_id):
            for outcome in landing.land(home, delivery, run_id):
                assert outcome.status in ("accepted", "unchanged"), outcome.reason
        landing.close(home, source, LAST, run_id, [])


def state(home: Settings, known_on: dt.datetime | None = None) -> dict[str, object]:
    """All that a build may know: the fingerprint, and the rows of every relation it reads."""
    force = in_force(home, known_on)
    connection = duckdb.connect()
    create_raw_schema(connection, home, force, [(each.authority, each.month) for each in force.partitions])
    tables = ["ssda903_uasc", "schools", "attendance", "extract", "attendance_partition", "withdrawal"]
    assert {"ssda903_uasc", "schools", "attendance"} <= BY_NAME.keys()
    rows = {
        table: sorted(connection.execute(f"select * from raw.{table}").fetchall(), key=repr) for table in tables
    }
    return {"fingerprint": force.fingerprint, **rows}


@pytest.fixture
def judged_elsewhere(monkeypatch):
    """The arrivals suites are not the subject here, and they cost more than all the rest."""
    monkeypatch.setattr(
        landing_dataset.DatasetLanding, "_judge", lambda self, text: Judgement("none", Verdict.PASS, ())
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories(), seed=st.integers(0, 2**16), pieces=st.integers(1, 4))
def test_any_order_and_any_split_of_deliveries_give_one_state(judged_elsewhere, history, seed, pieces):
    with tempfile.TemporaryDirectory() as folder:
        homes = [
            dataclasses.replace(Settings.from_environment(), home=Home(Path(folder) / name).create())
            for name in ("in order", "shuffled")
        ]
        in_order, shuffled = homes
        for file in sorted(history, key=lambda each: each.generated_at):
            arrive(in_order, [file])
            land(in_order, f"minute {file.minute}")

        order = list(history)
        random.Random(seed).shuffle(order)
        for piece in range(pieces):
            arrive(shuffled, order[piece::pieces])
            land(shuffled, f"piece {piece}")

        assert state(shuffled) == state(in_order)
        # As known at a moment of the past: the files generated later do not count, whenever they came.
        moment = dt.datetime(2017, 6, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=len(history) // 2)
        assert state(shuffled, moment) == state(in_order, moment)
