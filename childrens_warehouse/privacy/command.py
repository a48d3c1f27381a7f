"""The commands about identities: another key, and what may go."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer

from childrens_warehouse.settings import OWNER_ONLY_FILE, Settings, parse_instant

_SAID = {
    "held": "kept by a legal hold although due",
    "kept": "kept: their time is not over",
    "unknown": "kept: nobody knows the day they count from",
}


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("rotate-key")(rotate_key)
    app.command("retention")(retention)
    app.command("subject-export")(subject_export)
    app.command("access-log")(access_log)


def rotate_key(
    to_file: Annotated[Path, typer.Option("--to-file", help="A file with the new key: 32 characters or more.")],
) -> None:
    """Give all of raw another pseudonym key. Call it again if it was cut short."""
    from childrens_warehouse.landing import pseudonyms
    from childrens_warehouse.privacy.rotation import rotate

    settings = Settings.from_environment()
    settings.home.create()
    new = pseudonyms.of_file(to_file, "--to-file")
    done = rotate(settings, new, f"rotate-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}", typer.echo)
    typer.echo(
        f"{done.files} files, {done.rows:,} rows and {done.identities:,} identities went from key {done.before} to "
        f"key {done.key_id} in {done.seconds:.0f} s. The next build starts from raw."
    )
    if pseudonyms.is_made_here():
        _replace_made_here(pseudonyms.made_here(settings.home), done.before, new.key.decode())
        typer.echo("The key in secrets/ was replaced; the old one is beside it: destroy it when nobody needs it.")
    else:
        typer.echo("Now set the new key where the settings look for it: until then no night lands.")


def retention(
    apply: Annotated[bool, typer.Option("--apply/--dry-run", help="Let it go; else only say what would.")] = False,
    by: Annotated[str, typer.Option(help="Who decides; with --apply.")] = "",
    reason: Annotated[str, typer.Option(help="On what occasion; with --apply; without a child's name.")] = "",
) -> None:
    """Say what is due by the schedule, class by class, in counts; or dispose of it. Legal holds win."""
    from childrens_warehouse.privacy.retention import disposing, schedule

    settings = Settings.from_environment()
    settings.home.create()
    now = dt.datetime.now(settings.timezone)
    if not schedule.read(settings.home):
        typer.echo(
            f"There is no {schedule.path(settings.home)}: everything is kept. seeds/retention_example.toml is one."
        )
        return
    found = disposing.dispose(settings, by, reason, now) if apply else disposing.look(settings, now.date())
    for line in found.lines:
        said = f"{line.persons:,} persons, {line.rows:,} rows" if line.persons is not None else f"{line.items:,}"
        became = ("disposed of" if apply else "due") if line.state == "due" else _SAID[line.state]
        typer.echo(f"{line.layer:<11}{line.authority or '-':<5}{line.record_class}: {said} {became}")
    if not any(line.state == "due" for line in found.lines):
        typer.echo("Nothing is due." if not found.awaited else "Nothing new is due.")
    elif not apply:
        typer.echo("--apply --by … --reason … disposes of what is due.")
    if found.awaited:
        typer.echo(
            f"{found.awaited} files, folders or releases still bear persons whose rows went: they are published or "
            "held. Run a night, then call again with --apply."
        )


def subject_export(
    whom: Annotated[
        str,
        typer.Argument(
            help="nhs_number:…, upn:…, child_id:…, patient_id:…, code:7K2Q-9XBM of a page, or "
            "name:Forename Surname:2005-06-17; - reads it from standard input, so that no history of commands keeps it."
        ),
    ],
    authority: Annotated[str, typer.Option(help="Three-digit code of the authority.")],
    to: Annotated[Path, typer.Option(help="A new folder, for its owner alone.")],
    by: Annotated[str, typer.Option(help="Who makes the export.")],
    reason: Annotated[str, typer.Option(help="On what occasion; without a child's name.")],
) -> None:
    """Write everything that is held on one person into a folder, from every layer, with where it came from."""
    from childrens_warehouse.privacy.subject import exporting

    settings = Settings.from_environment()
    settings.home.create()
    done = exporting.export(settings, authority, whom, to, by, reason)
    for layer, rows in done.rows.items():
        typer.echo(f"{layer:<12}{rows:>8,} rows")
    typer.echo(f"{done.reference}: {done.folder / 'index.html'}; {done.redacted} cells about others redacted.")
    if done.withheld:
        typer.echo(f"{done.withheld} things are to be looked at by hand: the page names them.")


def access_log(
    since: Annotated[str | None, typer.Option(help="From then on: 2017-06-01 or 2017-06-01T08:00:00Z.")] = None,
    by: Annotated[str, typer.Option(help="Of whoever has this in their name or login.")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="As comma-separated values.")] = False,
) -> None:
    """Who did and read what: readings on the server, exports, numbers looked up, pages made, decisions, disposals."""
    from childrens_warehouse import spreadsheets
    from childrens_warehouse.privacy import events

    settings = Settings.from_environment()
    settings.home.create()
    first = _from(since) if since else dt.datetime.min.replace(tzinfo=dt.UTC)
    found = [each for each in events.all_known(settings) if each.at >= first and by.casefold() in each.who.casefold()]
    rows = [[f"{each.at:%Y-%m-%dT%H:%M:%SZ}", each.who, each.what, each.about, each.reason] for each in found]
    if as_csv:
        spreadsheets.write(sys.stdout, ("at", "who", "what", "about", "reason"), rows)
        return
    for at, who, what, about, reason in rows:
        typer.echo(f"{at}  {who}: {what}, {about}{f' ({reason})' if reason else ''}")
    if not rows:
        typer.echo("Nobody did or read anything that is kept.")


def _from(since: str) -> dt.datetime:
    try:
        return parse_instant(f"{since}T00:00:00Z" if len(since) == len("2017-06-01") else since)
    except ValueError:
        raise typer.BadParameter(f"{since!r} is not a time like 2017-06-01 or 2017-06-01T08:00:00Z") from None


def _replace_made_here(path: Path, old_id: str, text: str) -> None:
    """Put the new key in the place of the home's own; the old one stays beside it under its id."""
    retired = path.with_name(f"retired-{old_id}.key")
    if path.exists() and path.read_text(encoding="utf-8").strip() == text:
        return
    part = path.with_suffix(f".{secrets.token_hex(8)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    if path.exists() and not retired.exists():
        retired.write_bytes(b"")
        retired.chmod(OWNER_ONLY_FILE)
        retired.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    part.replace(path)
