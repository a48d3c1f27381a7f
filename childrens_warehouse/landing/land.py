"""Land one delivered file: receive, check the file, read it, judge the rows of each dataset, keep. Or refuse it."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from childrens_warehouse import sql, unfinished
from childrens_warehouse.datasets import BY_NAME, Dataset
from childrens_warehouse.errors import FileRefused
from childrens_warehouse.landing import formats, keep, places, pseudonyms, quarantine, receive
from childrens_warehouse.landing.dataset import DatasetLanding, counts, overtaken, replaced_by
from childrens_warehouse.landing.delivery import Delivery, Outcome
from childrens_warehouse.landing.formats.readable import check_text
from childrens_warehouse.landing.formats.text_rows import TextRows
from childrens_warehouse.landing.manifest import ManifestFile, scope
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.raw.acceptance import Acceptance, accepted, commit
from childrens_warehouse.raw.in_force import in_force
from childrens_warehouse.reference import collection_year
from childrens_warehouse.settings import Settings


def land(settings: Settings, delivery: Delivery, run_id: str) -> tuple[Outcome, ...]:
    """Take one file in, or refuse it: one outcome per dataset it bears.

    A refusal is an outcome, recorded; errors of the machine are raised.
    """
    return _landed(settings, _FileLanding(settings, delivery), run_id)


def judge_again(settings: Settings, run_id: str, night: dt.date, dataset: str | None = None) -> tuple[Outcome, ...]:
    """Judge anew, from the archive, the files in force of which rows were set aside: their rows are taken in where a
    code list, a declaration or a waiver now lets them. So are those whose derived columns would come out otherwise
    today, by a newer postcode directory or because they were landed before there were any.

    dataset: that one alone. What a file replaces, and when it was generated, stays as it was.
    """
    of_file: dict[tuple[str, ...], list[Acceptance]] = defaultdict(list)
    for each in in_force(settings).extracts:
        outdated = each.derived_with != places.derived_with(BY_NAME[each.dataset])
        if (each.rows_refused or outdated) and dataset in (None, each.dataset):
            of_file[each.authority, each.source, each.extract_date.isoformat(), each.file_name].append(each)
    outcomes: list[Outcome] = []
    for (authority, source, extract_date, file_name), acceptances in sorted(of_file.items()):
        first = acceptances[0]
        delivery = Delivery(
            authority, source, extract_date, night.isoformat(), file_name, first.generated_at.isoformat(), None,
            first.sha256, first.scope,
        )  # fmt: skip
        outcomes += _landed(settings, _FileAgain(settings, delivery, {each.dataset for each in acceptances}), run_id)
    return tuple(outcomes)


def _landed(settings: Settings, landing: _FileLanding, run_id: str) -> tuple[Outcome, ...]:
    started = time.monotonic()
    delivery = landing.delivery
    where = quarantine.folder(settings.home, delivery.authority, delivery.source, delivery.extract_date)
    try:
        with receive.archive_held(settings.home):
            outcomes = landing.as_before() or landing.run()
    except FileRefused as refusal:
        outcomes = [landing.refused(dataset, refusal) for dataset in landing.datasets]
    quarantine.note_file(where, delivery.file_name, outcomes)
    seconds = round((time.monotonic() - started) / max(len(outcomes), 1), 3)
    outcomes = [replace(outcome, seconds=seconds) for outcome in outcomes]
    ledger = Ledger(settings.home.ledger)
    for outcome in outcomes:
        ledger.record_file(run_id=run_id, night=delivery.night, **outcome.to_dict())
    return tuple(outcomes)


@dataclass
class _Known:
    """What is known of the file so far, should it be refused."""

    archived_as: str | None = None
    sha256: str | None = None


class _FileLanding:
    """The steps for one file."""

    def __init__(self, settings: Settings, delivery: Delivery) -> None:
        self.settings = settings
        self.home = settings.home
        self.delivery = delivery
        self.file = delivery.file
        self.known = _Known()

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        return self.file.datasets

    def as_before(self) -> list[Outcome]:
        """The outcomes again, without reading, if the folder is as it was and the file was taken in whole then."""
        if not self.delivery.is_known:
            return []
        delivery = self.delivery
        events = Ledger(self.home.ledger).query(
            "select * from file_event where authority = ? and source = ? and extract_date = ? and file_name = ? "
            "and run_id = (select run_id from file_event where authority = ? and source = ? and extract_date = ? "
            "and file_name = ? order by event_id desc limit 1) order by event_id",
            (delivery.authority, delivery.source, delivery.extract_date, delivery.file_name) * 2,
        )
        if not events or any(event["status"] not in ("accepted", "unchanged") for event in events):
            return []
        return [
            replace(
                self._outcome(event["dataset"], "unchanged"),
                rows_unchanged=event["rows_loaded"],
                **{name: event[name] for name in (
                    "scope", "generated_at", "sha256", "rows_read", "rows_loaded", "rows_refused", "verdict",
                    "archived_as",
                )},
            )
            for event in {event["dataset"]: event for event in events}.values()
        ]  # fmt: skip

    def run(self) -> list[Outcome]:
        delivery, home = self.delivery, self.home
        delivered = delivery.folder(home) / delivery.file_name
        received = self._received(delivered)
        self.known = _Known(str(received.path.relative_to(home.root)), received.sha256)
        receive.check(received, ManifestFile(
            delivery.file_name, delivery.rows_told, delivery.sha256_told, delivery.coverage
        ))  # fmt: skip
        stamp = _stamp(delivery, received.path, delivered)
        self._check_stamp(stamp)
        acceptances = {dataset.name: self._acceptance(dataset, received.sha256, stamp) for dataset in self.datasets}
        outcomes = [self._left_out(dataset) for dataset in self.datasets if dataset.name in delivery.leave_out]
        wanted = [dataset for dataset in self.datasets if dataset.name not in delivery.leave_out]
        before = {dataset.name: self._kept_before(acceptances[dataset.name]) for dataset in wanted}
        if all(before.values()):
            receive.settle(received)
            known = [(acceptances[name], each) for name, each in before.items() if each]
            self._check_rows(sum(each.rows_read for _, each in known))
            return outcomes + [self._accept_again(acceptance, each) for acceptance, each in known]
        with (
            unfinished.folder(home.restricted / "scratch") as scratch,  # holds identities while a file is read
            _connect(self.settings, scratch) as connection,
            ThreadPoolExecutor(1) as beside,
        ):
            settled = beside.submit(receive.settle, received)
            year = next(iter(acceptances.values())).collection_year or collection_year(
                dt.date.fromisoformat(delivery.extract_date)
            )
            parts = formats.read(
                connection, received.path, delivery.file_name, self.file, year, scratch, self.settings.encodings,
                received.not_text,
            )  # fmt: skip
            readable = [rows for rows in parts.values() if not isinstance(rows, FileRefused)]
            if len(readable) == len(parts):  # nobody knows how many rows a list has that is refused unread
                self._check_rows(sum(rows.rows_read for rows in readable))
            self._check_authority(connection, parts)
            for dataset in wanted:
                rows = parts[dataset.name]
                landing = DatasetLanding(
                    self.settings, connection, scratch, dataset, acceptances[dataset.name],
                    str(self.known.archived_as), settled.result,
                )  # fmt: skip
                try:
                    if isinstance(rows, FileRefused):
                        raise rows
                    rows = replace(rows, notes=(*self._folder_notes(), *rows.notes))
                    outcomes.append(replace(self._outcome(dataset.name, "accepted"), **landing.run(rows)))
                except FileRefused as refusal:
                    outcomes.append(self.refused(dataset, refusal, landing.rows_read))
        return outcomes

    @property
    def _archive(self) -> Path:
        return self.home.archive / self.delivery.authority / self.delivery.source / self.delivery.extract_date

    def _received(self, delivered: Path) -> receive.Received:
        return receive.receive(delivered, self._archive)

    def _check_stamp(self, stamp: dt.datetime) -> None:
        receive.check_stamp(stamp)

    def refused(self, dataset: Dataset, refusal: FileRefused, rows_read: int = 0) -> Outcome:
        return replace(
            self._outcome(dataset.name, "refused"),
            rule=refusal.rule, reason=refusal.reason, rows_read=rows_read, rows_refused=rows_read,
            scope=self._scope_if_any(dataset), generated_at=self.delivery.generated_at,
        )  # fmt: skip

    def _scope_if_any(self, dataset: Dataset) -> str | None:
        """What the file would have replaced; None when its manifest gives a coverage the dataset cannot have."""
        try:
            return scope(dataset, self.delivery.coverage, dt.date.fromisoformat(self.delivery.extract_date))
        except FileRefused:
            return None

    def _acceptance(self, dataset: Dataset, sha256: str, stamp: dt.datetime) -> Acceptance:
        """What will be accepted, should the dataset be: nothing is counted yet."""
        delivery = self.delivery
        extract_date = dt.date.fromisoformat(delivery.extract_date)
        return Acceptance(
            authority=delivery.authority,
            source=delivery.source,
            dataset=dataset.name,
            scope=scope(dataset, delivery.coverage, extract_date),
            extract_date=extract_date,
            generated_at=stamp,
            file_name=delivery.file_name,
            sha256=sha256,
            rows_read=0,
            rows_loaded=0,
            rows_refused=0,
            key_id=pseudonyms.load(self.home).key_id,
        )

    def _kept_before(self, acceptance: Acceptance) -> Acceptance | None:
        """The newest acceptance of the same content, if it was taken in before and all that was made of it is there."""
        same = [
            each
            for each in accepted(self.home, acceptance.dataset, acceptance.authority)
            if (each.sha256, each.scope, each.key_id) == (acceptance.sha256, acceptance.scope, acceptance.key_id)
        ]
        if not same or not keep.is_kept(BY_NAME[acceptance.dataset], acceptance, self.home):
            return None
        return max(same, key=lambda each: each.order)

    def _accept_again(self, acceptance: Acceptance, before: Acceptance) -> Outcome:
        """Known content, at most a new acceptance; unchanged, unless it takes back what came since."""
        acceptance = replace(
            acceptance, rows_read=before.rows_read, rows_loaded=before.rows_loaded, rows_refused=before.rows_refused,
            derived_with=before.derived_with, rows_disposed=before.rows_disposed,
        )  # fmt: skip
        is_new = not acceptance.record(self.home).exists()
        commit(acceptance, self.home)
        notes = [f"same content as {before.extract_date}"] if before.extract_date != acceptance.extract_date else []
        notes += overtaken(acceptance, self.home)
        replaced, dataset = replaced_by(acceptance, self.home), BY_NAME[acceptance.dataset]
        difference = keep.compare_again(dataset, acceptance, replaced, self.home) if is_new else None
        if difference is None:
            outcome = replace(self._outcome(dataset.name, "unchanged"), rows_unchanged=acceptance.rows_loaded)
        else:
            outcome = replace(self._outcome(dataset.name, "accepted"), **difference.to_dict())
        return replace(outcome, **counts(acceptance), notes="; ".join(notes) or None)

    def _left_out(self, dataset: Dataset) -> Outcome:
        return replace(
            self._outcome(dataset.name, "refused"),
            rule="DATASET-TWICE",
            reason=f"the folder also holds {dataset.file}, which counts: deliver the list in one of the two ways.",
        )

    def _folder_notes(self) -> list[str]:
        if self.delivery.generated_at is None:
            return ["without a manifest: taken at the file's own time, its rows and hash unchecked"]
        return []

    def _check_rows(self, found: int) -> None:
        told = self.delivery.rows_told
        if told is not None and told != found:
            raise FileRefused("FILE-ROWS", f"the manifest says {told} rows, the file has {found}.")

    def _check_authority(
        self, connection: duckdb.DuckDBPyConnection, parts: Mapping[str, TextRows | FileRefused]
    ) -> None:
        """Children of one authority must not be taken in as another's."""
        for dataset in self.datasets:
            rows, column = parts[dataset.name], dataset.authority_column.lower()
            if isinstance(rows, FileRefused) or not column or column not in rows.columns:
                continue
            told = {
                str(code)
                for (code,) in connection.execute(
                    f"select distinct trim({sql.name(column)}) from read_parquet({sql.literal(rows.path)})"
                ).fetchall()
            }
            if told != {self.delivery.authority}:
                raise FileRefused(
                    "FILE-OTHER-AUTHORITY",
                    f"{dataset.authority_column} says the file is of another authority than {self.delivery.authority}, "
                    "in whose folder it lies.",
                )

    def _outcome(self, dataset: str, status: str) -> Outcome:
        return Outcome(
            self.delivery.authority, self.delivery.source, self.delivery.extract_date, dataset,
            self.delivery.file_name, status, archived_as=self.known.archived_as, sha256=self.known.sha256,
        )  # fmt: skip


