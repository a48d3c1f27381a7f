"""From delivered lists to children: names stay restricted, people decide, and a new key changes nothing."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from childrens_warehouse.cli import app
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.identity import codes, decisions
from childrens_warehouse.landing import pseudonyms
from childrens_warehouse.landing.identifiers import upn_check_letter
from childrens_warehouse.privacy.rotation import rotate
from childrens_warehouse.raw import epoch
from childrens_warehouse.raw.in_force import create_raw_schema, in_force
from childrens_warehouse.settings import OWNER_ONLY_FILE, Settings
from tests.conftest import KEY, Supplier
from tests.publish import contracts

DAY = "2017-05-31"
PERSONS = (
    "child_id,nhs_number,upn,former_upn,forename,surname,previous_surname,date_of_birth,expected_date_of_birth,"
    "date_of_death,sex,ethnicity,disability,home_postcode,home_postcode_from,unaccompanied,adopted_identity,restricted\n"
)
PATIENTS = "patient_id,nhs_number,child_id,forename,surname,date_of_birth,sex,postcode,superseded_by\n"
PUPILS = (
    "upn,former_upn,child_id,forename,surname,date_of_birth,sex,ethnicity,postcode,sen_provision,sen_primary_need,"
    "free_school_meals,nhs_number\n"
)
UPN = upn_check_letter("310270113001") + "310270113001"
NAMES = ("Rosalba", "Quillfeather", "Tamsin", "Mapplethwaite")
NEW_KEY = "the key that comes after the first one"


def child(number, forename, surname, born, nhs="", adopted="N", upn="UN3"):
    return f"{number},{nhs},{upn},,{forename},{surname},,{born},,,2,WBRI,NONE,HA1 2UJ,2010-01-01,N,{adopted},N\n"


def patient(number, forename, surname, born, nhs="", child_id=""):
    return f"{number},{nhs},{child_id},{forename},{surname},{born},2,HA1 2UJ,\n"


@pytest.fixture(scope="module")
def once(tmp_path_factory) -> Path:
    """A home that was landed once, because landing takes most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_HOME", str(tmp_path_factory.mktemp("landed") / "home"))
        patch.setenv("WAREHOUSE_PSEUDONYM_KEY", KEY)
        settings = Settings.from_environment()
        settings.home.create()
        deliver(Supplier(settings))
    return settings.home.root


@pytest.fixture
def landed(settings, once) -> Supplier:
    """Of a copy of that home."""
    shutil.rmtree(settings.home.root)
    shutil.copytree(once, settings.home.root)
    return Supplier(settings)


def deliver(supplier: Supplier) -> None:
    """Child 7 is patient P1 by likeness and the pupil by the school's word. Patient P2 may be child 8 or child 9."""
    supplier.deliver(
        "social_care",
        DAY,
        {
            "persons.csv": PERSONS
            + child(7, "Rosalba", "Quillfeather", "2005-03-09")
            + child(8, "Tamsin", "Mapplethwaite", "2006-01-01")
            + child(9, "Tamsin", "Mapplethwaite", "2006-01-01")
        },
    )
    supplier.deliver(
        "health",
        DAY,
        {
            "patients.csv": PATIENTS
            + patient("P1", "Rosalba", "Quilfeather", "2005-09-03")
            + patient("P2", "Tamsin", "Mapplethwaite", "2006-01-01")
        },
    )
    supplier.deliver(
        "education",
        DAY,
        {"pupils.csv": PUPILS + f"{UPN},,7,Rosalba,Quillfeather,2005-03-09,2,WBRI,HA1 2UJ,N,,N,\n"},
    )
    for source in ("social_care", "health", "education"):
        supplier.land(source, DAY)


