"""No identity leaves the restricted store: a night full of canaries, and a search of everything it leaves."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import stat
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

from childrens_warehouse.datasets import ALL
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.settings import Home
from childrens_warehouse.simulate import Scenario, simulate
from tests.conftest import FEW_DATASETS, KEY
from tests.nights import canary_documents as documents
from tests.nights.canaries import Planter
from tests.nights.searching import Searcher

pytestmark = pytest.mark.slow

NIGHT = dt.date(2017, 5, 24)  # a Wednesday in term
ALLOWED = frozenset({"inbox", "archive", "restricted"})
# What is told to others of files, columns and models.
LINEAGE = "lineage.jsonl"


@dataclass(frozen=True)
class Left:
    """What a night left: a home, and what the programs said; and who can search it."""

    home: Home
    searcher: Searcher
    said: str

    def leaks(self) -> list[str]:
        """One line for every place at which canaries were found: where, how many, and some of them."""
        by_place = defaultdict(list)
        found = self.searcher.in_text(self.said, "what the programs said")
        for each in sorted(found | self.searcher.in_tree(self.home.root, ALLOWED)):
            by_place[each.where].append(each.canary)
        return [f"{where}: {len(each)}, as {'; '.join(each[:3])}" for where, each in by_place.items()]

    def kept_in(self, folder: str) -> set[str]:
        """Which canaries are found where they may be."""
        others = frozenset(path.name for path in self.home.root.iterdir()) - {folder}
        return {each.canary for each in self.searcher.in_tree(self.home.root, others)}

    def outcomes(self, status: str) -> set[str]:
        rows = Ledger(self.home.ledger).query("select distinct dataset from file_event where status = ?", (status,))
        return {row["dataset"] for row in rows}


def run(home: Home, *arguments: str, **more: str) -> str:
    temporary = home.root / "temporary"
    temporary.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        env={
            **os.environ,
            "WAREHOUSE_HOME": str(home.root),
            "WAREHOUSE_PSEUDONYM_KEY": KEY,
            "TMPDIR": str(temporary),
            "WAREHOUSE_LOG_FORMAT": "json",
            "COLUMNS": "300",
            **more,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=800,
        umask=0,  # what an operator's machine should not have, and may
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def planted(root: Path, refused_folders: int, **size: int) -> tuple[Home, Planter]:
    home = Home(root / "home").create()
    few = Scenario(night=NIGHT, nights=1, dirt=False, attendance_days=10, datasets=FEW_DATASETS, **size)
    simulate(home.inbox, few)
    planter = Planter(home.inbox, NIGHT)
    planter.good_rows()
    planter.refused_rows()
    planter.refused_files(refused_folders)
    planter.unexpected_files()
    planter.manifests()
    return home, planter


BEARING = {dataset.name for dataset in ALL if dataset.identity_columns}
# Of the census, the records below the child bear its id and no identity of their own.
WITH_THEIR_OWN = {name for name in BEARING if not name.startswith("cin_")} | {"cin_child"}
IN_FILES_OF_THEIR_OWN = {dataset.name for dataset in ALL if dataset.identity_columns and dataset.file}


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Left:
    """Run without Airflow; then folders of what the simulated night leaves out, and documents, landed only."""
    home, planter = planted(tmp_path_factory.mktemp("canaries"), refused_folders=2, children=100, pupils=140)
    told = json.dumps({"type": "file", "log_file_path": str(home.root / LINEAGE), "append": True})
    lineage = {"AIRFLOW__OPENLINEAGE__TRANSPORT": told}
    said = run(home, "childrens_warehouse.cli", "run", "--night", NIGHT.isoformat(), **lineage)
    later = [NIGHT + dt.timedelta(days=days) for days in range(1, 5)]
    planter.landed_only(later[0])
    for date, is_good in zip(later, (True, True, False, False), strict=True):
        folder = home.inbox / "310" / "social_care" / date.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        documents.workbook(planter, folder / documents.WORKBOOK, is_good=is_good)
        census = documents.census(planter, is_good=is_good)
        social_care_return = documents.social_care_return(planter, is_good=is_good)
        if date == later[3]:
            census = documents.under_another_name(planter, census)
            social_care_return = documents.cut_short(social_care_return)
        (folder / documents.CENSUS).write_text(census)
        if date != later[0]:  # where its lists come as files of their own
            (folder / documents.RETURN).write_text(social_care_return)
    planter.manifests()
    said += run(home, "childrens_warehouse.cli", "land", "--night", later[-1].isoformat(), **lineage)
    return Left(home, planter.mint.searcher(), said)


def test_every_dataset_had_canaries_in_files_taken_in_and_in_files_refused(night):
    assert night.home.marts.exists()
    assert night.outcomes("accepted") >= BEARING
    assert night.outcomes("refused") >= BEARING
    refused = Ledger(night.home.ledger).query("select distinct rule from file_event where status = 'refused'")
    assert len(refused) >= 5
    rows = Ledger(night.home.ledger).query("select sum(rows_refused) as n from file_event where status = 'accepted'")
    assert rows[0]["n"] > 20
    kept = night.kept_in("archive")
    for dataset in WITH_THEIR_OWN:
        assert [each for each in kept if f"{dataset}, good row" in each], dataset
    for dataset in IN_FILES_OF_THEIR_OWN:
        assert [each for each in kept if f"{dataset}, row refused" in each], dataset


def test_who_a_child_is_can_be_found_in_the_restricted_store(night):
    kept = night.kept_in("restricted")
    for dataset in WITH_THEIR_OWN:
        assert [each for each in kept if f"{dataset}, good row" in each], dataset
    assert not [each for each in kept if "name of a file" in each]


def test_no_identity_leaves_the_restricted_store(night):
    assert len((night.home.root / LINEAGE).read_text().splitlines()) > 1_000
    leaks = night.leaks()
    assert not leaks, "\n".join(leaks)


def test_all_but_what_is_published_is_for_its_owner_alone_whatever_the_umask(night):
    home = night.home
    folders = (home.archive, home.restricted, home.raw, home.quarantine, home.build, home.ledger)
    for path in [each for folder in folders for each in (folder, *folder.rglob("*"))]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), (path, oct(mode))
    for folder in (home.published, home.releases):
        for path in [folder, *folder.rglob("*")]:
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode == (0o750 if path.is_dir() else 0o640), (path, oct(mode))


def test_nothing_is_left_in_the_folder_for_temporary_files(night):
    left = [path for path in (night.home.root / "temporary").rglob("*") if path.is_file()]
    assert left == []


def test_no_identity_leaves_the_restricted_store_under_airflow(tmp_path_factory):
    home, planter = planted(tmp_path_factory.mktemp("canaries-dags"), refused_folders=1, children=60, pupils=100)
    said = run(home, "childrens_warehouse.orchestration.nightly", "--date", NIGHT.isoformat())
    left = Left(home, planter.mint.searcher(), said)
    assert left.home.marts.exists() and left.outcomes("refused") >= IN_FILES_OF_THEIR_OWN
    # Refusals are told by names of files, rules and columns.
    assert re.search(r"REFUSED: .*persons\.csv: ROWS-CEILING", said)
    leaks = left.leaks()
    assert not leaks, "\n".join(leaks)
