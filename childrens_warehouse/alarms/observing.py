"""What a run found: troubles for the incidents, and which of the open ones it has settled.

Words are ours alone: codes, names that are declared, dates and counts. A file's own words (the reason of a refusal
may quote a header that is none) stay in the ledger and in quarantine.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from childrens_warehouse.alarms import deadlines
from childrens_warehouse.alarms.incidents import Key, Kind, Scope, Settled, Trouble, in_words
from childrens_warehouse.build import kept_back
from childrens_warehouse.build.candidate import Stage, Workspace
from childrens_warehouse.datasets import Source, files_of
from childrens_warehouse.landing import manifest
from childrens_warehouse.landing.quarantine import rules
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.settings import Settings

Found = tuple[Scope, list[Trouble]]

_MARTS = Key(Kind.STALE, what="marts")
_SAME_AGAIN = "Do not clear the task: the same file is refused again."


def landing(
    settings: Settings,
    source: str,
    night: dt.date,
    run_id: str,
    *,
    on_time: Collection[str],
    late: Collection[str],
    lost: Collection[tuple[str, str, str]],
    is_listed: bool,
    is_closed: bool,
    fetched: Collection[str] = (),
    unfetched: Collection[str] | None = (),
    skipped: Collection[str] = (),
    unlisted: Collection[str] = (),
) -> Found:
    """A night of one source. What became of each file is read from the ledger.

    on_time, late: the authorities whose folder was complete, and was not, when the night went on; skipped: those that a
    person left out of it. lost: authority, extract date and name of files whose task ended without an outcome.
    fetched, unfetched: authorities whose files are fetched and whose fetching ended well, and did not; None when nobody
    could read which ones those are. unlisted: authorities of which nobody could say what there was to land.
    """
    events = _last_events(settings, source, run_id)
    as_of = _as_of(settings, source)
    found = [_late(source, night, authority, as_of.get(authority)) for authority in late]
    found += _refused(source, events)
    found += [_lost(source, authority, extract_date, name) for authority, extract_date, name in sorted(lost)]
    found += [_unfetched(source, night, authority) for authority in (("",) if unfetched is None else unfetched)]
    if is_listed and not (on_time or late or skipped):
        found.append(
            Trouble(
                Key(Kind.NO_FOLDERS, source=source),
                f"The inbox has no authority's folder: nothing of {source} landed for {night}.",
                "See whether the inbox was moved or its share is away; when it is back, the next run takes it up.",
                ("inbox/",),
                night,
            )
        )
    if not is_listed:
        found.append(
            Trouble(
                Key(Kind.NOT_LISTED, source=source),
                f"The files of {source} for {night} could not be listed: none of them landed.",
                "The log of the red task says why. Put that right and clear the task.",
                (f"task find_deliveries of land_{source}",),
                night,
            )
        )
    found += [
        Trouble(
            Key(Kind.NOT_LISTED, authority, source),
            f"The files of {source} of {authority} for {night} could not be listed: none of them landed.",
            "The log of the red task says why. Put that right and clear the task.",
            (f"task land_files of land_{source}",),
            night,
        )
        for authority in unlisted
    ]
    if not is_closed:
        found.append(
            Trouble(
                Key(Kind.NOT_CLOSED, source=source),
                f"The night of {night} of {source} was not closed: no build starts by itself.",
                "The log of close_night says why. Put that right and clear the task.",
                (f"task close_night of land_{source}",),
                night,
            )
        )
    settles = [
        Settled(
            Kind.LATE, f"{source} of {authority} arrived", authority, source, until=night,
            arrived_at=_arrival(settings, authority, source, night),
        )
        for authority in on_time
    ]  # fmt: skip
    settles += _settled_by_files(source, events)
    settles += [
        Settled(Kind.NOT_FETCHED, f"{source} of {authority} was fetched", authority, source, until=night)
        for authority in fetched
    ]
    if unfetched is not None:
        settles.append(Settled(Kind.NOT_FETCHED, "ways_in.toml was read", "", source, until=night))
    for kind, is_well, how in (
        (Kind.NO_FOLDERS, on_time or late or skipped, "the inbox has folders again"),
        (Kind.NOT_LISTED, is_listed, f"the files of {source} were listed"),
        (Kind.NOT_CLOSED, is_closed, f"a night of {source} was closed"),
    ):
        if is_well:
            settles.append(Settled(kind, how, source=source, until=night))
    return Scope(night, tuple(settles)), found


def build(
    settings: Settings,
    run_id: str,
    start: Mapping[str, Any] | None,
    layers: Sequence[Any] | None,
    verdict: Mapping[str, Any] | None,
    passed: Mapping[str, Any] | None = None,
) -> Found:
    """A run of build_warehouse: what each of its steps handed on, None for a step that did not end well.

    passed: what is for publication, which is another build than was judged where the gate refused some authorities.
    """
    scope, found = _build(settings, start, layers, verdict, passed)
    return scope, [*found, *_kept_back(settings, scope.night)]


def _build(
    settings: Settings,
    start: Mapping[str, Any] | None,
    layers: Sequence[Any] | None,
    verdict: Mapping[str, Any] | None,
    passed: Mapping[str, Any] | None,
) -> Found:
    night = dt.date.fromisoformat(start["as_at"]) if start and start.get("as_at") else _today(settings)
    if start is None:
        return Scope(night), [_not_built("begin_build", "The build could not begin.", night)]
    if not start["needed"]:
        how = "what is published holds all that is in force"
        return Scope(night, tuple(Settled(kind, how) for kind in (Kind.BUILD, Kind.GATE, Kind.PUBLISH))), []
    build_id = start["build_id"]
    if layers is None:
        return Scope(night), [_not_built("build_models", f"Build {build_id} failed. {_why(settings, build_id)}", night)]
    built = Settled(Kind.BUILD, f"build {build_id} was built")
    if verdict is not None and verdict.get("refused") and passed is None:
        state = Workspace.of(settings).load()
        if state is None or state.in_step or state.stage is not Stage.REFUSED_IN_PART:
            build_id = state.build_id if state else build_id
            if refused := _gate(settings, build_id, night):
                return Scope(night, (built,)), refused
            return Scope(night), [
                _not_built("build_without_refused", f"Build {build_id} failed. {_why(settings, build_id)}", night)
            ]
    if verdict is not None:
        return Scope(night, (built, Settled(Kind.GATE, f"build {build_id} passed the gate"))), []
    refused = _gate(settings, build_id, night)
    if refused:
        return Scope(night, (built, Settled(Kind.GATE, f"build {build_id} no longer breaks it"))), refused
    # Not Settled: a gate that did not judge says nothing of the rules that failed before.
    return Scope(night), [
        _not_built("judge", f"Build {build_id} could not be judged. {_why(settings, build_id)}", night)
    ]


def publication(settings: Settings, build_id: str | None, release: Mapping[str, Any] | None) -> Found:
    """A run of publish_marts: the build it was to publish, and the release that came of it."""
    night = _today(settings)
    if release is not None:
        name = release.get("release_id", "")
        return Scope(night, (Settled(Kind.PUBLISH, f"release {name} came out"),)), []
    what = f"Build {build_id} passed the gate and could not be published." if build_id else "No build was named."
    return Scope(night), [
        Trouble(
            Key(Kind.PUBLISH),
            what,
            "The log of the red task says why; most often the disk is full: make room, then clear the task.",
            ("task publish of publish_marts",),
            night,
        )
    ]


def serving(settings: Settings, served: Mapping[str, Any] | None) -> Found:
    """After a publication: what became of loading it into PostgreSQL, None where that did not end well.

    Where the setting is off, nobody reads there and nothing can be behind.
    """
    night = _today(settings)
    if settings.postgres is None:
        return Scope(night, (Settled(Kind.POSTGRESQL, "PostgreSQL is switched off"),)), []
    if served is not None:
        how = f"release {served.get('release_id', '')} is current in PostgreSQL"
        return Scope(night, (Settled(Kind.POSTGRESQL, how),)), []
    return Scope(night), [
        Trouble(
            Key(Kind.POSTGRESQL),
            "A release was published in the files and could not be loaded into PostgreSQL: BI tools there read the last"
            " one that could.",
            "The log of the red task says why. Put that right and clear the task, or run `warehouse load-postgresql`.",
            ("task load_into_postgresql of publish_marts", "the log of the PostgreSQL server"),
            night,
        )
    ]


def report(settings: Settings, made: Sequence[str] | None) -> Found:
    """A run of publish_report: the files it made, none where every report tells what it told; None where it failed."""
    night = _today(settings)
    if made is not None:
        return Scope(night, (Settled(Kind.REPORT, "the report is there as what is published has it"),)), []
    return Scope(night), [
        Trouble(
            Key(Kind.REPORT),
            "The report of what is published could not be made. The reports that were there still are.",
            "The log of the red task says why. Put that right and clear the task, or run `warehouse report`.",
            ("task make_reports of publish_report",),
            night,
        )
    ]


def staleness(settings: Settings, now: dt.datetime | None = None) -> Found:
    """Has too long gone by since something was published, or found to need no new release?

    Before the first release it is counted from the first night in the ledger; before that nothing is judged.
    """
    now = now or dt.datetime.now(dt.UTC)
    ledger = Ledger(settings.home.ledger)
    (known,) = ledger.query(
        """
        select
            (select max(recorded_at) from release_event) as published_at,
            (select max(recorded_at) from build_event where state = 'not needed') as looked_at,
            (select min(recorded_at) from source_night) as began_at
        """
    ) or ({"published_at": None, "looked_at": None, "began_at": None},)
    fresh_at = max(filter(None, (known["published_at"], known["looked_at"])), default=known["began_at"])
    scope = Scope(_today(settings, now), (Settled(Kind.STALE, "a release came out, or nothing had changed"),))
    if fresh_at is None:
        return scope, []
    age = now - dt.datetime.fromisoformat(fresh_at)
    limit = settings.alarms.stale_after
    if age <= limit:
        return scope, []
    never = "" if known["published_at"] else " Nothing was ever published."
    return scope, [
        Trouble(
            _MARTS,
            f"Nothing was published for {in_words(age)}; the limit is {in_words(limit)}.{never}",
            "See whether Airflow runs and whether its DAGs are paused; then look at the first red task, landing first.",
            ("the pages of Airflow", "ledger: build_event, release_event"),
        )
    ]


def deadline(settings: Settings, now: dt.datetime | None = None) -> Found:
    """Should the last night be published by now, and is it? Where no time is set, nothing is judged."""
    now = now or dt.datetime.now(dt.UTC)
    found = deadlines.due(settings, now)
    if found is None:
        how = "no time is set by which a night is to be published" if settings.publish_by is None else "no night is due"
        return Scope(_today(settings, now), (Settled(Kind.DEADLINE, how),)), []
    hangs_at = deadlines.hangs_at(settings, found.night)
    if hangs_at is None:
        return Scope(found.night, (Settled(Kind.DEADLINE, f"the night of {found.night} is published"),)), []
    by = found.by.astimezone(settings.timezone)
    return Scope(found.night), [
        Trouble(
            Key(Kind.DEADLINE, what="marts"),
            f"The night of {found.night} should have been published by {by:%H:%M} on {by:%-d %B %Y}, and is not: "
            f"{hangs_at}.",
            "Look at the step it names. Readers have the last good release meanwhile: tell those who wait for more.",
            ("the pages of Airflow", "ledger: source_night, build_event, release_event"),
            found.night,
        )
    ]


def _last_events(settings: Settings, source: str, run_id: str) -> list[dict[str, Any]]:
    """The run's last word on each dataset of each file: a cleared task says it again."""
    rows = Ledger(settings.home.ledger).query(
        "select authority, extract_date, dataset, file_name, status, rule from file_event "
        "where run_id = ? and source = ? order by event_id",
        (run_id, source),
    )
    last = {(row["authority"], row["extract_date"], row["file_name"], row["dataset"]): row for row in rows}
    return list(last.values())


