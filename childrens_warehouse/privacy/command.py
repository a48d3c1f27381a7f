"""The commands about identities: another key, and what may go."""

from __future__ import annotations

import datetime as dt
import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from childrens_warehouse.settings import OWNER_ONLY_FILE, Settings


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("rotate-key")(rotate_key)
    app.command("retention")(retention)


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
    apply: Annotated[bool, typer.Option("--apply/--dry-run", help="Remove it; else only say what would go.")] = False,
) -> None:
    """Remove originals and names whose time is over and on which nothing in force rests; never raw."""
    from childrens_warehouse.privacy import retention as keeping

    settings = Settings.from_environment()
    settings.home.create()
    if settings.retention_archive_months is None and settings.retention_restricted_months is None:
        typer.echo("No limit is set (WAREHOUSE_RETENTION_ARCHIVE_MONTHS, _RESTRICTED_MONTHS): everything is kept.")
        return
    now = dt.datetime.now(settings.timezone)
    found = keeping.overdue(settings, now.date())
    size = sum(each.path.stat().st_size for each in found)
    for each in found:
        typer.echo(f"{each.extract_date} {each.path.relative_to(settings.home.root)}")
    if apply:
        keeping.remove(settings, found, f"retention-{now:%Y%m%dT%H%M%S}")
    typer.echo(f"{len(found)} files, {size / 1e6:.1f} MB {'removed' if apply else 'would go: --apply removes them'}.")


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
