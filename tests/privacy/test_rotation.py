"""Another pseudonym key for all of raw: the same rows under other pseudonyms, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from childrens_warehouse.build import candidate
from childrens_warehouse.cli import app
from childrens_warehouse.datasets import ALL, BY_NAME, PersonalData
from childrens_warehouse.errors import BusyError, ConfigurationError, RotationFailed
from childrens_warehouse.landing import places, pseudonyms
from childrens_warehouse.landing.identifiers import upn_check_letter
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.privacy import rotation
from childrens_warehouse.privacy.rotation import rotate
from childrens_warehouse.raw import epoch
from childrens_warehouse.raw.acceptance import accepted
from childrens_warehouse.raw.in_force import create_raw_schema, in_force
from childrens_warehouse.settings import PROJECT, Settings
from tests.conftest import KEY, Supplier

NEW_KEY = "the key that comes after the first one"
OLD, NEW = pseudonyms.of_text(KEY, "test"), pseudonyms.of_text(NEW_KEY, "test")
UPNS = [upn_check_letter(f"3102701130{n:02}") + f"3102701130{n:02}" for n in range(4)]
PUPILS = (
    "upn,former_upn,child_id,forename,surname,date_of_birth,sex,ethnicity,postcode,sen_provision,sen_primary_need,"
    "free_school_meals,nhs_number\n"
)


def deliver(supplier: Supplier) -> None:
    """Two nights of two authorities: every domain, spellings, unknown and invalid identifiers, one content twice."""
    for authority in ("310", "201"):
        one = Supplier(supplier.settings, authority)
        header = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"
        header += f"7,1,17/06/2005,WBRI,{UPNS[0].lower()},,\n8,2,18/06/2005,WBRI,UN1,,\n9,2,18/06/2005,WBRI,X123,,\n"
        pupils = PUPILS + "".join(
            f"{upn},,{n + 7},Canary,Yellowbird,2005-06-17,1,WBRI,HA{n} 2UJ,N,,N,943 476 591{9 - n % 2}\n"
            for n, upn in enumerate(UPNS)
        )
        marks = "upn,school_urn,date,session,supplier,mark\n"
        marks += "".join(f"{upn},100001,2017-05-30,AM,sims,/\n" for upn in UPNS)
        schools = "urn,name,phase,la_code,postcode,opened_on,closed_on\n100001,One,primary,310,HA1 2ZZ,,\n"
        one.deliver("social_care", "2017-05-30", {"header.csv": header})
        one.deliver("education", "2017-05-30", {"pupils.csv": pupils, "attendance.csv": marks, "schools.csv": schools})
        one.deliver("education", "2017-05-31", {"pupils.csv": pupils + f"{UPNS[0][:-1]}Z,,,,,,,,HA9 9AA,,,,\n"})
        one.deliver("education", "2017-06-01", {"pupils.csv": pupils})
        one.land("social_care", "2017-06-01")
        one.land("education", "2017-06-01")


@pytest.fixture(scope="module")
def landed(tmp_path_factory) -> Path:
    """A home with what `deliver` delivers, landed once, because landing takes most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_HOME", str(tmp_path_factory.mktemp("landed") / "home"))
        patch.setenv("WAREHOUSE_PSEUDONYM_KEY", KEY)
        settings = Settings.from_environment()
        settings.home.create()
        deliver(Supplier(settings))
    return settings.home.root


@pytest.fixture
def supplier(settings, landed) -> Supplier:
    """Of a copy of that home."""
    shutil.rmtree(settings.home.root)
    shutil.copytree(landed, settings.home.root)
    return Supplier(settings)


def keys_of(dataset) -> dict[str, str]:
    return {
        column.raw_name: column.identifier.value if column.identifier else "postcode"
        for column in dataset.raw_columns
        if column.identifier or column.personal is PersonalData.POSTCODE
    }


def rows(settings) -> dict[str, list]:
    """All rows in force, by dataset, told apart by their file and row number."""
    force = in_force(settings)
    with duckdb.connect() as connection:
        create_raw_schema(connection, settings, force, [(each.authority, each.month) for each in force.partitions])
        return {
            dataset.name: connection.execute(f"select * from raw.{dataset.name} order by all").df().to_dict("records")
            for dataset in ALL
            if any(each.dataset == dataset.name for each in force.extracts)
        }


