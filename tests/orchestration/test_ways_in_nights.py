"""The real DAG on nights that are fetched: some authorities' files come, some late, some not at all."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ways_in_servers import sftp_server

from childrens_warehouse.datasets import BY_NAME
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.orchestration.environment import airflow_environment, prepare
from childrens_warehouse.settings import PROJECT, Home, Settings

pytestmark = pytest.mark.slow

FILE = "health_assessments.csv"
CONTENT = (
    ",".join(column.name for column in BY_NAME["health_assessments"].columns)
    + "\nA1,P1,C1,IHA,2017-04-03,2017-04-28,2017-04-20,completed,in,2017-04-25\n"
).encode()
WAY = """
[[way_in]]
authority = "{authority}"
source = "health"
kind = "sftp"
connection = "{connection}"
path = "/{authority}/{{extract_date}}"
"""


def manifest(authority: str) -> str:
    return json.dumps(
        {
            "authority": authority,
            "source": "health",
            "extract_date": "2017-05-31",
            "generated_at": "2017-06-01T02:10:00Z",
            "files": [{"name": FILE, "rows": 1}],
        }
    )


def deliver(root: Path, authority: str) -> Path:
    root.mkdir(parents=True)
    (root / FILE).write_bytes(CONTENT)
    (root / "_manifest.json").write_text(manifest(authority))
    return root


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """310 and 311 come by SFTP, 310's manifest at the third look; 312's server is away; 313 delivers into the inbox."""
    root = tmp_path_factory.mktemp("nights")
    settings = dataclasses.replace(Settings.from_environment(), home=Home(root / "home"))
    environment = {**airflow_environment(settings), "WAREHOUSE_POLL_SECONDS": "0", "WAREHOUSE_PSEUDONYM_KEY": "k" * 40}
    environment.pop("WAREHOUSE_WAYS_IN", None)
    prepare(settings, environment, root / "migrate.log")
    late = deliver(root / "supplier" / "310" / "2017-05-31", "310") / "_manifest.json"
    deliver(root / "supplier" / "311" / "2017-05-31", "311")
    deliver(settings.home.inbox / "313" / "health" / "2017-05-31", "313")
    content = late.read_text()
    late.write_text(content.replace(FILE, "not_there_yet.csv"))
    looks = []

    def on_list(path: str) -> None:
        if path == "/310/2017-05-31":
            looks.append(path)
            if len(looks) == 3:
                late.write_text(content)

    with sftp_server(root / "supplier") as server:
        server.on_list = on_list
        environment["AIRFLOW_CONN_FEED"] = server.connection()
        environment["AIRFLOW_CONN_AWAY"] = server.connection().replace(str(server.port), "1")
        here = "".join(WAY.format(authority=authority, connection="feed") for authority in ("310", "311"))
        scenes = {
            "comes_later": {"toml": here, "conf": {"wait": True}},
            "one_is_away": {
                "toml": here + WAY.format(authority="312", connection="away"), "conf": {"wait": False},
            },
            "cannot_be_read": {"toml": here.replace('"sftp"', '"ftp"'), "conf": {"wait": False}},
        }  # fmt: skip
        (root / "scenes.json").write_text(json.dumps(scenes))
        log = root / "rehearsal.log"
        with log.open("w") as output:
            done = subprocess.run(
                [
                    sys.executable, str(Path(__file__).with_name("rehearse_ways_in.py")),
                    str(root / "scenes.json"), str(root / "results.json"),
                ],
                env=environment, stdout=output, stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
    assert done.returncode == 0, log.read_text()[-3000:]
    results = json.loads((root / "results.json").read_text())
    return {**results, "settings": settings, "looks": looks, "opened": server.opened, "log": log.read_text()}


def tasks(scene, kind, task):
    return sorted(label or "" for each, name, label, _ in scene["tasks"] if (each, name) == (kind, task))


def reason(scene, task):
    return next(why for kind, name, _, why in scene["tasks"] if (kind, name) == ("failed", task))


def test_a_folder_elsewhere_is_waited_for_and_landed(night):
    scene = night["comes_later"]
    assert (scene["state"], scene["emitted"]["landed_health"]["late"]) == ("success", [])
    assert tasks(scene, "succeeded", "fetch") == ["310", "311"]
    assert tasks(scene, "succeeded", "wait_for_folder") == ["310", "311", "313"]
    assert tasks(scene, "succeeded", "land_files") == ["310", "311", "313"]
    assert len(night["looks"]) >= 3
    events = Ledger(night["settings"].home.ledger).query(
        "select authority from file_event where status = 'accepted' order by authority", ()
    )
    assert [event["authority"] for event in events] == ["310", "311", "313"]


def test_a_server_that_is_away_makes_its_authority_late_and_the_others_go_on(night):
    scene = night["one_is_away"]
    assert scene["emitted"]["landed_health"]["late"] == ["312"]
    (late,) = reason(scene, "raise_alarm").splitlines()
    assert late.startswith(
        "LATE: 312 delivered no complete folder of health for 2017-05-31 (sftp away cannot be reached or read "
        "(NoValidConnectionsError: Unable to connect to port 1 on 127.0.0.1)); what was in force stays."
    )
    assert tasks(scene, "failed", "fetch") == tasks(scene, "retrying", "fetch") == []


def test_a_second_run_transfers_nothing(night):
    assert night["opened"][FILE] == 2


def test_a_configuration_that_cannot_be_read_is_said_and_the_inbox_is_landed(night):
    scene = night["cannot_be_read"]
    assert "way_in 1 (310 health): kind must be one of sftp, folder, s3, azure, sql." in reason(scene, "list_ways_in")
    assert set(scene["emitted"]) == {"landed_health"}
    assert tasks(scene, "succeeded", "wait_for_folder") == ["310", "311", "313"]
    assert reason(scene, "raise_alarm").startswith("NOT FETCHED: health for 2017-05-31: ways_in.toml cannot be read")


def test_no_password_is_in_the_log(night):
    assert "a password for tests" not in night["log"]


def test_the_command_uses_the_connections_of_this_home(tmp_path):
    """Added as the guide says, in the database; the server is away, which is another thing than no connection."""
    home = Home(tmp_path / "home").create()
    Path(home.root / "ways_in.toml").write_text(WAY.format(authority="310", connection="away"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    environment |= {"WAREHOUSE_HOME": str(home.root), "PYTHONPATH": str(PROJECT)}

    def warehouse(*arguments: str) -> subprocess.CompletedProcess[str]:
        program = "from childrens_warehouse.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", program, *arguments], env=environment, capture_output=True, text=True, check=False
        )

    address = ["--conn-type", "sftp", "--conn-host", "127.0.0.1", "--conn-port", "1", "--conn-login", "harrow"]
    assert warehouse("airflow", "connections", "add", "away", *address).returncode == 0
    told = warehouse("ways-in", "--night", "2017-05-31")
    assert told.returncode == 1
    assert told.stdout == (
        "310 health FAILED: sftp away cannot be reached or read "
        "(NoValidConnectionsError: Unable to connect to port 1 on 127.0.0.1).\n"
    )
