"""On PYTHONPATH of Airflow's programs: has their tasks build a small home, with SQL in dbt's place (chaos.small).

When the steps of a build are imported, and not before: only tasks do that.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType

_STEPS = "childrens_warehouse.build.steps"


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != _STEPS:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        assert spec and spec.loader
        run = spec.loader.exec_module

        def run_and_install(module: ModuleType) -> None:
            run(module)
            from chaos import small

            small.install()

        spec.loader.exec_module = run_and_install  # type: ignore[method-assign]
        return spec


sys.meta_path.insert(0, _Finder())
