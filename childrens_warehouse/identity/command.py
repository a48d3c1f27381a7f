"""The commands about who is one child: what linking could not settle, and what people decide of it."""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter
from typing import Annotated

import duckdb
import typer

from childrens_warehouse import spreadsheets, sql
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.identity import child_identity, codes, decisions, persons, scores
from childrens_warehouse.identity.child_identity import Linking
from childrens_warehouse.identity.decisions import Decision, Verdict
from childrens_warehouse.identity.evidence import Identity, Kind
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.settings import Settings

links = typer.Typer(no_args_is_help=True, help="Which identities of the three services are one child.")

Authority = Annotated[str | None, typer.Option(help="Three-digit code; all of them by default.")]
Named = Annotated[
    str, typer.Argument(help="An identity as `list` shows it: social_care:123, health:45 or education:6.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(links, name="links")


@links.command("list")
def list_links(
    authority: Authority = None,
    show: Annotated[
        bool, typer.Option("--show", help="Names, birthdays and postcodes too: for who may read the restricted store.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="The pairs alone, as comma-separated values.")] = False,
) -> None:
    """How identities were joined, which pairs wait for a decision, and what contradicts itself."""
    settings = _settings()
    linking, levels, said = _examine(settings, show)
    if show:
        Ledger(settings.home.ledger).record_access("names of undecided pairs looked up", authority=authority or "all")
    pairs = [each for each in linking.joined.possible if authority in (None, linking.identities[each.one].authority)]
    head = ["authority", "one", "other", "probability", *scores.FEATURES]
    rows = [
        [
            linking.identities[each.one].authority,
            _told(linking.identities[each.one]),
            _told(linking.identities[each.other]),
            f"{each.probability:.3f}",
            *(levels.get((each.one, each.other), {}).get(feature) or "not said" for feature in scores.FEATURES),
            *([said.get(each.one, ""), said.get(each.other, "")] if show else []),
        ]
        for each in pairs
    ]
    if as_csv:
        spreadsheets.write(sys.stdout, head + (["one_says", "other_says"] if show else []), rows)
        return
    counted = Counter(
        (of.authority, str(of.kind), each.rule, str(each.outcome))
        for of, each in zip(linking.identities, linking.joined.identities, strict=True)
        if authority in (None, of.authority)
    )
    for (code, kind, rule, outcome), count in sorted(counted.items()):
        typer.echo(f"{code} {kind:<12}{rule:<15}{outcome:<9}{count:>8,}")
    refused = Counter(
        (linking.identities[each.one].authority, each.rule, each.why)
        for each in linking.joined.refused
        if authority in (None, linking.identities[each.one].authority)
    )
    for (code, rule, why), count in sorted(refused.items()):
        typer.echo(f"{code} left apart although {rule} joins them, because of {why}: {count:,}")
    typer.echo(f"{len(rows)} pairs wait for a decision.")
    for row in rows:
        code, one, other, probability, *agree = row
        features = ", ".join(f"{name} {level}" for name, level in zip(scores.FEATURES, agree, strict=False))
        typer.echo(f"{code} {one} {other} {probability}: {features}")
        for line in agree[len(scores.FEATURES) :]:
            typer.echo(f"    {line}")


@links.command()
def decide(
    verdict: Annotated[Verdict, typer.Argument(help="Are they the same child, or different ones?")],
    one: Named,
    other: Named,
    authority: Annotated[str, typer.Option(help="Three-digit code of the authority.")],
    by: Annotated[str, typer.Option(help="Who decides.")],
    reason: Annotated[str, typer.Option(help="Why; without the child's name.")],
) -> None:
    """Write down what a person decided of two identities; the next build goes by it. The last word on a pair counts."""
    settings = _settings()
    if not by.strip() or not reason.strip():
        raise typer.BadParameter("say who decides, and why")
    ends = _end(one), _end(other)
    if ends[0] == ends[1]:
        raise typer.BadParameter("an identity is itself")
    linking = _link(settings)
    place = {(each.authority, each.kind, each.key): number for number, each in enumerate(linking.identities)}
    for end in ends:
        if (authority, *end) not in place:
            raise typer.BadParameter(f"no file in force names {end[0]}:{end[1]} of authority {authority}")
    first, second = (place[authority, *end] for end in ends)
    adopted = [linking.identities[each].adoption for each in (first, second)]
    if verdict is Verdict.SAME and ends[0][0] is ends[1][0] is Kind.SOCIAL_CARE and any(adopted):
        raise ConfigurationError("The old and the new identity of an adopted child are never joined.")
    now = dt.datetime.now(dt.UTC)
    decisions.append(settings.home, Decision(verdict, authority, *ends, by.strip(), reason.strip(), now))
    linking = _link(settings)
    is_one = linking.joined.identities[first].child == linking.joined.identities[second].child
    became = "They are one child" if is_one else "They are two children"
    if is_one is not (verdict is Verdict.SAME):
        pair = {first, second}
        why = {each.why for each in linking.joined.refused if {each.one, each.other} == pair}
        became += f" all the same, because of {', '.join(sorted(why)) or 'other decisions'}"
    typer.echo(f"Written down. {became} from the next build on.")


@links.command()
def whose(
    code: Annotated[str, typer.Argument(help="A code of the managers' pages: 7K2Q-9XBM.")],
    authority: Annotated[str, typer.Option(help="Three-digit code of the authority.")],
) -> None:
    """Which numbers a child or worker has in the services' systems: for who may read the restricted store."""
    settings = _settings()
    try:
        modulus, rest = codes.matches(code)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if not settings.home.marts.exists():
        raise ConfigurationError(f"Nothing is published: there is no {settings.home.marts}.")
    with persons.private_connection(settings) as private:
        private.execute(f"attach {sql.literal(settings.home.marts)} as release (read_only)")
        identities = settings.home.restricted / "*" / authority / "*.identities.parquet"
        found = private.execute(
            f"""
            with keys as (
                select identity_key as key from release.bridge_child_identity
                where authority_code = $authority and child_key >= 0 and child_key % $modulus = $rest
                union select worker_key from release.dim_worker
                where authority_code = $authority and worker_key >= 0 and worker_key % $modulus = $rest
            )
            select distinct domain, value from read_parquet({sql.literal(identities)})
            where key in (select key from keys) and domain <> 'postcode'
            order by domain, value
            """,
            {"authority": authority, "modulus": modulus, "rest": rest},
        ).fetchall()
    if not found:
        raise typer.BadParameter(f"nobody of authority {authority} in the published release has this code")
    Ledger(settings.home.ledger).record_access("numbers behind a code looked up", authority=authority)
    for domain, value in found:
        typer.echo(f"{domain} {value}")


def _settings() -> Settings:
    settings = Settings.from_environment()
    settings.home.create()
    return settings


def _link(settings: Settings) -> Linking:
    from childrens_warehouse.raw.in_force import create_raw_schema, in_force

    force = in_force(settings)
    with duckdb.connect() as connection:
        create_raw_schema(connection, settings, force, [], with_children=False)
        return child_identity.link(connection, settings, force.extracts, force.decisions)


def _examine(
    settings: Settings, show: bool
) -> tuple[Linking, dict[tuple[int, int], dict[str, str | None]], dict[int, str]]:
    """Who is who, on which levels the undecided pairs agree, and, if asked for, what is said of them by name."""
    from childrens_warehouse.raw.in_force import in_force

    linking = _link(settings)
    pairs = [(each.one, each.other) for each in linking.joined.possible]
    with persons.private_connection(settings) as private:
        persons.read(private, settings.home, in_force(settings).extracts, linking.identities)
        persons.prepare(private)
        levels = scores.levels(private, pairs)
        said = persons.told(private, {place for pair in pairs for place in pair}) if show else {}
    return linking, levels, said


def _told(identity: Identity) -> str:
    return f"{identity.kind}:{identity.key}"


def _end(text: str) -> tuple[Kind, int]:
    kind, _, key = text.partition(":")
    try:
        return Kind(kind), int(key)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no identity like health:45") from None
