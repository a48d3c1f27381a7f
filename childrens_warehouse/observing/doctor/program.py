"""The program and its settings: Python, packages, what is set, the key, the groups, Pango."""

from __future__ import annotations

import codecs
import difflib
import functools
import grp
import inspect
import os
import re
import sys
import zoneinfo
from importlib.metadata import distributions
from pathlib import Path

from childrens_warehouse import settings as settings_module
from childrens_warehouse.landing import pseudonyms
from childrens_warehouse.observing.doctor.finding import Seen, ok, warn, wrong
from childrens_warehouse.raw import epoch
from childrens_warehouse.settings import PROJECT, Settings

_PYTHON = (3, 11)
_MOST_NAMED = 5
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)
_SETTING = re.compile(r"WAREHOUSE_[A-Z]+(?:_[A-Z]+)*")
# Of make targets and tests, which no module of the package reads.
_OTHER_SETTINGS = frozenset({"WAREHOUSE_SUPERSET_DATABASE_URL", "WAREHOUSE_SUPERSET_PASSWORD"})


def python() -> Seen:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] == _PYTHON:
        yield ok(f"Python {found}.")
    else:
        yield wrong(f"Python {found} runs this; it is made for 3.11.", "Make the environment anew: make setup.")


def packages(folder: Path = PROJECT) -> Seen:
    """Against the lock that fits best: one is for one machine, one for the services, one for who develops."""
    locks = sorted(folder.glob("requirements*.lock"))
    if not locks:
        yield ok("No lock lies beside the program (an image has none): it was installed by one.")
        return
    others = {lock.name: _other_than(lock) for lock in locks}
    name = min(others, key=lambda each: len(others[each]))
    if other := others[name]:
        more = f" and {len(other) - _MOST_NAMED} more" if len(other) > _MOST_NAMED else ""
        yield wrong(
            f"Not as {name} has it: {', '.join(other[:_MOST_NAMED])}{more}.", "Install what is locked: make setup."
        )
    else:
        yield ok(f"The packages are those of {name}.")


def _other_than(lock: Path) -> list[str]:
    installed = _installed()
    return [
        f"{name} {installed.get(name, 'missing')} instead of {told}"
        for name, told in _PINNED.findall(lock.read_text(encoding="utf-8"))
        if installed.get(name) != told
    ]


@functools.cache
def _installed() -> dict[str, str]:
    """Name, as a lock writes it, and version."""
    # Of two of one name the one that is imported comes first.
    return {
        re.sub(r"[-_.]+", "-", each.name).lower(): each.version for each in reversed([*distributions()]) if each.name
    }


def spelling() -> Seen:
    """Names nobody reads: a setting that is misspelt is as good as not set."""
    known = _known_settings()
    unknown = sorted(name for name in os.environ if name.startswith("WAREHOUSE_") and name not in known)
    for name in unknown:
        near = difflib.get_close_matches(name, known, 1)
        to_do = f"Did you mean {near[0]}?" if near else "Take it out, or see docs/operating/settings.md."
        yield wrong(f"{name} is set, and nothing reads it.", to_do)
    if not unknown:
        count = sum(name.startswith("WAREHOUSE_") for name in os.environ)
        yield ok(f"{count} settings of the warehouse's own are set, all of them known.")


def _known_settings() -> set[str]:
    package = Path(inspect.getfile(settings_module)).parent
    found = {
        name
        for path in package.rglob("*.py")
        if "simulate" not in path.parts
        for name in _SETTING.findall(path.read_text(encoding="utf-8"))
    }
    return found | _OTHER_SETTINGS


