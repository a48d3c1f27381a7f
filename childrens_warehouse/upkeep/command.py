"""The commands of whoever keeps an installation: upgrade, backup, restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from childrens_warehouse import __version__
from childrens_warehouse.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("upgrade")(upgrade)
    app.command("backup")(backup)
    app.command("restore")(restore)


def upgrade(
    check: Annotated[
        bool, typer.Option("--check", help="Say what is due, and do nothing; ends with 1 if anything is.")
    ] = False,
) -> None:
    """Bring the home to the format of this program, step by step. Safe to run again."""
    from childrens_warehouse.upkeep import home_format, upgrading

    home = Settings.of_any_home().home
    of = home_format.format_of(home)
    if of is None:
        typer.echo(f"There is nothing in {home.root} yet: what works there first makes it of today's format.")
        return
    if of > home_format.FORMAT or home_format.is_being_restored(home):
        home_format.look(home)
    if check:
        steps = upgrading.due(home)
        typer.echo(f"Format {of}; version {__version__} has {home_format.FORMAT}.")
        for step in steps:
            typer.echo(f"due: {step.what}{' (by itself, with the next command)' if step.is_harmless else ''}")
        raise typer.Exit(1 if steps else 0)
    was = upgrading.upgrade(home, typer.echo)
    typer.echo(f"{home.root} was of format {was} and is of {home_format.FORMAT}.")


def backup(
    to: Annotated[Path, typer.Option(help="Folder of the backups of data: pseudonyms, decisions, releases, ledger.")],
    restricted_to: Annotated[
        Path | None, typer.Option(help="Folder of those of inbox, archive and identities, apart from the other.")
    ] = None,
    encrypt_with: Annotated[
        str | None,
        typer.Option(
            help="Command that encrypts what it reads, for --restricted-to: 'age --encrypt --recipient age1…'"
        ),
    ] = None,
    keep: Annotated[int | None, typer.Option(min=1, help="So many backups stay; default: all.")] = None,
) -> None:
    """Back the home up while nights run; it costs what changed since the last one. The key is not in it."""
    from childrens_warehouse.upkeep import backing_up

    if encrypt_with and not restricted_to:
        raise typer.BadParameter("--encrypt-with is for --restricted-to")
    settings = Settings.from_environment()
    settings.home.create()
    written = backing_up.write(settings, to, restricted_to, encrypt_with, keep, typer.echo)
    if not restricted_to:
        typer.echo(
            "Not in it: inbox, archive and identities (--restricted-to). Without them no later night can be run."
        )
    if written.left_out:
        typer.echo(f"Not in it, because nobody said what they are: {', '.join(written.left_out)}.")
    typer.echo("Not in it: the pseudonym key. Keep it elsewhere.")


def restore(
    source: Annotated[Path, typer.Option("--from", help="A backup, or the folder of them: then the newest.")],
    restricted_from: Annotated[Path | None, typer.Option(help="The folder of its part with identities.")] = None,
    decrypt_with: Annotated[
        str | None, typer.Option(help="Command that decrypts what it reads: 'age --decrypt --identity key.txt'")
    ] = None,
    key_from: Annotated[
        Path | None, typer.Option(help="File with the pseudonym key, where no setting gives it; copied into secrets/.")
    ] = None,
    data_only: Annotated[
        bool, typer.Option("--data-only", help="Without identities: to look at, not to go on.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Hold every file against its hash, and write nothing.")
    ] = False,
) -> None:
    """Make a backup a home again, in WAREHOUSE_HOME, which must be empty. It publishes what was published."""
    from childrens_warehouse.upkeep import restoring

    if check:
        count = restoring.check(source, restricted_from, data_only, typer.echo)
        typer.echo(f"{count} files are as they were backed up.")
        return
    settings = Settings.of_any_home()
    done = restoring.restore(settings, source, restricted_from, decrypt_with, key_from, data_only, typer.echo)
    typer.echo(f"{settings.home.root} is backup {done.moment}; published is {done.release or 'nothing'}.")
