"""Settings, all from the environment, and the layout of a warehouse home.

`.env.example` lists every variable; docs/operating/settings.md explains them.
"""

from __future__ import annotations

import datetime as dt
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from childrens_warehouse.datasets.declaration import Source
from childrens_warehouse.disclosure.profiles import LOCAL, PROFILES, Profile
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.upkeep import home_format

PROJECT = Path(__file__).resolve().parent.parent

OWNER_ONLY_DIRECTORY = stat.S_IRWXU
OWNER_ONLY_FILE = stat.S_IRUSR | stat.S_IWUSR
GROUP_READS_DIRECTORY = OWNER_ONLY_DIRECTORY | stat.S_IRGRP | stat.S_IXGRP
GROUP_READS_FILE = OWNER_ONLY_FILE | stat.S_IRGRP

# Instead of an address: the server that `make up` starts on this machine.
LOCAL_POSTGRES = "local"


def make_private(folder: Path) -> Path:
    """Make a folder, and what lies between it and the nearest existing one, for its owner alone."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=OWNER_ONLY_DIRECTORY, exist_ok=True)
    return folder


def _make(folder: Path, mode: int) -> None:
    """Make a folder with its permissions. Whether others may pass through one that is there, publication decides."""
    passable = stat.S_IXOTH & folder.stat().st_mode if folder.exists() else 0
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(mode | passable)


@dataclass(frozen=True)
class Home:
    """Where data lives. Everything but `published`, `releases` and `quality` is for the owner alone."""

    root: Path

    @property
    def inbox(self) -> Path:
        """<authority>/<source>/<extract date>/<files>: what the systems delivered. Never written by a run."""
        return self.root / "inbox"

    @property
    def archive(self) -> Path:
        """Untouched copies of every file received, refused ones too."""
        return self.root / "archive"

    @property
    def restricted(self) -> Path:
        """Identities: the only place, with the archive, where a child can be named."""
        return self.root / "restricted"

    @property
    def raw(self) -> Path:
        """<dataset>/<authority>/…: immutable, pseudonymised Parquet, and who said when that it was so."""
        return self.root / "raw"

    @property
    def decisions(self) -> Path:
        """What people decided: links between identities, returns signed off; no values of a child."""
        return self.root / "decisions"

    @property
    def quarantine(self) -> Path:
        """Why files and rows were refused, and where in the archive they lie; no values."""
        return self.root / "quarantine"

    @property
    def build(self) -> Path:
        """The private candidate. Disposable."""
        return self.root / "build"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def postgres(self) -> Path:
        """The PostgreSQL server of this machine, where WAREHOUSE_POSTGRES_URL is local."""
        return self.root / "postgresql"

    @property
    def quality(self) -> Path:
        """The quality page, for whoever may read what is published."""
        return self.root / "quality"

    @property
    def marts(self) -> Path:
        return self.published / "marts.duckdb"

    @property
    def marts_aggregate(self) -> Path:
        """The suppressed figures, for everybody who may read any."""
        return self.published / "marts_aggregate.duckdb"

    @property
    def reports(self) -> Path:
        """<as at>/: the report as pages, of suppressed figures alone."""
        return self.published / "reports"

    @property
    def reports_restricted(self) -> Path:
        """<as at>/: the report for the panel, and managers' pages: small numbers are shown."""
        return self.published / "reports-restricted"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.sqlite"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def airflow(self) -> Path:
        return self.root / "airflow"

    def create(self) -> Home:
        """Make the folders, with their permissions. Safe to call again. Raises HomeFormatError."""
        # The group may pass through the home to what is published, but not list it.
        _make(self.root, OWNER_ONLY_DIRECTORY | stat.S_IXGRP)
        # Who may deliver is the operator's business: an inbox that is there keeps its permissions.
        make_private(self.inbox)
        private_ones = (self.archive, self.restricted, self.raw, self.decisions, self.quarantine, self.build, self.logs)
        for private in private_ones:
            private.mkdir(exist_ok=True)
            private.chmod(OWNER_ONLY_DIRECTORY)
        for public in (self.releases, self.published, self.quality):
            _make(public, GROUP_READS_DIRECTORY)
        home_format.ensure(self)
        return self


