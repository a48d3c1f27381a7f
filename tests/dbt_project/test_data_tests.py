"""The data tests can fail: each is run, as dbt compiled it, on rows that break its rule and on rows that do not."""

from __future__ import annotations

import pytest

from tests.dbt_project.conftest import Judged

pytestmark = pytest.mark.slow

PERIOD = "insert into marts.fct_care_period (authority_code, child_key, started_on, ended_on, episode_count) values "


def test_periods_that_meet_do_not_overlap(judged: Judged):
    judged.connection.execute(
        PERIOD + "('310', 1, '2017-01-01', '2017-02-01', 1), ('310', 1, '2017-02-01', '2017-02-01', 1), "
        "('310', 1, '2017-02-02', null, 1), ('311', 1, '2017-01-15', null, 1)"
    )
    assert judged.failures("fct_care_period_no_overlap") == 0


def test_a_long_period_overlaps_all_that_lie_within_it(judged: Judged):
    judged.connection.execute(
        PERIOD + "('310', 1, '2017-01-01', '2017-12-01', 1), ('310', 1, '2017-02-01', '2017-03-01', 1), "
        "('310', 1, '2017-05-01', '2017-06-01', 1)"
    )
    assert judged.failures("fct_care_period_no_overlap") == 2


def test_an_open_period_overlaps_what_comes_after(judged: Judged):
    judged.connection.execute(PERIOD + "('310', 1, '2017-01-01', null, 1), ('310', 1, '2019-01-01', null, 1)")
    assert judged.failures("fct_care_period_no_overlap") == 1


def test_the_grain_is_unique(judged: Judged):
    judged.connection.execute(PERIOD + "('310', 1, '2017-01-01', null, 1), ('311', 1, '2017-01-01', null, 1)")
    assert judged.failures("fct_care_period_grain") == 0
    judged.connection.execute(PERIOD + "('310', 1, '2017-01-01', '2017-02-01', 1)")
    assert judged.failures("fct_care_period_grain") == 1


def test_a_fact_without_its_child_is_found(judged: Judged):
    judged.connection.execute(PERIOD + "('310', 1, '2017-01-01', null, 1)")
    version = "insert into marts.dim_child (authority_code, child_key, valid_from, is_nhs_number_known) values "
    # the same key in another authority is another child
    judged.connection.execute(version + "('311', 1, '1900-01-01', false)")
    assert judged.failures("fct_care_period_child") == 1
    judged.connection.execute(version + "('310', 1, '1900-01-01', false)")
    assert judged.failures("fct_care_period_child") == 0


def test_only_one_version_of_a_child_is_current(judged: Judged):
    version = (
        "insert into marts.dim_child "
        "(authority_code, child_key, valid_from, valid_to, is_current, is_nhs_number_known) values "
    )
    judged.connection.execute(version + "('310', 1, '1900-01-01', '2016-04-01', false, false)")
    judged.connection.execute(version + "('310', 1, '2016-04-01', null, true, false)")
    assert judged.failures("dim_child_one_current_version") == 0
    judged.connection.execute(version + "('310', 1, '2017-04-01', null, true, false)")
    assert judged.failures("dim_child_one_current_version") == 1


def test_a_lost_episode_is_found(judged: Judged):
    episode = (
        "insert into intermediate.int_episodes_in_force (authority_code, child_key, started_on) "
        "values ('310', 1, '2017-01-01')"
    )
    placement = (
        "insert into marts.fct_placement "
        "(authority_code, child_key, started_on, period_of_care_started_on, same_carer_since, stable_since, "
        "episode_count, is_same_carer_as_before, counts_as_placement, counts_as_move, placement_authority_code) "
        "values ('310', 1, '2017-01-01', '2017-01-01', '2017-01-01', '2017-01-01', 1, false, true, false, '310')"
    )
    legal_status = (
        "insert into marts.fct_legal_status_spell "
        "(authority_code, child_key, started_on, period_of_care_started_on, legal_status_code, episode_count, "
        "is_open, is_short_break) values ('310', 1, '2017-01-01', '2017-01-01', 'C2', 1, true, false)"
    )
    for statement in (episode, placement, legal_status):
        judged.connection.execute(statement)
        assert judged.failures("every_episode_is_in_one_placement") == 1
    judged.connection.execute(PERIOD + "('310', 1, '2017-01-01', null, 1)")
    assert judged.failures("every_episode_is_in_one_placement") == 0