def linked(settings, known_on=None) -> dict[str, tuple]:
    """Identity as delivered -> (child as delivered, rule, outcome)."""
    key = pseudonyms.load(settings.home)
    named = {("social_care", key.pseudonym("social_care_id", "310", number)): f"S{number}" for number in "789"} | {
        ("health", key.pseudonym("patient_id", "310", number)): f"H{number[1]}" for number in ("P1", "P2")
    }
    named[("education", key.pseudonym("upn", "310", UPN))] = "E"
    with duckdb.connect() as connection:
        create_raw_schema(connection, settings, in_force(settings, known_on), [])
        rows = connection.execute("select * exclude (authority_code) from raw.child_identity").fetchall()
    by_key = {identity: name for (_, identity), name in named.items()}
    return {named[kind, identity]: (by_key[child_key], rule, outcome)
            for kind, identity, child_key, rule, _, outcome, *_ in rows}  # fmt: skip


def run(*arguments):
    result = CliRunner().invoke(app, ["links", *arguments], env={"COLUMNS": "400"})
    assert result.exit_code == 0, result.output
    return result.stdout


def pairs() -> list[tuple[str, str]]:
    return re.findall(r"^310 (\S+:\d+) (\S+:\d+)", run("list"), re.MULTILINE)


def decide(verdict, one, other):
    return run("decide", verdict, one, other, "--authority", "310", "--by", "J. Smith", "--reason", "Letter seen")


def test_lists_become_children(landed):
    assert linked(landed.settings) == {
        "S7": ("S7", "own", "none"),
        "S8": ("S8", "own", "possible"),
        "S9": ("S9", "own", "possible"),
        "H1": ("S7", "likeness", "match"),
        "H2": ("H2", "own", "possible"),
        "E": ("S7", "social_care_id", "match"),
    }


def test_people_see_pseudonyms_and_what_agrees_unless_they_ask_for_names(landed):
    told = run("list")
    assert len(pairs()) == 2
    assert "forename same, surname same, birth same, 1 January" in told
    assert "2 pairs wait for a decision." in told
    assert not any(name in told for name in NAMES)
    assert "Tamsin | Mapplethwaite | 2006-01-01" in run("list", "--show")
    assert run("list", "--csv").splitlines()[0].startswith("authority,one,other,probability,forename,surname")
    assert "0 pairs" in run("list", "--authority", "201")


def test_decisions_count_until_they_are_decided_anew(landed):
    before = in_force(landed.settings).fingerprint
    (one, other), (second, _) = pairs()
    assert "They are one child" in decide("same", one, other)
    assert sorted(of for of, _, _ in linked(landed.settings).values()).count("H2") == 0
    assert pairs() == []
    decided = in_force(landed.settings).fingerprint
    assert decided != before
    assert "They are two children" in decide("different", one, other)
    assert linked(landed.settings)["H2"][1] == "likeness"  # only one plausible child is left
    assert decide("different", second, other)
    assert linked(landed.settings)["H2"] == ("H2", "own", "none")
    (path,) = landed.home.decisions.iterdir()
    assert path.stat().st_mode & 0o777 == OWNER_ONLY_FILE
    assert len(path.read_text().splitlines()) == 3
    assert not any(name in path.read_text() for name in NAMES)
    # What was decided later was not known then.
    then = dt.datetime(2017, 6, 2, tzinfo=dt.UTC)
    assert linked(landed.settings, then)["H2"] == ("H2", "own", "possible")


def test_decisions_survive_a_new_key(landed, tmp_path, monkeypatch):
    (one, other), _ = pairs()
    decide("same", one, other)
    before = linked(landed.settings)
    old, new = pseudonyms.of_text(KEY, "test"), pseudonyms.of_text(NEW_KEY, "test")
    rotate(landed.settings, new, "rotate")
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", NEW_KEY)
    after = linked(landed.settings)
    # Which of the two plausible ones it was does not depend on the key, nor what is between the others.
    assert after == before
    assert [path.name for path in landed.home.decisions.iterdir()] == [f"links-{new.key_id}.jsonl"]
    assert epoch.current(landed.home).before[-1].key_id == old.key_id


def test_a_key_is_not_changed_when_a_decision_would_be_lost(landed):
    (one, other), _ = pairs()
    decide("same", one, other)
    path = landed.home.decisions / f"links-{pseudonyms.of_text(KEY, 'test').key_id}.jsonl"
    path.write_text(path.read_text().replace(other.split(":")[1], "12345"))
    with pytest.raises(ConfigurationError, match="lacks the values of 1 identities"):
        rotate(landed.settings, pseudonyms.of_text(NEW_KEY, "test"), "rotate")
    assert epoch.current(landed.home).key_id == pseudonyms.of_text(KEY, "test").key_id


