"""A backup is whole or none, costs what changed, keeps identities apart, and becomes a home that publishes the same."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from childrens_warehouse import cli
from childrens_warehouse.errors import BackupFailed, BusyError, ConfigurationError, HomeFormatError
from childrens_warehouse.landing import night as landing
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish.current import current_manifest
from childrens_warehouse.raw.acceptance import accepted
from childrens_warehouse.settings import Home, Settings
from childrens_warehouse.upkeep import backing_up, backups, home_format, restoring
from tests.conftest import Supplier
from tests.serving.releases import release_of

DAY, NEXT = "2017-05-31", "2017-06-01"
HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"
ROW = "C{0},1,01/02/2008,WBRI,A123456789{0:03d},,\n"
SEAL, UNSEAL = "base64", "base64 --decode"


def deliver(supplier, day: str, children: int) -> None:
    rows = "".join(map(ROW.format, range(children)))
    supplier.deliver("social_care", day, {"header.csv": HEADER + rows}, coverage="collection_year:2018")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Settings:
    """A home with a file in force, two releases that share files, and what people wrote."""
    settings = another_home(Settings.of_any_home(), tmp_path_factory.mktemp("made"))
    settings.home.create()
    supplier = Supplier(settings)
    deliver(supplier, DAY, 3)
    supplier.land("social_care", DAY)
    release_of(supplier.settings, says=1)
    release_of(supplier.settings, says=2)
    (supplier.home.root / "waivers.json").write_text("[]")
    (supplier.home.decisions / "readers.jsonl").write_text('{"login": "asmith"}\n')
    secrets = supplier.home.root / "secrets"
    secrets.mkdir()
    (secrets / "pseudonym.key").write_text("the very key of this home, which is nobody's business")
    return settings


@pytest.fixture
def living(made, settings) -> Settings:
    """A copy of it that a test may change."""
    shutil.rmtree(settings.home.root)
    subprocess.run(["cp", "-a", made.home.root, settings.home.root], check=True)
    return settings


@pytest.fixture
def folders(tmp_path) -> tuple[Path, Path]:
    return tmp_path / "backups" / "data", tmp_path / "backups" / "restricted"


def another_home(settings: Settings, root: Path) -> Settings:
    return dataclasses.replace(settings, home=Home(root))


def contents(settings: Settings) -> dict[str, dict[str, str]]:
    """Hashes of every table of every release."""
    manifests = [json.loads(path.read_text()) for path in settings.home.releases.glob("*/manifest.json")]
    return {
        each["release_id"]: {name: table["content_hash"] for name, table in each["tables"].items()}
        for each in manifests
    }


def test_a_backup_becomes_the_same_home_elsewhere(living, folders, tmp_path):
    for half in (
        living.home.raw / ".half.1.part",
        living.home.releases / "2017-06-01-abc.partial" / "fct_review.parquet",
    ):
        half.parent.mkdir(exist_ok=True)
        half.write_text("being written")
    backing_up.write(living, *folders)
    restored = another_home(living, tmp_path / "elsewhere")
    done = restoring.restore(restored, folders[0], folders[1])
    assert contents(restored) == contents(living)
    assert len(contents(living)) == 2
    assert current_manifest(restored.home) == current_manifest(living.home)
    assert done.unopened == ()
    assert list(accepted(restored.home)) == list(accepted(living.home))
    assert not {path.name for path in restored.home.root.rglob("*")} & {".half.1.part", "2017-06-01-abc.partial"}
    for path in ("waivers.json", "decisions/readers.jsonl"):
        assert (restored.home.root / path).read_bytes() == (living.home.root / path).read_bytes()
    # Readers open it where it is now, and the views in it lead to its own files.
    with duckdb.connect(str(restored.home.marts), read_only=True) as marts:
        assert marts.execute("select count(*), sum(possible_sessions) from fct_attendance_pupil_month").fetchall() == [
            (40, 1600)
        ]
        views = marts.execute("select string_agg(sql, ' ') from duckdb_views() where not internal").fetchone()[0]
    assert str(restored.home.root) in views and "/made" not in views
    assert (restored.home.releases / done.release / "marts.duckdb").samefile(restored.home.marts)
    for kind in ("backup", "restore"):
        found = Ledger(restored.home.ledger).query("select detail from upkeep_event where event = ?", (kind,))
        assert len(found) == (kind == "restore")  # the ledger is of the moment before the backup was written down


def test_permissions_come_back_and_a_backup_is_its_owners_alone(living, folders, tmp_path):
    living.home.marts.parent.chmod(0o751)
    backing_up.write(living, *folders)
    for path in (tmp_path / "backups").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    restored = another_home(living, tmp_path / "elsewhere")
    restoring.restore(restored, folders[0], folders[1])
    for folder in (living.home.raw, living.home.releases, living.home.restricted, living.home.archive):
        for path in folder.rglob("*"):
            if not path.name.startswith(".") and path.name != "scratch":
                there = restored.home.root / path.relative_to(living.home.root)
                assert there.stat().st_mode == path.stat().st_mode, path


def test_releases_share_files_in_a_backup_and_after_it(living, folders, tmp_path):
    shared = [path for path in living.home.releases.rglob("*.parquet") if path.stat().st_nlink == 2]
    assert shared
    backing_up.write(living, *folders)
    restored = another_home(living, tmp_path / "elsewhere")
    restoring.restore(restored, folders[0], folders[1])
    (made,) = backups.complete(folders[0])
    for root in (made / "files", restored.home.root):
        found = {(root / path.relative_to(living.home.root)).stat().st_ino for path in shared}
        assert len(found) == len(shared) / 2


def test_the_next_backup_costs_what_changed(living, folders):
    first = backing_up.write(living, *folders, encrypt_with=SEAL)
    second = backing_up.write(living, *folders, encrypt_with=SEAL)
    assert (first.files, second.copied) == (second.files, 1)  # the ledger
    (living.home.decisions / "readers.jsonl").write_text('{"login": "asmith"}\n{"login": "bsmith"}\n')
    release_of(living, says=2, may=7)
    third = backing_up.write(living, *folders, encrypt_with=SEAL)
    (newest,) = set(backups.complete(folders[0])) - {folders[0] / first.moment, folders[0] / second.moment}
    kept = json.loads((newest / "backup.json").read_text())["files"]
    release = current_manifest(living.home)["release_id"]
    linked = [path for path in kept if release in path and (newest / "files" / path).stat().st_nlink > 2]
    assert 2 < third.copied < third.files / 3 and linked
    assert (newest / "files" / "decisions" / "readers.jsonl").read_text().count("smith") == 2


def test_so_many_backups_stay(living, folders):
    moments = [backing_up.write(living, *folders, keep=2).moment for _ in range(3)]
    for folder in folders:
        assert [path.name for path in backups.complete(folder)] == moments[1:]


def test_identities_are_apart_and_the_key_is_nowhere(living, folders, tmp_path):
    backing_up.write(living, *folders)
    key = (living.home.root / "secrets" / "pseudonym.key").read_bytes()
    for path in (tmp_path / "backups").rglob("*"):
        assert path.is_dir() or key not in path.read_bytes()
    (data,), (restricted,) = map(backups.complete, folders)
    assert not {path.name for path in (data / "files").iterdir()} & {"inbox", "archive", "restricted", "secrets"}
    assert {path.name for path in (restricted / "files").iterdir()} == {"inbox", "archive", "restricted"}


def test_identities_can_be_encrypted_by_a_command(living, folders, tmp_path):
    backing_up.write(living, *folders, encrypt_with=SEAL)
    (sealed,) = backups.complete(folders[1])
    for path in (sealed / "files").rglob("*.csv"):
        assert b"WBRI" not in path.read_bytes()
    assert restoring.check(*folders) > 10
    restored = another_home(living, tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="--decrypt-with"):
        restoring.restore(restored, *folders)
    restoring.restore(restored, *folders, decrypt_with=UNSEAL)
    for path in living.home.archive.rglob("*.csv"):
        assert (restored.home.root / path.relative_to(living.home.root)).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("command", ["false", "there-is-no-such-command"])
def test_a_command_that_fails_makes_no_backup(living, folders, command: str):
    with pytest.raises(BackupFailed, match=command):
        backing_up.write(living, *folders, encrypt_with=command)
    assert not backups.complete(folders[0]) and not backups.complete(folders[1])


def test_what_lands_meanwhile_is_not_in_it_and_lands_again(living, supplier, folders, tmp_path, monkeypatch):
    """Between the moment that counts and the copying a night lands and is published."""
    fix = backing_up._fix
    before = contents(living)

    def and_a_night(home, data):
        told = fix(home, data)
        deliver(supplier, NEXT, 5)
        supplier.land("social_care", NEXT)
        release_of(living, says=3)
        return told

    monkeypatch.setattr(backing_up, "_fix", and_a_night)
    backing_up.write(living, *folders)
    assert len(list(accepted(living.home))) == 2
    restored = another_home(living, tmp_path / "elsewhere")
    restoring.restore(restored, *folders)
    assert contents(restored) == before
    assert [each.extract_date.isoformat() for each in accepted(restored.home)] == [DAY]
    again = [
        outcome.status
        for delivery in landing.expect(restored, "social_care", dt.date.fromisoformat(NEXT), "310", "again")
        for outcome in landing.land(restored, delivery, "again")
    ]
    assert again == ["accepted"]
    assert list(accepted(restored.home)) == list(accepted(living.home))


def renamed_over(path: Path) -> None:
    """As a disposal does: written before, put in its place after."""
    staged = path.with_name(".staged")
    staged.write_bytes(b"fewer rows")
    os.utime(staged, ns=(1, 1))
    staged.replace(path)


@pytest.mark.parametrize("replace", [Path.unlink, renamed_over])
def test_raw_whose_content_is_replaced_meanwhile_is_no_backup(living, folders, monkeypatch, replace):
    fix = backing_up._fix

    def and_another_key(home, data):
        told = fix(home, data)
        replace(next(accepted(home)).content(home))
        return told

    monkeypatch.setattr(backing_up, "_fix", and_another_key)
    with pytest.raises(BackupFailed, match="make it again"):
        backing_up.write(living, *folders)
    assert not backups.complete(folders[0])


def test_one_that_was_killed_is_never_taken_for_a_backup(living, folders, tmp_path):
    """Killed by its own encrypting command, in the middle of the second part; then in the middle of a later one."""
    kill = tmp_path / "kill"
    kill.write_text("#!/bin/sh\nkill -9 $PPID\n")
    kill.chmod(0o700)
    program = (
        "import sys; from pathlib import Path; from childrens_warehouse.settings import Settings;"
        "from childrens_warehouse.upkeep import backing_up;"
        "backing_up.write(Settings.from_environment(), *map(Path, sys.argv[1:3]), encrypt_with=sys.argv[3])"
    )

    def backup_killed() -> None:
        arguments = [sys.executable, "-c", program, *map(str, folders), str(kill)]
        assert subprocess.run(arguments, check=False, env=dict(os.environ)).returncode == -signal.SIGKILL

    backup_killed()
    assert all(list(folder.glob("*.partial")) for folder in folders)
    with pytest.raises(ConfigurationError, match="no complete backup"):
        restoring.restore(another_home(living, tmp_path / "elsewhere"), *folders)
    good = backing_up.write(living, *folders)
    assert not any(list(folder.glob("*.partial")) for folder in folders)
    backup_killed()
    restored = another_home(living, tmp_path / "elsewhere")
    assert restoring.restore(restored, *folders).moment == good.moment


def test_a_damaged_backup_is_found_and_an_earlier_one_can_be_taken(living, folders, tmp_path):
    earlier = backing_up.write(living, *folders)
    release_of(living, says=2, may=7)
    backing_up.write(living, *folders)
    newest = backups.complete(folders[0])[-1]
    release = current_manifest(living.home)["release_id"]
    damaged = next(
        path for path in (newest / "files" / "releases" / release).rglob("*.parquet") if path.stat().st_nlink == 1
    )
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    restored = another_home(living, tmp_path / "elsewhere")
    for attempt in (restoring.check, lambda *told: restoring.restore(restored, *told)):
        with pytest.raises(BackupFailed, match=damaged.name):
            attempt(*folders)
    with pytest.raises(HomeFormatError, match="run `warehouse restore` again"):
        restored.home.create()
    done = restoring.restore(restored, folders[0] / earlier.moment, folders[1])
    assert done.moment == earlier.moment
    assert release not in contents(restored)
    restored.home.create()


def test_a_home_that_holds_anything_is_not_restored_over(living, folders, tmp_path):
    backing_up.write(living, *folders)
    with pytest.raises(ConfigurationError, match="is not empty"):
        restoring.restore(living, *folders)
    # One that a program only made its folders in is empty.
    fresh = another_home(living, tmp_path / "elsewhere")
    fresh.home.create()
    restoring.restore(fresh, *folders)
    assert contents(fresh) == contents(living)


def test_a_part_alone_or_another_moments_is_not_restored_by_mistake(living, folders, tmp_path):
    first = backing_up.write(living, *folders)
    backing_up.write(living, *folders)
    restored = another_home(living, tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="--restricted-from"):
        restoring.restore(restored, folders[0])
    with pytest.raises(BackupFailed, match="not the second part"):
        restoring.restore(restored, folders[0], folders[1] / first.moment)
    with pytest.raises(ConfigurationError, match="name the folder of the part data"):
        restoring.restore(restored, folders[1])
    restoring.restore(restored, folders[0], data_only=True)
    assert not any(restored.home.archive.iterdir())


def test_a_backup_of_a_newer_home_is_refused(living, folders, tmp_path, monkeypatch):
    home_format.write(living.home, home_format.FORMAT + 1)
    backing_up.write(living, folders[0])
    with pytest.raises(ConfigurationError, match=f"format {home_format.FORMAT + 1}"):
        restoring.restore(another_home(living, tmp_path / "elsewhere"), folders[0])


def test_two_backups_at_once_and_folders_in_one_another_are_refused(living, folders, tmp_path):
    with backups.alone(folders[0]), pytest.raises(BusyError):
        backing_up.write(living, *folders)
    for to, restricted_to in (
        (living.home.root / "backups", None),
        (tmp_path, None),
        (folders[0], folders[0]),
        (folders[0], folders[0] / "restricted"),
    ):
        with pytest.raises(ConfigurationError, match="in one another"):
            backing_up.write(living, to, restricted_to)


def test_on_the_command_line(living, folders, tmp_path, monkeypatch):
    runner = CliRunner()
    (living.home.root / "somebody").mkdir()
    said = runner.invoke(cli.app, ["backup", "--to", str(folders[0])])
    assert said.exit_code == 0, said.output
    for part in ("raw was held for", "inbox, archive and identities", "somebody", "the pseudonym key"):
        assert part in said.output
    said = runner.invoke(
        cli.app, ["backup", "--to", str(folders[0]), "--restricted-to", str(folders[1]), "--keep", "1"]
    )
    assert said.exit_code == 0, said.output
    parts = ["--from", str(folders[0]), "--restricted-from", str(folders[1])]
    assert "as they were backed up" in runner.invoke(cli.app, ["restore", *parts, "--check"]).output
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path / "elsewhere"))
    done = runner.invoke(cli.app, ["restore", *parts])
    assert done.exit_code == 0, done.output
    assert f"published is {current_manifest(living.home)['release_id']}" in done.output
    assert "is the one of raw" in done.output


def test_the_key_of_the_home_can_be_given_back(living, folders, tmp_path, monkeypatch):
    monkeypatch.delenv("WAREHOUSE_PSEUDONYM_KEY")
    backing_up.write(living, *folders)
    said: list[str] = []
    restoring.restore(another_home(living, tmp_path / "one"), *folders, say=said.append)
    assert "set it, or name its file with --key-from" in said[-1]
    key = tmp_path / "kept elsewhere"
    key.write_text("a key for tests, long enough to be one")
    restoring.restore(another_home(living, tmp_path / "two"), *folders, key_from=key, say=said.append)
    assert "is the one of raw" in said[-1]
    assert (tmp_path / "two" / "secrets" / "pseudonym.key").stat().st_mode & 0o777 == 0o600
