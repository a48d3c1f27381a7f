"""Land one delivered file: receive, check the file, check the rows, keep. Or refuse it, and say why."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.datasets import BY_NAME, Coverage, Dataset
from childrens_warehouse.errors import FileRefused
from childrens_warehouse.landing import keep, pseudonyms, quarantine, receive, rows
from childrens_warehouse.landing.manifest import ManifestFile, scope
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.quality.judge import Verdict
from childrens_warehouse.raw.acceptance import Acceptance, accepted, commit
from childrens_warehouse.raw.in_force import newest_per_scope
from childrens_warehouse.settings import Home, Settings, make_private


@dataclass(frozen=True)
class Delivery:
    """One file to be landed. Dates are ISO text, so that it can travel between tasks as it is."""

    authority: str
    source: str
    extract_date: str
    night: str
    dataset: str
    file_name: str
    generated_at: str | None
    rows_told: int | None
    sha256_told: str | None
    coverage: str | None
    is_known: bool = False

    def folder(self, home: Home) -> Path:
        return home.inbox / self.authority / self.source / self.extract_date

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Delivery:
        return cls(**values)


@dataclass(frozen=True)
class Outcome:
    """What became of one file. rows_read = rows_loaded + rows_refused. `marks` and `refusals`: rule -> rows."""

    authority: str
    source: str
    extract_date: str
    dataset: str
    file_name: str
    status: str
    rule: str | None = None
    reason: str | None = None
    notes: str | None = None
    scope: str | None = None
    generated_at: str | None = None
    sha256: str | None = None
    rows_read: int = 0
    rows_loaded: int = 0
    rows_refused: int = 0
    rows_new: int = 0
    rows_changed: int = 0
    rows_unchanged: int = 0
    rows_withdrawn: int = 0
    marks: dict[str, int] | None = None
    refusals: dict[str, int] | None = None
    verdict: str | None = None
    archived_as: str | None = None
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Outcome:
        return cls(**values)


def land(settings: Settings, delivery: Delivery, run_id: str) -> Outcome:
    """Take one file in, or refuse it. A refusal is an outcome, recorded; errors of the machine are raised."""
    started = time.monotonic()
    home = settings.home
    where = quarantine.folder(home, delivery.authority, delivery.source, delivery.extract_date)
    outcome = Outcome(
        delivery.authority, delivery.source, delivery.extract_date, delivery.dataset, delivery.file_name, "refused"
    )
    landing = _Landing(settings, delivery)
    try:
        outcome = landing.as_before(run_id) or landing.run()
        quarantine.accept_file(where, delivery.file_name)
    except FileRefused as refusal:
        outcome = replace(
            outcome, rule=refusal.rule, reason=refusal.reason, archived_as=landing.archived_as, sha256=landing.sha256,
            rows_read=landing.rows_read, rows_refused=landing.rows_read,
        )  # fmt: skip
        quarantine.refuse_file(where, delivery.file_name, refusal.rule, refusal.reason, landing.archived_as)
    outcome = replace(outcome, seconds=round(time.monotonic() - started, 3))
    Ledger(home.ledger).record_file(run_id=run_id, night=delivery.night, **outcome.to_dict())
    return outcome


class _Landing:
    """The steps for one file, and what is known of it so far should it be refused."""

    def __init__(self, settings: Settings, delivery: Delivery) -> None:
        self.settings = settings
        self.home = settings.home
        self.delivery = delivery
        self.dataset: Dataset = BY_NAME[delivery.dataset]
        self.archived_as: str | None = None
        self.sha256: str | None = None
        self.rows_read = 0

    def as_before(self, run_id: str) -> Outcome | None:
        """The outcome again, without reading, if the folder is as it was and the file was taken in then."""
        if not self.delivery.is_known:
            return None
        events = Ledger(self.home.ledger).query(
            "select * from file_event where authority = ? and source = ? and extract_date = ? and file_name = ? "
            "order by event_id desc limit 1",
            (self.delivery.authority, self.delivery.source, self.delivery.extract_date, self.delivery.file_name),
        )
        if not events or events[0]["status"] not in ("accepted", "unchanged"):
            return None
        event = events[0]
        return Outcome(
            self.delivery.authority, self.delivery.source, self.delivery.extract_date, self.delivery.dataset,
            self.delivery.file_name, "unchanged",
            **{column: event[column] for column in (
                "scope", "generated_at", "sha256", "rows_read", "rows_loaded", "rows_refused", "verdict", "archived_as"
            )},
            rows_unchanged=event["rows_loaded"],
        )  # fmt: skip

    def run(self) -> Outcome:
        delivery, dataset, home = self.delivery, self.dataset, self.home
        extract_date = dt.date.fromisoformat(delivery.extract_date)
        delivered = delivery.folder(home) / delivery.file_name
        received = receive.receive(
            delivered, home.archive / delivery.authority / delivery.source / delivery.extract_date
        )
        self.archived_as, self.sha256 = str(received.path.relative_to(home.root)), received.sha256
        told = ManifestFile(delivery.file_name, delivery.rows_told, delivery.sha256_told, delivery.coverage)
        receive.check(received, told)
        acceptance = Acceptance(
            authority=delivery.authority,
            source=delivery.source,
            dataset=dataset.name,
            scope=scope(dataset, delivery.coverage, extract_date),
            extract_date=extract_date,
            generated_at=_stamp(delivery, received.path, delivered),
            file_name=delivery.file_name,
            sha256=received.sha256,
            rows_read=0,
            rows_loaded=0,
            rows_refused=0,
            key_id=pseudonyms.load(home).key_id,
        )
        if again := self._content_is_kept(acceptance):
            return again
        with _scratch(home) as scratch, _connect(self.settings, scratch) as connection:
            return self._judge_and_keep(connection, scratch, received, acceptance)

    def _content_is_kept(self, acceptance: Acceptance) -> Outcome | None:
        """The same content was taken in before: at most a new acceptance is due."""
        known = [
            each
            for each in accepted(self.home, acceptance.dataset, acceptance.authority)
            if (each.sha256, each.scope, each.key_id) == (acceptance.sha256, acceptance.scope, acceptance.key_id)
        ]
        if not known or not acceptance.content(self.home).exists():
            return None
        self.rows_read = known[0].rows_read
        self._check_rows(known[0].rows_read)
        counted = replace(
            acceptance,
            rows_read=known[0].rows_read,
            rows_loaded=known[0].rows_loaded,
            rows_refused=known[0].rows_refused,
        )
        commit(counted, self.home)
        return self._outcome(counted, status="unchanged", rows_unchanged=counted.rows_loaded)

    def _judge_and_keep(
        self, connection: duckdb.DuckDBPyConnection, scratch: Path, received: receive.Received, acceptance: Acceptance
    ) -> Outcome:
        from childrens_warehouse.quality.judge import judge
        from expectations.arrivals import Arrival, suite_for  # takes seconds to import, so only when a file is new

        dataset, told = self.dataset, self.delivery.rows_told
        path, encoding = receive.readable_copy(received, self.settings.encodings, scratch)
        header, notes = receive.check_header(path, dataset)
        if encoding != "utf-8":
            notes.append(f"read as {encoding}, as WAREHOUSE_ENCODINGS allows")
        text = rows.read_text(connection, path, header, scratch, dataset.ceiling_rows)
        self.rows_read = text.rows_read
        if text.rows_read == 0 and not dataset.may_be_empty:
            raise FileRefused("FILE-NO-ROWS", "the file has a header and no rows: that would withdraw everything.")
        self._check_rows(text.rows_read)

        rows.create_judged(connection, dataset, text, rows.period(dataset, acceptance.scope, acceptance.extract_date))
        refused = sorted([*rows.unreadable_rows(text), *rows.refused_rows(connection)])
        judgement = judge(
            connection,
            suite_for(Arrival(dataset, acceptance.extract_date, told, len(text.unreadable), text.rows_read)),
            "select * from judged",
        )
        where = quarantine.folder(
            self.home, acceptance.authority, acceptance.source, acceptance.extract_date.isoformat()
        )
        quarantine.refuse_rows(where, acceptance.file_name, refused, str(self.archived_as))
        too_many = len(refused) > min(dataset.ceiling * text.rows_read, dataset.ceiling_rows)
        if too_many:
            raise FileRefused("ROWS-CEILING", _too_many(refused, text.rows_read, dataset))
        if judgement.verdict is Verdict.FAIL:
            broken = sorted({result.rule for result in judgement.failed if result.severity == "critical"})
            raise FileRefused(broken[0], f"the arrivals suite failed: {', '.join(broken)}.")

        duplicates = rows.create_duplicates(connection, dataset)
        keep.map_identities(connection, dataset, acceptance.authority, pseudonyms.load(self.home))
        acceptance = replace(
            acceptance,
            rows_read=text.rows_read,
            rows_loaded=text.rows_read - len(refused),
            rows_refused=len(refused),
        )
        keep.write_restricted(connection, dataset, acceptance, self.home)
        keep.write_content(connection, dataset, acceptance, self.home, duplicates)
        difference = keep.compare(connection, dataset, acceptance, self._before(acceptance), self.home, duplicates)
        marks = _marks(connection, acceptance, self.home)
        commit(acceptance, self.home)
        return self._outcome(
            acceptance,
            status="accepted",
            notes="; ".join(notes) or None,
            rows_new=difference.new,
            rows_changed=difference.changed,
            rows_unchanged=difference.unchanged,
            rows_withdrawn=difference.withdrawn,
            marks=marks,
            refusals=dict(Counter(rule for _, rule, _ in refused)),
            verdict=judgement.verdict.value,
        )

    def _check_rows(self, found: int) -> None:
        told = self.delivery.rows_told
        if told is not None and told != found:
            raise FileRefused("FILE-ROWS", f"the manifest says {told} rows, the file has {found}.")

    def _before(self, acceptance: Acceptance) -> list[Acceptance]:
        """What this file replaces: the accepted files of its scope that were generated before it.

        By stamp, not by arrival, so that the counts are the same in whatever order files come.
        """
        others = [
            each
            for each in accepted(self.home, acceptance.dataset, acceptance.authority)
            if each.order < acceptance.order
        ]
        if self.dataset.coverage is Coverage.SCHOOL_DATE:
            return others
        return [each for each in newest_per_scope(others) if each.scope == acceptance.scope]

    def _outcome(self, acceptance: Acceptance, status: str, **counts: Any) -> Outcome:
        return Outcome(
            authority=acceptance.authority,
            source=acceptance.source,
            extract_date=acceptance.extract_date.isoformat(),
            dataset=acceptance.dataset,
            file_name=acceptance.file_name,
            status=status,
            scope=acceptance.scope,
            generated_at=acceptance.generated_at.isoformat(),
            sha256=acceptance.sha256,
            rows_read=acceptance.rows_read,
            rows_loaded=acceptance.rows_loaded,
            rows_refused=acceptance.rows_refused,
            archived_as=self.archived_as,
            **counts,
        )


def _stamp(delivery: Delivery, archived: Path, delivered: Path) -> dt.datetime:
    """The manifest's generated_at; without a manifest the file's own time."""
    if delivery.generated_at:
        return dt.datetime.fromisoformat(delivery.generated_at).astimezone(dt.UTC)
    source = delivered if delivered.exists() else archived
    return dt.datetime.fromtimestamp(source.stat().st_mtime, dt.UTC).replace(microsecond=0)


def _too_many(refused: list[tuple[int, str, str | None]], read: int, dataset: Dataset) -> str:
    """The commonest rules first, since they are what must be put right."""
    commonest = Counter((rule, column) for _, rule, column in refused).most_common(3)
    counted = ", ".join(f"{rule}{f' in {column}' if column else ''} ({count})" for (rule, column), count in commonest)
    return (
        f"{len(refused)} of {read} rows would be refused, more than {dataset.ceiling:.0%} or "
        f"{dataset.ceiling_rows:,}: {counted}."
    )


def _marks(connection: duckdb.DuckDBPyConnection, acceptance: Acceptance, home: Home) -> dict[str, int]:
    found = connection.execute(
        "select _marks, count(*) from "
        f"read_parquet({sql.literal(acceptance.content(home))}) where _marks is not null group by _marks"
    ).fetchall()
    counts: Counter[str] = Counter()
    for marks, rows_marked in found:
        for mark in str(marks).split():
            counts[mark] += int(rows_marked)
    return dict(sorted(counts.items()))


@contextlib.contextmanager
def _scratch(home: Home) -> Iterator[Path]:
    """A private folder that holds identities while a file is read, and is gone afterwards."""
    parent = home.restricted / "scratch"
    make_private(parent)
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove what landings that were killed left behind: folders whose process is gone."""
    for folder in parent.iterdir():
        pid = folder.name.split("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _connect(settings: Settings, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    try:
        connection.execute(f"set memory_limit = {sql.literal(settings.memory_limit)}")
        connection.execute(f"set threads = {settings.threads}")
        connection.execute(f"set temp_directory = {sql.literal(scratch / 'spill')}")
        yield connection
    finally:
        connection.close()