class _FileAgain(_FileLanding):
    """A file that was taken in before, judged once more from the archive; only some of its datasets."""

    def __init__(self, settings: Settings, delivery: Delivery, datasets: set[str]) -> None:
        super().__init__(settings, delivery)
        self._datasets = tuple(dataset for dataset in self.file.datasets if dataset.name in datasets)

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        return self._datasets

    def _received(self, delivered: Path) -> receive.Received:
        kept = self._archive / f"{str(self.delivery.sha256_told)[:16]}-{self.delivery.file_name}"
        if not kept.exists():
            raise FileRefused("FILE-MISSING", "the archive no longer has the file: what was taken in of it stays.")
        return receive.Received(kept, str(self.delivery.sha256_told), kept.stat().st_size, check_text(kept))

    def _check_stamp(self, stamp: dt.datetime) -> None:
        pass  # it counts already

    def _kept_before(self, acceptance: Acceptance) -> Acceptance | None:
        return None


def _stamp(delivery: Delivery, archived: Path, delivered: Path) -> dt.datetime:
    """The manifest's generated_at; without a manifest the file's own time."""
    if delivery.generated_at:
        return dt.datetime.fromisoformat(delivery.generated_at).astimezone(dt.UTC)
    source = delivered if delivered.exists() else archived
    return dt.datetime.fromtimestamp(source.stat().st_mtime, dt.UTC).replace(microsecond=0)


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
