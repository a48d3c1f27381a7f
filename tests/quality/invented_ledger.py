"""An invented ledger of many nights, with what landing and gates leave beside it. No data, only accounts of it."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import random
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from childrens_warehouse.datasets import ALL, Coverage, Dataset
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.raw import epoch
from childrens_warehouse.raw.acceptance import Acceptance
from childrens_warehouse.settings import Home

LAST_NIGHT = dt.date(2017, 5, 31)
_LIST = (
    "file", "row", "rule", "column", "what", "archived_as", "dataset", "scope", "generated_at", "row_key", "register",
)  # fmt: skip


@dataclass
class Invented:
    """What to invent, and what has been: every row is kept here and written by `write`.

    troubles: the last nights have a late source, refused files, rows refused above usual, an unusual volume, a
        changed header and a publication that is held.
    """

    home: Home
    nights: int = 100
    authorities: Sequence[str] = ("310",)
    troubles: bool = False
    last: dt.date = LAST_NIGHT
    chance: random.Random = field(default_factory=lambda: random.Random(310))
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    keys: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def write(self) -> Invented:
        epoch.begin(self.home, "test")
        for back in reversed(range(self.nights)):
            self._night(self.last - dt.timedelta(days=back), back)
        Ledger(self.home.ledger).query("select 1")
        Ledger(self.home.ledger).set_folder_state("310", "health", self.last, "")
        with sqlite3.connect(self.home.ledger) as connection:
            for table, rows in self.events.items():
                columns = list(rows[0])
                connection.executemany(
                    f"insert into {table} ({', '.join(columns)}) values ({', '.join(f':{each}' for each in columns)})",
                    rows,
                )
        return self

    def add(self, table: str, at: dt.datetime, **values: Any) -> None:
        row = {"recorded_at": at.isoformat(timespec="seconds"), **values}
        self.events.setdefault(table, []).append(
            {
                name: json.dumps(value) if isinstance(value, dict | list) else str(value)
                if isinstance(value, dt.date) else value
                for name, value in row.items()
            }
        )  # fmt: skip

    def _night(self, night: dt.date, back: int) -> None:
        morning = dt.datetime.combine(night + dt.timedelta(days=1), dt.time(3, 5), dt.UTC)
        run_id = f"nightly-{night}"
        for source in ("social_care", "health", "education"):
            late = [
                authority
                for authority in self.authorities
                if self.troubles and source == "health" and back in (0, 1, 40)
            ]
            refused = []
            for authority in self.authorities:
                if authority in late:
                    continue
                for dataset in (each for each in ALL if each.source == source):
                    if dataset.coverage is Coverage.SCHOOL_DATE and night.isoweekday() > 5:
                        status = "missing"
                    elif self.troubles and dataset.name == "ssda903_reviews" and back in (0, 1, 2, 33):
                        status = "refused"
                        refused.append(f"{authority} {night} {dataset.files[0]}: FILE-COLUMNS")
                    else:
                        status = "accepted"
                    self._file(morning, run_id, night, back, authority, dataset, status)
            self.add(
                "source_night", morning + dt.timedelta(minutes=3), run_id=run_id, night=night, source=source,
                summary={
                    "source": source, "night": str(night), "late": late, "refused": refused, "files": 1,
                    "rows_loaded": 1, "as_of": dict.fromkeys(self.authorities, str(night)),
                },
            )  # fmt: skip
        self._build(morning + dt.timedelta(minutes=5), run_id, night, back)

    def _file(
        self, at: dt.datetime, run_id: str, night: dt.date, back: int, authority: str, dataset: Dataset, status: str
    ) -> None:
        size = 200 + 977 * ALL.index(dataset) % 4000 + int(authority)
        rows = int(size * (1 + 0.0006 * (self.nights - back)) + self.chance.randrange(12))
        columns = [column.name for column in dataset.columns]
        if self.troubles and dataset.name == "schools" and back == 0:
            rows //= 14
        if self.troubles and dataset.name == "pupils" and back < 3:
            columns[1] = f"{columns[1]}_no"
        listed = self._listed(authority, dataset, back) if status == "accepted" else []
        sha256 = hashlib.sha256(f"{authority} {dataset.name} {night}".encode()).hexdigest()
        stamp = at - dt.timedelta(hours=1)
        scope = "collection_year:2018" if dataset.coverage is Coverage.COLLECTION_YEAR else str(dataset.coverage)
        file_name = dataset.files[0]
        archived_as = f"archive/{authority}/{dataset.source}/{night}/{sha256[:16]}-{file_name}"
        taken = status == "accepted"
        changed = self.chance.randrange(9)
        self.add(
            "file_event", at, run_id=run_id, night=night, authority=authority, source=str(dataset.source),
            extract_date=night, dataset=dataset.name, file_name=file_name, status=status,
            rule={"refused": "FILE-COLUMNS", "missing": "FILE-NOT-DELIVERED"}.get(status),
            reason={"refused": "the column REVIEW is missing.", "missing": "not delivered."}.get(status),
            scope=scope if taken else None, generated_at=stamp.isoformat() if taken else None, sha256=sha256,
            rows_read=rows if taken else 0, rows_loaded=rows - len(listed) if taken else 0,
            rows_refused=len(listed), rows_new=changed, rows_changed=changed // 2,
            rows_unchanged=rows - changed if taken else 0, rows_withdrawn=changed // 3,
            refusals=dict.fromkeys({rule for *_, rule in listed}, len(listed)), marks={},
            verdict="pass" if taken else None, archived_as=archived_as if taken else None, seconds=0.5,
            columns=columns if taken else None,
        )  # fmt: skip
        folder = self.home.quarantine / authority / dataset.source / night.isoformat()
        if status == "refused":
            folder.mkdir(parents=True, exist_ok=True)
            told = {
                "file": file_name, "dataset": "", "rule": "FILE-COLUMNS",
                "reason": "the column REVIEW is missing.", "archived_as": archived_as,
            }  # fmt: skip
            (folder / f"{file_name}.refused.json").write_text(json.dumps(told))
        if listed:
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / f"{file_name}.rows.csv").open("w", newline="") as handle:
                writer = csv.writer(handle)
                writer.writerow(_LIST)
                writer.writerows(
                    [
                        file_name,
                        row,
                        rule,
                        columns[1],
                        "what",
                        archived_as,
                        dataset.name,
                        scope,
                        stamp.isoformat(),
                        key,
                        "",
                    ]
                    for row, key, rule in listed
                )
        if taken:
            accepted = Acceptance(
                authority=authority, source=str(dataset.source), dataset=dataset.name, scope=scope, extract_date=night,
                generated_at=stamp, file_name=file_name, sha256=sha256, rows_read=rows, rows_loaded=rows - len(listed),
                rows_refused=len(listed), key_id="test",
            )  # fmt: skip
            accepted.record(self.home).parent.mkdir(parents=True, exist_ok=True)
            accepted.record(self.home).write_text(json.dumps(accepted.to_dict()))

    def _listed(self, authority: str, dataset: Dataset, back: int) -> list[tuple[int, int, str]]:
        """(row, key, rule): a few rows that stay wrong for a while, as they do."""
        if dataset.name not in ("ssda903_episodes", "health_assessments", "enrolments"):
            return []
        wrong = self.keys.setdefault(f"{authority} {dataset.name}", [])
        wrong[:] = [each for each in wrong if self.chance.random() < 0.9]
        if not self.troubles and back < 3:
            wrong.clear()
        elif self.chance.random() < 0.25:
            wrong.append((self.chance.randrange(2, 900), self.chance.randrange(2**62)))
        if self.troubles and dataset.name == "enrolments" and back == 0:
            wrong += [(row, row) for row in range(100, 160)]
        rules = ("CODE-UNKNOWN", "SPELL-REVERSED", "CELL-UNREADABLE")
        return [(row, key, rules[key % 3]) for row, key in wrong]

    def _build(self, at: dt.datetime, run_id: str, night: dt.date, back: int) -> None:
        build_id = f"{night}-{self.chance.randrange(2**32):08x}-{back:06}"
        minute = dt.timedelta(minutes=1)
        begun = {"build_id": build_id, "needed": True, "as_at": str(night), "rebuilt": 1, "kept": 9}
        self.add("build_event", at, run_id=run_id, build_id=build_id, step="begin", state="done", detail=begun)
        if self.troubles and back == 20:
            broken = {"message": "The suite for fct_review could not be evaluated."}
            self.add(
                "build_event", at + minute, run_id=run_id, build_id=build_id, step="gate", state="could not judge",
                detail=broken,
            )  # fmt: skip
            return
        held = self.troubles and back in (0, 1, 55)
        failed = {
            "rule": "PUB-ROWS-HALVED", "expectation": "at_least_half_of_the_release", "column": None,
            "severity": "critical", "success": False, "unexpected_count": 1, "element_count": 1,
        }  # fmt: skip
        for suite in ("dim_school", "fct_review"):
            wrong = [failed] if held and suite == "dim_school" else []
            self.add(
                "gate_event", at + minute, run_id=run_id, build_id=build_id, suite=suite,
                verdict="fail" if wrong else "pass", evaluated=8, failed=wrong,
            )  # fmt: skip
        verdict = "fail" if held else "pass"
        self.add(
            "build_event", at + minute, run_id=run_id, build_id=build_id, step="gate", state=verdict,
            detail={"evaluated": 16, "waived": []},
        )  # fmt: skip
        if not held:
            self.add(
                "release_event", at + 2 * minute, run_id=run_id, build_id=build_id, release_id=build_id[:19],
                detail={"as_at": str(night), "known_on": None, "rows": 14_000},
            )  # fmt: skip
