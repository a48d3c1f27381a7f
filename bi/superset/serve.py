"""Apache Superset with our dashboard, on this machine: `make superset`.

    python bi/superset/serve.py --port 8088
    python bi/superset/serve.py --export        takes over into assets/ what was changed in the browser

Runs in Superset's own environment. What it keeps lies in the home's folder `superset`, for the owner alone: its
database, the key that encrypts in it, and the password of the user admin.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import sys
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from childrens_warehouse.errors import ConfigurationError, WarehouseError  # noqa: E402
from childrens_warehouse.settings import OWNER_ONLY_FILE, Home, Settings, make_private  # noqa: E402

ASSETS = HERE / "assets"
# What stands in the files for the address of the database, which each home has its own of.
NO_ADDRESS = "duckdb:///:memory:"
ADMIN = "admin"
SERVER = ("--worker-class", "gthread", "--threads", "8", "--timeout", "120", "--no-control-socket")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8088)
    parser.add_argument("--export", action="store_true")
    arguments = parser.parse_args()
    try:
        home = Settings.from_environment().home
        address, engine_parameters = _figures(home)
        folder = _environment(home)
        if arguments.export:
            _export()
            return
        _prepare(folder, address, engine_parameters)
    except WarehouseError as problem:
        sys.exit(str(problem))
    print(f"Superset: http://127.0.0.1:{arguments.port}/superset/dashboard/childrens-services/", flush=True)
    print(f"User {ADMIN}, password in {folder / 'password'}. Stop it with Ctrl-C.", flush=True)
    server = ["--bind", f"127.0.0.1:{arguments.port}", *SERVER, "superset.app:create_app()"]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *server])  # noqa: S606


def _figures(home: Home) -> tuple[str, dict[str, Any]]:
    """SQLAlchemy address of the database with `marts_aggregate`, and what its engine is told."""
    address = os.environ.get("WAREHOUSE_SUPERSET_DATABASE_URL", "").strip()
    if address:
        return address, {}
    if not home.marts_aggregate.exists():
        raise ConfigurationError(
            f"There is no {home.marts_aggregate}: publish a night first (make nightly), or name a server in"
            " WAREHOUSE_SUPERSET_DATABASE_URL (postgresql+psycopg2://reader:...@host/warehouse)."
        )
    return f"duckdb:///{home.marts_aggregate}", {"connect_args": {"read_only": True}}


def _environment(home: Home) -> Path:
    """Tell Superset where it is; returns its folder in the home."""
    folder = make_private(home.root / "superset")
    os.environ |= {
        "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py"),
        "SUPERSET_HOME": str(folder),
        "SUPERSET_METADATA": f"sqlite:///{folder / 'superset.db'}",
        "SUPERSET_SECRET_KEY": _kept(folder / "secret_key", secrets.token_urlsafe(48)),
        "FLASK_APP": "superset.app:create_app()",
    }
    _kept(folder / "password", os.environ.get("WAREHOUSE_SUPERSET_PASSWORD", "").strip() or secrets.token_urlsafe(12))
    return folder


def _kept(path: Path, made: str) -> str:
    """What the file says; on the first call, what was just made. Readable by the owner alone from its birth."""
    if not path.exists():
        path.touch(OWNER_ONLY_FILE)
        path.write_text(made, encoding="utf-8")
    return path.read_text(encoding="utf-8")


def _prepare(folder: Path, address: str, engine_parameters: dict[str, Any]) -> None:
    """Bring Superset's database to its version, with the user admin, and take the files of `assets` over."""
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        from flask import g
        from flask_migrate import upgrade
        from superset import appbuilder, security_manager
        from superset.commands.importers.v1.assets import ImportAssetsCommand

        upgrade()
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        if security_manager.find_user(ADMIN) is None:
            role = security_manager.find_role("Admin")
            password = (folder / "password").read_text(encoding="utf-8")
            security_manager.add_user(ADMIN, "Superset", "Admin", "admin@localhost", role, password)
        g.user = security_manager.find_user(ADMIN)
        ImportAssetsCommand(contents(address, engine_parameters)).run()


def contents(address: str, engine_parameters: dict[str, Any]) -> dict[str, str]:
    """The files by their place in the bundle, with the address of the database in them."""
    files = {str(path.relative_to(ASSETS)): path.read_text(encoding="utf-8") for path in ASSETS.rglob("*.yaml")}
    for name in [name for name in files if name.startswith("databases/")]:
        database = yaml.safe_load(files[name])
        database["sqlalchemy_uri"] = address
        database["extra"]["engine_params"] = engine_parameters
        files[name] = yaml.safe_dump(database)
    return files


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text and " \n" not in text else None
    ),
)


def _export() -> None:
    """Write dashboards, charts and datasets as they are in Superset over the files of `assets`."""
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        from flask import g
        from superset import db, security_manager
        from superset.commands.dashboard.export import ExportDashboardsCommand
        from superset.models.dashboard import Dashboard

        g.user = security_manager.find_user(ADMIN)
        ids = [number for (number,) in db.session.query(Dashboard.id)]
        exported = {name: content() for name, content in ExportDashboardsCommand(ids).run()}
    for path in ASSETS.glob("*/**/*.yaml"):
        path.unlink()
    exported.pop("metadata.yaml")
    for name, text in exported.items():
        document = yaml.safe_load(text)
        if name.startswith("databases/"):
            document["sqlalchemy_uri"] = NO_ADDRESS
            document["extra"].pop("engine_params", None)
        if name.startswith("charts/"):
            document["params"].pop("datasource", None)
        # The numbers in names are those of one Superset's database.
        path = ASSETS / re.sub(r"_\d+\.yaml$", ".yaml", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110), "utf-8")
    print(f"Wrote {len(exported)} files to {ASSETS}.")


if __name__ == "__main__":
    main()
