"""Airflow reads its configuration when it is first imported: give it a home of its own before any test does."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from childrens_warehouse.settings import PROJECT

SCRATCH = Path(tempfile.mkdtemp(prefix="warehouse-airflow-"))
DAGS = PROJECT / "dags"

os.environ.update(
    {
        "AIRFLOW_HOME": str(SCRATCH),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
)


@pytest.fixture(scope="session")
def dag_bag():
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=DAGS)
