"""Collect everything that is held on a person, layer by layer, each row with where it came from."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.datasets import BY_NAME, Dataset, Identifier
from childrens_warehouse.decisions import holds, keyed, rectifications, restrictions
from childrens_warehouse.errors import ConfigurationError, WarehouseError
from childrens_warehouse.identity import codes, decisions, persons
from childrens_warehouse.identity.child_identity import Linking
from childrens_warehouse.landing import history, identifiers
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.privacy import releases
from childrens_warehouse.privacy.finding import Found
from childrens_warehouse.privacy.subject import originals
from childrens_warehouse.privacy.subject.originals import Known
from childrens_warehouse.privacy.subject.tables import (
    REDACTED,
    SOMEBODY,
    Collected,
    of_others_in_marts,
    of_others_in_raw,
)
from childrens_warehouse.publish.current import read_manifest
from childrens_warehouse.raw.acceptance import Acceptance, accepted
from childrens_warehouse.raw.disposal import domain_of, subject
from childrens_warehouse.raw.in_force import in_force
from childrens_warehouse.settings import Home, Settings

# Numbers of the person that are not the id of a service: columns of raw, by domain.
_CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{1,4}(?:-[0-9A-HJKMNP-TV-Z]{4}){1,3}\b")
_NUMBERS = ("nhs_number_key", "superseded_by_nhs_number_key", "former_pupil_key")


def collect(settings: Settings, found: Found, linked: Linking) -> Collected:
    """Everything. Raises ConfigurationError where a file of decisions cannot be read."""
    collected = Collected()
    rows = _rows_of_raw(settings, found)
    known = _restricted(settings, found, rows, collected)
    _raw(settings, found, rows, collected)
    places = originals.collect(settings, known, collected)
    _quarantine(settings, known.authority, places, collected)
    _links(settings, found, linked, collected)
    _decisions(settings, found, collected)
    _candidate(settings, found, collected)
    bearing = _releases(settings, found, collected)
    _postgresql(settings, found, bearing, collected)
    _pages(settings, found, collected)
    _readings(settings, bearing, collected)
    return collected


def _rows_of_raw(settings: Settings, found: Found) -> dict[Acceptance, list[int]]:
    """The rows about the person in each file of raw, replaced ones too: one acceptance stands for its content."""
    newest: dict[Path, Acceptance] = {}
    for each in accepted(settings.home, authority=found.authority):
        content = each.content(settings.home)
        if content not in newest or newest[content].order < each.order:
            newest[content] = each
    rows: dict[Acceptance, list[int]] = {}
    with persons.private_connection(settings) as connection:
        for content, each in sorted(newest.items()):
            if (about := subject(BY_NAME[each.dataset])) and (condition := _is_of(about, found)):
                told = connection.execute(
                    f"select _source_row from read_parquet({sql.literal(content)}) where {condition} order by 1"
                ).fetchall()
                if told:
                    rows[each] = [row for (row,) in told]
    return rows


def _is_of(about: tuple[str, str], found: Found) -> str:
    return " or ".join(
        f"({about[0]} = {sql.literal(each.kind)} and {about[1]} = {each.key})" for each in found.identities
    )


def _raw(settings: Settings, found: Found, rows: dict[Acceptance, list[int]], collected: Collected) -> None:
    in_force_now = {(each.dataset, each.file_id) for each in in_force(settings).extracts}
    own = frozenset(found.keys)
    with persons.private_connection(settings) as connection:
        for each, numbers in rows.items():
            names, told = _asked(
                connection,
                f"select * from read_parquet({sql.literal(each.content(settings.home))})"
                f" where _source_row in ({sql.literals(numbers)}) order by _source_row",
            )
            is_in_force = (each.dataset, each.file_id) in in_force_now
            about = (each.file_name, each.extract_date, each.generated_at.isoformat(), is_in_force)
            collected.add(
                "raw", each.dataset, ("file_name", "extract_date", "generated_at", "is_in_force", *names),
                [(*about, *row) for row in told], of_others_in_raw(each.dataset),
                {name: own for name in ("child_key", "pupil_key", "patient_key") if name in names},
            )  # fmt: skip


def _restricted(settings: Settings, found: Found, rows: dict[Acceptance, list[int]], collected: Collected) -> Known:
    """What the restricted store says by name, and from it what the person is known by."""
    values: dict[str, set[str]] = defaultdict(set)
    names: set[tuple[str, dt.date]] = set()
    keys = {(keyed.DOMAIN[each.kind], each.key) for each in found.identities}
    with persons.private_connection(settings) as connection:
        for each, numbers in rows.items():
            keys |= set(_numbers(connection, settings.home, each, numbers))
        for each, numbers in rows.items():
            stem = each.content(settings.home).stem
            folder = settings.home.restricted / each.dataset / each.authority
            told: list[tuple[Any, ...]] = []
            if (path := folder / f"{stem}.identities.parquet").exists():
                told = connection.execute(
                    f"select domain, value, key, is_valid from read_parquet({sql.literal(path)}) where "
                    + " or ".join(f"(domain = {sql.literal(domain)} and key = {key})" for domain, key in sorted(keys))
                    + " order by all"
                ).fetchall()
                for domain, value, _, _ in told:
                    values[domain].add(identifiers.normalise(domain, value))
            provenance = (each.dataset, each.file_name, each.extract_date, str(path.relative_to(settings.home.root)))
            collected.add(
                "restricted", "identities", ("dataset", "file_name", "extract_date", "path", "domain", "value", "key",
                "is_valid"), [(*provenance, *row) for row in told],
            )  # fmt: skip
            if (path := folder / f"{stem}.persons.parquet").exists():
                heads, said = _asked(
                    connection,
                    f"select * from read_parquet({sql.literal(path)}) where _source_row in ({sql.literals(numbers)})"
                    " order by _source_row",
                )
                _add_persons(each, heads, said, values, str(path.relative_to(settings.home.root)), collected)
                names |= _names(heads, said)
    return Known(found.authority, {domain: frozenset(each) for domain, each in values.items()}, frozenset(names))


def _numbers(
    connection: duckdb.DuckDBPyConnection, home: Home, each: Acceptance, numbers: list[int]
) -> Iterator[tuple[str, int]]:
    """(domain, pseudonym) of the person's numbers that are no service's id."""
    for column in BY_NAME[each.dataset].raw_columns:
        if column.raw_name in _NUMBERS:
            for (key,) in connection.execute(
                f"select distinct {column.raw_name} from read_parquet({sql.literal(each.content(home))})"
                f" where _source_row in ({sql.literals(numbers)}) and {column.raw_name} is not null"
            ).fetchall():
                yield domain_of(column), int(key)


def _add_persons(
    each: Acceptance,
    heads: tuple[str, ...],
    said: list[tuple[Any, ...]],
    values: dict[str, set[str]],
    path: str,
    collected: Collected,
) -> None:
    from childrens_warehouse.privacy.subject.tables import of_others_as_delivered

    dataset = BY_NAME[each.dataset]
    own = {
        column.name.lower(): frozenset(
            row[heads.index(column.name.lower())]
            for row in said
            if row[heads.index(column.name.lower())] is not None
            and identifiers.normalise(column.identifier, row[heads.index(column.name.lower())])
            in values[column.identifier.value]
        )
        for column in dataset.identity_columns
        if column.identifier in _own_domains(dataset)
    }
    collected.add(
        "restricted", f"{each.dataset}_persons", ("file_name", "extract_date", "path", *heads),
        [(each.file_name, each.extract_date, path, *row) for row in said],
        of_others_as_delivered(each.dataset), own,
    )  # fmt: skip


def _own_domains(dataset: Dataset) -> set[Identifier]:
    return {
        column.identifier
        for column in dataset.identity_columns
        if column.identifier
        in (Identifier.SOCIAL_CARE_ID, Identifier.UPN, Identifier.NHS_NUMBER, Identifier.PATIENT_ID)
    }


def _names(heads: tuple[str, ...], said: list[tuple[Any, ...]]) -> set[tuple[str, dt.date]]:
    if not {"forename", "surname", "date_of_birth"} <= set(heads):
        return set()
    forename, surname, born = (heads.index(name) for name in ("forename", "surname", "date_of_birth"))
    return {
        (persons.fold(f"{row[forename] or ''}{row[surname] or ''}"), row[born])
        for row in said
        if row[born] is not None and (row[forename] or row[surname])
    }


def _quarantine(settings: Settings, authority: str, places: set[tuple[str, int]], collected: Collected) -> None:
    """What quarantine says of the rows that were found in originals."""
    with duckdb.connect() as connection:
        history.create(connection, settings.home)
        names, told = _asked(connection, f"select * from refused_row_file where authority = {sql.literal(authority)}")
    at, row = names.index("archived_as"), names.index("source_row")
    collected.add("quarantine", "refused_rows", names, [each for each in told if (each[at], each[row]) in places])


def _links(settings: Settings, found: Found, linked: Linking, collected: Collected) -> None:
    """How the person's identities were joined, and with whom they may be one."""
    place = {
        number: each
        for number, each in enumerate(linked.identities)
        if any((each.authority, each.kind, each.key) == (one.authority, one.kind, one.key) for one in found.identities)
    }
    collected.add(
        "links", "identities",
        ("authority", "identity", "rule", "probability", "outcome", "is_contested", "is_delivered"),
        [
            (each.authority, _told(linked, number), told.rule, told.probability, str(told.outcome),
             told.is_contested, each.is_delivered)
            for number, each in place.items() for told in [linked.joined.identities[number]]
        ],
    )  # fmt: skip
    collected.add(
        "links", "undecided_pairs", ("identity", "may_be_one_with", "probability"),
        [
            (*(_told(linked, end) if end in place else SOMEBODY for end in (each.one, each.other)), each.probability)
            for each in linked.joined.possible if each.one in place or each.other in place
        ],
    )  # fmt: skip


