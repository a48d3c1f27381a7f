"""A person lets a night do without one source of one authority: on record, and until it is taken back."""

from __future__ import annotations

import datetime as dt

import pytest
from typer.testing import CliRunner

from childrens_warehouse import run
from childrens_warehouse.alarms import note, observing, open_incidents
from childrens_warehouse.cli import app
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.landing import night as landing
from childrens_warehouse.landing import skips
from childrens_warehouse.ledger import Ledger

HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"
GOOD = HEADER + "".join(f"{child},1,05/06/2005,WBRI,UN3,,\n" for child in range(1, 41))
DAY, NEXT = "2017-05-31", "2017-06-01"
NIGHT = dt.date(2017, 5, 31)
WHO = ("J. Smith", "The case system is upgraded")


def skip(settings, authority="310"):
    skips.skip(settings, authority, "social_care", NIGHT, *WHO)


def test_a_skipped_folder_is_not_landed_by_its_night_nor_by_a_later_one(supplier):
    skip(supplier.settings)
    supplier.deliver("social_care", DAY, {"header.csv": GOOD})
    assert supplier.land("social_care", DAY) == {}
    supplier.deliver(
        "social_care", NEXT, {"reviews.csv": "CHILD,DOB,REVIEW,REVIEW_CODE\n1,05/06/2005,01/05/2017,PN1\n"}
    )
    assert set(supplier.land("social_care", NEXT)) == {"reviews.csv"}


def test_taken_back_the_next_run_lands_it(supplier):
    skip(supplier.settings)
    supplier.deliver("social_care", DAY, {"header.csv": GOOD})
    supplier.land("social_care", DAY)
    skips.take_back(supplier.settings, "310", "social_care", NIGHT, *WHO)
    assert supplier.land("social_care", NEXT)["header.csv"].status == "accepted"
    with pytest.raises(ConfigurationError, match="is not skipped"):
        skips.take_back(supplier.settings, "310", "social_care", NIGHT, *WHO)


def test_one_authority_and_source_alone_is_skipped(supplier):
    skip(supplier.settings, "301")
    assert not landing.is_skipped(supplier.settings, "310", "social_care", NIGHT)
    assert not landing.is_skipped(supplier.settings, "301", "education", NIGHT)
    assert landing.is_skipped(supplier.settings, "301", "social_care", NIGHT)


def test_what_was_landed_cannot_be_skipped(supplier):
    supplier.deliver("social_care", DAY, {"header.csv": GOOD})
    supplier.land("social_care", DAY)
    with pytest.raises(ConfigurationError, match="was landed already"):
        skip(supplier.settings)


def test_a_skipped_source_is_not_late(supplier):
    supplier.folder("social_care", "2017-05-30")
    skip(supplier.settings)
    run.land_night(supplier.settings, NIGHT, "run")
    summaries = Ledger(supplier.settings.home.ledger).query("select source, summary from source_night")
    late = {row["source"]: '"late": ["310"]' in row["summary"] for row in summaries}
    assert late == {"social_care": False, "health": True, "education": True}
    scope, found = observing.landing(
        supplier.settings, "social_care", NIGHT, "run", on_time=[], late=[], lost=[], is_listed=True, is_closed=True,
        skipped=["310"],
    )  # fmt: skip
    assert found == []
    note(supplier.settings, "run", scope, found)
    assert open_incidents(supplier.settings) == ()


def test_the_command_writes_down_who_and_why(settings):
    def call(*arguments):
        done = CliRunner().invoke(app, ["skip", *arguments])
        return done.exit_code, done.output

    who = ("--by", WHO[0], "--reason", WHO[1])
    assert call("list") == (0, "Nothing is skipped.\n")
    assert call("add", "310", "education", DAY, *who)[0] == 0
    assert call("list") == (0, f"310 education {DAY}: by J. Smith (The case system is upgraded)\n")
    assert call("add", "310", "schools", DAY, *who)[0] == 2
    assert call("remove", "310", "education", DAY, "--by", "A. Jones", "--reason", "It came")[0] == 0
    rows = Ledger(settings.home.ledger).query("select event, decided_by, reason from skip_event order by rowid")
    assert [dict(row) for row in rows] == [
        {"event": "skipped", "decided_by": "J. Smith", "reason": "The case system is upgraded"},
        {"event": "taken back", "decided_by": "A. Jones", "reason": "It came"},
    ]
