"""What the DAGs hand to each other. One home, so that no name is spelt twice."""

from __future__ import annotations

from airflow.sdk import Asset

from childrens_warehouse.datasets import Source

# "Tonight's extracts of this source are landed, or what was in force before stays in force": emitted every
# night, whatever arrived; the event says as of when each authority is known.
LANDED: dict[Source, Asset] = {source: Asset(f"landed_{source}", group="warehouse") for source in Source}

# A candidate that passed the gate; the event carries its build id.
GATED_BUILD = Asset("gated_build", group="warehouse")

# A candidate that the gate refused, on which a person may decide; the event carries its build id.
HELD_BUILD = Asset("held_build", group="warehouse")

# What readers see; the event carries the release.
PUBLISHED_MARTS = Asset("published_marts", group="warehouse")