def _as_of(settings: Settings, source: str) -> dict[str, str | None]:
    """Authority -> the night whose extract is in force, as the source was last closed."""
    closed = Ledger(settings.home.ledger).query(
        "select summary from source_night where source = ? order by rowid desc limit 1", (source,)
    )
    return json.loads(closed[0]["summary"])["as_of"] if closed else {}


def _late(source: str, night: dt.date, authority: str, as_of: str | None) -> Trouble:
    stays = f"What was in force stays: the extract of {as_of}." if as_of else "It never delivered one."
    return Trouble(
        Key(Kind.LATE, authority, source),
        f"{authority} delivered no complete folder of {source} for {night}. {stays}",
        f"Ask the supplier. When it arrives, the next run takes it in; sooner: trigger land_{source}, "
        f"then build_warehouse.",
        (f"inbox/{authority}/{source}/{night}/", "ledger: source_night"),
        night,
    )


def _refused(source: str, events: Sequence[Mapping[str, Any]]) -> list[Trouble]:
    """One trouble per authority and file, of its newest extract date."""
    refused = sorted(
        (event for event in events if event["status"] == "refused"), key=lambda event: event["extract_date"]
    )
    return [_refusal(source, event) for event in {(e["authority"], e["file_name"]): e for e in refused}.values()]


