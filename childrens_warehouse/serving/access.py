"""Who may read what on the server: roles, row-level security, and the log of who read rows about children.

Everything is forced on the stored tables and in the views over them, so it holds whatever a reader asks and however:
docs/adr/0013-postgresql-for-bi-tools.md. Readers are told apart by the login they came with (`session_user`), which
`set role` and functions that run as their owner leave alone.

    access.reader        the decisions in force, one row per login, role, authority and team
    access.event         who did what beside reading, for auditors
    access.team_person   who belongs to which team on the night of a release
    access.region_member who is in which region of a release: only who sees all of them may see the region's figures
    access.shown         the release that is current: its teams count, also for rows of earlier releases
    access.own_persons   the persons of the teams of whoever asks; whole_authorities: where that is everybody;
                         whole_regions: where that is everybody of all its authorities, of any release on the server
    access.note_reading  writes a line of the server's log; called by the views over rows about persons
"""

from __future__ import annotations

import hashlib
from typing import Any

import psycopg

from childrens_warehouse import sql
from childrens_warehouse.errors import ServingFailed
from childrens_warehouse.publish.tables import Column, Table
from childrens_warehouse.serving import access_classes
from childrens_warehouse.serving.access_classes import FOR_AUDITORS, Protection, Rows
from childrens_warehouse.serving.names import MARTS, STORE, ReleaseSchemas, StoredTable

PUBLISHER = "warehouse_publisher"
AUDITOR = "warehouse_auditor"
AGGREGATE_READER = "warehouse_aggregate_reader"
CHILD_READER = "warehouse_child_reader"
ROLES = (PUBLISHER, AUDITOR, AGGREGATE_READER, CHILD_READER)

# What begins a line of the server's log about a reading; the rest of the line is JSON.
MARK = "warehouse_reading "
ALL_TEAMS = "*"

Connection = psycopg.Connection[Any]

_OBJECTS = f"""
    create schema if not exists access;
    create table if not exists access.reader (
        login text not null,
        role text not null,
        authority_code text not null,
        team_name text not null,
        decided_by text not null,
        decided_at timestamptz not null,
        primary key (login, role, authority_code, team_name)
    );
    comment on table access.reader is
        'Who may read, as decided: per login and role; of child_reader also the authority and team (* is all).';
    create table if not exists access.team_person (
        release_id text not null,
        authority_code text not null,
        team_name text not null,
        kind text not null,
        person_key bigint not null,
        primary key (release_id, authority_code, team_name, kind, person_key)
    );
    comment on table access.team_person is
        'Children, their pupils and their workers, per team that holds the case on the night of a release.';
    create table if not exists access.region_member (
        release_id text not null,
        region text not null,
        authority_code text not null,
        primary key (release_id, region, authority_code)
    );
    comment on table access.region_member is 'Authorities behind the regional figures of each release on the server.';
    create table if not exists access.shown (release_id text not null);
    comment on table access.shown is 'The release that is current. At most one row.';
    create or replace function access.whole_authorities() returns text[]
        language plpgsql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $body$
    begin
        return array(
            select r.authority_code from access.reader as r
            where r.login = session_user and r.role = 'child_reader' and r.team_name = '{ALL_TEAMS}'
        );
    end
    $body$;
    create or replace function access.whole_regions() returns text[]
        language plpgsql stable parallel safe security definer set search_path = pg_catalog, pg_temp
    as $body$
    begin
        return array(
            select m.region from access.region_member as m
            group by m.region
            having bool_and(m.authority_code = any (access.whole_authorities()))
        );
    end
    $body$;
    create or replace function access.own_persons(variadic kinds text[])
        returns table (authority_code text, person_key bigint)
        language plpgsql stable parallel safe security definer set search_path = pg_catalog, pg_temp rows 1000
    as $body$
    begin
        return query
            select p.authority_code, p.person_key
            from access.shown as s
            inner join access.team_person as p on p.release_id = s.release_id
            inner join access.reader as r on r.authority_code = p.authority_code and r.team_name = p.team_name
            where r.login = session_user and r.role = 'child_reader' and p.kind = any (kinds);
    end
    $body$;
    revoke all on function access.whole_authorities(), access.whole_regions(), access.own_persons(text[]) from public;
    grant execute on function access.whole_authorities() to {CHILD_READER}, {AUDITOR};
    grant execute on function access.whole_regions(), access.own_persons(text[]) to {CHILD_READER};
    create table if not exists access.event (
        at timestamptz not null,
        who text not null,
        what text not null,
        about text not null,
        reason text not null
    );
    comment on table access.event is
        'Who exported, looked up, decided or disposed of what, as of the last load; readings are in the server''s log.';
    revoke all on schema access from public;
    grant usage on schema access to {AUDITOR};
    grant select on access.reader, access.event to {AUDITOR};
"""

