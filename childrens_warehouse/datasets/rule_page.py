"""docs/ssda903-rules.md, generated: the rules of the SSDA903 return, which are judged, and what to do about each.

Everything comes from the seed `ssda903_rule.csv`, which the quality models read too.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from childrens_warehouse.settings import PROJECT

PATH = PROJECT / "docs" / "ssda903-rules.md"
SEED = PROJECT / "seeds" / "ssda903_rule.csv"

Rule = Mapping[str, str]

# In the order of the page: value of `judged`, heading, what it means.
_JUDGED = (
    ("yes", "Judged", "By the rows themselves."),
    ("by_month", "Judged by the month of birth", "Raw has no day of birth: a row for which it decides is not judged."),
    ("in_part", "Judged in part", "The last column says how far."),
    ("on_arrival", "Judged on arrival", "A row that breaks it is refused and listed in quarantine."),
    ("no", "Not judged", "The last column says what is missing."),
)

_HEAD = """# The rules of the SSDA903 return

Generated from `seeds/ssda903_rule.csv` by `warehouse generate`; do not edit.

The DfE's validation of the return of children looked after has {all} rules in force for the collection year 2027.
{in_warehouse} of them are judged here every night, {on_arrival} on arrival, {no} not:

{counts}
What they find is in `fct_data_quality_finding` (one row per rule and row of a file), how each rule stands in each
return in `fct_data_quality_rule`, and the words below in `dim_data_quality_rule`. The conditions are in
`dbt_project/models/quality/`.

- A rule is judged on the return of its collection year as it was delivered: per authority and year, on the file in
  force. What is said of the year before is that year's return in force, whichever came first. A whole list speaks of
  no year and is not judged.
- A rule about 31 March is judged once that day is over. What is still open has lasted until the night, not until the
  end of a year that is still running.
- *error*: the DfE would refuse the return. *query*: it asks. None of them stops the publication; a return without
  its header does (`RETURN-WITHOUT-HEADER` in `expectations/rules.csv`).
- Of a child who comes twice in a file the last row is judged; the earlier ones break `SSDA903-INT31` to `INT36`.

## Held against another validator

The public package quality-lac-data-validator 1.0.3 has {outside} rules of 2021/22. On an invented return of 2,675
children and the year to March 2018, dirty on purpose, {fired} rules find something here. Of the rules that both judge,
{same} find something and name the very same children. The others differ for these reasons:

{differences}
"""

# Measured once, with the release named above; counts of children.
_OUTSIDE = 287
_FIRED = 106
_SAME = 82
_DIFFERENCES = (
    ("132, 133, 165, 215, 344", "three rows of oc3.csv bear a code that is in no list and are refused on arrival"),
    ("149, 1009, 132", "codes are judged by the list of the return's own year, there by that of 2021/22"),
    ("186", "a score or a reason is enough; there both are asked for, which 197a forbids"),
    ("336", "asked of the own foster carers (A3, A5), there of A3 and A4"),
    ("358", "the 10th birthday itself is not under 10"),
    ("371 to 376, 379", "an episode that is still open is judged too"),
    ("389", "an episode without an end is not judged"),
    ("358, 373, 440, 441, 1007", "the day of birth decides, so the row is not judged here"),
    ("117", "the care a decision must lie in is that of the newest episode"),
    ("577", "a spell that begins after care ended breaks 578 only"),
    ("1007", "a young person whose episode is still open was in care on the birthday too"),
    ("601", "an adopted child without any row in AD1 is found too"),
    ("634", "before 1 April 2016 is what the rule says; there it is the start of the year"),
)


def rules() -> list[Rule]:
    """The rows of the seed."""
    with SEED.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def render() -> str:
    """The whole page as Markdown."""
    every = rules()
    counts = Counter(rule["judged"] for rule in every)
    parts = [
        _HEAD.format(
            all=len(every),
            in_warehouse=counts["yes"] + counts["by_month"] + counts["in_part"],
            on_arrival=counts["on_arrival"],
            no=counts["no"],
            counts=_table(
                ("judged", "rules", "how"),
                [(heading.lower(), counts[judged], how) for judged, heading, how in _JUDGED],
            ),
            outside=_OUTSIDE,
            fired=_FIRED,
            same=_SAME,
            differences=_table(("rules", "here"), _DIFFERENCES),
        )
    ]
    for judged, heading, how in _JUDGED:
        of_kind = [rule for rule in every if rule["judged"] == judged]
        parts.append(f"## {heading}\n\n{how}\n\n" + _table(*_columns(of_kind)))
    return "\n".join(parts)


def write() -> Path:
    """Write the page and return its path."""
    PATH.write_text(render(), encoding="utf-8")
    return PATH


def _columns(of_kind: Sequence[Rule]) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    headings = ("rule", "severity", "since", "columns", "what it is", "when it matters", "how to put it right")
    rows: list[tuple[object, ...]] = [
        (
            rule["rule_code"].removeprefix("SSDA903-"), rule["severity"], rule["first_year"],
            rule["return_columns"].replace(" ", ", "), rule["what"], rule["when_it_matters"],
            rule["how_to_put_it_right"],
        )
        for rule in of_kind
    ]  # fmt: skip
    if not any(rule["how_judged"] for rule in of_kind):
        return headings, rows
    noted = [(*row, rule["how_judged"]) for row, rule in zip(rows, of_kind, strict=True)]
    return (*headings, "how it is judged"), noted


def _table(headings: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    lines = [f"| {' | '.join(headings)} |", f"|{' --- |' * len(headings)}"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"
