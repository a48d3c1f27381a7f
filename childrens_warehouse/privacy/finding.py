"""Find a person by what they are known by: a number, an id of a system, a code of a page, or name and date of birth.

All files that raw holds are asked, replaced ones too; what linking holds for one child is one person.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.datasets import BY_NAME, Identifier, PersonalData
from childrens_warehouse.decisions.keyed import DOMAIN, Person
from childrens_warehouse.errors import ConfigurationError, WarehouseError
from childrens_warehouse.identity import codes, persons
from childrens_warehouse.identity.child_identity import Linking
from childrens_warehouse.identity.evidence import Kind
from childrens_warehouse.landing import identifiers, pseudonyms
from childrens_warehouse.privacy.retention.persons import linking
from childrens_warehouse.raw.acceptance import Acceptance, accepted
from childrens_warehouse.raw.disposal import subject
from childrens_warehouse.raw.in_force import in_force
from childrens_warehouse.settings import Settings


class By(StrEnum):
    """What somebody may be found by."""

    NHS_NUMBER = "nhs_number"
    UPN = "upn"
    CHILD_ID = "child_id"
    PATIENT_ID = "patient_id"
    CODE = "code"
    NAME = "name"


_DOMAIN = {
    By.NHS_NUMBER: Identifier.NHS_NUMBER,
    By.UPN: Identifier.UPN,
    By.CHILD_ID: Identifier.SOCIAL_CARE_ID,
    By.PATIENT_ID: Identifier.PATIENT_ID,
}
# The columns in which a row says a number of whom it is about, and not what somebody was called before.
_OWN = ("child_key", "pupil_key", "patient_key", "nhs_number_key")


@dataclass(frozen=True)
class Found:
    """One person: all identities, the key they are published by, and who else linking knows of the same authority."""

    authority: str
    identities: frozenset[Person]

    @property
    def keys(self) -> set[int]:
        return {each.key for each in self.identities}

    @property
    def first(self) -> Person:
        """The identity decisions name: social care's before health's before education's, the smallest."""
        return min(self.identities, key=lambda each: (list(Kind).index(each.kind), each.key))


def find(settings: Settings, authority: str, whom: str, linked: Linking | None = None) -> Found:
    """The one person who is known so. Raises WarehouseError where nobody is, or several are; never repeats `whom`."""
    told = sys.stdin.readline().strip() if whom == "-" else whom
    kind, _, value = told.partition(":")
    try:
        by = By(kind)
    except ValueError:
        raise ConfigurationError(f"Say by what: {', '.join(f'{each}:…' for each in By)}.") from None
    newest = [each for each in in_force(settings).extracts if each.authority == authority]
    every = {each.content(settings.home): each for each in accepted(settings.home, authority=authority)}
    named: set[Person] = set()
    with persons.private_connection(settings) as connection:
        # What counts today decides; who is in replaced files alone is found as well.
        for contents in (newest, list(every.values())):
            if by is By.NAME:
                named = set(_by_name(settings, connection, contents, value))
            elif by is By.CODE:
                named = set(_by_code(settings, connection, contents, value))
            else:
                named = _by_number(settings, connection, authority, contents, _DOMAIN[by], value)
            if named:
                break
    if not named:
        raise WarehouseError(f"Nobody of authority {authority} is known by this {by}.")
    return _one_person(authority, named, linked or linking(settings), by)


def _one_person(authority: str, named: set[Person], linked: Linking, by: By) -> Found:
    place = {Person(each.authority, each.kind, each.key): number for number, each in enumerate(linked.identities)}
    children = {linked.joined.identities[place[each]].child if each in place else each for each in named}
    if len(children) > 1:
        raise WarehouseError(
            f"{len(children)} persons of authority {authority} are known by this {by}: name one by a number or id of a"
            " system. If they are one child, `warehouse links decide same` says so."
        )
    child = children.pop()
    of_child = {person for person, number in place.items() if linked.joined.identities[number].child == child}
    return Found(authority, frozenset(named | of_child))


def _by_number(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    authority: str,
    contents: Iterable[Acceptance],
    domain: Identifier,
    value: str,
) -> set[Person]:
    """Whose id of a service it is; where that service does not list it, whose rows bear it."""
    normal = identifiers.normalise(domain, value)
    if not normal or not identifiers.is_valid(domain, normal):
        raise ConfigurationError(f"This is no {domain.replace('_', ' ')}: its form or its check digit is wrong.")
    key = pseudonyms.load(settings.home).pseudonym(domain, authority, normal)
    own = next((Person(authority, kind, key) for kind, of in DOMAIN.items() if of == domain.value), None)
    found: set[Person] = set()
    for each in contents:
        dataset = BY_NAME[each.dataset]
        columns = [
            str(column.raw_name) for column in dataset.raw_columns
            if column.identifier is domain and column.raw_name in _OWN
        ]  # fmt: skip
        about = subject(dataset)
        if about and columns:
            named = " or ".join(f"{column} = {key}" for column in columns)
            found |= {Person(authority, *row) for row in _rows(connection, settings, each, about, named)}
    return {own} if own in found else found


def _by_code(
    settings: Settings, connection: duckdb.DuckDBPyConnection, contents: Iterable[Acceptance], code: str
) -> Iterator[Person]:
    try:
        modulus, rest = codes.matches(code)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    for each in contents:
        if about := subject(BY_NAME[each.dataset]):
            for kind, found in _rows(connection, settings, each, about, f"{about[1]} % {modulus} = {rest}"):
                yield Person(each.authority, kind, found)


def _by_name(
    settings: Settings, connection: duckdb.DuckDBPyConnection, contents: Iterable[Acceptance], value: str
) -> Iterator[Person]:
    name, _, day = value.rpartition(":")
    try:
        born = dt.date.fromisoformat(day.strip())
    except ValueError:
        raise ConfigurationError("A name is given with the date of birth: name:Forename Surname:2005-06-17.") from None
    wanted = persons.fold(name)
    for each in contents:
        dataset = BY_NAME[each.dataset]
        content = each.content(settings.home)
        path = settings.home.restricted / each.dataset / each.authority / f"{content.stem}.persons.parquet"
        names = {column.name for column in dataset.columns if column.personal is PersonalData.NAME}
        about = subject(dataset)
        if about is None or not path.exists() or not {"forename", "surname"} <= names:
            continue
        rows = connection.execute(
            f"""
            select {about[0]}, {about[1]}, p.forename, p.surname
            from read_parquet({sql.literal(content)}) as c
            inner join (
                select _source_row, forename, surname, date_of_birth from read_parquet({sql.literal(path)})
            ) as p on c._source_row = p._source_row
            where p.date_of_birth = ?
            """,
            [born],
        ).fetchall()
        for kind, key, forename, surname in rows:
            if key is not None and persons.fold(f"{forename or ''}{surname or ''}") == wanted:
                yield Person(each.authority, Kind(kind), key)


def _rows(
    connection: duckdb.DuckDBPyConnection, settings: Settings, each: Acceptance, about: tuple[str, str], where: str
) -> list[tuple[Kind, int]]:
    rows = connection.execute(
        f"select distinct {about[0]}, {about[1]} from read_parquet({sql.literal(each.content(settings.home))})"
        f" where ({where}) and {about[1]} is not null"
    ).fetchall()
    return [(Kind(kind), int(key)) for kind, key in rows]
