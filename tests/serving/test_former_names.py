"""A renamed table or column is readable under its old name on the server, by those who may read the new one alone."""

from __future__ import annotations

import psycopg
import pytest

from childrens_warehouse.serving import readers, steps
from childrens_warehouse.serving.readers import Role
from childrens_warehouse.settings import Settings
from tests.serving.access_release import as_login, granted
from tests.serving.releases import release_of
from tests.serving.test_access_served import TEAMS
from tests.upkeep import renaming

pytestmark = pytest.mark.slow


def test_old_names_answer_as_new_ones_do(
    settings: Settings, database: str, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = renaming.declared_in(tmp_path, monkeypatch)
    settings.home.create()
    readers.append(settings.home, granted("first", Role.CHILD_READER, "310", "1"))
    readers.append(settings.home, granted("figures", Role.AGGREGATE_READER))
    until("2017-05-31")
    release_of(settings, more=renaming.RENAMED + TEAMS)
    steps.load(settings)
    with as_login(database, "first") as reader:
        for old, new in (
            (
                "select child_key, distance from marts.fct_placement",
                "select child_key, cast(miles as double precision) from marts.fct_placement",
            ),
            (
                "select child_key, is_held from marts.fct_review",
                "select child_key, was_held from marts.fct_held_review",
            ),
            (
                "select pupil_key, says from marts.fct_attendance_pupil_month",
                "select pupil_key, told from marts.fct_attendance_pupil_month",
            ),
        ):
            found = sorted(reader.execute(old.encode()).fetchall())
            assert found == sorted(reader.execute(new.encode()).fetchall())
            assert {key % 3 for key, _ in found} == {1}
        kind = reader.execute("select pg_typeof(distance)::text from marts.fct_placement limit 1").fetchone()
        assert kind == ("double precision",)
    with as_login(database, "figures") as reader:
        assert reader.execute("select count(*) from marts_aggregate.indicator_value where target = aim").fetchone() == (
            6,
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("select * from marts.fct_review")
    until("2017-05-30")
    release_of(settings, says=2, more=renaming.RENAMED + TEAMS)
    steps.load(settings)
    with as_login(database, "first") as reader, pytest.raises(psycopg.errors.UndefinedTable):
        reader.execute("select * from marts.fct_review")
