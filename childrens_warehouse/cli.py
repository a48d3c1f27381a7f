"""The command line: the work that the DAGs and the Makefile call, one command each."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.observing import logs
from childrens_warehouse.settings import Settings, parse_instant

if TYPE_CHECKING:
    from childrens_warehouse.landing.delivery import Outcome

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # a local may hold a child's value
    help="A nightly data warehouse for English children's services.",
)

Night = Annotated[
    str | None, typer.Option("--night", help="Extract date, 2017-05-31; default: the newest in the inbox.")
]


def _settings() -> Settings:
    settings = Settings.from_environment()
    settings.home.create()
    return settings


def _night(settings: Settings, text: str | None) -> dt.date:
    from childrens_warehouse.landing.night import nights

    if text:
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            raise typer.BadParameter(f"{text!r} is not a date like 2017-05-31") from None
    found = nights(settings)
    if not found:
        raise typer.BadParameter(f"the inbox {settings.home.inbox} is empty: name a night or run `warehouse simulate`")
    return found[-1]


@app.command()
def land(night: Night = None) -> None:
    """Land what lies in the inbox, of every source and authority, up to a night. Fetches nothing."""
    from childrens_warehouse import run

    settings = _settings()
    _told_not_to_fetch(settings)
    day = _night(settings, night)
    run_id = f"land-{day}-{dt.datetime.now(dt.UTC):%H%M%S}"
    with logs.about(run_id=run_id, night=day):
        _print_outcomes(run.land_night(settings, day, run_id, logs.say))


@app.command()
def replay(
    dataset: Annotated[str | None, typer.Option(help="This dataset alone, e.g. attendance.")] = None,
) -> None:
    """Judge again, from the archive, the files in force that have rows set aside, or whose distances were derived
    with another postcode directory: after a code list was extended or the directory updated."""
    from childrens_warehouse.datasets import BY_NAME
    from childrens_warehouse.landing.night import judge_again

    if dataset and dataset not in BY_NAME:
        raise typer.BadParameter(f"{dataset!r} is no dataset; docs/data-dictionary.md lists them")
    now = dt.datetime.now(dt.UTC)
    logs.know(run_id=f"replay-{now:%Y%m%dT%H%M%S}")
    outcomes = judge_again(_settings(), logs.known()["run_id"], now.date(), dataset)
    _print_outcomes(outcomes)
    if not outcomes:
        typer.echo("No file in force has rows set aside or would be derived otherwise.")


@app.command()
def known(
    dataset: Annotated[str, typer.Argument(help="A dataset, e.g. ssda903_header.")],
    known_on: Annotated[
        str | None, typer.Option("--on", help="2017-06-01 (its end) or 2017-06-01T02:10:00Z; default: now.")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="Write the rows, pseudonymised, to this .parquet or .csv.")] = None,
) -> None:
    """Tell which files of a dataset counted at a moment of the past, and write their rows."""
    from childrens_warehouse.datasets import BY_NAME
    from childrens_warehouse.raw.known import files_known, write_rows

    if dataset not in BY_NAME:
        raise typer.BadParameter(f"{dataset!r} is no dataset; docs/data-dictionary.md lists them")
    if to and to.suffix not in (".parquet", ".csv"):
        raise typer.BadParameter(f"{to.name} must end in .parquet or .csv")
    settings, moment = _settings(), parse_instant(known_on) if known_on else None
    for each, rows in files_known(settings, BY_NAME[dataset], moment):
        typer.echo(
            f"{each.authority} {each.scope} {each.file_name} of {each.extract_date}, generated "
            f"{each.generated_at:%Y-%m-%dT%H:%M:%SZ}: {rows} rows"
        )
    if to:
        typer.echo(f"{write_rows(settings, BY_NAME[dataset], moment, to)} rows written to {to}")


def _print_outcomes(outcomes: Iterable[Outcome]) -> None:
    for outcome in outcomes:
        typer.echo(
            f"{outcome.status:<10}{outcome.authority}/{outcome.source}/{outcome.extract_date}/{outcome.file_name} "
            f"{outcome.dataset}: "
            f"{outcome.rows_read} read, {outcome.rows_loaded} loaded, {outcome.rows_refused} refused"
            + (f" ({outcome.rule}: {outcome.reason})" if outcome.rule else "")
        )


@app.command()
def build(
    known_on: Annotated[
        str | None, typer.Option(help="Build what was known at that time: 2017-06-01 or 2017-06-01T02:10:00Z.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Build from raw although nothing changed.")] = False,
) -> None:
    """Build the candidate from what is in force, test it and judge it. Publishes nothing."""
    from childrens_warehouse.build import steps

    settings = _settings()
    if known_on:
        settings = dataclasses.replace(settings, known_on=parse_instant(known_on))
    logs.know(run_id=f"build-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}")
    result = steps.build(settings, logs.known()["run_id"], logs.say, force=force)
    logs.know(build_id=result.build_id)
    typer.echo(f"{result.start.reason} Build {result.build_id or 'not needed'}.")


@app.command()
def publish(build_id: Annotated[str, typer.Argument(help="The gated build to publish.")]) -> None:
    """Publish a gated build: all of it or nothing."""
    from childrens_warehouse.publish import steps

    logs.know(build_id=build_id)
    release = steps.publish(_settings(), build_id)
    logs.know(release_id=release.release_id)
    typer.echo(f"Published release {release.release_id}.")


@app.command()
def run(night: Night = None) -> None:
    """Land, build, gate and publish one night in this process, without Airflow. Fetches nothing."""
    from childrens_warehouse import report
    from childrens_warehouse.run import run_night

    settings = _settings()
    _told_not_to_fetch(settings)
    day = _night(settings, night)
    result = run_night(settings, day, logs.say)
    logs.know(run_id=result.run_id, night=day, build_id=result.build.build_id)
    report.print_night(settings, day, result.run_id)


@app.command(name="ways-in")
def ways_in(
    night: Annotated[str | None, typer.Option(help="Extract date, 2017-05-31; default: the night due today.")] = None,
) -> None:
    """Say how each source comes into the inbox, and try every way in without fetching anything."""
    from childrens_warehouse.landing import ways_in as configuration
    from childrens_warehouse.orchestration.dates import extract_date

    settings = _settings()
    day = extract_date(settings, dt.datetime.now(dt.UTC), night)
    if not configuration.load(settings):
        typer.echo(f"Everything comes by folder, into {settings.home.inbox}: there is no {settings.ways_in}.")
        return
    program = ("-m", "childrens_warehouse.orchestration.ways_in", "--date", day.isoformat())
    raise typer.Exit(_with_airflow(*program, AIRFLOW__LOGGING__LOGGING_LEVEL="ERROR"))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def airflow(context: typer.Context) -> None:
    """Run any Airflow command on the Airflow of this home: `warehouse airflow connections list`."""
    raise typer.Exit(_with_airflow("-m", "airflow", *context.args))


@app.command()
def status(night: Night = None) -> None:
    """What needs a person, and what the last run of a night came to: files, gate, release, headline indicators."""
    from childrens_warehouse import report

    settings = _settings()
    report.print_status(settings, _night(settings, night))


@app.command()
def generate() -> None:
    """Write what derives from other files: dbt's source and exposures, the data dictionary, the page of rules, which
    figures of the catalogue are computed, and how many, the indicators as metrics for tools, and the names that
    readers are promised."""
    from childrens_warehouse.catalogue import counts, rows
    from childrens_warehouse.datasets import data_dictionary, dbt_sources, rule_page
    from childrens_warehouse.modelling import exposures, semantics
    from childrens_warehouse.upkeep import published_names

    for module in (dbt_sources, data_dictionary, rule_page, exposures, rows, counts, semantics, published_names):
        typer.echo(f"wrote {module.write()}")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def dbt(context: typer.Context) -> None:
    """Run any dbt command on the candidate database of this home, with the variables it needs."""
    from childrens_warehouse.build import dbt as runner

    settings = _settings()
    candidate = settings.home.build / "candidate.duckdb"
    finished = subprocess.run(
        [sys.executable, "-m", "childrens_warehouse.build.dbt", "--candidate", str(candidate), *context.args],
        cwd=runner.DBT_PROJECT,
        check=False,
    )
    raise typer.Exit(finished.returncode)


def _with_airflow(*arguments: str, **more: str) -> int:
    """Run a program beside this home's Airflow; in the containers, beside theirs."""
    from childrens_warehouse.orchestration.environment import airflow_environment, prepare

    environment = {**os.environ, "_AIRFLOW_PROCESS_CONTEXT": "server"}  # else connections in its database are not found
    if "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" not in os.environ:
        settings = _settings()
        environment |= airflow_environment(settings)
        prepare(settings, environment, settings.home.logs / "airflow-setup.log")
    return subprocess.run([sys.executable, *arguments], env=environment | more, check=False).returncode


