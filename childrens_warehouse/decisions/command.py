"""The commands of decisions about persons: legal holds, restrictions, rectifications."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import replace
from typing import Annotated

import typer

from childrens_warehouse.decisions import holds, rectifications, restrictions
from childrens_warehouse.decisions.holds import Hold, Verdict
from childrens_warehouse.decisions.keyed import Person
from childrens_warehouse.decisions.rectifications import Rectification
from childrens_warehouse.decisions.restrictions import Restriction
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.settings import Settings

legal_hold = typer.Typer(no_args_is_help=True, help="What may not be disposed of, whatever the schedule says.")
restrict = typer.Typer(no_args_is_help=True, help="Persons whose data is stored and not shown (Article 18).")
rectify = typer.Typer(no_args_is_help=True, help="Fields that are corrected until their source does (Article 16).")

Authority = Annotated[str, typer.Option(help="Three-digit code of the authority.")]
By = Annotated[str, typer.Option(help="Who decides.")]
Reason = Annotated[str, typer.Option(help="Why; without a child's name.")]
Whom = Annotated[
    str,
    typer.Argument(
        help="nhs_number:…, upn:…, child_id:…, patient_id:…, code:7K2Q-9XBM of a page, or "
        "name:Forename Surname:2005-06-17; - reads it from standard input, so that no history of commands keeps it."
    ),
]
File = Annotated[str, typer.Argument(help="The file of the row: _source_file of an export or of a published table.")]
Row = Annotated[int, typer.Argument(help="Its row in the file.")]
Column = Annotated[str, typer.Argument(help="The field, as raw or the delivered file calls it.")]
Dataset = Annotated[str, typer.Option(help="The list, where the file bears several.")]
Name = Annotated[str, typer.Argument(help="What the hold is called: claim-2017-12. Never a child's name.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(legal_hold, name="legal-hold")
    app.add_typer(restrict, name="restrict")
    app.add_typer(rectify, name="rectify")


@legal_hold.command()
def add(
    name: Name,
    by: By,
    reason: Reason,
    authority: Annotated[str, typer.Option(help="Three-digit code; of a class blank for all of them.")] = "",
    whom: Annotated[
        str, typer.Option(help="Everything of a person: nhs_number:…, upn:…, child_id:…, or - to ask.")
    ] = "",
    record_class: Annotated[
        str, typer.Option("--class", help="Everything of a class of the schedule; * for all.")
    ] = "",
    until: Annotated[str | None, typer.Option(help="The last day: 2018-06-30; without it until it is removed.")] = None,
) -> None:
    """Keep what is named, in every layer, until the hold is removed or its time is over."""
    from childrens_warehouse.privacy import finding
    from childrens_warehouse.privacy.retention import schedule

    settings = _settings()
    if bool(whom) == bool(record_class):
        raise typer.BadParameter("a hold is of a person (--whom) or of a class (--class)")
    if whom and not authority:
        raise typer.BadParameter("of which authority is the person? --authority")
    if record_class not in ("", holds.EVERY_CLASS, *(each.name for each in schedule.read(settings.home))):
        raise typer.BadParameter(f"{schedule.path(settings.home)} has no class {record_class!r}")
    if any(each.name == name for each in _in_force(settings)):
        raise WarehouseError(f"{name} is in force already: remove it, or call this one otherwise.")
    person = finding.find(settings, authority, whom).first if whom else None
    _write(settings, Verdict.HELD, name, authority, person, record_class, _day(until), by, reason)
    typer.echo(f"Written down. {name} wins over the schedule from now on.")


@legal_hold.command()
def remove(name: Name, by: By, reason: Reason) -> None:
    """Lift a hold: what is due by the schedule may go again."""
    settings = _settings()
    found = next((each for each in _in_force(settings) if each.name == name), None)
    if found is None:
        raise WarehouseError(f"No hold in force is called {name}: `warehouse legal-hold list` shows them.")
    _write(settings, Verdict.LIFTED, name, found.authority, found.person, found.record_class, None, by, reason)
    typer.echo(f"Written down. {name} holds nothing any more.")


@legal_hold.command("list")
def list_holds(history: Annotated[bool, typer.Option(help="Everything that was decided, lifted too.")] = False) -> None:
    """Which holds stand, of what, until when, and who decided it."""
    settings = _settings()
    said = holds.on_file(settings.home) if history else _in_force(settings)
    for each in said:
        what = (
            "a person" if each.person else "every class" if each.record_class == "*" else f"class {each.record_class}"
        )
        until = f" until {each.until}" if each.until else ""
        verdict = f"{each.verdict}: " if history else ""
        typer.echo(
            f"{verdict}{each.name}: {what}{f' of {each.authority}' if each.authority else ''}{until}, "
            f"{each.decided_at:%Y-%m-%dT%H:%M:%SZ} by {each.by} ({each.reason})"
        )
    if not said:
        typer.echo("No legal hold is in force.")


@restrict.command("add")
def add_restriction(whom: Whom, authority: Authority, by: By, reason: Reason) -> None:
    """Show no row about a person from the next release on; figures count them still."""
    from childrens_warehouse.privacy import finding

    settings = _settings()
    found = finding.find(settings, authority, whom)
    if any(each.person in found.identities for each in restrictions.in_force(restrictions.on_file(settings.home))):
        raise WarehouseError("This person is restricted already: `warehouse restrict list` shows since when.")
    _restrict(settings, restrictions.Verdict.RESTRICTED, found.first, by, reason)
    typer.echo(
        "Written down. Run a night now: its release has no row about them, earlier ones that have some are closed to"
        " readers, also on the server, and managers' pages that show them are removed."
    )


@restrict.command("remove")
def remove_restriction(whom: Whom, authority: Authority, by: By, reason: Reason) -> None:
    """Show rows about a person again, from the next release on."""
    from childrens_warehouse.privacy import finding

    settings = _settings()
    found = finding.find(settings, authority, whom)
    said = [
        each for each in restrictions.in_force(restrictions.on_file(settings.home)) if each.person in found.identities
    ]
    if not said:
        raise WarehouseError("This person is not restricted.")
    for each in said:
        _restrict(settings, restrictions.Verdict.LIFTED, each.person, by, reason)
    typer.echo("Written down. From the next release on they are shown again, and earlier releases are open again.")


@restrict.command("list")
def list_restrictions() -> None:
    """Who is restricted, by pseudonym, since when, who decided it and why."""
    said = restrictions.in_force(restrictions.on_file(_settings().home))
    for each in said:
        typer.echo(
            f"{each.person.authority} {each.person} since {each.decided_at:%Y-%m-%dT%H:%M:%SZ} by {each.by} "
            f"({each.reason})"
        )
    if not said:
        typer.echo("Nobody is restricted.")


@rectify.command("add")
def add_rectification(
    file: File,
    row: Row,
    column: Column,
    value: Annotated[str, typer.Argument(help="What it is to say, as raw has it: a code, 2017-05-31; blank: nothing.")],
    authority: Authority,
    by: By,
    reason: Reason,
    evidence: Annotated[str, typer.Option(help="On what it rests; without a child's name.")],
    dataset: Dataset = "",
) -> None:
    """Correct a field of a record, from the next build on, for as long as the source still says what is wrong."""
    from childrens_warehouse.decisions import correcting

    settings = _settings()
    _check(by, reason)
    if not evidence.strip():
        raise typer.BadParameter("say on what it rests")
    said, others = correcting.prepare(settings, authority, file, row, dataset, column, value or None)
    _rectify(settings, rectifications.Verdict.CORRECTED, said, by, reason, evidence)
    typer.echo(f"Written down. {said.dataset}.{said.column} of this record is corrected from the next build on.")
    for scope in others:
        typer.echo(f"The same record says the same in {scope}: correct it there too, if it is wrong there.")


@rectify.command("remove")
def remove_rectification(
    file: File, row: Row, column: Column, authority: Authority, by: By, reason: Reason, dataset: Dataset = ""
) -> None:
    """Let a field say again what its source says."""
    from childrens_warehouse.decisions import correcting

    settings = _settings()
    _check(by, reason)
    said = correcting.standing(settings, authority, file, row, dataset, column)
    _rectify(settings, rectifications.Verdict.WITHDRAWN, said, by, reason, said.evidence)
    typer.echo("Written down. From the next build on the field says what its source says.")


@rectify.command("list")
def list_rectifications() -> None:
    """Which fields are corrected, where they lie, and which corrections their source has overtaken. No values."""
    from childrens_warehouse.decisions import correcting

    told = correcting.states(_settings())
    for each, state, place in told:
        typer.echo(
            f"{each.authority} {each.dataset}.{each.column} ({each.scope}): {state}{f', {place}' if place else ''}; "
            f"{each.decided_at:%Y-%m-%dT%H:%M:%SZ} by {each.by} ({each.reason}; {each.evidence})"
        )
    if not told:
        typer.echo("No field is corrected.")


def _restrict(settings: Settings, verdict: restrictions.Verdict, person: Person, by: str, reason: str) -> None:
    _check(by, reason)
    now = dt.datetime.now(dt.UTC)
    restrictions.append(settings.home, Restriction(verdict, person, by.strip(), reason.strip(), now))
    _note(settings, f"restriction {verdict}", by, reason)


def _rectify(
    settings: Settings, verdict: rectifications.Verdict, said: Rectification, by: str, reason: str, evidence: str
) -> None:
    now = dt.datetime.now(dt.UTC)
    decided = replace(
        said, verdict=verdict, by=by.strip(), reason=reason.strip(), evidence=evidence.strip(), decided_at=now
    )
    rectifications.append(settings.home, decided)
    _note(settings, f"rectification {verdict}", by, reason, dataset=said.dataset, column=said.column)


def _note(settings: Settings, action: str, by: str, reason: str, **detail: str) -> None:
    Ledger(settings.home.ledger).record_access(
        action, f"R-{secrets.token_hex(4)}", by.strip(), reason=reason.strip(), **detail
    )


def _check(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise typer.BadParameter("say who decides, and why")


def _in_force(settings: Settings) -> tuple[Hold, ...]:
    return holds.in_force(holds.on_file(settings.home), dt.datetime.now(settings.timezone).date())


def _write(
    settings: Settings,
    verdict: Verdict,
    name: str,
    authority: str,
    person: Person | None,
    record_class: str,
    until: dt.date | None,
    by: str,
    reason: str,
) -> None:
    _check(by, reason)
    now = dt.datetime.now(dt.UTC)
    said = Hold(verdict, name, authority, person, record_class, until, by.strip(), reason.strip(), now)
    holds.append(settings.home, said)
    Ledger(settings.home.ledger).record_access(
        f"legal hold {verdict}", name, by.strip(), record_class=record_class, authority=authority
    )


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date like 2018-06-30") from None


def _settings() -> Settings:
    settings = Settings.from_environment()
    settings.home.create()
    return settings