def _refusal(source: str, event: Mapping[str, Any]) -> Trouble:
    authority, name, day = event["authority"], _known(source, event["file_name"]), event["extract_date"]
    rule, explained = _rule(event["rule"])
    return Trouble(
        Key(Kind.REFUSED, authority, source, name),
        f"{name} of {authority}, {source}, of {day} was refused: {explained['what']} What was in force stays.",
        f"{explained['how_to_put_it_right']} {_SAME_AGAIN}".strip(),
        (f"quarantine/{authority}/{source}/{day}/{name}.refused.json", "ledger: file_event"),
        dt.date.fromisoformat(day),
        rule,
    )


def _lost(source: str, authority: str, day: str, file_name: str) -> Trouble:
    name = _known(source, file_name)
    return Trouble(
        Key(Kind.LOST, authority, source, name),
        f"{name} of {authority}, {source}, of {day} was not landed: its task failed. What was in force stays.",
        "The log of the task says why. Put that right; the next run takes the file up again. Sooner: clear the task, "
        "then trigger build_warehouse.",
        (f"task land_files of land_{source}",),
        dt.date.fromisoformat(day),
    )


def _unfetched(source: str, night: dt.date, authority: str) -> Trouble:
    happened, task = (
        (f"{source} of {authority} for {night} was not fetched: its task failed.", "fetch")
        if authority
        else (f"Nothing of {source} for {night} was fetched: ways_in.toml cannot be read.", "list_ways_in")
    )
    return Trouble(
        Key(Kind.NOT_FETCHED, authority, source),
        f"{happened} What lay in the inbox was landed.",
        f"The log of {task} says why. Put that right, try it with `warehouse ways-in`, then trigger land_{source} and "
        f"build_warehouse.",
        (f"task {task} of land_{source}", "ways_in.toml"),
        night,
    )


