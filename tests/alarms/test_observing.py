"""What a run found becomes troubles in our words, and settles what it saw gone."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from childrens_warehouse.alarms import note, observing, open_incidents
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.settings import PostgresSettings

HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"
GOOD = HEADER + "".join(f"{child},1,05/06/2005,WBRI,UN3,,\n" for child in range(1, 41))
# What a person may have typed where a column's name belongs: landing quotes what could be one in its reason, an alarm
# must not.
CANARY = "Ada Lovelace"
SPOILT = GOOD.replace("ETHNIC", CANARY)


def night_of(day):
    return dt.date.fromisoformat(day)


def keys(found):
    return [str(each.key) for each in found]


class Nights:
    """Nights of social care: deliver, land, observe, note."""

    def __init__(self, supplier):
        self.supplier = supplier
        self.settings = supplier.settings

    def observe(self, day, files=None, late=(), lost=(), run_id=None, **options):
        if files is not None:
            self.supplier.deliver("social_care", day, files, **options)
        run_id = run_id or f"run of {day}"
        self.supplier.land("social_care", day, run_id)
        return observing.landing(
            self.settings, "social_care", night_of(day), run_id,
            on_time=[] if late else ["310"], late=late, lost=lost, is_listed=True, is_closed=True,
        )  # fmt: skip

    def note(self, day, files=None, **options):
        scope, found = self.observe(day, files, **options)
        changes = note(self.settings, f"run of {day}", scope, found)
        return [str(each.key) for each in changes.opened], {str(e.key): e.resolution for e in changes.resolved}


@pytest.fixture
def nights(supplier):
    return Nights(supplier)


def test_a_good_night_finds_nothing(nights):
    assert nights.note("2017-05-30", {"header.csv": GOOD}) == ([], {})


def test_a_refused_file_stays_open_until_a_later_one_is_taken_in(nights):
    assert nights.note("2017-05-30", {"header.csv": SPOILT}) == (["refused:310:social_care:header.csv"], {})
    # The same night again; and a night that delivers nothing of it.
    assert nights.note("2017-05-30") == ([], {})
    assert nights.note("2017-05-31", {"uasc.csv": ""}) == (["refused:310:social_care:uasc.csv"], {})
    assert nights.note("2017-06-01", {"header.csv": GOOD}) == (
        [],
        {"refused:310:social_care:header.csv": "header.csv of 310, of 2017-06-01, was taken in"},
    )
    assert [str(each.key) for each in open_incidents(nights.settings)] == ["refused:310:social_care:uasc.csv"]


def test_a_correction_in_the_same_folder_resolves_it(nights):
    nights.note("2017-05-30", {"header.csv": SPOILT})
    _, resolved = nights.note("2017-05-30", {"header.csv": GOOD}, generated_at="2017-05-31T09:00:00Z")
    assert list(resolved) == ["refused:310:social_care:header.csv"]


def test_a_refusal_is_told_in_our_words_and_says_what_to_do(nights):
    _, (trouble,) = nights.observe("2017-05-30", {"header.csv": SPOILT})
    (event,) = Ledger(nights.settings.home.ledger).query("select reason from file_event where status = 'refused'")
    assert CANARY in event["reason"], "else this test proves nothing"
    words = str(dataclasses.astuple(trouble))
    assert "Ada" not in words
    assert trouble.rule == "FILE-COLUMNS"
    assert trouble.happened.startswith("header.csv of 310, social_care, of 2017-05-30 was refused: ")
    assert trouble.to_do.endswith("Do not clear the task: the same file is refused again.")
    assert trouble.look_at[0] == "quarantine/310/social_care/2017-05-30/header.csv.refused.json"
    assert (nights.settings.home.root / trouble.look_at[0]).exists()


def test_a_manifest_that_cannot_be_read_is_settled_by_the_next_one(nights):
    opened, _ = nights.note("2017-05-30", {"header.csv": GOOD}, manifest=lambda document: "not JSON")
    assert opened == ["refused:310:social_care:_manifest.json"]
    _, resolved = nights.note("2017-05-31", {"header.csv": GOOD})
    assert list(resolved) == ["refused:310:social_care:_manifest.json"]


def test_a_lost_file_is_settled_when_it_was_read_even_if_it_is_refused_then(nights):
    lost = [("310", "2017-05-30", "header.csv")]
    opened, _ = nights.note("2017-05-30", lost=lost)
    assert opened == ["lost:310:social_care:header.csv"]
    opened, resolved = nights.note("2017-05-30", {"header.csv": SPOILT})
    assert opened == ["refused:310:social_care:header.csv"]
    assert list(resolved) == ["lost:310:social_care:header.csv"]


def test_a_name_nobody_declared_is_not_repeated(nights):
    _, (trouble,) = nights.observe("2017-05-30", lost=[("310", "2017-05-30", f"{CANARY}.csv")])
    assert "Ada" not in str(dataclasses.astuple(trouble))
    assert str(trouble.key).startswith("lost:310:social_care:undeclared-")


def test_a_late_source_is_settled_when_its_folder_is_there(nights):
    assert nights.note("2017-05-30", late=["310"]) == (["late:310:social_care"], {})
    (incident,) = open_incidents(nights.settings)
    assert incident.happened.endswith(" folder of social_care for 2017-05-30. It never delivered one.")
    assert nights.note("2017-05-31", late=["310"]) == ([], {})
    _, resolved = nights.note("2017-05-31", {"header.csv": GOOD})
    assert resolved["late:310:social_care"].startswith("social_care of 310 arrived at ")


def test_a_folder_that_was_moved_in_arrived_when_it_was_moved(nights):
    scope, _ = nights.observe("2017-05-30", {"header.csv": GOOD})
    folder = nights.settings.home.inbox / "310" / "social_care" / "2017-05-30"
    aside = folder.with_name(".aside")
    folder.rename(aside)
    aside.rename(folder)
    moved, _ = nights.observe("2017-05-30")
    delivered_at, moved_at = (each.settles[0].arrived_at for each in (scope, moved))
    assert moved_at > delivered_at


def test_a_late_source_says_what_stays_in_force(nights):
    nights.note("2017-05-30", {"header.csv": GOOD})
    _, (trouble,) = nights.observe("2017-05-31", late=["310"])
    assert trouble.happened == (
        "310 delivered no complete folder of social_care for 2017-05-31. "
        "What was in force stays: the extract of 2017-05-30."
    )


@pytest.mark.parametrize(
    ("ill", "key"),
    [
        ({"on_time": []}, "no-folders:health"),
        ({"is_listed": False}, "not-listed:health"),
        # Nobody knows whether there are folders when none could be looked at.
        ({"is_listed": False, "on_time": []}, "not-listed:health"),
        ({"is_closed": False}, "not-closed:health"),
        ({"unfetched": ["310"], "fetched": []}, "not-fetched:310:health"),
        ({"unfetched": None, "fetched": []}, "not-fetched:health"),
    ],
)
def test_a_night_that_could_not_be_done_is_one_incident_until_one_is_done(settings, ill, key):
    def observe(**changed):
        return observing.landing(
            settings, "health", night_of("2017-05-31"), "run", late=[], lost=[],
            **{"on_time": ["310"], "is_listed": True, "is_closed": True, "fetched": ["310"], **changed},
        )  # fmt: skip

    assert keys(note(settings, "run", *observe(**ill)).opened) == [key]
    assert keys(note(settings, "run", *observe()).resolved) == [key]


# Building and publishing

START = {"build_id": "b1", "needed": True, "as_at": "2017-05-31"}
RULE = {"rule": "PUB-ROWS-HALVED", "severity": "critical", "unexpected_count": 3, "element_count": 1210}
SCRAP = {"rule": "PUB-STALE", "severity": "warning", "unexpected_count": 1, "element_count": 9}


def judged(settings, state, failed, waived=()):
    ledger = Ledger(settings.home.ledger)
    ledger.record_gate("run", "b1", "fct_review", state, 5, failed)
    ledger.record_build("run", "b1", "gate", state, {"waived": list(waived)})


def test_a_gate_that_says_no_is_one_incident_per_rule_and_table(settings):
    judged(settings, "fail", [RULE, SCRAP])
    scope, (trouble,) = observing.build(settings, "run", START, [], None)
    assert str(trouble.key) == "gate:fct_review:PUB-ROWS-HALVED"
    assert trouble.happened.startswith("The gate refused build b1: PUB-ROWS-HALVED on fct_review (3 of 1,210). ")
    assert "waiver" in trouble.to_do
    note(settings, "run", scope, [trouble])
    # The next build breaks another rule only; the one after that passes.
    judged(settings, "fail", [{**RULE, "rule": "PUB-EMPTY"}])
    changes = note(settings, "run 2", *observing.build(settings, "run 2", START, [], None))
    assert keys(changes.resolved) == ["gate:fct_review:PUB-ROWS-HALVED"]
    changes = note(settings, "run 3", *observing.build(settings, "run 3", START, [], {"verdict": "pass"}))
    assert keys(changes.resolved) == ["gate:fct_review:PUB-EMPTY"]


def test_a_rule_that_is_waived_is_no_incident(settings):
    waived = [{"rule": "PUB-ROWS-HALVED", "table": "fct_review"}]
    judged(settings, "fail", [RULE, {**RULE, "rule": "PUB-EMPTY"}], waived)
    assert keys(observing.build(settings, "run", START, [], None)[1]) == ["gate:fct_review:PUB-EMPTY"]


def test_a_gate_that_could_not_judge_says_nothing_of_the_rules_that_failed(settings):
    judged(settings, "fail", [RULE])
    note(settings, "run", *observing.build(settings, "run", START, [], None))
    said = {"message": "The candidate cannot be opened (IOException)."}
    Ledger(settings.home.ledger).record_build("run", "b1", "gate", "could not judge", said)
    changes = note(settings, "run 2", *observing.build(settings, "run 2", START, [], None))
    assert (keys(changes.opened), changes.resolved) == (["build"], ())
    assert "could not be judged. The candidate cannot be opened" in changes.opened[0].happened


def test_a_build_that_failed_says_what_it_said_itself(settings):
    said = {"message": f"dbt failed in core: fct_review (error). The log: {settings.home.logs}/build/b1/dbt.log"}
    Ledger(settings.home.ledger).record_build("run", "b1", "core", "failed", said)
    _, (trouble,) = observing.build(settings, "run", START, None, None)
    assert trouble.happened == (
        "Build b1 failed. dbt failed in core: fct_review (error). The log: logs/build/b1/dbt.log"
    )


def test_a_build_that_was_killed_is_an_incident_too_and_the_next_resolves_it(settings):
    for start in (None, START):
        assert keys(observing.build(settings, "run", start, None, None)[1]) == ["build"]
    note(settings, "run", *observing.build(settings, "run", None, None, None))
    changes = note(settings, "run 2", *observing.build(settings, "run 2", START, [], {"verdict": "warn"}))
    assert keys(changes.resolved) == ["build"]


def test_what_is_published_already_leaves_nothing_open(settings):
    judged(settings, "fail", [RULE])
    note(settings, "run", *observing.build(settings, "run", START, [], None))
    note(settings, "run", *observing.publication(settings, "b1", None))
    start = {"build_id": "", "needed": False, "as_at": "2017-05-31"}
    changes = note(settings, "run 2", *observing.build(settings, "run 2", start, None, None))
    assert keys(changes.resolved) == ["gate:fct_review:PUB-ROWS-HALVED", "publish"]


def test_a_server_that_is_behind_is_told_of_until_it_caught_up(settings):
    published = {"release_id": "2017-05-31-ab"}
    assert not note(settings, "run", *observing.serving(settings, None)).opened, "there is no server"
    served = dataclasses.replace(settings, postgres=PostgresSettings("local"))
    changes = note(served, "run", *observing.serving(served, None))
    assert keys(changes.opened) == ["postgresql"]
    assert not note(served, "run 2", *observing.publication(served, "b2", published)).resolved
    changes = note(served, "run 3", *observing.serving(served, published))
    assert [each.resolution for each in changes.resolved] == ["release 2017-05-31-ab is current in PostgreSQL"]


def test_a_report_that_could_not_be_made_is_told_of_until_one_run_ends_well(settings):
    assert keys(note(settings, "run", *observing.report(settings, None)).opened) == ["report"]
    assert not note(settings, "run 2", *observing.publication(settings, "b2", {"release_id": "r"})).resolved
    # every report tells what is published already
    assert keys(note(settings, "run 3", *observing.report(settings, [])).resolved) == ["report"]


def test_a_publication_that_failed_is_resolved_by_a_release(settings):
    changes = note(settings, "run", *observing.publication(settings, "b1", None))
    assert keys(changes.opened) == ["publish"]
    changes = note(settings, "run 2", *observing.publication(settings, "b2", {"release_id": "2017-05-31-ab"}))
    assert [each.resolution for each in changes.resolved] == ["release 2017-05-31-ab came out"]


# Staleness

LIMIT = dt.timedelta(hours=36)


def stale(settings, after):
    scope, found = observing.staleness(settings, dt.datetime.now(dt.UTC) + after)
    return [str(each.key) for each in note(settings, "check", scope, found).opened] or keys(found)


def test_nothing_is_stale_before_anything_ran(settings):
    assert stale(settings, LIMIT * 10) == []


def test_a_release_is_stale_after_the_limit_and_a_new_one_resolves_it(settings):
    ledger = Ledger(settings.home.ledger)
    ledger.record_release("run", "b1", "r1", {})
    assert stale(settings, LIMIT - dt.timedelta(minutes=1)) == []
    assert stale(settings, LIMIT + dt.timedelta(minutes=1)) == ["stale:marts"]
    (incident,) = open_incidents(settings)
    assert incident.happened == "Nothing was published for 36 hours; the limit is 36 hours."
    ledger.record_release("run", "b2", "r2", {})
    scope, found = observing.staleness(settings)
    assert keys(note(settings, "check", scope, found).resolved) == ["stale:marts"]


def test_nights_without_a_change_keep_what_is_published_fresh(settings):
    ledger = Ledger(settings.home.ledger)
    ledger.record_release("run", "b1", "r1", {})
    with ledger.transaction() as connection:
        connection.execute("update release_event set recorded_at = '2017-06-01T04:00:00+00:00'")
    assert stale(settings, dt.timedelta()) == ["stale:marts"]
    ledger.record_build("run", "", "begin", "not needed", {})
    assert stale(settings, dt.timedelta()) == []


def test_a_warehouse_that_never_published_is_stale_too(settings):
    Ledger(settings.home.ledger).record_source_night("run", night_of("2017-05-31"), "health", {})
    assert stale(settings, LIMIT + dt.timedelta(minutes=1)) == ["stale:marts"]
    (incident,) = open_incidents(settings)
    assert incident.happened.endswith("Nothing was ever published.")
