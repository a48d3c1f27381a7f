"""How like two persons are: what is compared, and the probability that Splink gives a pair by the committed model.

A pair's probability depends on the pair and the model alone: the model's parameters and frequencies of names were
fixed when it was trained (bench/linkage/train.py), never by the night's data.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from childrens_warehouse.identity.joining import POSSIBLE

if TYPE_CHECKING:
    from splink import Linker

MODEL = Path(__file__).parent / "model-1.json"

# Feature -> its levels, the most alike first: (name, condition on the columns of `record` with _l and _r). The first
# that holds counts; where a value is missing nothing is said.
LEVELS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "forename": (
        "forename",
        (
            ("same", "forename_l = forename_r"),
            ("variant", "list_has_any(forename_roots_l, forename_roots_r)"),
            (
                "misspelt",
                "not (is_known_forename_l and is_known_forename_r) and (forename_sound_l = forename_sound_r "
                "or (damerau_levenshtein(forename_l, forename_r) <= 1 "
                "and least(length(forename_l), length(forename_r)) > 3) "
                "or jaro_winkler_similarity(forename_l, forename_r) >= 0.92)",
            ),
            (
                "part",
                "least(length(forename_l), length(forename_r)) > 2 "
                "and (starts_with(forename_l, forename_r) or starts_with(forename_r, forename_l))",
            ),
        ),
    ),
    "surname": (
        "surname",
        (
            ("same", "surname_l = surname_r"),
            (
                "misspelt",
                "surname_sound_l = surname_sound_r "
                "or (damerau_levenshtein(surname_l, surname_r) <= 1 "
                "and least(length(surname_l), length(surname_r)) > 3) "
                "or jaro_winkler_similarity(surname_l, surname_r) >= 0.93",
            ),
            ("previous", "surname_l = previous_surname_r or previous_surname_l = surname_r"),
            (
                "part",
                "least(length(surname_l), length(surname_r)) > 3 "
                "and (contains(surname_l, surname_r) or contains(surname_r, surname_l))",
            ),
        ),
    ),
    "birth": (
        "birth",
        (
            ("same, 1 January", "birth_l = birth_r and right(birth_text_l, 4) = '0101'"),
            ("same", "birth_l = birth_r"),
            ("day and month swapped", "birth_block_l = birth_block_r"),
            ("one digit", "damerau_levenshtein(birth_text_l, birth_text_r) <= 1"),
        ),
    ),
    "sex": ("sex", (("same", "sex_l = sex_r"),)),
    "postcode": (
        "postcode",
        (
            ("same", "postcode_l = postcode_r"),
            ("sector", "left(postcode_l, length(postcode_l) - 2) = left(postcode_r, length(postcode_r) - 2)"),
            ("district", "left(postcode_l, length(postcode_l) - 3) = left(postcode_r, length(postcode_r) - 3)"),
        ),
    ),
}
NAMES = ("forename", "surname")

# Pairs worth a look are of two services and share one of these.
BLOCKS = (
    ("birth_block", "surname_sound"),
    ("birth_block", "forename_roots[1]"),
    ("birth_block", "forename_sound"),
    ("birth_block", "postcode"),
    ("year(birth)", "surname_sound", "forename_sound"),
    ("year(birth)", "surname", "forename_roots[1]"),
    ("postcode", "forename_roots[1]"),
    ("postcode", "forename_sound"),
)


def level_of(feature: str) -> str:
    """SQL: the name of the level a pair is on; null where a value is missing. Columns end in _l and _r."""
    column, levels = LEVELS[feature]
    cases = " ".join(f"when {condition} then '{name}'" for name, condition in levels)
    return f"case when {column}_l is null or {column}_r is null then null {cases} else 'different' end"


@cache
def model() -> dict[str, Any]:
    """Splink's settings as trained, and how often names come: `settings`, `frequencies`, `rare`."""
    content: dict[str, Any] = json.loads(MODEL.read_text(encoding="utf-8"))
    return content


def block(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Create `pair` (join_key_l, join_key_r, match_key) of the units in `table` of which one at least `is_new`."""
    rules = []
    for keys in BLOCKS:
        same = " and ".join(f"l.{key} = r.{key}" if "(" not in key else _both(key) for key in keys)
        for new, rest in (("l.is_new", "true"), ("not l.is_new", "r.is_new")):
            rules.append(
                f"select l.unique_id as join_key_l, r.unique_id as join_key_r from {table} as l "
                f"inner join {table} as r on l.authority = r.authority and l.kind < r.kind and {same} "
                f"where {new} and {rest}"
            )
    connection.execute(f"create or replace table pair as select '0' as match_key, * from ({' union '.join(rules)})")


def _both(expression: str) -> str:
    return f"{expression.replace('(', '(l.')} = {expression.replace('(', '(r.')}"


def score(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Create `scored` (one, other, probability) of the pairs in `pair` that are possible at least."""
    linker, api = linker_on(connection, table, model()["settings"])
    for name in NAMES:
        _fix_frequencies(connection, linker, api, table, name)
    linker.table_management.register_blocked_pairs_for_predict(api.register("pair"))
    found = linker.inference.predict(threshold_match_probability=POSSIBLE, warning_mode="never")
    connection.execute(
        "create or replace table scored as select unique_id_l as one, unique_id_r as other, "
        f"round(match_probability, 6) as probability from {found.physical_name}"
    )


def linker_on(connection: duckdb.DuckDBPyConnection, table: str, settings: dict[str, Any]) -> tuple[Linker, Any]:
    # Imported where it is needed: most nights of a small home have nothing to score.
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(connection)
    return Linker(api.register(table), settings, log_level=None, validate_settings=False), api


def _fix_frequencies(connection: duckdb.DuckDBPyConnection, linker: Linker, api: Any, table: str, name: str) -> None:
    """Give each name of the night the frequency it had in training, and those that nobody bore one for all."""
    known = model()["frequencies"][name]
    connection.register(
        "known_name",
        pa.table({"text": pa.array(list(known), pa.string()), "often": pa.array(list(known.values()), pa.float64())}),
    )
    connection.execute(
        f"create or replace table often_{name} as "
        f"select n.{name}, coalesce(k.often, {model()['rare'][name]}) as tf_{name} "
        f"from (select distinct {name} from {table} where {name} is not null) as n "
        f"left join known_name as k on n.{name} = k.text"
    )
    connection.unregister("known_name")
    linker.table_management.register_term_frequency_lookup(api.register(f"often_{name}"), name)
