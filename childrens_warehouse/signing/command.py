"""The commands about returns that are signed off."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import duckdb
import typer

from childrens_warehouse import sql
from childrens_warehouse.errors import ConfigurationError, WarehouseError
from childrens_warehouse.publish.current import current_manifest
from childrens_warehouse.reference import SEEDS
from childrens_warehouse.settings import Settings
from childrens_warehouse.signing import sign_offs
from childrens_warehouse.signing.sign_offs import SignOff, Verdict

group = typer.Typer(no_args_is_help=True, help="Returns of a year that somebody signed off: their figures are final.")

_RETURNS = SEEDS / "statutory_return.csv"

Return = Annotated[str, typer.Argument(help="ssda903, cin_census or school_census.")]
Year = Annotated[int, typer.Argument(help="The calendar year in which its year ends: 2017 for 2016/17.")]
Authority = Annotated[str, typer.Option(help="Three-digit code of the authority.")]
By = Annotated[str, typer.Option(help="Who decides.")]
Reason = Annotated[str, typer.Option(help="Why; without a child's name.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(group, name="sign-off")


@group.command("list")
def list_sign_offs() -> None:
    """What was signed off, by whom, and what was taken back."""
    said = sign_offs.on_file(Settings.from_environment().home)
    for each in said:
        what = f"release {each.release_id}" if each.verdict is Verdict.SIGNED else "taken back"
        typer.echo(
            f"{each.authority} {each.return_code} {each.year}: {what}, {each.decided_at:%Y-%m-%dT%H:%M:%SZ} "
            f"by {each.by} ({each.reason})"
        )
    if not said:
        typer.echo("No return was signed off: every figure is provisional.")


@group.command()
def give(return_code: Return, year: Year, authority: Authority, by: By, reason: Reason) -> None:
    """Sign a return off: its figures as published now are final from the next build on, and kept to compare with."""
    settings = Settings.from_environment()
    first, last = _year(return_code, year)
    manifest = current_manifest(settings.home)
    if manifest is None:
        raise WarehouseError("Nothing is published yet: there is nothing to sign off.")
    if dt.date.fromisoformat(manifest["as_at"]) < last:
        raise WarehouseError(
            f"The year of {return_code} {year} ends on {last}; release {manifest['release_id']} speaks of "
            f"{manifest['as_at']}. Sign it off when it is over."
        )
    query = f"""
        select v.authority_code, v.indicator_id, v.definition_version, v.as_at, v.period, v.dimension, v.member,
            v.numerator, v.denominator, v.value
        from indicator_value as v
        inner join indicator as i using (indicator_id, definition_version)
        where v.authority_code = {sql.literal(authority)}
            and v.as_at between {sql.literal(first)} and {sql.literal(last)}
            and exists (
                select 1 from read_csv({sql.literal(_RETURNS)}, header = true, all_varchar = true) as r
                where r.return_code = {sql.literal(return_code)}
                    and contains(' ' || i.datasets || ' ', ' ' || r.dataset || ' ')
            )
    """
    with duckdb.connect(str(settings.home.marts), read_only=True) as connection:
        name, figures = sign_offs.keep_figures(settings.home, connection, query, f"{authority}-{return_code}-{year}")
    if not figures:
        (sign_offs.folder(settings.home) / name).unlink()
        raise WarehouseError(f"Release {manifest['release_id']} has no figure of {authority} for {return_code} {year}.")
    _write(settings, Verdict.SIGNED, authority, return_code, year, manifest["release_id"], name, by, reason)
    typer.echo(
        f"{return_code} {year} of {authority} is signed off as release {manifest['release_id']} has it: {figures:,} "
        "figures. The next build calls them final, and restated what differs from them later."
    )


@group.command("take-back")
def take_back(return_code: Return, year: Year, authority: Authority, by: By, reason: Reason) -> None:
    """Take a sign-off back: its figures are provisional again from the next build on."""
    settings = Settings.from_environment()
    if (authority, return_code, year) not in {each.of for each in _signed(settings)}:
        raise WarehouseError(f"{return_code} {year} of {authority} is not signed off.")
    _write(settings, Verdict.TAKEN_BACK, authority, return_code, year, "", "", by, reason)
    typer.echo(f"{return_code} {year} of {authority} is provisional again from the next build on.")


def _signed(settings: Settings) -> tuple[SignOff, ...]:
    return sign_offs.in_force(sign_offs.on_file(settings.home))


def _write(
    settings: Settings,
    verdict: Verdict,
    authority: str,
    return_code: str,
    year: int,
    release_id: str,
    figures: str,
    by: str,
    reason: str,
) -> None:
    if not by.strip() or not reason.strip():
        raise typer.BadParameter("say who decides, and why")
    said = SignOff(
        verdict, authority, return_code, year, release_id, figures, by.strip(), reason.strip(), dt.datetime.now(dt.UTC)
    )  # fmt: skip
    sign_offs.append(settings.home, said)


def _year(return_code: str, year: int) -> tuple[dt.date, dt.date]:
    """First and last day of the year of a return. Raises ConfigurationError for a return nobody knows."""
    found = (
        duckdb.connect()
        .execute(
            f"select distinct cast(year_ends_in as integer) from read_csv({sql.literal(_RETURNS)},"
            " header = true, all_varchar = true) where return_code = ?",
            [return_code],
        )
        .fetchall()
    )
    if len(found) != 1:
        raise ConfigurationError(f"No return is called {return_code}: seeds/statutory_return.csv names them.")
    month = int(found[0][0])
    first = dt.date(year - 1, month + 1, 1)
    return first, dt.date(year, month + 1, 1) - dt.timedelta(days=1)