def _told(linked: Linking, number: int) -> str:
    return f"{linked.identities[number].kind}:{linked.identities[number].key}"


def _decisions(settings: Settings, found: Found, collected: Collected) -> None:
    own = {(each.authority, each.kind, each.key) for each in found.identities}
    collected.add(
        "decisions", "links", ("verdict", "one", "other", "by", "reason", "decided_at"),
        [
            (
                each.verdict,
                *(
                    f"{kind}:{key}" if (each.authority, kind, key) in own else REDACTED.format(SOMEBODY)
                    for kind, key in (each.one, each.other)
                ),
                each.by, each.reason, each.decided_at.isoformat(),
            )
            for each in decisions.on_file(settings.home)
            if {(each.authority, *each.one), (each.authority, *each.other)} & own
        ],
    )  # fmt: skip
    collected.add(
        "decisions", "restrictions", ("verdict", "by", "reason", "decided_at"),
        [
            (each.verdict, each.by, each.reason, each.decided_at.isoformat())
            for each in restrictions.on_file(settings.home) if each.person in found.identities
        ],
    )  # fmt: skip
    columns = ("verdict", "dataset", "scope", "column", "was", "value", "by", "reason", "evidence", "decided_at")
    collected.add(
        "decisions", "rectifications", columns,
        [
            tuple(getattr(each, column) for column in columns)
            for each in rectifications.on_file(settings.home)
            if any(key in found.keys for _, key in each.record)
        ],
    )  # fmt: skip
    held = [each for each in holds.on_file(settings.home) if each.person in found.identities]
    if held:
        collected.withheld.append((
            "decisions", f"{len(held)} decisions about legal holds",
            "their reasons may be privileged (Data Protection Act 2018, schedule 2, paragraph 19): decide by yourself",
        ))  # fmt: skip


