"""Identifiers, their check digits and their pseudonyms."""

from __future__ import annotations

import datetime as dt
import stat
import sys

import duckdb
import pytest

from childrens_warehouse.datasets import Identifier
from childrens_warehouse.errors import ConfigurationError, KeyUnavailable
from childrens_warehouse.landing import identifiers, pseudonyms
from childrens_warehouse.landing.pseudonyms import Pseudonymiser
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.run import land_night

ONE = Pseudonymiser(b"k" * 32)
UASC = "CHILD,SEX,DOB,DUC\n1,1,05/06/2005,\n"


@pytest.mark.parametrize("value", ["H801200001001", "A801200001016"])
def test_check_letter_of_a_upn(value):
    letter = identifiers.upn_check_letter(value[1:])
    assert identifiers.is_valid(Identifier.UPN, letter + value[1:])
    for other in set("ABCDEFGHJKLMNPQRTUVWXYZ") - {letter}:
        assert not identifiers.is_valid(Identifier.UPN, other + value[1:])


def test_check_letter_worked_by_hand():
    # 3*2 + 1*3 + 0*4 + 2*5 + 7*6 + 0*7 + 1*8 + 1*9 + 3*10 + 0*11 + 0*12 + 1*13 = 121; 121 mod 23 = 6 -> G
    assert identifiers.upn_check_letter("310270113001") == "G"


@pytest.mark.parametrize(
    ("value", "valid"),
    [("9434765919", True), ("943 476 5919", True), ("9434765918", False), ("0000000000", False), ("123", False)],
)
def test_check_digit_of_an_nhs_number(value, valid):
    assert identifiers.is_valid(Identifier.NHS_NUMBER, identifiers.normalise(Identifier.NHS_NUMBER, value)) is valid


def test_a_pseudonym_depends_on_key_domain_and_for_local_identifiers_on_the_authority():
    one = ONE.pseudonym("social_care_id", "310", "77")
    assert one == ONE.pseudonym("social_care_id", "310", "77")
    assert one != Pseudonymiser(b"x" * 32).pseudonym("social_care_id", "310", "77")
    assert one != ONE.pseudonym("patient_id", "310", "77")
    assert one != ONE.pseudonym("social_care_id", "201", "77")
    assert ONE.pseudonym("upn", "310", "77") == ONE.pseudonym("upn", "201", "77")
    assert 0 <= one < 2**63


def test_the_key_never_shows():
    assert "kkkk" not in repr(ONE) and ONE.key_id not in ("", "kkkkkkkk")