def values(settings, with_key: pseudonyms.Pseudonymiser) -> dict[tuple[str, int], str]:
    """(domain, pseudonym) -> value, as the restricted store tells it; every one is what the key makes of the value."""
    told = {}
    for path in settings.home.restricted.rglob(f"*-{with_key.key_id}.identities.parquet"):
        for domain, value, key in duckdb.execute(
            f"select domain, value, key from '{path}' where key is not null"
        ).fetchall():
            ((_, expected, _),) = with_key.map(domain, path.parent.name, [value])
            assert key == expected
            told[domain, key] = value
    return told


def with_values(settings, key) -> dict[str, list]:
    """Rows in force with the values themselves in the place of pseudonyms."""
    told = values(settings, key)
    return {
        name: sorted(
            str({**row, **{column: told.get((domain, row[column])) for column, domain in keys_of(dataset).items()}})
            for row in found
        )
        for name, found in rows(settings).items()
        for dataset in ALL
        if dataset.name == name
    }


def bearing(settings, key) -> list[Path]:
    return [path for path in settings.home.root.rglob(f"*{key.key_id}*") if path.is_file()]


def test_the_same_rows_under_other_pseudonyms(supplier):
    settings = supplier.settings
    before, events = with_values(settings, OLD), len(list(accepted(settings.home)))
    assert {"pupils", "attendance", "ssda903_header", "schools"} <= set(before)
    old_keys = set(values(settings, OLD))
    old_raw = rows(settings)

    told = []
    done = rotate(settings, NEW, "test", told.append)

    assert (done.before, done.key_id) == (OLD.key_id, NEW.key_id)
    assert with_values(settings, NEW) == before
    assert len(list(accepted(settings.home))) == events
    assert not old_keys & set(values(settings, NEW))
    # and what bears no pseudonym of its own is as it was, what was derived of the postcodes among it
    assert {row["home_authority_code"] for row in rows(settings)["pupils"]} >= {"310"}
    assert {each.derived_with for each in accepted(settings.home) if each.dataset == "pupils"} == {
        places.derived_with(BY_NAME["pupils"])
    }
    assert rows(settings)["schools"] == old_raw["schools"]
    assert any(row["pupil_key"] is not None for row in rows(settings)["ssda903_header"])


def test_nothing_of_the_old_epoch_is_left_and_all_is_for_the_owner_alone(supplier):
    home = supplier.home
    assert bearing(supplier.settings, OLD)
    rotate(supplier.settings, NEW, "test")
    assert bearing(supplier.settings, OLD) == []
    for folder in (home.raw, home.restricted):
        for path in [folder, *folder.rglob("*")]:
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    names = {path.name.split(".", 1)[1] for path in home.restricted.glob("*/*/*.parquet")}
    assert names == {"identities.parquet", "persons.parquet"}


def test_the_next_night_goes_on_under_the_new_key_and_only_under_it(supplier, monkeypatch):
    rotate(supplier.settings, NEW, "test")
    with pytest.raises(ConfigurationError, match=r"was retired: raw is under key .* Set the new key"):
        pseudonyms.check(supplier.settings, "night")
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", NEW_KEY)
    pseudonyms.check(supplier.settings, "night")
    supplier.deliver("social_care", "2017-06-02", {"uasc.csv": "CHILD,SEX,DOB,DUC\n7,1,17/06/2005,\n"})
    assert supplier.land("social_care", "2017-06-02")["uasc.csv"].status == "accepted"
    (child,) = rows(supplier.settings)["ssda903_uasc"]
    assert child["child_key"] in {row["child_key"] for row in rows(supplier.settings)["ssda903_header"]}


def test_every_partition_is_due_again_and_the_candidate_is_gone(supplier):
    before = in_force(supplier.settings)
    workspace = candidate.Workspace.of(supplier.settings)
    for path in (workspace.candidate, workspace.state):
        path.write_text("{}")
    rotate(supplier.settings, NEW, "test")
    after = in_force(supplier.settings)
    assert before.partitions and not {each.fingerprint for each in before.partitions} & {
        each.fingerprint for each in after.partitions
    }
    assert before.fingerprint != after.fingerprint
    assert not workspace.candidate.exists() and not workspace.state.exists()