def _settled_by_files(source: str, events: Sequence[Mapping[str, Any]]) -> list[Settled]:
    settles = []
    for authority, day in sorted({(event["authority"], event["extract_date"]) for event in events}):
        until = dt.date.fromisoformat(day)
        folder = [event for event in events if (event["authority"], event["extract_date"]) == (authority, day)]
        for name in sorted({event["file_name"] for event in folder}):
            became = {event["status"] for event in folder if event["file_name"] == name}
            known = _known(source, name)
            if became & {"accepted", "unchanged"}:
                how = f"{known} of {authority}, of {day}, was taken in"
                settles.append(Settled(Kind.REFUSED, how, authority, source, known, until))
            if became & {"accepted", "unchanged", "refused"}:
                how = f"{known} of {authority}, of {day}, was read"
                settles.append(Settled(Kind.LOST, how, authority, source, known, until))
        # One that was refused again is found again, and so not ended by this.
        how = f"the manifest of {authority}, of {day}, was read"
        settles.append(Settled(Kind.REFUSED, how, authority, source, manifest.NAME, until))
    return settles


def _gate(settings: Settings, build_id: str, night: dt.date) -> list[Trouble]:
    """The rules that hold this build back: critical, not met and not waived. One trouble per suite and rule."""
    ledger = Ledger(settings.home.ledger)
    judged = ledger.query(
        "select state, detail from build_event where build_id = ? and step = 'gate' order by rowid desc limit 1",
        (build_id,),
    )
    if not judged or judged[0]["state"] != "fail":
        return []
    waived = {(each["rule"], each["table"]) for each in json.loads(judged[0]["detail"])["waived"]}
    suites = ledger.query("select suite, failed from gate_event where build_id = ? order by rowid", (build_id,))
    # Judged again after a waiver, a suite has more than one row: the last one stands.
    failed = {row["suite"]: json.loads(row["failed"]) for row in suites}
    troubles = {}
    for suite, rules_failed in failed.items():
        for each in rules_failed:
            if each["severity"] == "critical" and (each["rule"], suite) not in waived:
                rule, explained = _rule(each["rule"])
                troubles[suite, rule] = Trouble(
                    Key(Kind.GATE, what=f"{suite}:{rule}"),
                    f"The gate refused build {build_id}: {rule} on {suite}{_how_much(each)}. {explained['what']}",
                    f"{explained['how_to_put_it_right']} If the data is right, write a waiver; then trigger "
                    f"build_warehouse.".strip(),
                    ("ledger: gate_event", "build/candidate.duckdb"),
                    night,
                    rule,
                )
    return list(troubles.values())


