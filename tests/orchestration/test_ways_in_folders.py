"""Folders fetched from real servers: SFTP, S3-compatible storage, a mounted folder; Azure where a server is named."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ways_in_servers import s3_server, sftp_server

from childrens_warehouse.landing import manifest, ways_in
from childrens_warehouse.landing import night as landing
from childrens_warehouse.orchestration import fetching, remote
from childrens_warehouse.settings import Settings

pytestmark = pytest.mark.slow

NIGHT = dt.date(2017, 5, 31)
# The connection string of a storage account to try, as azurite prints it; it must let containers be made.
AZURE = os.environ.get("WAREHOUSE_AZURE_TEST_URL", "")
PATIENTS, ASSESSMENTS = b"patient_id\n1\n2\n", b"assessment_id\n7\n"
LONG_AGO = dt.datetime(2017, 6, 1, 2, 10, tzinfo=dt.UTC)


class OnDisk:
    """A place whose files lie in a folder of this machine, however they are fetched."""

    kind, connection = "folder", None

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = f"{root}/outgoing/{{extract_date}}"

    def put(self, name: str, content: bytes, day: str = "2017-05-31") -> None:
        folder = self.root / "outgoing" / day
        folder.mkdir(parents=True, exist_ok=True)
        again = (folder / name).exists()
        (folder / name).write_bytes(content)
        os.utime(folder / name, (LONG_AGO.timestamp() + 60 * again,) * 2)

    def newest(self) -> dt.datetime:
        return LONG_AGO


class OnSftp(OnDisk):
    kind = "sftp"

    def __init__(self, root: Path, server: Any) -> None:
        super().__init__(root)
        self.path, self.server = "/outgoing/{extract_date}", server
        self.connection = server.connection()


class InBucket:
    kind, path = "s3", "outgoing-cla/health/{extract_date}"

    def __init__(self, server: Any) -> None:
        self.server, self.connection = server, server.connection
        objects = server.client
        try:
            for listed in objects.list_objects_v2(Bucket="outgoing-cla").get("Contents", []):
                objects.delete_object(Bucket="outgoing-cla", Key=listed["Key"])
        except objects.exceptions.NoSuchBucket:
            objects.create_bucket(Bucket="outgoing-cla", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})

    def put(self, name: str, content: bytes, day: str = "2017-05-31") -> None:
        self.server.client.put_object(Bucket="outgoing-cla", Key=f"health/{day}/{name}", Body=content)

    def newest(self) -> dt.datetime:
        listed = self.server.client.list_objects_v2(Bucket="outgoing-cla")["Contents"]
        return max(each["LastModified"] for each in listed)


class InContainer:
    kind, path = "azure", "outgoing-cla/health/{extract_date}"

    def __init__(self) -> None:
        from azure.storage.blob import BlobServiceClient

        self.connection = json.dumps({"conn_type": "wasb", "extra": {"connection_string": AZURE}})
        service = BlobServiceClient.from_connection_string(AZURE)
        self.container = service.get_container_client("outgoing-cla")
        if not self.container.exists():
            self.container.create_container()
        for blob in self.container.list_blob_names():
            self.container.delete_blob(blob)

    def put(self, name: str, content: bytes, day: str = "2017-05-31") -> None:
        self.container.upload_blob(f"health/{day}/{name}", content, overwrite=True)

    def newest(self) -> dt.datetime:
        return max(blob.last_modified for blob in self.container.list_blobs())


@pytest.fixture(scope="module")
def s3():
    with s3_server() as server:
        yield server


@pytest.fixture
def sftp(tmp_path, monkeypatch):
    (tmp_path / "supplier" / "outgoing").mkdir(parents=True)
    with sftp_server(tmp_path / "supplier") as server:
        yield server


PLACES = ["folder", "sftp", "s3", pytest.param("azure", marks=pytest.mark.skipif(not AZURE, reason="no server named"))]


@pytest.fixture
def place(request, tmp_path):
    if request.param == "folder":
        return OnDisk(tmp_path / "supplier")
    if request.param == "sftp":
        return OnSftp(tmp_path / "supplier", request.getfixturevalue("sftp"))
    return InBucket(request.getfixturevalue("s3")) if request.param == "s3" else InContainer()


@pytest.fixture
def warehouse(settings, monkeypatch):
    """fetch(place, ...) fetches once for the night; `opened` counts what was read of the place, by file."""
    monkeypatch.setenv("WAREHOUSE_SETTLE_SECONDS", "0")
    return Warehouse(settings, monkeypatch)


class Warehouse:
    def __init__(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings, self.monkeypatch = settings, monkeypatch
        self.opened: Counter[str] = Counter()
        self.on_open: Any = None
        for kind in (remote._Sftp, remote._Storage):
            monkeypatch.setattr(kind, "open", self._counting(kind.open))

    def _counting(self, real: Any) -> Any:
        def opening(place: Any, folder: str, file: remote.RemoteFile) -> Any:
            self.opened[file.name] += 1
            if self.on_open:
                self.on_open(file.name)
            return real(place, folder, file)

        return opening

    def ways(self, place: Any) -> ways_in.Ways:
        entry = f'[[way_in]]\nauthority = "310"\nsource = "health"\nkind = "{place.kind}"\npath = "{place.path}"\n'
        if place.connection:
            # Airflow keeps file systems by connection: another server needs another name.
            name = f"way_{abs(hash(place.connection))}"
            self.monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", place.connection)
            entry += f'connection = "{name}"\n'
        self.settings.ways_in.write_text(entry)
        return ways_in.load(self.settings)[0]

    def fetch(self, place: Any, is_last_look: bool = False) -> fetching.Fetched:
        return fetching.fetch(Settings.from_environment(), self.ways(place), NIGHT, is_last_look)

    def folder(self, day: str = "2017-05-31") -> Path:
        return self.settings.home.inbox / "310" / "health" / day

    def told(self) -> manifest.Manifest:
        told = manifest.read(self.folder(), "310", "health", NIGHT)
        assert told is not None
        return told


def write_manifest(place: Any, *names: str, day: str = "2017-05-31", **change: Any) -> bytes:
    document = {
        "authority": "310", "source": "health", "extract_date": day, "generated_at": "2017-06-01T02:10:00Z",
        "files": [{"name": name} for name in names], **change,
    }  # fmt: skip
    content = json.dumps(document, indent=3).encode()
    place.put("_manifest.json", content, day)
    return content


everywhere = pytest.mark.parametrize("place", PLACES, indirect=True)


@everywhere
def test_a_night_with_a_manifest_comes_over_untouched_and_only_once(warehouse, place):
    place.put("patients.csv", PATIENTS)
    place.put("health_assessments.csv", ASSESSMENTS)
    place.put(".patients.csv.filepart", b"an upload under way")
    content = write_manifest(place, "patients.csv", "health_assessments.csv")
    found = warehouse.fetch(place)
    assert found.is_whole
    assert set(found.transferred) == {"_manifest.json", "patients.csv", "health_assessments.csv"}
    assert (warehouse.folder() / "_manifest.json").read_bytes() == content
    assert (warehouse.folder() / "patients.csv").read_bytes() == PATIENTS
    assert {path.name for path in warehouse.folder().glob("[!.]*")} == set(found.transferred)

    before = landing._state(warehouse.folder())
    warehouse.opened.clear()
    again = warehouse.fetch(place)
    assert (again.is_whole, again.transferred, dict(warehouse.opened)) == (True, [], {})
    assert landing._state(warehouse.folder()) == before


@everywhere
def test_only_what_changed_is_fetched_again(warehouse, place):
    place.put("patients.csv", PATIENTS)
    place.put("health_assessments.csv", ASSESSMENTS)
    write_manifest(place, "patients.csv", "health_assessments.csv")
    warehouse.fetch(place)
    place.put("health_assessments.csv", ASSESSMENTS + b"8\n")
    corrected = write_manifest(
        place, "patients.csv", "health_assessments.csv", generated_at="2017-06-01T09:00:00+00:00"
    )
    assert set(warehouse.fetch(place).transferred) == {"health_assessments.csv", "_manifest.json"}
    assert (warehouse.folder() / "health_assessments.csv").read_bytes() == ASSESSMENTS + b"8\n"
    assert (warehouse.folder() / "_manifest.json").read_bytes() == corrected


@everywhere
def test_without_a_manifest_it_is_fetched_when_it_settled_and_gets_one_from_us(warehouse, place, monkeypatch):
    place.put("patients.csv", PATIENTS)
    monkeypatch.setenv("WAREHOUSE_SETTLE_SECONDS", str(10**10))
    found = warehouse.fetch(place)
    assert found.waits
    assert "has no manifest and changed lately" in found.problems[0]
    assert not warehouse.folder().exists()
    monkeypatch.setenv("WAREHOUSE_SETTLE_SECONDS", "0")
    assert warehouse.fetch(place).is_whole
    assert warehouse.told().generated_at == place.newest().replace(microsecond=0)
    (file,) = warehouse.told().files
    assert (file.name, len(file.sha256)) == ("patients.csv", 64)


@everywhere
def test_a_folder_that_is_not_there_is_waited_for(warehouse, place):
    place.put("patients.csv", PATIENTS, day="2017-06-15")
    found = warehouse.fetch(place)
    assert found.waits
    assert "there is no folder" in found.problems[0]
    assert "2017-05-31 yet" in found.problems[0]
    assert landing.authorities(warehouse.settings) == ()


@everywhere
def test_what_the_manifest_names_must_be_there(warehouse, place):
    place.put("patients.csv", PATIENTS)
    write_manifest(place, "patients.csv", "health_assessments.csv")
    found = warehouse.fetch(place)
    assert found.waits
    assert found.problems[0].endswith("its manifest names health_assessments.csv, not there yet")
    assert not warehouse.folder().exists()
    write_manifest(place, "patients.csv", "Ada Lovelace.csv")
    assert warehouse.fetch(place).problems[0].endswith("names a file that is not declared, not there yet")
    write_manifest(place, "patients.csv", "health_assessments.csv")
    place.put("health_assessments.csv", ASSESSMENTS)
    assert warehouse.fetch(place).is_whole


@everywhere
def test_a_folder_that_changes_meanwhile_is_not_taken_and_goes_on_where_it_was(warehouse, place):
    place.put("health_assessments.csv", ASSESSMENTS)
    place.put("patients.csv", PATIENTS)
    write_manifest(place, "patients.csv", "health_assessments.csv")
    warehouse.on_open = lambda name: place.put("patients.csv", PATIENTS + b"3\n") if name == "patients.csv" else None
    found = warehouse.fetch(place)
    assert found.waits
    assert found.problems[0].endswith("the folder changed while it was fetched")
    assert not warehouse.folder().exists()
    warehouse.on_open = None
    warehouse.opened.clear()
    assert warehouse.fetch(place).is_whole
    assert dict(warehouse.opened) == {"patients.csv": 1}
    assert (warehouse.folder() / "patients.csv").read_bytes() == PATIENTS + b"3\n"


@everywhere
def test_a_file_that_changes_after_it_was_fetched_is_noticed_too(warehouse, place):
    place.put("health_assessments.csv", ASSESSMENTS)
    place.put("patients.csv", PATIENTS)
    changed = ASSESSMENTS.replace(b"7", b"8")
    # patients.csv is the later of the two.
    warehouse.on_open = lambda name: place.put("health_assessments.csv", changed) if name == "patients.csv" else None
    found = warehouse.fetch(place)
    assert found.waits
    assert found.problems[0].endswith("the folder changed while it was fetched")
    assert not warehouse.folder().exists()
    warehouse.on_open = None
    assert warehouse.fetch(place).transferred == ["health_assessments.csv"]
    assert (warehouse.folder() / "health_assessments.csv").read_bytes() == changed


@everywhere
def test_a_night_that_came_late_is_fetched_by_the_next_run(warehouse, place):
    place.put("patients.csv", PATIENTS, day="2017-05-29")
    write_manifest(place, "patients.csv", day="2017-05-29")
    place.put("patients.csv", PATIENTS)
    assert warehouse.fetch(place).is_whole
    assert landing.nights(warehouse.settings) == (dt.date(2017, 5, 29), NIGHT)


@pytest.mark.parametrize("place", ["folder"], indirect=True)
def test_a_night_that_was_delivered_by_hand_stays_as_it_is(warehouse, place):
    for day in ("2017-05-30", "2017-05-31"):
        place.put("patients.csv", PATIENTS, day)
        warehouse.folder(day).mkdir(parents=True)
        (warehouse.folder(day) / "patients.csv").write_bytes(b"by hand")
    found = warehouse.fetch(place)
    assert found.problems == ["the night lies in the inbox and was not fetched: remove its folder to fetch it"]
    assert not found.waits and not warehouse.opened
    assert {(warehouse.folder(day) / "patients.csv").read_bytes() for day in ("2017-05-30", "2017-05-31")} == {
        b"by hand"
    }


@everywhere
def test_a_manifest_that_leads_out_of_the_folder_brings_nothing_and_is_refused(warehouse, place):
    place.put("patients.csv", PATIENTS)
    write_manifest(place, "../../../restricted/x.csv", "patients.csv")
    found = warehouse.fetch(place)
    assert found.transferred == ["_manifest.json"]
    assert not (warehouse.folder() / "patients.csv").exists()
    assert landing.expect(warehouse.settings, "health", NIGHT, "310", "run") == []
    (event,) = landing.Ledger(warehouse.settings.home.ledger).query(
        "select rule from file_event where status = 'refused'", ()
    )
    assert event["rule"] == "MANIFEST-PATH"


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/passwd", "..\\evil.csv", "a\nb.csv"])
def test_a_name_that_leads_out_of_the_folder_brings_nothing(warehouse, tmp_path, sftp, name):
    place = OnSftp(tmp_path / "supplier", sftp)
    place.put("patients.csv", PATIENTS)
    sftp.extra_names = [name]
    found = warehouse.fetch(place)
    assert not found.waits
    assert "names a file outside itself: nothing of it is fetched" in found.problems[0]
    assert "evil" not in found.problems[0]
    assert not sftp.opened and not warehouse.folder().exists()


@pytest.mark.parametrize("name", ["..\\evil.csv", ".."])
def test_so_does_such_a_key_of_a_bucket(warehouse, s3, name):
    place = InBucket(s3)
    place.put("patients.csv", PATIENTS)
    place.put(name, b"evil")
    found = warehouse.fetch(place)
    assert found.transferred == []
    assert "names a file outside itself" in found.problems[0]


@pytest.mark.parametrize("place", ["folder", "sftp"], indirect=True)
def test_a_link_is_not_followed(warehouse, place, tmp_path):
    place.put("patients.csv", PATIENTS)
    (tmp_path / "secret").write_text("of another supplier")
    (place.root / "outgoing" / "2017-05-31" / "sdq.csv").symlink_to(tmp_path / "secret")
    found = warehouse.fetch(place)
    assert found.transferred == []
    assert "the folder holds a link, or what is no plain file" in found.problems[0]


def test_a_line_that_breaks_is_no_half_night_and_what_came_is_not_fetched_again(warehouse, tmp_path, sftp):
    place = OnSftp(tmp_path / "supplier", sftp)
    place.put("a_first.csv", PATIENTS)
    place.put("patients.csv", os.urandom(600_000))
    write_manifest(place, "a_first.csv", "patients.csv")
    sftp.cut_at = 300_000
    found = warehouse.fetch(place)
    assert found.waits
    assert "cannot be reached or read" in found.problems[0]
    assert not warehouse.folder().exists() and landing.nights(warehouse.settings) == ()
    sftp.opened.clear()
    assert warehouse.fetch(place).is_whole
    assert "patients.csv" in sftp.opened
    assert "_manifest.json" not in sftp.opened


def test_a_server_that_falls_silent_in_the_middle_of_a_file_is_waited_for_and_not_for_ever(
    warehouse, tmp_path, sftp, monkeypatch
):
    monkeypatch.setattr(remote, "SECONDS_OF_SILENCE", 0.5)
    place = OnSftp(tmp_path / "supplier", sftp)
    place.put("patients.csv", os.urandom(600_000))
    write_manifest(place, "patients.csv")
    sftp.stall_at = 300_000
    began = time.monotonic()
    found = warehouse.fetch(place)
    assert time.monotonic() - began < 10
    assert found.waits and "cannot be reached or read" in found.problems[0]
    assert not warehouse.folder().exists()
    sftp.stall_at = None
    assert warehouse.fetch(place).is_whole


def test_a_server_that_is_away_is_waited_for(warehouse, tmp_path, sftp):
    place = OnSftp(tmp_path / "supplier", sftp)
    place.connection = place.connection.replace(str(sftp.port), "1")
    started = time.monotonic()
    found = warehouse.fetch(place)
    assert found.waits
    assert "cannot be reached or read (NoValidConnectionsError: Unable to connect to port 1" in found.problems[0]
    assert time.monotonic() - started < 5, "it tried more than once"


def test_a_wrong_password_is_tried_once_and_not_shown(warehouse, tmp_path, sftp):
    place = OnSftp(tmp_path / "supplier", sftp)
    place.connection = place.connection.replace("a password for tests", "a secret")
    found = warehouse.fetch(place)
    assert not found.waits
    assert "the server does not accept these credentials" in found.problems[0]
    assert "a secret" not in found.problems[0]
    assert sftp.logins == 1


@pytest.mark.parametrize("known", [None, "another"])
def test_a_server_with_another_key_is_not_believed(warehouse, tmp_path, sftp, known):
    import asyncssh

    place = OnSftp(tmp_path / "supplier", sftp)
    place.put("patients.csv", PATIENTS)
    document = json.loads(place.connection)
    del document["extra"]["host_key"]
    if known:
        document["extra"]["host_key"] = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    place.connection = json.dumps(document)
    found = warehouse.fetch(place)
    assert not found.waits
    assert "host key is not the one we know" in found.problems[0]
    assert sftp.logins == 0 and not warehouse.folder().exists()


def test_a_bucket_that_lets_nobody_in_is_not_asked_again(warehouse, s3):
    place = InBucket(s3)
    place.put("patients.csv", PATIENTS)
    with s3.letting_nobody_in():
        found = warehouse.fetch(place)
    assert not found.waits
    assert "access is denied" in found.problems[0]


def test_a_connection_nobody_made_is_named(warehouse):
    warehouse.settings.ways_in.write_text(
        '[[way_in]]\nauthority = "310"\nsource = "health"\nkind = "sftp"\nconnection = "nobody"\n'
        'path = "/{extract_date}"'
    )
    found = fetching.fetch(warehouse.settings, ways_in.load(warehouse.settings)[0], NIGHT, False)
    assert found.problems == ["sftp nobody: Airflow has no such connection; add it (docs/ways-in.md)."]


@pytest.mark.skipif(bool(importlib.util.find_spec("adlfs")), reason="the extra azure is installed")
def test_a_kind_whose_provider_is_not_installed_is_named(warehouse, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_TRUST", json.dumps({"conn_type": "wasb", "login": "account", "password": "key"}))
    warehouse.settings.ways_in.write_text(
        '[[way_in]]\nauthority = "310"\nsource = "health"\nkind = "azure"\nconnection = "trust"\n'
        'path = "container/{extract_date}"'
    )
    found = fetching.fetch(warehouse.settings, ways_in.load(warehouse.settings)[0], NIGHT, False)
    assert found.problems == ["azure trust: Airflow's provider for it is not installed (docs/ways-in.md)."]


@everywhere
def test_trying_a_way_in_fetches_nothing(warehouse, place):
    place.put("patients.csv", PATIENTS)
    warehouse.ways(place)
    said: list[str] = []
    assert fetching.check(warehouse.settings, NIGHT, said.append)
    assert said[0].startswith(f"310 health {place.kind} ")
    assert said[0].endswith("holds 1 files, without a manifest.")
    assert fetching.check(warehouse.settings, dt.date(2017, 1, 1), said.append)
    assert "reached; " in said[1] and "there is no folder" in said[1]
    assert not warehouse.opened and not warehouse.folder().exists()