def test_lists_of_refused_rows_bear_no_old_pseudonym_and_follow_a_row_all_the_same(supplier):
    lists = [supplier.home.quarantine / f"310/education/2017-05-{day}/pupils.csv.rows.csv" for day in (30, 31)]
    for path in lists:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("file,row,row_key\npupils.csv,2,123456\npupils.csv,3,\n")
    for _ in range(2):  # again changes nothing
        rotate(supplier.settings, NEW, "test")
        texts = {path.read_text() for path in lists}
        assert len(texts) == 1 and "123456" not in texts.copy().pop()
    (text,) = texts
    assert [line.rpartition(",")[0] for line in text.splitlines()] == ["file,row", "pupils.csv,2", "pupils.csv,3"]
    assert text.endswith("3,\n") and int(text.splitlines()[1].rpartition(",")[2]) > 0


def test_the_ledger_and_the_epoch_say_which_releases_are_of_the_old_key(supplier):
    release = supplier.home.releases / "2017-06-01-abcdef01"
    release.mkdir()
    (release / "manifest.json").write_text("{}")
    rotate(supplier.settings, NEW, "rotate-1")
    now = epoch.current(supplier.home)
    assert (now.key_id, [(past.key_id, past.releases) for past in now.before]) == (
        NEW.key_id, [(OLD.key_id, (release.name,))],
    )  # fmt: skip
    events = Ledger(supplier.home.ledger).query("select key_id, event, detail from key_event where run_id = 'rotate-1'")
    assert [(event["key_id"], event["event"]) for event in events] == [
        (NEW.key_id, "rotation begun"), (NEW.key_id, "rotated"), (OLD.key_id, "retired"),
    ]  # fmt: skip
    told = json.loads(events[1]["detail"])
    assert told["releases"] == [release.name] and told["rows"] > 0 and told["identities"] > 0


def test_what_lands_while_it_works_is_taken_along(supplier, monkeypatch):
    held = epoch.held

    def held_when_one_more_has_landed(home, *, alone=False):
        if alone:
            monkeypatch.setattr(epoch, "held", held)
            supplier.deliver("social_care", "2017-06-02", {"uasc.csv": "CHILD,SEX,DOB,DUC\n7,1,17/06/2005,\n"})
            supplier.land("social_care", "2017-06-02")
        return held(home, alone=alone)

    monkeypatch.setattr(epoch, "held", held_when_one_more_has_landed)
    rotate(supplier.settings, NEW, "test")
    assert len(rows(supplier.settings)["ssda903_uasc"]) == 1
    assert bearing(supplier.settings, OLD) == []


class TestTheOldKeyStaysInForce:
    @pytest.fixture(autouse=True)
    def _delivered(self, supplier):
        before = with_values(supplier.settings, OLD)
        yield
        assert epoch.current(supplier.home).key_id == OLD.key_id
        assert with_values(supplier.settings, OLD) == before

    def test_when_the_restricted_store_lacks_values(self, supplier):
        kept = {}
        for path in supplier.home.restricted.glob("pupils/310/*.identities.parquet"):
            kept[path] = path.read_bytes()
            duckdb.execute(
                f"copy (select * from '{path}' where domain <> 'postcode') to '{path}.less' (format parquet)"
            )
            Path(f"{path}.less").replace(path)
        with pytest.raises(ConfigurationError, match=r"310 pupils pupils\.csv: the restricted store lacks the values"):
            rotate(supplier.settings, NEW, "test")
        for path, content in kept.items():
            path.write_bytes(content)

    def test_when_a_row_is_lost_on_the_way(self, supplier, monkeypatch):
        translate = rotation._translate

        def translate_less(connection, path, target, domains):
            translate(connection, path, target, domains)
            connection.execute(f"copy (select * from '{target}' limit 1) to '{target}' (format parquet)")

        monkeypatch.setattr(rotation, "_translate", translate_less)
        with pytest.raises(RotationFailed, match="is not the same under the new key"):
            rotate(supplier.settings, NEW, "test")

    def test_when_an_old_pseudonym_stays(self, supplier, monkeypatch):
        def translate_nothing(connection, path, target, domains):
            shutil.copy(path, target)

        monkeypatch.setattr(rotation, "_translate", translate_nothing)
        with pytest.raises(RotationFailed, match="4 with an old pseudonym"):
            rotate(supplier.settings, NEW, "test")

    def test_while_a_build_is_at_work(self, supplier):
        with candidate.locked(supplier.settings), pytest.raises(BusyError):
            rotate(supplier.settings, NEW, "test")

    def test_when_both_epochs_have_no_room(self, supplier, monkeypatch):
        monkeypatch.setattr(rotation.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(1, 1, 100))
        with pytest.raises(ConfigurationError, match="Make room"):
            rotate(supplier.settings, NEW, "test")


