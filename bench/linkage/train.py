"""Train the model of childrens_warehouse/identity: `python -m bench.linkage.train`.

On invented persons whose truth is known: how often two records of one person are on each level (m) is counted, how
often those of two persons are (u) is counted on pairs drawn at random. The same seed gives the same model.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from bench.linkage.truth import Truth, invent
from childrens_warehouse.identity import likeness, persons

PERSONS, SEED = 40_000, 20_170_531
# Of two persons of two services, one in so many is the same: an area of this many children.
ONE_IN = 60_000
SEEN_AT_LEAST = 3
# What invented persons never do, but clerks: how often two records of one person are on such a level.
NEVER_INVENTED = {("birth", "one digit"): 0.005, ("birth", "different"): 0.002, ("sex", "different"): 0.003}


def settings() -> dict[str, Any]:
    """What is compared, before anything is learnt."""
    comparisons = []
    for feature, (column, levels) in likeness.LEVELS.items():
        described: list[dict[str, Any]] = [
            {
                "sql_condition": f"{column}_l IS NULL OR {column}_r IS NULL",
                "label_for_charts": "not said",
                "is_null_level": True,
            }
        ]
        for name, condition in levels:
            level: dict[str, Any] = {"sql_condition": condition, "label_for_charts": name}
            if feature in likeness.NAMES and name == "same":
                level |= {"tf_adjustment_column": column, "tf_adjustment_weight": 1.0}
            described.append(level)
        described.append({"sql_condition": "ELSE", "label_for_charts": "different"})
        comparisons.append({"output_column_name": feature, "comparison_levels": described})
    return {
        "link_type": "dedupe_only",
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": ["l.birth_block = r.birth_block"],
        "probability_two_random_records_match": 1 / ONE_IN,
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
    }


def load(connection: duckdb.DuckDBPyConnection, truth: Truth) -> None:
    """The truth's records as `person`, as childrens_warehouse.identity.persons reads them."""
    identities = truth.evidence.identities
    connection.register(
        "told",
        pa.table(
            {
                "place": pa.array(range(len(identities)), pa.int64()),
                "authority": [each.authority for each in identities],
                "kind": [str(each.kind) for each in identities],
                **{
                    column: pa.array(
                        [getattr(each, column) for each in truth.records],
                        pa.date32() if column == "birth" else pa.string(),
                    )
                    for column in ("forename", "surname", "previous_surname", "birth", "sex", "postcode")
                },
            }
        ),
    )
    connection.execute("create or replace table person as select * from told")
    connection.unregister("told")


def train() -> dict[str, Any]:
    truth = invent(PERSONS, SEED)
    with duckdb.connect() as connection:
        load(connection, truth)
        persons.prepare(connection)
        connection.register(
            "whose", pa.table({"place": range(len(truth.persons)), "who": [each.number for each in truth.persons]})
        )
        connection.execute(
            "create table unit as select r.place as unique_id, w.who, r.* exclude (place) "
            "from record as r inner join whose as w using (place) order by r.place"
        )
        linker, _ = likeness.linker_on(connection, "unit", settings())
        linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=SEED)
        linker.training.estimate_m_from_label_column("who")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.json"
            linker.misc.save_model_to_json(str(path))
            learnt = json.loads(path.read_text(encoding="utf-8"))
        learnt.pop("linker_uid", None)
        for comparison in learnt["comparisons"]:
            for level in comparison["comparison_levels"]:
                key = comparison["output_column_name"], level["label_for_charts"]
                if key in NEVER_INVENTED and not level.get("m_probability"):
                    level["m_probability"] = NEVER_INVENTED[key]
        frequencies, rare = {}, {}
        for name in likeness.NAMES:
            (total,) = connection.execute(f"select count({name}) from unit").fetchone() or (0,)
            rows = connection.execute(
                f"select {name}, count(*) from unit where {name} is not null group by {name} "
                f"having count(*) >= {SEEN_AT_LEAST} order by {name}"
            ).fetchall()
            frequencies[name] = {text: round(count / total, 7) for text, count in rows}
            rare[name] = round(SEEN_AT_LEAST / total, 7)
    return {"settings": learnt, "frequencies": frequencies, "rare": rare}


if __name__ == "__main__":
    likeness.MODEL.write_text(json.dumps(train(), indent=1) + "\n", encoding="utf-8")
    print(f"wrote {likeness.MODEL}")