@dataclass(frozen=True)
class AlarmSettings:
    """Whom to tell of incidents, and through which of Airflow's connections. Nobody, unless asked to."""

    email: tuple[str, ...] = ()
    sender: str | None = None
    smtp_connection: str = "smtp_default"
    webhook_connection: str | None = None
    webhook_path: str = ""
    stale_after: dt.timedelta = dt.timedelta(hours=36)

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the channels that are set up."""
        return (*(("email",) if self.email else ()), *(("webhook",) if self.webhook_connection else ()))


@dataclass(frozen=True)
class SparkSettings:
    """Where Spark computes, where it is the engine of a build.

    master: as Spark names it; none means this machine, with our threads. options: what it is told beside, by name.
    """

    master: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PostgresSettings:
    """The server that BI tools read over the network.

    url: its address without a password, or LOCAL for a server of this machine that `make up` starts.
    password_command: prints the password; without it libpq's own ways count (PGPASSFILE, ~/.pgpass, PGPASSWORD).
    keep_releases: so many stay on the server, the current one among them. sessions: are single sessions of attendance
    loaded too? child_level: the authorities whose rows about persons are loaded, None for all. log: file or folder of
    the server's log, for who asks who has read.
    """

    url: str
    password_command: str | None = None
    keep_releases: int = 14
    sessions: bool = False
    local_port: int = 5433
    log: Path | None = None
    child_level: frozenset[str] | None = None

    @property
    def is_local(self) -> bool:
        return self.url == LOCAL_POSTGRES


@dataclass(frozen=True)
class Settings:
    """Everything a run may be told from outside."""

    home: Home
    target: str
    timezone: ZoneInfo
    schedule: str
    extract_offset: dt.timedelta
    cut_offs: Mapping[str, dt.timedelta]
    poll: dt.timedelta
    settle: dt.timedelta
    encodings: tuple[str, ...]
    memory_limit: str
    threads: int
    readers_group: str | None
    known_on: dt.datetime | None
    alarms: AlarmSettings = AlarmSettings()
    ways_in_file: Path | None = None
    # A build of what that release was built of, instead of what is in force; never from the environment.
    of_release: str | None = None
    aggregate_readers_group: str | None = None
    # Authority -> the group that may read its own file, None for the readers' group (publish.authority_files).
    authority_files: Mapping[str, str | None] = field(default_factory=dict)
    disclosure: Profile = LOCAL
    postgres: PostgresSettings | None = None
    spark: SparkSettings = SparkSettings()
    # Local times of day: by when a night is to be published, and until when a person may decide on a gate's question.
    publish_by: dt.time | None = None
    decide_by: dt.time | None = None

    def cut_off(self, source: str) -> dt.timedelta:
        """How long after the scheduled time a source's folders are waited for."""
        return self.cut_offs.get(source, self.cut_offs[""])

    @property
    def ways_in(self) -> Path:
        """Where it is written how each source comes in; without the file all of it comes by folder."""
        return self.ways_in_file or self.home.root / "ways_in.toml"

    @classmethod
    def from_environment(cls) -> Settings:
        """Raises ConfigurationError for what cannot be, and where this program may not work with the home."""
        settings = cls.of_any_home()
        home_format.look(settings.home)
        return settings

    @classmethod
    def of_any_home(cls) -> Settings:
        """The same, whatever format the home is of: for who upgrades or restores it."""
        return cls(
            home=Home(Path(_text("WAREHOUSE_HOME", str(PROJECT / "var"))).expanduser().resolve()),
            target=_choice("WAREHOUSE_TARGET", "duckdb", ("duckdb", "spark")),
            timezone=ZoneInfo(_text("WAREHOUSE_TIMEZONE", "Europe/London")),
            schedule=_text("WAREHOUSE_SCHEDULE", "0 4 * * *"),
            extract_offset=dt.timedelta(days=_integer("WAREHOUSE_EXTRACT_OFFSET_DAYS", -1)),
            cut_offs=_cut_offs("WAREHOUSE_CUT_OFF_MINUTES", "240"),
            poll=dt.timedelta(seconds=_integer("WAREHOUSE_POLL_SECONDS", 60)),
            settle=dt.timedelta(seconds=_integer("WAREHOUSE_SETTLE_SECONDS", 900)),
            encodings=tuple(part.strip() for part in _text("WAREHOUSE_ENCODINGS", "utf-8,utf-16").split(",")),
            memory_limit=_text("WAREHOUSE_MEMORY_LIMIT", "2GB"),
            threads=_integer("WAREHOUSE_THREADS", os.cpu_count() or 2),
            readers_group=os.environ.get("WAREHOUSE_READERS_GROUP") or None,
            aggregate_readers_group=os.environ.get("WAREHOUSE_AGGREGATE_READERS_GROUP") or None,
            authority_files=_groups_by_authority("WAREHOUSE_AUTHORITY_FILES"),
            disclosure=PROFILES[_choice("WAREHOUSE_DISCLOSURE_PROFILE", "local", tuple(PROFILES))],
            known_on=_instant("WAREHOUSE_KNOWN_ON"),
            alarms=AlarmSettings(
                email=tuple(part.strip() for part in _text("WAREHOUSE_ALARM_EMAIL", "").split(",") if part.strip()),
                sender=_text("WAREHOUSE_ALARM_FROM", "") or None,
                smtp_connection=_text("WAREHOUSE_ALARM_SMTP_CONNECTION", "smtp_default"),
                webhook_connection=_text("WAREHOUSE_ALARM_WEBHOOK_CONNECTION", "") or None,
                webhook_path=_text("WAREHOUSE_ALARM_WEBHOOK_PATH", ""),
                stale_after=dt.timedelta(hours=_integer("WAREHOUSE_STALE_AFTER_HOURS", 36)),
            ),
            ways_in_file=_path("WAREHOUSE_WAYS_IN"),
            postgres=_postgres(),
            spark=SparkSettings(os.environ.get("WAREHOUSE_SPARK_MASTER") or None, _options("WAREHOUSE_SPARK_OPTIONS")),
            publish_by=_time("WAREHOUSE_PUBLISH_BY"),
            decide_by=_time("WAREHOUSE_DECIDE_BY"),
        )


