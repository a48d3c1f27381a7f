"""What things are called on the server, and the two that are handed around: a stored table, and a release's schemas."""

from __future__ import annotations

from dataclasses import dataclass

from childrens_warehouse.publish.tables import Table

STORE = "store"
MARTS = "marts"
MARTS_AGGREGATE = "marts_aggregate"


@dataclass(frozen=True)
class StoredTable:
    """One table of schema `store`: a table of some releases, or a partition of one. Filled once, never changed.

    name: in `store`. table: as the release has it (columns, comment). schema: the one it is seen in, marts or
    marts_aggregate.
    """

    name: str
    table: Table
    schema: str


@dataclass(frozen=True)
class ReleaseSchemas:
    """The schemas of one release as they are called now: while it is current, without its name."""

    release_id: str
    marts: str
    marts_aggregate: str


def of_release(release_id: str) -> ReleaseSchemas:
    """The schemas of a release that is not current. A name that needs no quotes: marts_2017_05_31_2d5b223f."""
    suffix = release_id.replace("-", "_")
    return ReleaseSchemas(release_id, f"{MARTS}_{suffix}", f"{MARTS_AGGREGATE}_{suffix}")


def current(release_id: str) -> ReleaseSchemas:
    """The schemas of the release that is current."""
    return ReleaseSchemas(release_id, MARTS, MARTS_AGGREGATE)