_NOTE_READING = """
    create or replace function access.note_reading(table_name text, release_id text) returns boolean
        language plpgsql volatile parallel safe security definer
        set search_path = pg_catalog, pg_temp {quiet}
    as $body$
    begin
        raise log using message = '{mark}' || pg_catalog.json_build_object(
            'reader', session_user,
            'table', table_name,
            'release', release_id,
            'application', pg_catalog.current_setting('application_name'),
            'database', pg_catalog.current_database(),
            'session', pg_catalog.pg_backend_pid(),
            'at', pg_catalog.statement_timestamp() at time zone 'UTC'
        )::text;
        if pg_catalog.current_query() ~* '\\yexplain\\y'
            and not pg_catalog.pg_has_role(session_user, '{publisher}', 'member')
        then
            raise insufficient_privilege using message = 'explain analyze is not for readers of single children',
                detail = 'It tells how many rows of others a condition would have met.',
                hint = 'Use explain without analyze; the word must not be in the statement otherwise.';
        end if;
        return true;
    end
    $body$;
    revoke all on function access.note_reading(text, text) from public;
    grant execute on function access.note_reading(text, text) to {child_reader};
"""

# Of the server, not of the warehouse: only its superuser may. Without it readers still see no row more, but can write
# large objects and lines in a plain log that look like ours, make a load wait by taking its lock, and have an
# `explain analyze` run by a function that hides it.
_OF_THE_SERVER = f"""
    grant set on parameter log_min_error_statement to {PUBLISHER};
    revoke usage on language plpgsql from public;
    grant usage on language plpgsql to {PUBLISHER};
    revoke execute on function pg_catalog.lo_create(oid), pg_catalog.lo_creat(integer),
        pg_catalog.lo_from_bytea(oid, bytea) from public;
    do $body$
    declare called regprocedure;
    begin
        for called in select oid from pg_proc
            where proname ~ '^pg_(try_)?advisory_(xact_)?lock(_shared)?$'
                or proname ~ '^(query|cursor|table|schema|database)_to_xml'
        loop
            execute format('revoke execute on function %s from public', called);
            execute format('grant execute on function %s to {PUBLISHER}', called);
        end loop;
    end
    $body$;
"""


def prepare(connection: Connection) -> None:
    """Make the roles, the schema of stored tables and what views and policies rest on; take everybody's rights away;
    and act as the publisher from now on. Safe to call again, outside a transaction.

    Raises ServingFailed where the user of the connection may not, or where everybody keeps rights in the database.
    """
    database = sql.name(connection.info.dbname)
    try:
        with connection.transaction():
            _run(connection, "set local role none")
            _make_roles(connection, database)
            if _one(connection, "select rolsuper from pg_roles where rolname = session_user"):
                _run(connection, _OF_THE_SERVER)
            _run(connection, f"set local role {PUBLISHER}")
            _make_objects(connection)
            is_quiet = _one(
                connection, "select has_parameter_privilege(current_user, 'log_min_error_statement', 'set')"
            )
            # Without it the server's log repeats, below each line, the statement with the values that were asked for.
            quiet = "set log_min_error_statement = panic" if is_quiet else ""
            _run(
                connection, _NOTE_READING.format(quiet=quiet, mark=MARK, child_reader=CHILD_READER, publisher=PUBLISHER)
            )
    except psycopg.errors.InsufficientPrivilege as error:
        raise ServingFailed(
            f"User {connection.info.user} may not set the server up ({error.diag.message_primary}): make it the owner"
            f" of database {database}, with CREATEROLE."
        ) from None
    _refuse_rights_of_everybody(connection, database)
    _run(connection, f"set role {PUBLISHER}")


def protect(connection: Connection, stored: StoredTable) -> None:
    """Force on a stored table that readers see their rows alone. As publisher, once it is filled and before `analyze`.

    The server keeps no statistics of columns about persons: from its estimates anybody could read how many rows have a
    value, of any child and without reading one.

    A table that is protected so already is not touched, so that no reader is waited for. Raises ConfigurationError for
    a table that nobody has classed.
    """
    if stored.schema != MARTS:
        return
    protection = access_classes.of(stored.table)
    if protection.rows is Rows.OPEN:
        return
    relation = f"{STORE}.{sql.name(stored.name)}"
    condition = _condition(stored.table, protection)
    policy = f"readers_{hashlib.sha256(condition.encode()).hexdigest()[:12]}"
    found = connection.execute("select polname from pg_policy where polrelid = %s::regclass", [relation]).fetchall()
    if found == [(policy,)]:
        return
    with connection.transaction():
        for (old,) in found:
            _run(connection, f"drop policy {sql.name(old)} on {relation}")
        if protection.rows is not Rows.FIGURES:
            columns = ", ".join(f"alter column {sql.name(each.name)} set statistics 0" for each in stored.table.columns)
            _run(connection, f"alter table {relation} {columns}")
        _run(connection, f"create policy {policy} on {relation} for select using ({condition})")
        _run(connection, f"alter table {relation} enable row level security")
        _run(connection, f"alter table {relation} force row level security")