def log_format() -> str:
    """How lines are written (childrens_warehouse.observing.logs); asked before anything else can be wrong."""
    return _choice("WAREHOUSE_LOG_FORMAT", "text", ("text", "json"))


def _options(name: str) -> dict[str, str]:
    """name=value pairs, apart by blanks."""
    pairs = [pair.partition("=") for pair in _text(name, "").split()]
    if wrong := [option for option, sign, _ in pairs if not (option and sign)]:
        raise ConfigurationError(f"{name} must be name=value pairs apart by blanks; {wrong[0]!r} is none.")
    return {option: value for option, _, value in pairs}


def _postgres() -> PostgresSettings | None:
    if not (url := _text("WAREHOUSE_POSTGRES_URL", "")):
        return None
    keep = _integer("WAREHOUSE_POSTGRES_KEEP_RELEASES", 14)
    if keep < 1:
        raise ConfigurationError("WAREHOUSE_POSTGRES_KEEP_RELEASES must be 1 or more.")
    return PostgresSettings(
        url=url,
        password_command=_text("WAREHOUSE_POSTGRES_PASSWORD_COMMAND", "") or None,
        keep_releases=keep,
        sessions=_choice("WAREHOUSE_POSTGRES_SESSIONS", "no", ("no", "yes")) == "yes",
        local_port=_integer("WAREHOUSE_POSTGRES_LOCAL_PORT", 5433),
        log=_path("WAREHOUSE_POSTGRES_LOG"),
        child_level=_authorities("WAREHOUSE_POSTGRES_CHILD_LEVEL"),
    )


def _text(name: str, default: str) -> str:
    return os.environ.get(name, "").strip() or default


def _path(name: str) -> Path | None:
    value = os.environ.get(name, "").strip()
    return Path(value).expanduser().resolve() if value else None


def _integer(name: str, default: int) -> int:
    value = _text(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise ConfigurationError(f"{name} must be a whole number, not {value!r}.") from None


def _cut_offs(name: str, default: str) -> dict[str, dt.timedelta]:
    """Minutes by source; by "" for every other: 240, education=420."""
    minutes: dict[str, str] = {}
    for part in _text(name, default).split(","):
        source, _, number = part.rpartition("=")
        minutes[source.strip()] = number.strip()
    if "" not in minutes or set(minutes) - {"", *Source} or not all(map(str.isdigit, minutes.values())):
        raise ConfigurationError(
            f"{name} must be minutes, with others for single sources where they differ (240, education=420); the "
            f"sources are {', '.join(Source)}."
        )
    return {source: dt.timedelta(minutes=int(number)) for source, number in minutes.items()}


def _time(name: str) -> dt.time | None:
    """A local time of day; None where nothing is set."""
    value = os.environ.get(name, "").strip()
    try:
        return dt.datetime.strptime(value, "%H:%M").time() if value else None
    except ValueError:
        raise ConfigurationError(f"{name} must be a time of day (08:00), not {value!r}.") from None


def _choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    value = _text(name, default)
    if value not in choices:
        raise ConfigurationError(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def _authorities(name: str) -> frozenset[str] | None:
    """`310, 305`, or `none`; None for `all`."""
    value = _text(name, "all")
    if value in ("all", "none"):
        return None if value == "all" else frozenset()
    codes = [part.strip() for part in value.split(",")]
    if wrong := [code for code in codes if not _is_code(code)]:
        raise ConfigurationError(f"{name} must be all, none, or codes like 310, 305; {wrong[0]!r} is none.")
    return frozenset(codes)


def _is_code(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isdigit()


def _groups_by_authority(name: str) -> dict[str, str | None]:
    """`310=harrow_readers, 305`: authorities, each with the group it belongs to where one is named."""
    found: dict[str, str | None] = {}
    for part in filter(None, (part.strip() for part in os.environ.get(name, "").split(","))):
        authority, _, group = (each.strip() for each in part.partition("="))
        if not _is_code(authority) or authority in found:
            raise ConfigurationError(f"{name} must look like 310=harrow_readers, 305, each code once, not {part!r}.")
        found[authority] = group or None
    return found


def _instant(name: str) -> dt.datetime | None:
    value = os.environ.get(name, "").strip()
    if not value:
        return None
    try:
        return parse_instant(value)
    except ValueError:
        raise ConfigurationError(f"{name} must be a date or a time (2017-06-01T02:10:00Z), not {value!r}.") from None


def parse_instant(value: str) -> dt.datetime:
    """Read an ISO date or time as UTC. A bare date means the end of that day."""
    if len(value) == 10:
        return dt.datetime.combine(dt.date.fromisoformat(value), dt.time.max, dt.UTC)
    instant = dt.datetime.fromisoformat(value.replace("Z", "+00:00"))
    return instant.replace(tzinfo=dt.UTC) if instant.tzinfo is None else instant.astimezone(dt.UTC)
