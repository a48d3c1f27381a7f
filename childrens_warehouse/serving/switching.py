"""Releases as schemas of views, which of them is current, and which go.

Current is who bears the names `marts` and `marts_aggregate`. Making another one current is renames in one transaction:
they wait for nobody's query, and a query goes on with the views it began with.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from childrens_warehouse.errors import ServingFailed
from childrens_warehouse.publish import former_names, release_tables
from childrens_warehouse.publish.marts import RELEASE_COLUMNS, release_row
from childrens_warehouse.serving import access, names
from childrens_warehouse.serving.names import MARTS, MARTS_AGGREGATE, STORE, ReleaseSchemas
from childrens_warehouse.serving.parts import Part, postgres_type

# Below a second, after which the server looks for deadlocks and ends somebody's query.
_FIRST_WAIT_MS = 20
_LONGEST_WAIT_MS = 400
# Who has held a view for so long has its statement planned: no statement is planned for seconds.
PATIENCE_SECONDS = 3.0
_SECONDS_FOR_ALL = 60.0
# What nobody waits for goes next time.
_WAIT_TO_DROP = "100ms"


@dataclass(frozen=True)
class Dropped:
    """What retention came to. kept_for: releases that stay because somebody's views look at them, with those views."""

    releases: tuple[str, ...] = ()
    tables: int = 0
    kept_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def current(connection: psycopg.Connection) -> str | None:
    """The release that is current on the server; None before the first."""
    found = connection.execute("select release_id from store.release where is_current").fetchone()
    return found[0] if found else None


def loaded(connection: psycopg.Connection) -> tuple[str, ...]:
    """Every release on the server, the one that was current last first."""
    found = connection.execute(
        "select release_id from store.release order by is_current desc, current_since desc nulls last, loaded_at desc"
    ).fetchall()
    return tuple(release_id for (release_id,) in found)


def create(connection: psycopg.Connection, manifest: Mapping[str, Any], parts: Sequence[Part]) -> None:
    """Make the views of a release whose parts are all stored, under its own name, in the transaction of the caller."""
    release = names.of_release(manifest["release_id"])
    for schema, of in ((release.marts, MARTS), (release.marts_aggregate, MARTS_AGGREGATE)):
        # A schema without its release in the books was never anybody's.
        connection.execute(SQL("drop schema if exists {} cascade").format(Identifier(schema)))
        connection.execute(SQL("create schema {}").format(Identifier(schema)))
        tables: dict[str, list[Part]] = {}
        for part in parts:
            if part.stored.schema == of:
                tables.setdefault(part.table.name, []).append(part)
        statements: list[Composable] = [
            _release_view(schema, manifest),
            *(_told_view(schema, table, manifest) for table in release_tables.ALL),
        ]
        for of_table in tables.values():
            logged = access.logged(of_table[0].table, release.release_id) if of == MARTS else None
            statements += _view(schema, of_table, logged)
        if of == MARTS:
            statements += _views_over(schema, manifest.get("views", {}))
        connection.execute(SQL(";\n").join(statements))
    access.grant(connection, release)
    access.allocate(connection, release)


def make_current(
    connection: psycopg.Connection, release_id: str, say: Callable[[str], None] = lambda text: None
) -> bool:
    """Give a release that is on the server the names that everybody reads. Did that change anything?

    Raises ServingFailed if for a minute there was no moment in which nobody was between two look-ups.
    """
    before = current(connection)
    if before == release_id:
        return False
    views = _views(connection) if before else {}
    seen: dict[tuple[int, str], float] = {}
    started = time.monotonic()
    wait = _FIRST_WAIT_MS
    while True:
        passed_over = _held_long(connection, views, seen)
        try:
            with connection.transaction():
                connection.execute(SQL("set local lock_timeout = {}").format(Literal(f"{wait}ms")))
                for number, view in views.items():
                    if number not in passed_over:
                        # Changes nothing, and takes the view alone where `lock table` would take all below it too.
                        connection.execute(SQL("alter view {} owner to current_user").format(view))
                _rename(connection, before, release_id)
                _leave_nobody_between(connection, views)
            break
        except psycopg.errors.LockNotAvailable:
            if time.monotonic() - started > _SECONDS_FOR_ALL:
                raise ServingFailed(
                    f"Release {release_id} is loaded and not current: for {_SECONDS_FOR_ALL:.0f} s somebody was always"
                    " reading. The next attempt tries again."
                ) from None
            wait = min(2 * wait, _LONGEST_WAIT_MS)
            time.sleep(wait / 1000)
    if passed_over:
        say(f"{len(passed_over)} views are held by queries that began earlier: these go on with release {before}.")
    return True


