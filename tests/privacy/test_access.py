"""Who did and read what, in one account; and who may run what, as far as file permissions decide it."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import grp
import io
import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from childrens_warehouse.cli import app
from childrens_warehouse.decisions import holds
from childrens_warehouse.decisions.holds import Hold
from childrens_warehouse.identity import decisions as links
from childrens_warehouse.identity.evidence import Kind
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.privacy import events, finding
from childrens_warehouse.serving import readers
from childrens_warehouse.settings import PROJECT, PostgresSettings
from tests.conftest import KEY
from tests.privacy.conftest import OLD, UPNS, YOUNG

LONG_AGO = dt.datetime(2017, 7, 3, 9, tzinfo=dt.UTC)
READING = {
    "reader": "asmith", "table": "fct_review", "release": "2017-05-31-0", "application": "psql",
    "database": "warehouse", "session": 7, "at": "2017-07-03T10:00:00",
}  # fmt: skip


@pytest.fixture
def busy(keeper, tmp_path):
    """A home in which each kind of thing was done once."""
    home = keeper.home
    link = ((Kind.SOCIAL_CARE, 1), (Kind.SOCIAL_CARE, 2))
    links.append(home, links.Decision(links.Verdict.DIFFERENT, "310", *link, "Lee", "Twins", LONG_AGO))
    readers.append(
        home,
        readers.Reader(
            readers.Verdict.GRANTED, "asmith", readers.Role.CHILD_READER, "310", "North", "Ray", "Manager", LONG_AGO
        ),
    )
    holds.append(home, Hold(holds.Verdict.HELD, "claim", "", None, "*", None, "Kim", "A claim", LONG_AGO))
    (home.root / "waivers.json").write_text(
        json.dumps([{"rule": "PUB-ROWS-HALVED", "table": "fct_review", "reason": "Archived", "by": "Dee",
                     "expires_on": "2017-08-30"}])
    )  # fmt: skip
    for arguments in (
        ["restrict", "add", f"child_id:{OLD}", "--by", "Pat", "--reason", "Contested", "--authority", "310"],
        ["subject-export", f"child_id:{OLD}", "--to", str(tmp_path / "export"), "--by", "Sam", "--reason", "Request",
         "--authority", "310"],
        ["links", "list", "--show"],
    ):  # fmt: skip
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, done.output
    log = tmp_path / "log"
    log.write_text(f"2017-07-03 10:00:00.000 UTC [7] LOG:  warehouse_reading {json.dumps(READING)}\n")
    postgres = PostgresSettings("postgresql://warehouse@nowhere.example/warehouse", log=log)
    return dataclasses.replace(keeper.settings, postgres=postgres)


def test_everything_is_in_one_account(busy):
    told = {(each.who.split(" ")[0], each.what) for each in events.all_known(busy)}
    me = pwd.getpwuid(os.getuid()).pw_name
    assert told >= {
        ("Lee", "link different"), ("Ray", "reader granted"), ("Kim", "legal hold held"), ("Dee", "waiver"),
        ("Pat", "restriction restricted"), ("Sam", "subject export"), ("asmith", "reading"),
    }  # fmt: skip
    assert any(who.startswith(me) or "as" in who for who, what in told if what == "names of undecided pairs looked up")
    # A decision is one event, whoever wrote it down.
    assert len([1 for each in events.all_known(busy) if each.what == "restriction restricted"]) == 1


def test_it_names_no_child(busy):
    children = [finding.find(busy, "310", f"child_id:{child}") for child in (OLD, YOUNG)]
    told = " ".join(f"{each.about} {each.reason} {each.what}" for each in events.all_known(busy))
    for secret in (*UPNS, "Yellowbird", *(str(key) for child in children for key in child.keys)):
        assert secret not in told


def test_an_auditor_asks_since_when_and_by_whom(busy, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_POSTGRES_URL", busy.postgres.url)
    monkeypatch.setenv("WAREHOUSE_POSTGRES_LOG", str(busy.postgres.log))
    said = CliRunner().invoke(app, ["access-log", "--csv", "--by", "SMITH"]).output
    (row,) = list(csv.DictReader(io.StringIO(said)))
    assert (row["at"], row["who"], row["what"]) == ("2017-07-03T10:00:00Z", "asmith", "reading")
    assert "fct_review" in row["about"]
    recent = CliRunner().invoke(app, ["access-log", "--since", "2018-01-01"]).output
    assert "subject export" in recent and "reading" not in recent and "link different" not in recent


def test_an_account_that_lacks_the_servers_log_says_so(busy):
    gone = dataclasses.replace(busy.postgres, log=Path("/nowhere/log"))
    told = events.all_known(dataclasses.replace(busy, postgres=gone))
    assert any(each.what == "the server's log cannot be read" for each in told)


# Who may run what. Real users, as the operating system tells them apart.

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root may become somebody else")
GROUPS = {"readers": "games", "aggregate readers": "man"}  # two that every Debian has


@pytest.fixture
def of_others(keeper, monkeypatch):
    """The home with what the groups may read, where others may pass to it."""
    home = keeper.home
    published, suppressed = home.marts, home.marts_aggregate
    from childrens_warehouse.publish import files

    for path, group in ((published, GROUPS["readers"]), (suppressed, GROUPS["aggregate readers"])):
        path.write_bytes(b"")
        files.open_to_group(path, group)
    files.give_to_group(home.published, GROUPS["readers"])
    for folder in (home.root, home.published):
        folder.chmod(0o751)
    files.give_to_group(home.root, GROUPS["readers"])
    for parent in home.root.parents:
        if parent.stat().st_uid == os.getuid() and "pytest" in str(parent):
            parent.chmod(parent.stat().st_mode | 0o011)
    return home


def as_somebody(group: str | None, *command: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as `nobody`, in a group or in none."""
    somebody = pwd.getpwnam("nobody")
    gid = grp.getgrnam(group).gr_gid if group else somebody.pw_gid
    return subprocess.run(
        command, user=somebody.pw_uid, group=gid, extra_groups=[], capture_output=True, text=True, check=False,
        env={"WAREHOUSE_HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT),
             "PYTHONDONTWRITEBYTECODE": "1", "WAREHOUSE_PSEUDONYM_KEY": "x" * 40},
    )  # fmt: skip