def values(settings: Settings) -> Seen:
    """What is only found out at night otherwise."""
    import duckdb
    from croniter import croniter  # type: ignore[import-untyped]

    sound = True
    if not croniter.is_valid(settings.schedule):
        sound = False
        yield wrong(
            f"WAREHOUSE_SCHEDULE is no cron expression: {settings.schedule!r}.", "Write it as in 0 4 * * * (at four)."
        )
    for name in settings.encodings:
        try:
            codecs.lookup(name)
        except LookupError:
            sound = False
            yield wrong(f"WAREHOUSE_ENCODINGS names {name!r}, which is none.", "utf-8, utf-16 and windows-1252 are.")
    try:
        duckdb.connect(config={"memory_limit": settings.memory_limit}).close()
    except duckdb.Error:
        sound = False
        yield wrong(f"WAREHOUSE_MEMORY_LIMIT is no size: {settings.memory_limit!r}.", "Write it as in 2GB.")
    if settings.threads < 1:
        sound = False
        yield wrong(f"WAREHOUSE_THREADS is {settings.threads}.", "One at least; blank takes all there are.")
    if sound:
        yield ok("Every value can be read.")


def time_zone(settings: Settings) -> Seen:
    told = settings.timezone.key
    if told not in zoneinfo.available_timezones():
        yield wrong(f"WAREHOUSE_TIMEZONE {told} is not known here.", "Install tzdata, or set Europe/London.")
    elif told != "Europe/London":
        yield warn(
            f"Nights are counted in {told}.", "Services of England keep Europe/London: set it, unless yours do not."
        )
    else:
        yield ok(f"Nights are counted in {told}.")


def key(settings: Settings) -> Seen:
    """Is it there, and is it the key of raw? Asking must not make one."""
    home = settings.home
    now = epoch.current(home)
    if pseudonyms.is_made_here() and not pseudonyms.made_here(home).exists():
        if now is None:
            yield warn(
                "No pseudonym key is set: the first night will make one in secrets/ of the home.",
                "Set WAREHOUSE_PSEUDONYM_KEY_FILE, and keep a copy in the council's vault, before anything lands.",
            )
            return
        yield wrong(
            f"No pseudonym key is set, and raw was made with key {now.key_id}.",
            "Set it again; if it is lost, warehouse rotate-key gives raw another one.",
        )
        return
    key_id = pseudonyms.load(home).key_id
    if now is not None and now.key_id != key_id:
        yield wrong(epoch.mismatch(now, key_id), "")
    elif pseudonyms.is_made_here():
        yield warn(
            f"Key {key_id} lies in secrets/ of the home, beside the data it protects.",
            "Fine on a laptop; else keep it elsewhere and set WAREHOUSE_PSEUDONYM_KEY_FILE or _COMMAND.",
        )
    else:
        yield ok(f"Key {key_id} is set{', and raw is of it' if now else '; raw is empty yet'}.")


def groups(settings: Settings) -> Seen:
    named = {
        "WAREHOUSE_READERS_GROUP": settings.readers_group,
        "WAREHOUSE_AGGREGATE_READERS_GROUP": settings.aggregate_readers_group,
    }
    of_authorities = (("WAREHOUSE_AUTHORITY_FILES", group) for group in settings.authority_files.values())
    for setting, name in (*named.items(), *of_authorities):
        if not name:
            continue
        try:
            group = grp.getgrnam(name)
        except KeyError:
            yield wrong(f"{setting} names {name}, which is no group here.", f"Make it: groupadd {name}.")
            continue
        if os.geteuid() != 0 and group.gr_gid not in os.getgroups():
            yield wrong(
                f"{setting} names {name}, and this user is not in it: nothing can be given to it.",
                f"Add the user to {name} and sign in again.",
            )
        else:
            yield ok(f"{setting}: group {name} is there.")
    if not any(named.values()):
        yield ok("No group of readers is set: what is published is for its owner's own group.")


def pango() -> Seen:
    from ctypes.util import find_library

    missing = [name for name in ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset") if find_library(name) is None]
    if missing:
        yield warn(
            f"Pages cannot be printed as PDF: {', '.join(missing)} is missing.",
            "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-liberation.",
        )
    else:
        yield ok("Pango is there: pages can be printed as PDF.")