def retain(connection: psycopg.Connection, keep: int) -> Dropped:
    """Remove the releases that were current longest ago, all but `keep`, and stored tables that none shows.

    The current one stays in any case. What somebody reads just now goes next time.
    """
    kept_for: dict[str, tuple[str, ...]] = {}
    dropped = []
    for release_id in loaded(connection)[keep:]:
        schemas = names.of_release(release_id)
        if others := views_of_others(connection, schemas):
            kept_for[release_id] = others
        elif _drop_release(connection, release_id, schemas):
            dropped.append(release_id)
    return Dropped(tuple(dropped), _drop_unused(connection), kept_for)


def drop(connection: psycopg.Connection, release_id: str) -> bool:
    """Remove a release that is not current, and stored tables that none shows then; views of others that look at it
    go with it. False while somebody reads it."""
    if not _drop_release(connection, release_id, names.of_release(release_id)):
        return False
    _drop_unused(connection)
    return True


def views_of_others(connection: psycopg.Connection, schemas: ReleaseSchemas) -> tuple[str, ...]:
    """Views outside the two schemas that look into them: people made them, and they keep to this release."""
    found = connection.execute(
        """
        select distinct v.oid::regclass::text
        from pg_depend as d
        join pg_rewrite as r on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
        join pg_class as v on r.ev_class = v.oid
        join pg_class as seen on d.refclassid = 'pg_class'::regclass and d.refobjid = seen.oid
        join pg_namespace as s on seen.relnamespace = s.oid
        join pg_namespace as own on v.relnamespace = own.oid
        where s.nspname = any (%(schemas)s) and own.nspname <> all (%(schemas)s)
        order by 1
        """,
        {"schemas": [schemas.marts, schemas.marts_aggregate]},
    ).fetchall()
    return tuple(name for (name,) in found)


def _view(schema: str, parts: Sequence[Part], logged: str | None) -> list[Composable]:
    """The view of one table, of one stored table or of its partitions together, with its comments.

    logged: the condition that writes down who reads it; above the union, so that it does so once.
    """
    table = parts[0].table
    name = Identifier(schema, table.name)
    columns = SQL(", ").join(Identifier(column.name) for column in table.columns)
    selects = [SQL("select {} from {}").format(columns, Identifier(STORE, part.name)) for part in parts]
    rows: Composable = SQL(" union all ").join(selects)
    if logged or table.former:
        types = {column.name: column.type for column in table.columns}
        former = [former_names.renamed(each.column, types[each.column], each.name, each.type) for each in table.former]
        shown = SQL(", ").join([columns, *map(SQL, former)])
        rows = SQL("select {} from ({}) as stored where {}").format(shown, rows, SQL(logged or "true"))
    statements: list[Composable] = [SQL("create view {} as {}").format(name, rows)]
    if table.comment:
        statements.append(SQL("comment on view {} is {}").format(name, Literal(table.comment.strip())))
    statements += [
        SQL("comment on column {} is {}").format(Identifier(schema, table.name, column.name), Literal(column.comment))
        for column in table.columns
        if column.comment
    ]
    return statements


def _views_over(schema: str, views: Mapping[str, Mapping[str, Any]]) -> list[Composable]:
    """The views that a release carries as text, which names tables without a schema."""
    statements: list[Composable] = [SQL("set local search_path = {}").format(Identifier(schema))]
    for name, content in views.items():
        view = Identifier(schema, name)
        statements.append(SQL("create view {} as {}").format(view, SQL(content["query"])))
        statements.append(SQL("comment on view {} is {}").format(view, Literal(content["comment"])))
        statements += [
            SQL("comment on column {} is {}").format(Identifier(schema, name, column), Literal(said))
            for column, said in content["columns"].items()
        ]
    return statements


def _release_view(schema: str, manifest: Mapping[str, Any]) -> Composed:
    """The one row that says which release this is, in the view itself."""
    values = [
        SQL("cast({} as {}) as {}").format(Literal(value), SQL(postgres_type(kind)), Identifier(name))
        for (name, kind, _), value in zip(RELEASE_COLUMNS, release_row(manifest), strict=True)
    ]
    view = Identifier(schema, "release")
    statements = [
        SQL("create view {} as select {}").format(view, SQL(", ").join(values)),
        SQL("comment on view {} is {}").format(view, Literal("The release in this schema. Exactly one row.")),
        *(
            SQL("comment on column {} is {}").format(Identifier(schema, "release", name), Literal(comment))
            for name, _, comment in RELEASE_COLUMNS
        ),
    ]
    return SQL(";\n").join(statements)


