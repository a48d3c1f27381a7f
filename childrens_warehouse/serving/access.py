"""Who may what on the server: the group roles of docs/adr/0013-postgresql-for-bi-tools.md."""

from __future__ import annotations

import psycopg
from psycopg import sql

from childrens_warehouse.errors import ServingFailed
from childrens_warehouse.serving.names import STORE, ReleaseSchemas, StoredTable

PUBLISHER = "warehouse_publisher"
AUDITOR = "warehouse_auditor"
AGGREGATE_READER = "warehouse_aggregate_reader"
CHILD_READER = "warehouse_child_reader"
ROLES = (PUBLISHER, AUDITOR, AGGREGATE_READER, CHILD_READER)


def prepare(connection: psycopg.Connection) -> None:
    """Make the roles and the schema of stored tables where they are missing, and act as the publisher from now on.

    Raises ServingFailed where they are missing and the user of the connection may not make them.
    """
    try:
        with connection.transaction():
            _make_roles(connection)
    except psycopg.errors.InsufficientPrivilege:
        raise ServingFailed(
            f"User {connection.info.user} may not make the roles {', '.join(ROLES)} and schema {STORE}: let it create"
            " roles and schemas once, or have the statements of docs/operating-guide.md run."
        ) from None
    connection.execute(sql.SQL("set role {}").format(sql.Identifier(PUBLISHER)))


def grant(connection: psycopg.Connection, release: ReleaseSchemas) -> None:
    """Let the groups into the schemas of a release, in the transaction that makes them."""
    for schema, groups in (
        (release.marts, (CHILD_READER,)),
        (release.marts_aggregate, (AUDITOR, AGGREGATE_READER, CHILD_READER)),
    ):
        for group in groups:
            names = {"schema": sql.Identifier(schema), "group": sql.Identifier(group)}
            connection.execute(sql.SQL("grant usage on schema {schema} to {group}").format(**names))
            connection.execute(sql.SQL("grant select on all tables in schema {schema} to {group}").format(**names))


def protect(connection: psycopg.Connection, stored: StoredTable) -> None:
    """Protect the rows of a table that was just filled, in the transaction that fills it."""


def _make_roles(connection: psycopg.Connection) -> None:
    there = {name for (name,) in connection.execute("select rolname from pg_roles").fetchall()}
    for role in ROLES:
        if role not in there:
            connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))
    publisher = sql.Identifier(PUBLISHER)
    [(is_member, may_create, has_store)] = connection.execute(
        "select pg_has_role(%s, 'member'), has_database_privilege(%s, current_database(), 'create'),"
        " exists (select from pg_namespace where nspname = %s)",
        (PUBLISHER, PUBLISHER, STORE),
    ).fetchall()
    if not is_member:
        connection.execute(sql.SQL("grant {} to current_user").format(publisher))
    if not may_create:
        connection.execute(
            sql.SQL("grant create on database {} to {}").format(sql.Identifier(connection.info.dbname), publisher)
        )
    if not has_store:
        connection.execute(sql.SQL("create schema {} authorization {}").format(sql.Identifier(STORE), publisher))