def may_read(group: str | None, path: Path, home: Path) -> bool:
    return as_somebody(group, "cat" if path.is_file() else "ls", str(path), home=home).returncode == 0


@needs_root
@pytest.mark.parametrize(
    ("group", "readable"),
    [(GROUPS["readers"], {"marts"}), (GROUPS["aggregate readers"], {"marts_aggregate"}), (None, set())],
)
def test_each_group_reads_its_own_and_nothing_else(of_others, group, readable):
    everything = {
        "marts": of_others.marts, "marts_aggregate": of_others.marts_aggregate, "ledger": of_others.ledger,
        **{name: getattr(of_others, name) for name in (
            "inbox", "archive", "restricted", "raw", "decisions", "quarantine", "build", "logs")},
    }  # fmt: skip
    assert {name for name, path in everything.items() if may_read(group, path, of_others.root)} == readable


_COMMANDS = """
import grp, os, pwd, sys
from typer.testing import CliRunner
from childrens_warehouse.cli import app
from childrens_warehouse.identity import command, persons
from childrens_warehouse.privacy import events, finding
from childrens_warehouse.privacy.retention import disposing
from childrens_warehouse.privacy.subject import exporting
from childrens_warehouse.serving import access_log
group, to = sys.argv[1:]
os.setgroups([])
os.setgid(grp.getgrnam(group).gr_gid)
os.setuid(pwd.getpwnam("nobody").pw_uid)
why = ["--by", "X", "--reason", "Y"]
for arguments in (
    ["subject-export", "child_id:7", "--authority", "310", "--to", to, *why],
    ["restrict", "add", "child_id:7", "--authority", "310", *why],
    ["links", "list", "--show"], ["access-log"], ["retention"], ["legal-hold", "list"],
):
    done = CliRunner().invoke(app, arguments)
    print(arguments[0], done.exit_code, type(done.exception).__name__, done.output.strip())
"""


@needs_root
@pytest.mark.slow
@pytest.mark.parametrize("group", list(GROUPS.values()))
def test_a_reader_can_run_no_command_about_identities(of_others, tmp_path, group):
    """Everything is imported first: what is refused is the home."""
    environment = {
        "WAREHOUSE_HOME": str(of_others.root), "PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT),
        "WAREHOUSE_PSEUDONYM_KEY": KEY,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", _COMMANDS, group, str(tmp_path / "export")], capture_output=True, text=True,
        check=True, env=environment,
    )  # fmt: skip
    told = [line.split(" ", 3) for line in done.stdout.splitlines()]
    assert [(command, code, error) for command, code, error, *_ in told] == [
        (command, "1", "PermissionError")
        for command in ("subject-export", "restrict", "links", "access-log", "retention", "legal-hold")
    ]
    assert not (tmp_path / "export").exists() and not Ledger(of_others.ledger).query("select 1 from access_event")
