"""The commands about what may not be disposed of."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from childrens_warehouse.decisions import holds
from childrens_warehouse.decisions.holds import Hold, Verdict
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.settings import Settings

legal_hold = typer.Typer(no_args_is_help=True, help="What may not be disposed of, whatever the schedule says.")

Authority = Annotated[str, typer.Option(help="Three-digit code of the authority.")]
By = Annotated[str, typer.Option(help="Who decides.")]
Reason = Annotated[str, typer.Option(help="Why; without a child's name.")]
Name = Annotated[str, typer.Argument(help="What the hold is called: claim-2017-12. Never a child's name.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(legal_hold, name="legal-hold")


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


def _in_force(settings: Settings) -> tuple[Hold, ...]:
    return holds.in_force(holds.on_file(settings.home), dt.datetime.now(settings.timezone).date())


def _write(
    settings: Settings, verdict: Verdict, name: str, authority: str, person: object, record_class: str,
    until: dt.date | None, by: str, reason: str,
) -> None:  # fmt: skip
    if not by.strip() or not reason.strip():
        raise typer.BadParameter("say who decides, and why")
    now = dt.datetime.now(dt.UTC)
    said = Hold(verdict, name, authority, person, record_class, until, by.strip(), reason.strip(), now)  # type: ignore[arg-type]
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