def test_a_retired_key_does_not_come_back(supplier):
    rotate(supplier.settings, NEW, "test")
    with pytest.raises(ConfigurationError, match="was retired"):
        rotate(supplier.settings, OLD, "test")


def test_the_command_replaces_the_key_of_the_home(supplier, monkeypatch, tmp_path):
    monkeypatch.delenv("WAREHOUSE_PSEUDONYM_KEY")
    old = KEY
    made = pseudonyms.made_here(supplier.home)
    made.parent.mkdir(mode=0o700)
    made.touch(0o600)
    made.write_text(old)
    new = tmp_path / "newkey"
    new.write_text(NEW_KEY + "\n")
    for _ in range(2):  # again changes nothing
        done = CliRunner().invoke(app, ["rotate-key", "--to-file", str(new)])
        assert done.exit_code == 0, done.output
        assert NEW_KEY not in done.output and old not in done.output
        assert made.read_text() == NEW_KEY
        (retired,) = made.parent.glob("retired-*.key")
        assert retired.read_text() == old
        assert {stat.S_IMODE(path.stat().st_mode) for path in made.parent.iterdir()} == {0o600}
    pseudonyms.check(supplier.settings, "night")


# Dies before the n-th change to a file; what was done before is done.
_KILLED = """
import os, signal, sys
from childrens_warehouse.landing import pseudonyms
from childrens_warehouse.privacy import rotation
from childrens_warehouse.publish import files
from childrens_warehouse.raw import epoch
from childrens_warehouse.settings import Settings
left = [int(sys.argv[1])]
def counted(function):
    def wrapper(*given, **named):
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
        return function(*given, **named)
    return wrapper
for module, names in {
    rotation: ("_copy", "_link", "_verify", "write_record", "_remove_other_epochs"),
    rotation.candidate: ("throw_all_away",),
    rotation.keyed: ("rekey", "remove_other_epochs"),
    files: ("replace",),
    epoch: ("switch",),
    rotation.Path: ("unlink",),
}.items():
    for name in names:
        setattr(module, name, counted(getattr(module, name)))
rotation.rotate(Settings.from_environment(), pseudonyms.of_text(sys.argv[2], "test"), "killed")
"""


@pytest.mark.slow
def test_killed_at_any_point_one_epoch_is_in_force_whole_and_the_next_call_goes_on(supplier, tmp_path):
    settings, home = supplier.settings, supplier.home.root
    expected = with_values(settings, OLD)
    kept = tmp_path / "kept"
    shutil.copytree(home, kept)
    seen = []
    for after in range(0, 1000, 7):
        shutil.rmtree(home)
        shutil.copytree(kept, home)
        died = subprocess.run(
            [sys.executable, "-c", _KILLED, str(after), NEW_KEY],
            cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT)}, check=False,
        ).returncode  # fmt: skip
        assert died in (0, -signal.SIGKILL)
        now = epoch.current(settings.home).key_id
        assert {each.key_id for each in accepted(settings.home)} == {now}
        if now == OLD.key_id:
            assert with_values(settings, OLD) == expected
        seen.append(now)
        if died:
            rotate(settings, NEW, "again")
        assert with_values(settings, NEW) == expected, after
        assert bearing(settings, OLD) == [] and not list(home.rglob("*.part"))
        if not died:
            break
    assert len(seen) > 10, "nothing was counted: the test kills nobody"
    switched = seen.index(NEW.key_id)
    assert 0 < switched < len(seen) - 1
    assert seen == [OLD.key_id] * switched + [NEW.key_id] * (len(seen) - switched)