def protect_again(connection: Connection) -> None:
    """Bring what was stored before to the rules of today, where they changed since. As publisher."""
    stored = connection.execute(
        """
        select l.name, l.table_name, array_agg(a.attname::text order by a.attnum)
        from store.loaded as l
        inner join pg_attribute as a on a.attrelid = format('store.%I', l.name)::regclass and a.attnum > 0
        where l.schema_name = 'marts' and not a.attisdropped
        group by l.name, l.table_name
        """
    ).fetchall()
    with connection.transaction():
        # Who reads one of them for long makes the load try again, and not every other reader wait.
        _run(connection, "set local lock_timeout = '5s'")
        for name, of, columns in stored:
            table = Table(of, tuple(Column(column, "", True, None) for column in columns), (), None)
            protect(connection, StoredTable(name, table, MARTS))


def logged(table: Table, release_id: str) -> str | None:
    """The condition by which a view of `marts` writes down who reads it, once a statement; None where it need not.

    It belongs into the view's outermost `where`: above a `union all`, not in its parts. A sub-select, so that it is
    evaluated once, at each execution, before any row is read.
    """
    if not access_classes.of(table).is_logged:
        return None
    return f"(select access.note_reading({sql.literal(table.name)}, {sql.literal(release_id)}))"


def grant(connection: Connection, release: ReleaseSchemas) -> None:
    """Let the groups read the views of a release. As publisher, in the transaction that makes them."""
    marts, aggregate = sql.name(release.marts), sql.name(release.marts_aggregate)
    _run(connection, f"grant usage on schema {marts} to {CHILD_READER}, {AUDITOR}")
    _run(connection, f"grant select on all tables in schema {marts} to {CHILD_READER}")
    for name in sorted(FOR_AUDITORS):
        if _one(connection, "select to_regclass(%s)", f"{marts}.{name}"):
            _run(connection, f"grant select on {marts}.{name} to {AUDITOR}")
    _run(connection, f"grant usage on schema {aggregate} to {AGGREGATE_READER}")
    _run(connection, f"grant select on all tables in schema {aggregate} to {AGGREGATE_READER}")


def allocate(connection: Connection, release: ReleaseSchemas) -> None:
    """Write down who belongs to which team on the night of a release, and which authorities to which region.

    As publisher, in the transaction that makes its views. Per child and kind of worker the team counts whose worker
    came last, as in fct_child_allocation.
    """
    of = sql.name(release.marts)
    forget(connection, release.release_id)
    if _one(connection, "select to_regclass(%s)", f"{of}.bridge_region_authority"):
        _run(
            connection,
            f"insert into access.region_member select {sql.literal(release.release_id)}, region, authority_code"
            f" from {of}.bridge_region_authority",
        )
    needed = ("release", "fct_allocation", "bridge_pupil_child")
    if not all(_one(connection, "select to_regclass(%s)", f"{of}.{name}") for name in needed):
        return
    _run(
        connection,
        f"""
        with held as (
            select distinct on (a.authority_code, a.child_key, a.worker_role_code)
                a.authority_code, a.child_key, a.worker_key, a.team_name
            from {of}.fct_allocation as a
            cross join {of}.release as r
            where a.worker_role_code in ('social_worker', 'personal_adviser')
                and a.started_on <= r.as_at
                and (a.ended_on is null or r.as_at < a.ended_on)
            order by a.authority_code, a.child_key, a.worker_role_code, a.started_on desc, a.worker_key
        ), told as (
            select authority_code, team_name, 'child' as kind, child_key as person_key from held
            union
            select authority_code, team_name, 'worker', worker_key from held
            union
            select h.authority_code, h.team_name, 'pupil', b.pupil_key
            from held as h
            inner join {of}.bridge_pupil_child as b using (authority_code, child_key)
            union
            select h.authority_code, h.team_name, 'former_worker', a.worker_key
            from held as h
            inner join {of}.fct_allocation as a using (authority_code, child_key)
        )
        insert into access.team_person
        select {sql.literal(release.release_id)}, * from told where team_name <> 'unknown';
        analyze access.team_person
        """,
    )


def show(connection: Connection, release_id: str) -> None:
    """Let the teams of a release count from now on. As publisher, in the transaction that makes it current."""
    _run(connection, "delete from access.shown")
    connection.execute("insert into access.shown values (%s)", [release_id])


