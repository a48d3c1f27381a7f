"""What a dataset is, as typed data: the one home of its columns, key, coverage and rules.

The reader, the arrivals suite, the dbt source, the data dictionary and the sample generator all derive from
these declarations. Adding a dataset is adding a `Dataset` to one of the modules beside this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """The three systems that deliver."""

    SOCIAL_CARE = "social_care"
    HEALTH = "health"
    EDUCATION = "education"


class Kind(StrEnum):
    """How the text of a cell is read. A cell that cannot be read as its kind makes its row unreadable."""

    TEXT = "text"
    CODE = "code"
    # Several codes of one list in a cell, separated by semicolons; raw keeps them so, without blanks.
    CODES = "codes"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    # Local time to the minute or the second: 2017-05-31T14:30.
    TIMESTAMP = "timestamp"
    # A date of which the day, or day and month, may be unknown (zz/mm/yyyy, zz/zz/yyyy); raw keeps text:
    # 2015-06-30, 2015-06 or 2015.
    PARTIAL_DATE = "partial_date"


class Coverage(StrEnum):
    """What one file replaces (docs/architecture.md, "Coverage")."""

    FULL = "full"
    COLLECTION_YEAR = "collection_year"
    SCHOOL_DATE = "school_date"


class PersonalData(StrEnum):
    """The personal-data class of a column; it decides what becomes of the value on landing.

    | class        | what raw carries                                  | restricted store |
    | ------------ | ------------------------------------------------- | ---------------- |
    | NONE         | the value                                         | nothing          |
    | SENSITIVE    | the value (special category: health, ethnicity)   | nothing          |
    | IDENTIFIER   | a keyed pseudonym, 63 bits of HMAC-SHA-256        | the value        |
    | POSTCODE     | a keyed pseudonym: equal postcodes can be matched | the value        |
    | BIRTH_DATE   | the first day of the month of birth               | the value        |
    | NAME         | nothing                                           | the value        |
    """

    NONE = "none"
    SENSITIVE = "sensitive"
    IDENTIFIER = "identifier"
    POSTCODE = "postcode"
    BIRTH_DATE = "birth_date"
    NAME = "name"


class Identifier(StrEnum):
    """Domains of identifiers: each has its own pseudonyms, so equal text in two domains does not match."""

    SOCIAL_CARE_ID = "social_care_id"
    UPN = "upn"
    NHS_NUMBER = "nhs_number"
    PATIENT_ID = "patient_id"
    # Of a member of staff: a social worker's registration number leads to a name on a public register.
    WORKER_ID = "worker_id"
    # Of people who want to adopt, and of the family they are or become.
    ADOPTER_ID = "adopter_id"
    FAMILY_ID = "family_id"


# Issued by one authority's system: the same text elsewhere is somebody else, so the authority is part of the
# pseudonym. UPN and NHS number are national.
LOCAL_IDENTIFIERS = frozenset(Identifier) - {Identifier.UPN, Identifier.NHS_NUMBER}


@dataclass(frozen=True)
class Column:
    """One column of a delivered file.

    name: as the file's header spells it.
    raw_name: as raw calls it, after pseudonymisation; None when raw does not carry it.
    code_list: the dated list in `seeds/` that a CODE is judged by.
    required: a row with this cell blank is refused.
    spellings: other headers it comes under: what it was called in other years, or what systems make of it.
    optional: a file may lack the column; its cells are then blank, and the file says so in its notes.
    blank_when: texts, in upper case, by which the format says that there is nothing to say.
    since, until: first and last collection year whose format has the column; None is open. A file of another
        year may lack it, and if it has it, the column is read and said.
    """

    name: str
    kind: Kind
    description: str
    raw_name: str | None = None
    code_list: str | None = None
    personal: PersonalData = PersonalData.NONE
    identifier: Identifier | None = None
    required: bool = False
    spellings: tuple[str, ...] = ()
    optional: bool = False
    since: int | None = None
    until: int | None = None
    blank_when: tuple[str, ...] = ()

    @property
    def raw_type(self) -> str:
        """DuckDB type in raw."""
        if self.personal in (PersonalData.IDENTIFIER, PersonalData.POSTCODE):
            return "BIGINT"
        return {
            Kind.INTEGER: "INTEGER",
            Kind.DECIMAL: "DECIMAL(18,4)",
            Kind.DATE: "DATE",
            Kind.TIMESTAMP: "TIMESTAMP",
        }.get(self.kind, "VARCHAR")

    @property
    def is_in_raw(self) -> bool:
        return self.personal is not PersonalData.NAME

    @property
    def is_identity(self) -> bool:
        """Does the value itself live only in the restricted store?"""
        return self.personal not in (PersonalData.NONE, PersonalData.SENSITIVE)


def may_lack(thing: Column | Dataset, year: int) -> bool:
    """Is the column, or the file, no part of the format of that collection year?"""
    return (thing.since is not None and year < thing.since) or (thing.until is not None and year > thing.until)


@dataclass(frozen=True)
class Part:
    """Where a dataset lies in a file that bears several: a sheet of a workbook, a record of an XML document."""

    file: str
    name: str


@dataclass(frozen=True)
class RowMark:
    """A row that is kept although something about it is odd.

    condition: SQL over the delivered column names in lower case; true marks the row with `rule`.
    """

    rule: str
    condition: str


@dataclass(frozen=True)
class DerivedColumn:
    """A column of raw that no file delivers: landing makes it, where the values are that raw does not carry."""

    name: str
    raw_type: str
    description: str


@dataclass(frozen=True)
class Area:
    """In whose area a postcode lies, by the boundaries of the postcode directory that landing uses.

    postcode: name of the postcode's column. place: what is there, as the names of the derived columns say it.
    """

    postcode: str
    place: str

    @property
    def columns(self) -> tuple[DerivedColumn, ...]:
        return (
            DerivedColumn(
                f"{self.place}_authority_code", "VARCHAR",
                f"Upper-tier local authority in whose area {self.postcode} lies: its three-digit code, or WAL, SCO, "
                "NIR, NUK; null if the postcode is blank or not known.",
            ),
            DerivedColumn(
                f"is_{self.place}_in_authority", "BOOLEAN",
                f"Does {self.postcode} lie in the area of the authority that delivered the file, or of one that "
                "succeeded it alone? Null if that is not known.",
            ),
        )  # fmt: skip


@dataclass(frozen=True)
class Distance:
    """How far it is from home to a placement, in a straight line.

    home, placement: names of the two postcodes' columns.
    """

    home: str
    placement: str

    @property
    def columns(self) -> tuple[DerivedColumn, ...]:
        return (
            DerivedColumn(
                "distance_miles", "DECIMAL(5,1)",
                f"Miles from {self.home} to {self.placement} in a straight line, one decimal, half up.",
            ),
            DerivedColumn(
                "distance_missing_reason_code", "VARCHAR",
                "Why there are no miles (list DISTANCE_MISSING); null if there are.",
            ),
        )  # fmt: skip


@dataclass(frozen=True)
class Dataset:
    """One list of one source: a file of its own, or a part of a file that bears several.

    file: the CSV file it is delivered as; empty when it comes only as a part.
    parts: the files that bear it among others. A night delivers it once, in one of these ways.
    since, until: first and last collection year whose format has it; None is open.
    key: names of the columns that identify a row.
    spell: (start, end) columns; a row that ends before it starts is refused.
    judged_on: the date column that decides which codes were in force; None means the date of the extract
        (or the last day of the collection year).
    ceiling, ceiling_rows: share and number of rows that may be refused before the whole file is.
    marks: row-level oddities that keep their row.
    authority_column: the column in which the file says which authority it is of; of another, the whole file is refused.
    may_be_empty: a file without rows is believed (a council may have no such child).
    due: when, local time on the morning after the extract date, the file is expected.
    derived: what landing makes of the row's postcodes, which raw does not carry.
    """

    name: str
    source: Source
    file: str
    title: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    coverage: Coverage
    owner: str
    date_format: str = "%Y-%m-%d"
    spell: tuple[str, str] | None = None
    judged_on: str | None = None
    ceiling: float = 0.05
    ceiling_rows: int = 1_000
    marks: tuple[RowMark, ...] = ()
    may_be_empty: bool = False
    due: str = "06:00"
    parts: tuple[Part, ...] = ()
    since: int | None = None
    until: int | None = None
    authority_column: str = ""
    derived: tuple[Area | Distance, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """Every file name it may come under."""
        return tuple(name for name in (self.file, *(part.file for part in self.parts)) if name)

    def column(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")

    @property
    def raw_columns(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.is_in_raw)

    @property
    def derived_columns(self) -> tuple[DerivedColumn, ...]:
        return tuple(column for each in self.derived for column in each.columns)

    @property
    def raw_key(self) -> tuple[str, ...]:
        return tuple(str(self.column(name).raw_name) for name in self.key)

    @property
    def identity_columns(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.is_identity)


# Columns that landing adds to every row of raw; (name, DuckDB type, description).
LINEAGE: tuple[tuple[str, str, str], ...] = (
    ("_authority_code", "VARCHAR", "Three-digit code of the local authority that delivered the row."),
    ("_collection_year", "INTEGER", "Collection year the file speaks of (ends 31 March); null when full."),
    ("_stamp", "TIMESTAMP", "When the supplier generated the file (UTC): the clock of what is in force."),
    ("_marks", "VARCHAR", "Rule codes, separated by spaces, of what is odd about the row; null if nothing."),
    ("_source_file", "VARCHAR", "First 16 characters of the file's SHA-256; dim_extract names the file."),
    ("_source_row", "BIGINT", "Row number in the file; the header is row 1."),
)


def text(name: str, description: str, **options: object) -> Column:
    return _column(name, Kind.TEXT, description, **options)


def code(name: str, description: str, code_list: str, **options: object) -> Column:
    return _column(name, Kind.CODE, description, code_list=code_list, **options)


def integer(name: str, description: str, **options: object) -> Column:
    return _column(name, Kind.INTEGER, description, **options)


def codes(name: str, description: str, code_list: str, **options: object) -> Column:
    return _column(name, Kind.CODES, description, code_list=code_list, **options)


def decimal(name: str, description: str, **options: object) -> Column:
    return _column(name, Kind.DECIMAL, description, **options)


def timestamp(name: str, description: str, **options: object) -> Column:
    return _column(name, Kind.TIMESTAMP, description, **options)


def partial_date(name: str, description: str, **options: object) -> Column:
    return _column(name, Kind.PARTIAL_DATE, description, **options)


def date(name: str, description: str, **options: object) -> Column:
    return _column(name, Kind.DATE, description, **options)


def birth_date(name: str, description: str = "Date of birth; raw keeps the month.", **options: object) -> Column:
    options.setdefault("raw_name", "birth_month")
    return _column(name, Kind.DATE, description, personal=PersonalData.BIRTH_DATE, **options)


def name_of_person(name: str, description: str) -> Column:
    return _column(name, Kind.TEXT, description, personal=PersonalData.NAME)


def postcode(name: str, description: str, **options: object) -> Column:
    options.setdefault("raw_name", f"{name.lower()}_key")
    return _column(name, Kind.TEXT, description, personal=PersonalData.POSTCODE, **options)


def identifier(name: str, domain: Identifier, description: str, **options: object) -> Column:
    defaults = {
        Identifier.SOCIAL_CARE_ID: "child_key",
        Identifier.UPN: "pupil_key",
        Identifier.NHS_NUMBER: "nhs_number_key",
        Identifier.PATIENT_ID: "patient_key",
        Identifier.WORKER_ID: "worker_key",
        Identifier.ADOPTER_ID: "adopter_key",
        Identifier.FAMILY_ID: "adoptive_family_key",
    }
    options.setdefault("raw_name", defaults[domain])
    return _column(name, Kind.TEXT, description, personal=PersonalData.IDENTIFIER, identifier=domain, **options)


def _column(name: str, kind: Kind, description: str, **options: object) -> Column:
    if options.get("personal") is not PersonalData.NAME:
        options.setdefault("raw_name", name.lower())
    return Column(name=name, kind=kind, description=description, **options)  # type: ignore[arg-type]
