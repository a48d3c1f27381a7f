"""Parse the dbt project and hold it to the house rules and to the names that readers were promised: the part of
`make lint` that knows models."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from childrens_warehouse.build import dbt
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.modelling.rules import offences
from childrens_warehouse.upkeep import published_names


def check() -> list[str]:
    """What breaks a rule. Raises WarehouseError when dbt cannot parse the project or meets a deprecation."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "target"
        finished = dbt.run(
            ["--quiet", "parse", "--no-partial-parse", "--warn-error-options", '{"error": ["Deprecations"]}'],
            Path(folder) / "none.duckdb",
            target,
        )
        if finished.returncode:
            raise WarehouseError(f"dbt cannot parse the project:\n{finished.stdout.strip()}")
        manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    return [*offences(manifest), *published_names.offences()]
