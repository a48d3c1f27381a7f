"""Look at what the warehouse is made of.

python -m security audit                what is known against the pinned packages (make audit)
python -m security sbom --to FOLDER     what they are, as CycloneDX (make sbom)
python -m security secrets              does anything that is committed look like a secret
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path

from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.settings import PROJECT
from security import audit, bill, committed


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="security", description=__doc__.split("\n", 1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("audit", help="what is known against the pinned packages")
    commands.add_parser("sbom", help="what they are").add_argument("--to", type=Path, default=PROJECT / "var" / "sbom")
    commands.add_parser("secrets", help="what looks like one").add_argument(
        "--accept", action="store_true", help="write what is found down as no secret"
    )
    choice = parser.parse_args(argv)
    try:
        if choice.command == "audit":
            told = audit.judge(audit.look(audit.LOCKS), audit.Exceptions.read(), dt.datetime.now(dt.UTC).date())
            print("\n".join(told.lines))
            return 0 if told.is_well else 1
        if choice.command == "sbom":
            for path in bill.write(choice.to):
                print(path)
            return 0
        found = committed.look(committed.files())
        if choice.accept:
            committed.accept(found)
            return 0
        unknown = committed.unknown(found)
        print("\n".join(unknown) or f"Nothing in {len(committed.files())} files looks like a secret.")
        return 1 if unknown else 0
    except WarehouseError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
