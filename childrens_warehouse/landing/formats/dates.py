"""Dates as files spell them, put into the one format a dataset declares."""

from __future__ import annotations

import datetime as dt
import re

# xs:date may bear a time zone, and exports write midnight behind a day.
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[+-]\d{2}:\d{2})?")
_BRITISH = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?: \d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]m)?)?", re.I)
_WORDED = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3})[a-z]*[ -](\d{4})")
_MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
)}  # fmt: skip


def as_declared(text: str, date_format: str) -> str:
    """The date in `date_format`; the text as it is when it is no date.

    2017-02-01 (with or without time and zone), 01/02/2017 (day first), 1 Feb 2017. A year of two digits is not read:
    nobody can tell the century of a birth.
    """
    text = text.strip()
    if len(text) == 10 and (
        (date_format == "%Y-%m-%d" and text[4] == text[7] == "-")
        or (date_format == "%d/%m/%Y" and text[2] == text[5] == "/")
    ):
        return text  # the common case, worth a short way for millions of cells
    if found := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _BRITISH.fullmatch(text):
        day, month, year = (int(part) for part in found.groups())
    elif (found := _WORDED.fullmatch(text)) and found[2].lower() in _MONTHS:
        day, month, year = int(found[1]), _MONTHS[found[2].lower()], int(found[3])
    else:
        return text
    try:
        return written(dt.date(year, month, day), date_format)
    except ValueError:
        return text


def written(day: dt.date, date_format: str) -> str:
    """`strftime`, which on some machines writes the year 17 as two digits."""
    return day.strftime(date_format.replace("%Y", f"{day.year:04}"))