def _candidate(settings: Settings, found: Found, collected: Collected) -> None:
    """The private database of the last build: what the next release would say."""
    workspace = Workspace(settings.home.build)
    if not workspace.candidate.exists():
        return
    try:
        with duckdb.connect(str(workspace.candidate), read_only=True) as connection:
            for table, columns in _keyed_tables(connection):
                names, told = _asked(
                    connection, f"select * from marts.{sql.name(table)} where {_names_person(columns, found)}"
                )
                _add_marts(found, "candidate", table, names, told, collected)
    except duckdb.IOException:
        collected.withheld.append(("candidate", "candidate.duckdb", "a build is at work: ask again when it has ended"))


def _keyed_tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, list[str]]]:
    rows = connection.execute(
        "select table_name, list(column_name) from information_schema.columns where table_schema = 'marts'"
        f" and table_catalog = current_database() and column_name in ({sql.literals(releases.KEYS)})"
        " group by table_name order by table_name"
    ).fetchall()
    return [(table, sorted(columns)) for table, columns in rows]


def _names_person(columns: list[str], found: Found) -> str:
    keys = sql.literals(sorted(found.keys))
    return " or ".join(f"{sql.name(column)} in ({keys})" for column in columns)


def _releases(settings: Settings, found: Found, collected: Collected) -> list[str]:
    """Rows of every release on disk, each once, with the releases that have it. Returns the releases that bear any."""
    home = settings.home
    seen: dict[str, dict[tuple[str, ...], dict[tuple[Any, ...], list[str]]]] = defaultdict(lambda: defaultdict(dict))
    bearing: list[str] = []
    for release_id in releases.on_disk(home):
        manifest = read_manifest(home, release_id) or {}
        with persons.private_connection(settings) as connection:
            for table, entry in sorted(manifest["tables"].items()):
                columns = [each["name"] for each in entry["columns"] if each["name"] in releases.KEYS]
                paths = [home.releases / release_id / file["path"] for file in entry["files"]]
                if not columns or not paths:
                    continue
                names, told = _asked(
                    connection,
                    f"select * from read_parquet({sql.file_list(paths)}, hive_partitioning = false)"
                    f" where {_names_person(columns, found)}",
                )
                for row in told:
                    seen[table][names].setdefault(row, []).append(release_id)
                if told and release_id not in bearing:
                    bearing.append(release_id)
    for table, shapes in sorted(seen.items()):
        for names, rows in shapes.items():
            _add_marts(
                found, "releases", table, ("in_releases", *names),
                [(" ".join(among), *row) for row, among in rows.items()], collected,
            )  # fmt: skip
    published = []
    for each in bearing:
        manifest = read_manifest(home, each) or {}
        published.append((each, manifest["published_at"], each == releases.current(home)))
    collected.add("disclosed", "releases", ("release", "published_at", "is_published_now"), published)
    return bearing