def _kept_back(settings: Settings, night: dt.date) -> list[Trouble]:
    """The authorities whose data the gate refuses, while the others come out. One trouble each."""
    troubles = []
    for each in kept_back.on_file(Workspace.of(settings).folder):
        rules = ", ".join(each.rules)
        stays = "Nothing of it is published." if each.is_left_out else "Readers have it as it was last published."
        troubles.append(
            Trouble(
                Key(Kind.GATE, each.authority, what="authority"),
                f"The gate refuses what {each.authority} delivered since the night of {each.since}: {rules}. {stays} "
                "The other authorities come out without waiting for it.",
                "Have its data corrected: the next night tries again by itself. If it is right, write a waiver for "
                f'"authority": "{each.authority}"; then trigger build_warehouse.',
                ("release_authority in the marts", "ledger: gate_event, build_event"),
                night,
            )
        )
    return troubles


def _not_built(task: str, happened: str, night: dt.date) -> Trouble:
    return Trouble(
        Key(Kind.BUILD),
        happened.strip(),
        f"The log of {task} says why. Put that right and trigger build_warehouse again: a candidate is never "
        f"repaired, always rebuilt.",
        (f"task {task} of build_warehouse", "ledger: build_event", "logs/build/"),
        night,
    )


def _why(settings: Settings, build_id: str) -> str:
    """What the build itself said; blank if it was killed before it could."""
    said = Ledger(settings.home.ledger).query(
        "select detail from build_event where build_id = ? and state in ('failed', 'could not judge') "
        "order by rowid desc limit 1",
        (build_id,),
    )
    message = json.loads(said[0]["detail"])["message"] if said else ""
    return str(message).replace(f"{settings.home.root}/", "")


def _arrival(settings: Settings, authority: str, source: str, night: dt.date) -> dt.datetime | None:
    """When the folder was complete on this machine: its manifest's, or without one its newest file's."""
    folder = settings.home.inbox / authority / source / night.isoformat()
    try:
        files = [folder / manifest.NAME] if (folder / manifest.NAME).exists() else [*folder.iterdir()]
        # Not the time of modification, which many ways of copying keep; the folder's own, as it may be moved in whole.
        return dt.datetime.fromtimestamp(max(file.stat().st_ctime for file in (folder, *files)), dt.UTC)
    except (OSError, ValueError):
        return None


def _known(source: str, file_name: str) -> str:
    """The file's name if it is one we declared; a supplier's own name may hold anything."""
    if file_name == manifest.NAME or file_name in {file.name for file in files_of(Source(source))}:
        return file_name
    return f"undeclared-{hashlib.sha256(file_name.encode()).hexdigest()[:8]}"


def _rule(code: str) -> tuple[str, dict[str, str]]:
    unexplained = {"what": f"{code}, which expectations/rules.csv does not explain.", "how_to_put_it_right": ""}
    return code, rules().get(code, unexplained)


def _how_much(failed: Mapping[str, Any]) -> str:
    found, of = failed.get("unexpected_count"), failed.get("element_count")
    return f" ({found:,} of {of:,})" if found is not None and of else ""


def _today(settings: Settings, now: dt.datetime | None = None) -> dt.date:
    return (now or dt.datetime.now(dt.UTC)).astimezone(settings.timezone).date()