def forget(connection: Connection, release_id: str) -> None:
    """Remove what is known of the teams and regions of a release. As publisher, in the transaction that removes it."""
    for table in ("team_person", "region_member"):
        _run(connection, f"delete from access.{table} where release_id = {sql.literal(release_id)}")


def _condition(table: Table, protection: Protection) -> str:
    """The rows that whoever asks may see: sub-selects that are evaluated once and hashed, not per row.

    Of functions, as a table that is cut has each of them planned once per part.
    """
    is_publisher = f"(select pg_has_role(session_user, '{PUBLISHER}', 'member'))"
    if protection.rows is Rows.REGION:
        return f"{is_publisher}\n    or region = any ((select access.whole_regions())::text[])"
    parts = [is_publisher, "authority_code = any ((select access.whole_authorities())::text[])"]
    if table.name in FOR_AUDITORS:
        parts.append(f"(select pg_has_role(session_user, '{AUDITOR}', 'member'))")
    if protection.rows is Rows.FIGURES:
        own = (
            "select r.authority_code{} from access.reader as r where r.login = session_user and r.role = 'child_reader'"
        )
        parts += [
            f"(dimension = 'all' and authority_code in ({own.format('')}))",
            f"(dimension = 'team' and (authority_code, member) in ({own.format(', r.team_name')}))",
        ]
    before = ""
    for key in protection.keys:
        parts.append(f"{before}{_is_own(key, is_dimension=table.name.startswith('dim_'))}")
        before = f"{key} is null and "
    return "\n    or ".join(parts)


def _is_own(key: str, is_dimension: bool) -> str:
    kinds = {
        "child_key": ("child",),
        "pupil_key": ("pupil",),
        "subject_key": ("child", "pupil", "worker"),
        # Whoever ever held the case of a child of the team: facts joined with the dimension lose none.
        "worker_key": ("worker", "former_worker"),
    }[key]
    own = (
        f"(authority_code, {key}) in (select p.authority_code, p.person_key"
        f" from access.own_persons({sql.literals(kinds)}) as p)"
    )
    return f"({own} or {key} = -1)" if is_dimension else own


def _make_objects(connection: Connection) -> None:
    """Once per state of the code: to replace a view would wait for every query that looks through it."""
    state = hashlib.sha256(_OBJECTS.encode()).hexdigest()[:16]
    if _one(connection, "select obj_description(to_regnamespace('access'), 'pg_namespace')") == state:
        return
    _run(connection, _OBJECTS)
    _run(connection, f"comment on schema access is '{state}'")


def _make_roles(connection: Connection, database: str) -> None:
    for role in ROLES:
        if not _one(connection, "select 1 from pg_roles where rolname = %s", role):
            _run(connection, f"create role {role}")
    # Since version 16 who made a role is in it, but may not act as it.
    acting = "set" if connection.info.server_version >= 160000 else "member"
    if not _one(connection, f"select pg_has_role('{PUBLISHER}', '{acting}')"):
        _run(connection, f"grant {PUBLISHER} to session_user")
    for role in (CHILD_READER, AUDITOR):
        if not _one(connection, f"select pg_has_role('{role}', '{AGGREGATE_READER}', 'usage')"):
            _run(connection, f"grant {AGGREGATE_READER} to {role}")
    _run(connection, f"revoke all on database {database} from public")
    _run(connection, f"grant create, temporary, connect on database {database} to {PUBLISHER}")
    _run(connection, f"grant connect on database {database} to {AGGREGATE_READER}")
    _run(connection, "revoke all on schema public from public")
    if not _one(connection, "select 1 from pg_namespace where nspname = %s", STORE):
        _run(connection, f"create schema {STORE} authorization {PUBLISHER}")


def _refuse_rights_of_everybody(connection: Connection, database: str) -> None:
    left = connection.execute(
        """
        select 'database ' || quote_ident(datname)
        from pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) as granted
        where datname = current_database() and granted.grantee = 0
        union
        select 'schema ' || nspname
        from pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) as granted
        where nspname = 'public' and granted.grantee = 0
        """
    ).fetchall()
    if left:
        told = "; ".join(f"revoke all on {what} from public" for (what,) in sorted(left))
        raise ServingFailed(
            f"Everybody on the server has rights in database {database}, which user {connection.info.user} cannot take"
            f" away: make it the owner of the database, or let an administrator run: {told}."
        )


def _one(connection: Connection, query: str, *values: object) -> Any:
    found = connection.execute(query.encode(), values or None).fetchone()
    return found[0] if found else None


def _run(connection: Connection, statements: str) -> None:
    connection.execute(statements.encode())