def _add_marts(
    found: Found, layer: str, table: str, names: tuple[str, ...], told: list[tuple[Any, ...]], collected: Collected
) -> None:
    own = frozenset({*found.keys, None})
    collected.add(
        layer, table, names, told, of_others_in_marts(names),
        {name: own for name in releases.KEYS if name in names},
    )  # fmt: skip


def _postgresql(settings: Settings, found: Found, bearing: list[str], collected: Collected) -> None:
    """The releases on the server, with the rows of those that are not on disk; and who may read them there."""
    from childrens_warehouse.serving import readers, steps

    if settings.postgres is None:
        return
    on_disk = set(releases.on_disk(settings.home))
    try:
        shown, there = steps.status(settings)
        # Of a release that is on disk the server has the very rows.
        alone = [each for each in there if each not in on_disk]
        rows = list(steps.rows_about(settings, alone, found.keys))
    except WarehouseError as error:
        collected.withheld.append(("postgresql", "releases on the server", f"the server could not be asked: {error}"))
        return
    for release_id, table, names, told in rows:
        about = [(release_id, *row) for row in told]
        _add_marts(found, "postgresql", table, ("in_release", *names), about, collected)
    has_rows = {release_id for release_id, _, _, told in rows if told}
    collected.add(
        "postgresql", "releases", ("release", "is_current", "rows"),
        [
            (each, each == shown, "as listed in layer releases" if each in bearing else "as listed here")
            for each in there if each in bearing or each in has_rows
        ],
    )  # fmt: skip
    collected.add(
        "disclosed", "readers_of_the_server", ("login", "role", "authority", "team", "since"),
        [
            (each.login, each.role.value, each.authority, each.team, each.decided_at.isoformat())
            for each in readers.in_force(readers.on_file(settings.home))
            if each.role is readers.Role.CHILD_READER
        ],
    )  # fmt: skip


def _pages(settings: Settings, found: Found, collected: Collected) -> None:
    """Rows of managers' pages that show one of the person's codes."""
    spelled = {code for key in found.keys for code in codes.spellings(key)}
    rows = []
    for page in sorted(settings.home.reports_restricted.glob("*/managers/**/*.html")):
        text = page.read_text(encoding="utf-8")
        for row in re.findall(r"<tr\b.*?</tr>", text, re.DOTALL):
            said = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", row)).split())
            if any(code in said for code in spelled):
                # The others on the row: who works with the person.
                said = _CODE.sub(lambda code: code[0] if code[0] in spelled else REDACTED.format(SOMEBODY), said)
                rows.append((str(page.relative_to(settings.home.root)), said))
    collected.add("reports", "managers_pages", ("page", "row"), rows)


def _readings(settings: Settings, bearing: list[str], collected: Collected) -> None:
    """Who read tables that have rows of the person: of single rows no log can tell."""
    from childrens_warehouse.serving import access_log

    tables = {each.name for each in collected.tables if each.layer == "releases"}
    if settings.postgres is not None:
        try:
            found = access_log.readings(access_log.place(settings.home, settings.postgres))
        except ConfigurationError as error:
            collected.withheld.append(("access_log", "readings", str(error)))
            found = []
        collected.add(
            "access_log", "readings_of_tables", ("at", "reader", "table", "release", "application"),
            [
                (each.at.isoformat(), each.reader, each.table, each.release_id, each.application)
                for each in found if each.table in tables and each.release_id in bearing
            ],
        )  # fmt: skip
    events = Ledger(settings.home.ledger).query("select * from access_event order by recorded_at")
    collected.add(
        "access_log", "uses_of_identities", ("recorded_at", "login", "action", "reference"),
        [tuple(each[name] for name in ("recorded_at", "login", "action", "reference")) for each in events],
    )  # fmt: skip


def _asked(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    found = connection.execute(query)
    return tuple(column[0] for column in found.description or ()), found.fetchall()
