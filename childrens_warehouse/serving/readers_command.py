"""The commands about who may read from the PostgreSQL server, and who has read rows about children."""

from __future__ import annotations

import datetime as dt
import sys
from typing import Annotated

import duckdb
import typer

from childrens_warehouse import spreadsheets, sql
from childrens_warehouse.errors import ServingFailed, WarehouseError
from childrens_warehouse.serving import readers
from childrens_warehouse.serving.readers import Reader, Role, Verdict
from childrens_warehouse.settings import Settings, parse_instant

group = typer.Typer(no_args_is_help=True, help="Who may read what from the PostgreSQL server.")

Login = Annotated[str, typer.Argument(help="The name somebody, or a tool, signs in with; capitals count.")]
Authority = Annotated[str | None, typer.Option(help="Three-digit code; of readers of single children.")]
Team = Annotated[
    list[str] | None, typer.Option(help="A team whose children they may see, or '*' for all; may be given again.")
]
By = Annotated[str, typer.Option(help="Who decides.")]
Reason = Annotated[str, typer.Option(help="Why; without a child's name.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="As comma-separated values.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(group, name="readers")
    app.command()(readings)


@group.command()
def add(
    login: Login,
    role: Annotated[Role, typer.Option(help="What they may read.")],
    by: By,
    reason: Reason,
    authority: Authority = None,
    team: Team = None,
) -> None:
    """Let somebody read: at once, and after every load."""
    settings = Settings.from_environment()
    readers.check_login(login)
    if (bool(authority), bool(team)) != ((role is Role.CHILD_READER,) * 2):
        raise typer.BadParameter("a child_reader has --authority and --team, and nobody else has")
    _check_teams(settings, authority or "", team or [])
    _decide(settings, [(login, role, authority or "", each) for each in team or [""]], Verdict.GRANTED, by, reason)


@group.command()
def remove(
    login: Login,
    by: By,
    reason: Reason,
    role: Annotated[Role | None, typer.Option(help="This alone; without it everything.")] = None,
    authority: Authority = None,
    team: Team = None,
) -> None:
    """Let somebody read no longer: at once. A statement that runs is let run."""
    settings = Settings.from_environment()
    found = [
        (each.login, each.role, each.authority, each.team)
        for each in readers.in_force(readers.on_file(settings.home))
        if each.login == login
        and role in (None, each.role)
        and authority in (None, each.authority)
        and (not team or each.team in team)
    ]
    if not found:
        raise WarehouseError(f"{login} is no such reader: `warehouse readers list` shows them.")
    _decide(settings, found, Verdict.WITHDRAWN, by, reason)


@group.command("list")
def list_readers(
    history: Annotated[bool, typer.Option(help="Everything that was decided, withdrawn too.")] = False,
    as_csv: AsCsv = False,
) -> None:
    """Who may read what, since when, who decided it and why."""
    said = readers.on_file(Settings.from_environment().home)
    rows = [
        [
            each.login,
            each.role.value,
            each.authority,
            each.team,
            *([each.verdict.value] if history else []),
            f"{each.decided_at:%Y-%m-%dT%H:%M:%SZ}",
            each.by,
            each.reason,
        ]
        for each in (said if history else readers.in_force(said))
    ]
    head = ["login", "role", "authority", "team", *(["verdict"] if history else []), "decided_at", "by", "reason"]
    _show(head, rows, as_csv, "Nobody may read from the PostgreSQL server.")


@group.command()
def apply() -> None:
    """Bring the server to what is decided, as every load does."""
    settings = Settings.from_environment()
    readers.apply_to_server(settings)
    typer.echo(f"{len(readers.in_force(readers.on_file(settings.home)))} decisions are in force on the server.")


def readings(
    since: Annotated[str | None, typer.Option(help="From then on: 2017-06-01 or 2017-06-01T08:00:00Z.")] = None,
    reader: Annotated[str | None, typer.Option(help="Of this login alone.")] = None,
    as_csv: AsCsv = False,
) -> None:
    """Who has read rows about children from the PostgreSQL server: a line per statement and table, without its text."""
    from childrens_warehouse.serving import access_log, connecting

    settings = Settings.from_environment()
    told = connecting.required(settings)
    first = _from(since) if since else dt.datetime.min.replace(tzinfo=dt.UTC)
    rows = [
        [
            f"{each.at:%Y-%m-%dT%H:%M:%SZ}",
            each.reader,
            each.table,
            each.release_id,
            each.application,
            each.database,
        ]
        for each in access_log.readings(access_log.place(settings.home, told))
        if each.at >= first and reader in (None, each.reader)
    ]
    head = ["at", "reader", "table", "release", "application", "database"]
    _show(head, rows, as_csv, "The server's log tells of no reading.")


def _from(since: str) -> dt.datetime:
    try:
        return parse_instant(f"{since}T00:00:00Z" if len(since) == len("2017-06-01") else since)
    except ValueError:
        raise typer.BadParameter(f"{since!r} is not a time like 2017-06-01 or 2017-06-01T08:00:00Z") from None


def _decide(settings: Settings, whom: list[tuple[str, Role, str, str]], verdict: Verdict, by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise typer.BadParameter("say who decides, and why")
    now = dt.datetime.now(dt.UTC)
    for login, role, authority, team in whom:
        said = Reader(verdict, login, role, authority, team, by.strip(), reason.strip(), now)
        readers.append(settings.home, said)
        of = f" of {authority} {'all teams' if team == readers.ALL_TEAMS else team}" if team else ""
        typer.echo(f"Written down: {login} is {'now' if verdict is Verdict.GRANTED else 'no longer'} {role}{of}.")
    if settings.postgres is None:
        typer.echo("WAREHOUSE_POSTGRES_URL is blank: no server was told.")
        return
    try:
        readers.apply_to_server(settings)
    except WarehouseError as error:
        raise ServingFailed(
            f"It is written down, but the server does not go by it yet: {error} Then `warehouse readers apply`."
        ) from None
    typer.echo("The server goes by it.")


def _check_teams(settings: Settings, authority: str, teams: list[str]) -> None:
    """Refuse a team that no release knows: a slip would show nothing, and nobody would know why."""
    wanted = set(teams) - {readers.ALL_TEAMS}
    if not wanted or not settings.home.marts.exists():
        return
    with duckdb.connect(str(settings.home.marts), read_only=True) as connection:
        known = {
            name
            for (name,) in connection.execute(
                f"select team_name from dim_team where team_name <> 'unknown'"
                f" and authority_code = {sql.literal(authority)}"
            ).fetchall()
        }
    if unknown := wanted - known:
        raise typer.BadParameter(
            f"no team of {authority} is called {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}"
        )


def _show(head: list[str], rows: list[list[str]], as_csv: bool, nothing: str) -> None:
    if as_csv:
        spreadsheets.write(sys.stdout, head, rows)
        return
    if not rows:
        typer.echo(nothing)
        return
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, *rows]:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