def _told_view(schema: str, table: release_tables.ToldTable, manifest: Mapping[str, Any]) -> Composed:
    """What the release tells of itself, in the view itself."""
    view, named = Identifier(schema, table.name), [name for name, _, _ in table.columns]
    rows: list[tuple[Any, ...]] = table.rows(manifest) or [(None,) * len(named)]
    values = SQL(", ").join(SQL("({})").format(SQL(", ").join(map(Literal, row))) for row in rows)
    columns = [
        SQL("cast({} as {}) as {}").format(Identifier(name), SQL(postgres_type(kind)), Identifier(name))
        for name, kind, _ in table.columns
    ]
    return SQL(";\n").join(
        (
            SQL("create view {} as select {} from (values {}) as listed ({}) where authority_code is not null").format(
                view, SQL(", ").join(columns), values, SQL(", ").join(map(Identifier, named))
            ),
            SQL("comment on view {} is {}").format(view, Literal(table.comment)),
            *(
                SQL("comment on column {} is {}").format(Identifier(schema, table.name, name), Literal(comment))
                for name, _, comment in table.columns
            ),
        )
    )


def _views(connection: psycopg.Connection) -> dict[int, Composed | Identifier]:
    """The views of the current release, by number."""
    found = connection.execute(
        "select c.oid, n.nspname, c.relname from pg_class as c join pg_namespace as n on c.relnamespace = n.oid"
        " where n.nspname = any (%s) and c.relkind = 'v' order by 2, 3",
        ([MARTS, MARTS_AGGREGATE],),
    ).fetchall()
    return {number: Identifier(schema, name) for number, schema, name in found}


def _held_long(
    connection: psycopg.Connection, views: Mapping[int, Any], seen: dict[tuple[int, str], float]
) -> set[int]:
    """The views that somebody has held for longer than it takes to plan a statement."""
    held = connection.execute(
        "select relation, virtualtransaction from pg_locks where locktype = 'relation' and granted"
        " and database = (select oid from pg_database where datname = current_database()) and relation = any (%s)"
        " and pid <> pg_backend_pid()",
        (list(views),),
    ).fetchall()
    now = time.monotonic()
    for holder in held:
        seen.setdefault(holder, now)
    return {view for view, transaction in held if now - seen[view, transaction] > PATIENCE_SECONDS}


def _rename(connection: psycopg.Connection, before: str | None, release_id: str) -> None:
    new = names.of_release(release_id)
    if before:
        old = names.of_release(before)
        _rename_schema(connection, MARTS, old.marts)
        _rename_schema(connection, MARTS_AGGREGATE, old.marts_aggregate)
    _rename_schema(connection, new.marts, MARTS)
    _rename_schema(connection, new.marts_aggregate, MARTS_AGGREGATE)
    connection.execute("update store.release set is_current = false where is_current")
    connection.execute(
        "update store.release set is_current = true, current_since = clock_timestamp() where release_id = %s",
        (release_id,),
    )
    access.show(connection, release_id)


def _rename_schema(connection: psycopg.Connection, name: str, to: str) -> None:
    connection.execute(SQL("alter schema {} rename to {}").format(Identifier(name), Identifier(to)))


def _leave_nobody_between(connection: psycopg.Connection, views: Mapping[int, Any]) -> None:
    """Look at the last moment whether a transaction that holds one of the old views waits for another one of them.

    It is in a later statement of that transaction, which would go on with a view of the new release: start over.
    """
    [(between,)] = connection.execute(
        "select exists (select from pg_locks as waits join pg_locks as holds using (virtualtransaction)"
        " where waits.relation = any (%(views)s) and not waits.granted and holds.relation = any (%(views)s)"
        " and holds.granted)",
        {"views": list(views)},
    ).fetchall()
    if between:
        raise psycopg.errors.LockNotAvailable


def _drop_release(connection: psycopg.Connection, release_id: str, schemas: ReleaseSchemas) -> bool:
    """Remove a release's views and its entry. Not if somebody is reading them."""
    try:
        with connection.transaction():
            connection.execute(SQL("set local lock_timeout = {}").format(Literal(_WAIT_TO_DROP)))
            for schema in (schemas.marts, schemas.marts_aggregate):
                connection.execute(SQL("drop schema if exists {} cascade").format(Identifier(schema)))
            connection.execute("delete from store.release_table where release_id = %s", (release_id,))
            connection.execute("delete from store.release where release_id = %s", (release_id,))
            access.forget(connection, release_id)
    except psycopg.errors.LockNotAvailable:
        return False
    return True


def _drop_unused(connection: psycopg.Connection) -> int:
    """Remove stored tables that no release shows. How many went?"""
    unused = connection.execute(
        "select name from store.loaded where name not in (select name from store.release_table) order by name"
    ).fetchall()
    gone = 0
    for (name,) in unused:
        try:
            with connection.transaction():
                connection.execute(SQL("set local lock_timeout = {}").format(Literal(_WAIT_TO_DROP)))
                # With it go the references of others to it.
                connection.execute(SQL("drop table {} cascade").format(Identifier(STORE, name)))
                connection.execute("delete from store.loaded where name = %s", (name,))
            gone += 1
        except psycopg.errors.LockNotAvailable:
            continue
    return gone