def _told_not_to_fetch(settings: Settings) -> None:
    from childrens_warehouse.landing import ways_in as configuration

    if configuration.load(settings):
        typer.echo("Nothing is fetched here: this lands what lies in the inbox. `make nightly` and the DAGs fetch.")


def _register() -> None:
    from childrens_warehouse import ledger_commands
    from childrens_warehouse.alarms import command as alarms
    from childrens_warehouse.catalogue import command as catalogue
    from childrens_warehouse.changes import command as changes
    from childrens_warehouse.decisions import command as decisions
    from childrens_warehouse.identity import command as links
    from childrens_warehouse.landing import command as landing
    from childrens_warehouse.modelling import command as modelling
    from childrens_warehouse.observing import command as observing
    from childrens_warehouse.orchestration import command as orchestration
    from childrens_warehouse.pages import command as pages
    from childrens_warehouse.privacy import command as privacy
    from childrens_warehouse.serving import command as serving
    from childrens_warehouse.serving import readers_command as readers
    from childrens_warehouse.signing import command as signing
    from childrens_warehouse.simulate import command as simulate
    from childrens_warehouse.upkeep import command as upkeep

    for module in (
        simulate, privacy, decisions, landing, alarms, ledger_commands, changes, modelling, links, signing, catalogue,
        serving, readers, pages, upkeep, observing, orchestration,
    ):  # fmt: skip
        module.register(app)


def main() -> None:
    """Run the command line; an error of ours is one line, not a traceback."""
    try:
        with logs.spoken():
            app(standalone_mode=True)
    except WarehouseError as error:
        typer.secho(f"{type(error).__name__}: {error}", fg="red", err=True)
        raise SystemExit(1) from None


_register()


if __name__ == "__main__":
    main()
