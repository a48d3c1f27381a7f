"""What the sources say of persons by name, from the restricted store: prepared for comparison, never for reading.

Everything here stays on the connection it is given, which must be private and spill into the restricted store.
"""

from __future__ import annotations

import contextlib
import csv
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from childrens_warehouse import sql, unfinished
from childrens_warehouse.identity.evidence import KEY_OF, Identity, Kind
from childrens_warehouse.raw.acceptance import Acceptance
from childrens_warehouse.settings import Home, Settings

FORENAMES = Path(__file__).parent / "forenames.csv"

# The list that describes persons of each service, and what it calls the postcode of their home.
LISTS = {"persons": (Kind.SOCIAL_CARE, "home_postcode"), "patients": (Kind.HEALTH, "postcode"),
          "pupils": (Kind.EDUCATION, "postcode")}  # fmt: skip

COLUMNS = "forename varchar, surname varchar, previous_surname varchar, birth date, sex varchar, postcode varchar"

# Letters that a spelling exchanges freely, longest first; what is left without vowels is how a name sounds.
_SOUNDS = (("sch", "s"), ("ph", "f"), ("ck", "k"), ("kh", "k"), ("gh", "g"), ("sh", "s"), ("th", "t"), ("dh", "d"),
           ("q", "k"), ("c", "k"), ("x", "ks"), ("z", "s"), ("w", "v"), ("j", "y"))  # fmt: skip
_UNHEARD = "aeiouyh"


@contextlib.contextmanager
def private_folder(settings: Settings) -> Iterator[Path]:
    """A folder of the restricted store for what is gone again soon. Landing sweeps up after the killed."""
    with unfinished.folder(settings.home.restricted / "scratch") as scratch:
        yield scratch


