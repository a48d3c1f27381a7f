"""Read each DAG file as the DAG processor does, in a child forked from a process that has Airflow loaded, and print
as JSON what each cost: seconds of processor time, modules loaded, files and folders looked at below the home."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from airflow.dag_processing.dagbag import DagBag


def parse(path: Path, home: str) -> dict[str, object]:
    before, looked_at = set(sys.modules), []

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event in ("open", "os.listdir", "os.scandir") and str(arguments[0]).startswith(home + "/"):
            looked_at.append(str(arguments[0]).removeprefix(home))

    sys.addaudithook(note)
    began = time.process_time()
    bag = DagBag(dag_folder=path)
    seconds = time.process_time() - began
    return {
        "seconds": seconds,
        "dags": sorted(bag.dags),
        "tasks": sum(len(dag.tasks) for dag in bag.dags.values()),
        "errors": list(bag.import_errors.values()),
        "modules": sorted(set(sys.modules) - before),
        "looked_at": looked_at,
    }


def main() -> None:
    found = {}
    for path in sorted(Path(sys.argv[1]).glob("*.py")):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            with os.fdopen(writing, "w") as out:
                json.dump(parse(path, os.environ["WAREHOUSE_HOME"]), out)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as told:
            found[path.name] = json.load(told)
        os.waitpid(child, 0)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