def test_a_short_key_is_refused(settings, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", "short")
    with pytest.raises(ConfigurationError, match="shorter than 32"):
        pseudonyms.load(settings.home)


def test_a_home_without_a_key_makes_one_once_for_its_owner_alone(settings, monkeypatch):
    monkeypatch.delenv("WAREHOUSE_PSEUDONYM_KEY")
    first = pseudonyms.load(settings.home)
    assert pseudonyms.load(settings.home).key_id == first.key_id
    assert stat.S_IMODE((settings.home.root / "secrets" / "pseudonym.key").stat().st_mode) == 0o600


def prints(folder, text: str, ends_with: int = 0) -> str:
    """A command, as an operator would set it, that prints a text and ends so."""
    script = folder / "the keeper.py"
    script.write_text(f"import sys; print({text!r}); print('told nobody', file=sys.stderr); sys.exit({ends_with})")
    return f"{sys.executable} '{script}'"


def test_a_command_gives_the_key_whatever_store_it_asks(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY_COMMAND", prints(tmp_path, "k" * 32))
    monkeypatch.delenv("WAREHOUSE_PSEUDONYM_KEY")
    assert pseudonyms.load(settings.home).key_id == ONE.key_id
    assert not pseudonyms.made_here(settings.home).exists()


@pytest.mark.parametrize(
    ("ends_with", "printed", "error", "says"),
    [(3, "k" * 32, KeyUnavailable, "ended with 3: run it by hand"), (0, "", ConfigurationError, "shorter than 32")],
)
def test_a_command_that_fails_is_told_without_its_words(
    settings, monkeypatch, tmp_path, ends_with, printed, error, says
):
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY_COMMAND", prints(tmp_path, printed, ends_with))
    monkeypatch.delenv("WAREHOUSE_PSEUDONYM_KEY")
    with pytest.raises(error, match=says) as raised:
        pseudonyms.load(settings.home)
    assert "told nobody" not in str(raised.value) and "kkkk" not in str(raised.value)


def test_a_command_that_is_not_there_is_told(settings, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY_COMMAND", "/no/such/program --of=ours")
    monkeypatch.delenv("WAREHOUSE_PSEUDONYM_KEY")
    with pytest.raises(KeyUnavailable, match="cannot be run"):
        pseudonyms.load(settings.home)


class TestBeforeANight:
    """The key is looked at before anything lands."""

    @pytest.fixture(autouse=True)
    def _one_file_landed(self, supplier):
        supplier.deliver("social_care", "2017-05-31", {"uasc.csv": UASC})
        supplier.land("social_care", "2017-05-31")

    def test_the_ledger_knows_which_key_a_run_used(self, settings):
        for run_id in ("one", "one", "two"):
            pseudonyms.check(settings, run_id)
        noted = Ledger(settings.home.ledger).query("select run_id, key_id, event from key_event")
        key_id = pseudonyms.load(settings.home).key_id
        assert [tuple(row.values()) for row in noted] == [("one", key_id, "night"), ("two", key_id, "night")]

    def test_another_key_stops_the_night_although_every_file_is_known(self, settings, monkeypatch):
        before = Ledger(settings.home.ledger).query("select * from file_event")
        monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", "another key, as long as the first one was")
        with pytest.raises(ConfigurationError, match=r"raw was made with key .* Set that key again"):
            land_night(settings, dt.date(2017, 5, 31), "wrong")
        assert Ledger(settings.home.ledger).query("select * from file_event") == before

    def test_a_key_too_short_stops_the_night_although_every_file_is_known(self, settings, monkeypatch):
        monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", "short")
        with pytest.raises(ConfigurationError, match="shorter than 32"):
            land_night(settings, dt.date(2017, 5, 31), "short")

    def test_no_key_is_made_for_a_home_that_has_lost_its_own(self, settings, monkeypatch):
        monkeypatch.delenv("WAREHOUSE_PSEUDONYM_KEY")
        with pytest.raises(ConfigurationError, match="No pseudonym key is set, and raw was made with key"):
            pseudonyms.check(settings, "lost")
        assert not pseudonyms.made_here(settings.home).exists()


def test_one_upn_has_one_key_in_every_file_and_only_the_restricted_store_can_tell_it(supplier):
    upn = identifiers.upn_check_letter("310270113001") + "310270113001"
    supplier.deliver(
        "social_care", "2017-05-31",
        {"header.csv": f"CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n7,1,17/06/2005,WBRI,{upn.lower()},,\n"},
    )  # fmt: skip
    columns = "upn,former_upn,child_id,forename,surname,date_of_birth,sex,ethnicity,postcode,sen_provision"
    supplier.deliver(
        "education", "2017-05-31",
        {"pupils.csv": f"{columns},sen_primary_need,free_school_meals,nhs_number\n"
         f"{upn},,7,Canary,Yellowbird,2005-06-17,1,WBRI,HA1 1AA,N,,N,9434765919\n"},
    )  # fmt: skip
    supplier.land("social_care", "2017-05-31")
    supplier.land("education", "2017-05-31")
    raw = {path.parts[-4]: path for path in supplier.home.raw.rglob("content/*.parquet")}
    (header,) = duckdb.execute(f"select pupil_key, child_key, birth_month from '{raw['ssda903_header']}'").fetchall()
    (pupil,) = duckdb.execute(f"select pupil_key, child_key, birth_month from '{raw['pupils']}'").fetchall()
    assert header == pupil and header[0] is not None and header[2].day == 1

    secrets = [upn.encode(), b"Canary", b"Yellowbird", b"2005-06-17", b"HA1 1AA", b"9434765919", b"17/06/2005"]
    for path in supplier.home.root.rglob("*"):
        if path.is_file() and path.relative_to(supplier.home.root).parts[0] not in ("inbox", "archive", "restricted"):
            content = path.read_bytes()
            assert not [secret for secret in secrets if secret in content], path
    persons = next(supplier.home.restricted.rglob("pupils/**/*.persons.parquet"))
    assert duckdb.execute(f"select forename, surname, upn from '{persons}'").fetchall() == [
        ("Canary", "Yellowbird", upn)
    ]


def test_archive_raw_and_restricted_are_for_the_owner_alone(supplier):
    supplier.deliver("social_care", "2017-05-31", {"uasc.csv": "CHILD,SEX,DOB,DUC\n1,1,05/06/2005,\n"})
    supplier.land("social_care", "2017-05-31")
    for folder in (supplier.home.archive, supplier.home.raw, supplier.home.restricted, supplier.home.quarantine):
        for path in [folder, *folder.rglob("*")]:
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode & (stat.S_IRWXG | stat.S_IRWXO) == 0, (path, oct(mode))
    assert not list((supplier.home.restricted / "scratch").iterdir())