@contextlib.contextmanager
def private_connection(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that spills into the restricted store, if at all."""
    with private_folder(settings) as scratch:
        connection = duckdb.connect(
            config={
                "memory_limit": settings.memory_limit,
                "threads": settings.threads,
                "temp_directory": str(scratch / "spill"),
            }
        )
        try:
            yield connection
        finally:
            connection.close()


def read(
    connection: duckdb.DuckDBPyConnection, home: Home, extracts: Iterable[Acceptance], identities: Sequence[Identity]
) -> None:
    """Create `person`: of each identity that a list in force describes, its place and what is said, as delivered.

    Where retention has removed what a file said by name, its persons are not there.
    """
    connection.execute(f"create or replace table described (authority varchar, kind varchar, key bigint, {COLUMNS})")
    for each in extracts:
        kind, postcode = LISTS.get(each.dataset, (None, ""))
        names = home.restricted / each.dataset / each.authority / f"{each.content(home).stem}.persons.parquet"
        if kind is None or not names.exists():
            continue
        previous = "p.previous_surname" if kind is Kind.SOCIAL_CARE else "null"
        connection.execute(
            f"""
            insert into described
            select {sql.literal(each.authority)}, {sql.literal(kind)}, r.{KEY_OF[kind]}, p.forename, p.surname,
                {previous}, p.date_of_birth, case r.sex when '1' then 'M' when '2' then 'F' else r.sex end, p.{postcode}
            from read_parquet({sql.literal(each.content(home))}) as r
            inner join read_parquet({sql.literal(names)}) as p on r._source_row = p._source_row
            where not contains(coalesce(r._marks, ''), 'KEY-DUPLICATE')
            """
        )
    connection.register(
        "place",
        pa.table(
            {
                "place": pa.array(range(len(identities)), pa.int64()),
                "authority": pa.array([each.authority for each in identities], pa.string()),
                "kind": pa.array([str(each.kind) for each in identities], pa.string()),
                "key": pa.array([each.key for each in identities], pa.int64()),
            }
        ),
    )
    connection.execute(
        """
        create or replace table person as
        select p.place, d.* exclude (key)
        from described as d inner join place as p using (authority, kind, key)
        """
    )
    connection.execute("drop table described")
    connection.unregister("place")


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Create `record` from `person`: names folded, and a `content` that is the same for the same words."""
    for column, is_forename in (("forename", True), ("surname", False), ("previous_surname", False)):
        texts = connection.execute(f"select distinct {column} from person where {column} is not null").fetchall()
        folded = [fold(text) for (text,) in texts]
        connection.register(
            f"{column}_form",
            pa.table(
                {
                    "text": pa.array([text for (text,) in texts], pa.string()),
                    "folded": pa.array([each or None for each in folded], pa.string()),
                    "sound": pa.array([sound(each) for each in folded], pa.string()),
                    "roots": pa.array([roots(text) if is_forename else [] for (text,) in texts], pa.list_(pa.string())),
                    "is_known": pa.array([is_forename and is_known(text) for (text,) in texts], pa.bool_()),
                }
            ),
        )
    connection.execute(
        """
        create or replace table record as
        with folded as (
            select
                p.place, p.authority, p.kind,
                f.folded as forename, f.sound as forename_sound, f.roots as forename_roots,
                coalesce(f.is_known, false) as is_known_forename,
                s.folded as surname, s.sound as surname_sound, o.folded as previous_surname,
                p.birth, strftime(p.birth, '%Y%m%d') as birth_text,
                concat_ws(
                    '-', year(p.birth), least(month(p.birth), day(p.birth)), greatest(month(p.birth), day(p.birth))
                ) as birth_block,
                case when p.sex in ('M', 'F') then p.sex end as sex,
                nullif(regexp_replace(upper(p.postcode), '[^A-Z0-9]', '', 'g'), '') as postcode
            from person as p
            left join forename_form as f on p.forename = f.text
            left join surname_form as s on p.surname = s.text
            left join previous_surname_form as o on p.previous_surname = o.text
        )
        select *,
            md5(concat_ws(
                '|', coalesce(forename, ''), array_to_string(forename_roots, ','), coalesce(surname, ''),
                coalesce(previous_surname, ''), coalesce(birth_text, ''), coalesce(sex, ''), coalesce(postcode, '')
            )) as content
        from folded
        """
    )
    for column in ("forename", "surname", "previous_surname"):
        connection.unregister(f"{column}_form")


def told(connection: duckdb.DuckDBPyConnection, places: Iterable[int]) -> dict[int, str]:
    """What is said of identities by name, to be shown to people who may know it and kept nowhere."""
    rows = connection.execute(
        "select place, concat_ws(' | ', forename, surname, previous_surname, birth, sex, postcode) from person "
        "where list_contains(?, place)",
        [sorted(places)],
    ).fetchall()
    return dict(rows)


def fold(text: str) -> str:
    """Letters alone, upper case, without accents: O'Brien-Núñez is OBRIENNUNEZ."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(character for character in plain.upper() if "A" <= character <= "Z")


def sound(folded: str) -> str:
    """How a folded name sounds, roughly: no vowels, no doubled letters. Yusuf and Youssef are both YSF."""
    text = folded.lower()
    for spelling, heard in _SOUNDS:
        text = text.replace(spelling, heard)
    first = "a" if text[:1] in ("a", "e", "i", "o", "u") else text[:1]
    rest = [letter for letter in text[1:] if letter not in _UNHEARD]
    kept = [letter for letter, before in zip(rest, [first, *rest], strict=False) if letter != before]
    return (first + "".join(kept)).upper()


def roots(text: str) -> list[str]:
    """The names that a forename is a form of; the name itself where we know of none. The first of several counts."""
    return list(_forms().get(_first(text), (fold(text),)))


def is_known(text: str) -> bool:
    """Is it a name we know, so that another known name is another name and not a slip?"""
    return _first(text) in _forms()


def _first(text: str) -> str:
    words = text.replace("-", " ").split()
    return fold(words[0]) if words else ""


@cache
def _forms() -> dict[str, tuple[str, ...]]:
    forms: dict[str, set[str]] = defaultdict(set)
    with FORENAMES.open(newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            for name in (row["root"], *row["variants"].split()):
                forms[fold(name)].add(fold(row["root"]))
    return {name: tuple(sorted(of)) for name, of in forms.items()}