def test_what_cannot_be_decided(landed):
    (one, other), _ = pairs()
    for wrong in (("health:1", other), (one, one), (one, "mother:1"), ("health:x", other)):
        result = CliRunner().invoke(
            app, ["links", "decide", "same", *wrong, "--authority", "310", "--by", "J", "--reason", "r"]
        )
        assert result.exit_code == 2, result.output
    assert decisions.on_file(landed.home) == ()


def test_a_decision_that_cannot_be_read_stops_the_build(landed):
    (one, other), _ = pairs()
    decide("same", one, other)
    (path,) = landed.home.decisions.iterdir()
    path.write_text(path.read_text() + '{"verdict": "perhaps"}\n')
    with pytest.raises(ConfigurationError, match="line 2"):
        in_force(landed.settings)


def test_where_names_are_gone_numbers_join(landed):
    for path in landed.home.restricted.glob("*/*/*.persons.parquet"):
        path.unlink()
    found = linked(landed.settings)
    assert found["E"] == ("S7", "social_care_id", "match")
    assert found["H1"] == ("H1", "own", "none")


def test_no_name_leaves_the_restricted_store(landed):
    linked(landed.settings)
    (kept,) = (landed.home.restricted / "links").iterdir()
    assert kept.stat().st_mode & 0o777 == OWNER_ONLY_FILE
    assert not any((landed.home.restricted / "scratch").iterdir())
    assert not any(name.upper().encode() in kept.read_bytes().upper() for name in NAMES)


def test_the_new_identity_of_an_adopted_child_is_found_by_nobody(supplier):
    supplier.deliver(
        "social_care",
        DAY,
        {
            "persons.csv": PERSONS
            + child(7, "Rosalba", "Quillfeather", "2005-03-09", upn=UPN)
            + child(8, "Rosalba", "Mapplethwaite", "2005-03-09", adopted="Y", upn=UPN)
        },
    )
    supplier.deliver(
        "education", DAY, {"pupils.csv": PUPILS + f"{UPN},,,Rosalba,Mapplethwaite,2005-03-09,2,WBRI,HA1 2UJ,N,,N,\n"}
    )
    for source in ("social_care", "education"):
        supplier.land(source, DAY)
    assert {name: of for name, (of, _, _) in linked(supplier.settings).items()} == {"S7": "S7", "S8": "S8", "E": "E"}
    key = pseudonyms.load(supplier.home)
    ends = [f"social_care:{key.pseudonym('social_care_id', '310', number)}" for number in "78"]
    result = CliRunner().invoke(
        app, ["links", "decide", "same", *ends, "--authority", "310", "--by", "J", "--reason", "r"]
    )
    assert isinstance(result.exception, ConfigurationError)


def test_a_code_of_the_managers_pages_leads_to_the_numbers_of_one_child(landed):
    """For who may read the restricted store; neither a name nor another child's number is told."""
    key = pseudonyms.load(landed.home)
    child = key.pseudonym("social_care_id", "310", "7")
    identities = [
        ("social_care", child, child),
        ("health", key.pseudonym("patient_id", "310", "P1"), child),
        ("education", key.pseudonym("upn", "310", UPN), child),
        ("social_care", *[key.pseudonym("social_care_id", "310", "8")] * 2),
    ]
    with duckdb.connect(str(landed.home.marts)) as connection:
        contracts.create(
            connection,
            "bridge_child_identity",
            [
                {"authority_code": "310", "identity_kind": kind, "identity_key": identity, "child_key": of}
                for kind, identity, of in identities
            ],
        )
        contracts.create(connection, "dim_worker")
    code = codes.codes([child])[child]
    told = run("whose", code, "--authority", "310")
    assert told.splitlines() == ["patient_id P1", "social_care_id 7", f"upn {UPN}"]
    for wrong in ("7K2Q", "0000-0000"):
        result = CliRunner().invoke(app, ["links", "whose", wrong, "--authority", "310"])
        assert result.exit_code == 2, result.output
