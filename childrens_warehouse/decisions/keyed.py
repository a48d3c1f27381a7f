"""Decisions about persons: files that name them by pseudonyms of one key, which the file bears in its name.

    <home>/decisions/<kind>-<key id>.jsonl

A rotation writes the files of the new key; a disposal takes out what was decided of whom nothing is held any more.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.decisions import lines
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.identity.evidence import KEY_OF, Kind
from childrens_warehouse.landing.pseudonyms import Pseudonymiser
from childrens_warehouse.raw import epoch
from childrens_warehouse.raw.acceptance import write_atomically
from childrens_warehouse.settings import Home

# The domain of pseudonyms that an identity of a service is of (childrens_warehouse.datasets.Identifier).
DOMAIN = {Kind.SOCIAL_CARE: "social_care_id", Kind.HEALTH: "patient_id", Kind.EDUCATION: "upn"}

# What one service of an authority calls a person: authority, domain of the pseudonym, pseudonym.
Name = tuple[str, str, int]
Line = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Person:
    """A person as one service of an authority calls them."""

    authority: str
    kind: Kind
    key: int

    @property
    def name(self) -> Name:
        return self.authority, DOMAIN[self.kind], self.key

    @classmethod
    def of(cls, authority: str, told: tuple[str, int]) -> Person:
        kind, key = told
        return cls(str(authority), Kind(kind), int(key))

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"


@dataclass(frozen=True)
class File:
    """One kind of decisions. names: whom a line is about. renamed: the line with other pseudonyms for them."""

    kind: str
    names: Callable[[Line], list[Name]]
    renamed: Callable[[Line, Mapping[Name, int]], Line]


def _of_fields(*fields: str) -> tuple[Callable[[Line], list[Name]], Callable[[Line, Mapping[Name, int]], Line]]:
    """Of lines whose fields hold [kind, pseudonym], or null."""

    def names(line: Line) -> list[Name]:
        return [Person.of(line["authority"], line[field]).name for field in fields if line[field]]

    def renamed(line: Line, new: Mapping[Name, int]) -> Line:
        told = {field: [line[field][0], new[Person.of(line["authority"], line[field]).name]] for field in fields}
        return {**line, **told}

    def renamed_if_any(line: Line, new: Mapping[Name, int]) -> Line:
        return renamed(line, new) if all(line[field] for field in fields) else line

    return names, renamed_if_any


def _names_of_record(line: Line) -> list[Name]:
    """Of a line about a row: the pseudonyms in its key."""
    return [(line["authority"], domain, line["record"][column]) for column, domain in _pseudonyms(line)]


def _renamed_record(line: Line, new: Mapping[Name, int]) -> Line:
    told = {column: new[line["authority"], domain, line["record"][column]] for column, domain in _pseudonyms(line)}
    return {**line, "record": {**line["record"], **told}}


def _pseudonyms(line: Line) -> Iterator[tuple[str, str]]:
    from childrens_warehouse.datasets import BY_NAME

    dataset = BY_NAME[line["dataset"]]
    for column in dataset.raw_columns:
        if column.identifier and line["record"].get(column.raw_name) is not None:
            yield str(column.raw_name), column.identifier.value


LINKS = File("links", *_of_fields("one", "other"))
HOLDS = File("legal-holds", *_of_fields("person"))
RESTRICTIONS = File("restrictions", *_of_fields("person"))
RECTIFICATIONS = File("rectifications", _names_of_record, _renamed_record)
FILES = (LINKS, HOLDS, RESTRICTIONS, RECTIFICATIONS)


def read(
    home: Home,
    file: File,
    fields: set[str],
    made: Callable[[Line], lines.Decision],
    what: str,
    known_on: dt.datetime | None = None,
) -> tuple[lines.Decision, ...]:
    """All decisions of a kind until `known_on` (None: now), oldest first: of the epoch in force."""
    now = epoch.current(home)
    if now is None:
        return ()
    found = lines.read(path_of(home, file, now.key_id), fields, lambda line: (line, made(line)), what)
    return tuple(
        each for line, each in found if known_on is None or dt.datetime.fromisoformat(line["decided_at"]) <= known_on
    )


def append(home: Home, file: File, told: Mapping[str, Any]) -> None:
    """Write a decision down. Raises ConfigurationError when nothing was landed yet."""
    with epoch.held(home):
        now = epoch.current(home)
        if now is None:
            raise ConfigurationError("Nothing was landed yet: there is nothing to decide.")
        lines.append(path_of(home, file, now.key_id), told)


def rekey(home: Home, old_key_id: str, to: Pseudonymiser) -> None:
    """Write the decisions under another key, from the restricted store's mapping. Safe to call again.

    Raises ConfigurationError when the store lacks the value of a pseudonym.
    """
    for file in FILES:
        path = path_of(home, file, old_key_id)
        if not path.exists():
            continue
        told = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        wanted = {name for line in told for name in file.names(line)}
        new: dict[Name, int] = {}
        for authority, domain in sorted({name[:2] for name in wanted}):
            keys = {key for of, its_domain, key in wanted if (of, its_domain) == (authority, domain)}
            for value, key in _values(home, authority, old_key_id, domain, keys):
                new[authority, domain, key] = to.map(domain, authority, [value])[0][1] or 0
        if len(new) < len(wanted):
            raise ConfigurationError(
                f"The restricted store lacks the values of {len(wanted) - len(new)} identities of {old_key_id} about "
                "which somebody decided. The old key stays in force. Restore the store from your backup, then call "
                "again."
            )
        _write(path_of(home, file, to.key_id), [file.renamed(line, new) for line in told])


def forget(home: Home, names: set[Name]) -> int:
    """Take out what was decided of these persons; returns how many decisions that were."""
    now, gone = epoch.current(home), 0
    for file in FILES if now else ():
        path = path_of(home, file, now.key_id) if now else Path()
        if not path.exists():
            continue
        told = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        kept = [line for line in told if names.isdisjoint(file.names(line))]
        if len(kept) < len(told):
            gone += len(told) - len(kept)
            _write(path, kept)
    return gone


def remove_other_epochs(home: Home, kept: set[str]) -> None:
    for file in FILES:
        for path in home.decisions.glob(f"{file.kind}-*.jsonl"):
            if path.stem.removeprefix(f"{file.kind}-") not in kept:
                path.unlink(missing_ok=True)


def path_of(home: Home, file: File, key_id: str) -> Path:
    return home.decisions / f"{file.kind}-{key_id}.jsonl"


def column_of(person: Person) -> str:
    """The column of raw and of the marts that names a person of this service."""
    return KEY_OF[person.kind]


def _write(path: Path, told: list[Line]) -> None:
    write_atomically(path, "".join(json.dumps(line) + "\n" for line in told).encode())


def _values(home: Home, authority: str, key_id: str, domain: str, keys: set[int]) -> list[tuple[str, int]]:
    paths = sorted(home.restricted.glob(f"*/{authority}/*-{key_id}.identities.parquet"))
    if not paths or not keys:
        return []
    with duckdb.connect() as connection:
        return connection.execute(
            f"select min(value), key from read_parquet({sql.file_list(paths)}) "
            f"where domain = {sql.literal(domain)} and key in ({sql.literals(sorted(keys))}) group by key"
        ).fetchall()
