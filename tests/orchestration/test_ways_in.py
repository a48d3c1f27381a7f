"""How ways in are configured, how a night's folder gets into the inbox, and how an answer becomes a file."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from childrens_warehouse.datasets import BY_NAME, Source
from childrens_warehouse.errors import BusyError, ConfigurationError, WayInFailed
from childrens_warehouse.landing import answers, manifest, ways_in
from childrens_warehouse.landing import night as landing
from childrens_warehouse.landing.night_folder import NightFolder, answered
from childrens_warehouse.settings import PROJECT

GUIDE = (PROJECT / "docs" / "ways-in.md").read_text(encoding="utf-8")
NIGHT = dt.date(2017, 5, 31)
STAMP = dt.datetime(2017, 6, 1, 2, 10, tzinfo=dt.UTC)

SFTP = """
[[way_in]]
authority = "310"
source = "health"
kind = "sftp"
connection = "health_sftp"
path = "/outgoing/{extract_date}"
"""
QUERY = """
[[way_in]]
authority = "310"
source = "health"
kind = "sql"
dataset = "health_assessments"
connection = "case_system"
query = "select * from assessments where asked <= :extract_date and note <> '10:30'::text;"
"""


@pytest.fixture
def configure(settings):
    def write(text: str) -> tuple[ways_in.Ways, ...]:
        settings.ways_in.write_text(text, encoding="utf-8")
        return ways_in.load(settings)

    return write


class TestConfiguration:
    def test_without_a_file_everything_comes_by_folder(self, settings):
        assert ways_in.load(settings) == ()
        assert ways_in.authorities(settings, "health") == ()

    def test_a_file_that_is_named_must_be_there(self, settings, monkeypatch, tmp_path):
        monkeypatch.setenv("WAREHOUSE_WAYS_IN", str(tmp_path / "elsewhere.toml"))
        with pytest.raises(ConfigurationError, match=r"WAREHOUSE_WAYS_IN names .*elsewhere\.toml, which is not there"):
            ways_in.load(type(settings).from_environment())

    def test_folder_and_query_of_one_source_belong_together(self, settings, configure):
        (ways,) = configure(SFTP + QUERY)
        assert (ways.authority, ways.source) == ("310", Source.HEALTH)
        assert ways.folder.folder(NIGHT) == "/outgoing/2017-05-31"
        assert ways.folder.look_back_days == 7
        assert [query.dataset.name for query in ways.queries] == ["health_assessments"]
        assert ways.queries[0].query.endswith("'10:30'::text")
        assert not ways.waits_for_inbox
        assert ways_in.authorities(settings, "health") == ("310",)
        assert ways_in.authorities(settings, "education") == ()

    def test_a_query_alone_waits_for_the_files_in_the_inbox_unless_told_not_to(self, configure):
        assert configure(QUERY)[0].waits_for_inbox
        assert not configure(QUERY + "waits_for_files = false\n")[0].waits_for_inbox

    def test_the_date_in_the_path_may_be_written_otherwise(self, configure):
        (ways,) = configure(SFTP.replace("{extract_date}", "{extract_date:%Y}/cla_{extract_date:%Y%m%d}/"))
        assert ways.folder.folder(NIGHT) == "/outgoing/2017/cla_20170531"

    def test_a_query_may_lie_in_a_file_beside(self, settings, configure):
        (settings.home.root / "assessments.sql").write_text("select 1 as x")
        (ways,) = configure(QUERY.split("query =")[0] + 'query_file = "assessments.sql"\n')
        assert ways.queries[0].query == "select 1 as x"

    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            (('"sftp"', '"ftp"'), "way_in 1 (310 health): kind must be one of sftp, folder, s3, azure, sql."),
            (('"310"', "310"), "way_in 1 (310 health): authority must be given, as text in quotes."),
            (('"310"', '"31"'), 'way_in 1 (31 health): authority must be a three-digit code in quotes, as "310".'),
            (('"health"', '"trust"'), "source must be one of social_care, health, education."),
            (("connection", "conection"), "conection is not known for kind sftp, which takes authority, connection, "),
            (('connection = "health_sftp"', ""), "connection must be given, as text in quotes."),
            (("/{extract_date}", ""), "path must hold {extract_date} or {extract_date:%Y%m%d}, as /outgoing/"),
            (("{extract_date}", "{extract_date.__class__}"), "path must hold {extract_date}"),
            (("{extract_date}", "{extract_date:%Y-%m}"), "path must hold {extract_date}"),
            (("{extract_date}", "{night}"), "path must hold {extract_date}"),
            (("{extract_date}", "{extract_date}/../{extract_date}"), 'path must not hold "..".'),
            (("[[way_in]]", "[[ways]]"), "may hold [[way_in]] entries and nothing else."),
            (("[[way_in]]", "[[way_in]"), "is not TOML"),
            (("kind", "look_back_days = 99\nkind"), "look_back_days must be a whole number from 0 to 60."),
        ],
    )
    def test_what_is_wrong_is_said_with_entry_field_and_what_it_may_be(self, configure, spoil, said):
        with pytest.raises(ConfigurationError) as error:
            configure(SFTP.replace(*spoil))
        assert said in str(error.value)
        assert "ways_in.toml" in str(error.value)

    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            (("health_assessments", "persons"), "dataset must be one of "),
            ((":extract_date", ":night"), "query binds :night; only :extract_date can be bound"),
            (("query =", "query_file ="), "query_file names "),
            (("query =", 'query_file = "x"\nquery ='), "query or query_file must be given, and not both."),
            (("kind", 'coverage = "half"\nkind'), "coverage does not fit: The manifest gives health_assessments.csv"),
            (("kind", 'waits_for_files = "no"\nkind'), "waits_for_files must be true or false."),
        ],
    )
    def test_so_is_what_is_wrong_with_a_query(self, configure, spoil, said):
        with pytest.raises(ConfigurationError) as error:
            configure(QUERY.replace(*spoil))
        assert said in str(error.value)

    def test_nothing_comes_by_two_ways(self, configure):
        with pytest.raises(ConfigurationError, match="310 health comes from 2 folders; it may be one"):
            configure(SFTP + SFTP)
        with pytest.raises(ConfigurationError, match="310 health asks for health_assessments twice"):
            configure(QUERY + QUERY)

    @pytest.mark.parametrize("number", range(5))
    def test_the_blocks_of_the_guide_can_be_copied(self, settings, configure, number):
        blocks = re.findall(r"^```toml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
        (query,) = re.findall(r"^```sql\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
        (settings.home.root / "health_assessments.sql").write_text(query)
        assert len(blocks) == 5
        (ways,) = configure(blocks[number])
        for way in ways.queries:
            selected = re.split(r",\s*", way.query.split("from")[0].removeprefix("select").strip())
            answers.match(way.dataset, selected, NIGHT)

    def test_the_guide_has_every_kind_and_field(self):
        told = {
            name for row in re.findall(r"^\| (`.*?) \|", GUIDE, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
        }
        assert {"authority", "source", "kind"} | set.union(*ways_in.FIELDS.values()) <= told
        assert set(ways_in.FIELDS) == set(ways_in.KINDS)
        assert all(f'kind = "{kind}"' in GUIDE for kind in ways_in.KINDS)


def folder_of(settings) -> NightFolder:
    return NightFolder(settings.home, "310", "health", NIGHT)


def put(folder: NightFolder, name: str, content: bytes, version: str = "1"):
    with folder.write(name, version) as target:
        target.write(content)
    return folder.kept(name, version)


def is_complete(settings) -> bool:
    return landing.is_complete(settings, "310", "health", NIGHT)


class TestNightFolder:
    def test_nothing_is_seen_before_all_is_there(self, settings):
        with folder_of(settings) as folder:
            pieces = [put(folder, "patients.csv", b"a\n1\n")]
            assert not folder.target.exists()
            assert landing.nights(settings) == ()
            assert folder.place(pieces, None, STAMP)
        assert is_complete(settings)
        told = manifest.read(folder.target, "310", "health", NIGHT)
        assert told.generated_at == STAMP
        assert [file.name for file in told.files] == ["patients.csv"]
        assert not list(folder.parent.glob(".2017*"))

    def test_a_file_that_was_cut_short_does_not_count_and_one_that_was_whole_does(self, settings):
        with folder_of(settings) as folder:
            put(folder, "patients.csv", b"whole")
            with pytest.raises(ConnectionError), folder.write("sdq.csv", "1") as target:
                target.write(b"ha")
                raise ConnectionError
        with folder_of(settings) as folder:
            assert folder.kept("patients.csv", "1")
            assert folder.kept("patients.csv", "2") is None
            assert folder.kept("sdq.csv", "1") is None

    def test_the_same_again_changes_nothing(self, settings):
        with folder_of(settings) as folder:
            folder.place([put(folder, "patients.csv", b"a\n1\n")], None, STAMP)
        before = landing._state(folder.target)
        with folder_of(settings) as folder:
            assert folder.place([folder.kept("patients.csv", "1")], None, STAMP) is False
        assert landing._state(folder.target) == before

    def test_a_changed_night_replaces_the_old_one_and_keeps_what_is_the_same(self, settings):
        with folder_of(settings) as folder:
            folder.place([put(folder, "patients.csv", b"a"), put(folder, "sdq.csv", b"b")], None, STAMP)
        inode = (folder.target / "patients.csv").stat().st_ino
        with folder_of(settings) as folder:
            folder.place([folder.kept("patients.csv", "1"), put(folder, "dental.csv", b"c")], None, STAMP)
        assert {path.name for path in folder.target.glob("[!._]*")} == {"patients.csv", "dental.csv"}
        assert (folder.target / "patients.csv").stat().st_ino == inode

    @pytest.mark.parametrize("renames", [0, 1])
    def test_killed_between_two_renames_it_leaves_the_old_night_or_none_and_mends_itself(
        self, settings, monkeypatch, renames
    ):
        with folder_of(settings) as folder:
            folder.place([put(folder, "patients.csv", b"old")], None, STAMP)
        real, done = Path.rename, []

        def rename(path, target):
            if len(done) == renames:
                raise KeyboardInterrupt
            done.append(path)
            return real(path, target)

        monkeypatch.setattr(Path, "rename", rename)
        with pytest.raises(KeyboardInterrupt), folder_of(settings) as folder:
            folder.place([put(folder, "patients.csv", b"new", "2")], None, STAMP)
        monkeypatch.undo()
        assert is_complete(settings) is (renames == 0)
        with folder_of(settings) as folder:
            assert (folder.target / "patients.csv").read_bytes() == b"old"
            assert folder.kept("patients.csv", "2"), "what was fetched is fetched again"
            folder.place([folder.kept("patients.csv", "2")], None, STAMP)
        assert (folder.target / "patients.csv").read_bytes() == b"new"

    def test_two_at_once_are_one_too_many(self, settings):
        with folder_of(settings), pytest.raises(BusyError, match="Another process fetches health of 310"):
            folder_of(settings).__enter__()

    def test_an_answer_joins_the_manifest_of_the_supplier_with_its_own_clock(self, settings):
        delivered = {
            "authority": "310", "source": "health", "extract_date": "2017-05-31", "note": "theirs",
            "generated_at": "2017-06-01T02:10:00Z", "files": [{"name": "patients.csv", "rows": 1}],
        }  # fmt: skip
        asked_at = dt.datetime(2017, 6, 1, 5, 7, 9, tzinfo=ZoneInfo("Europe/London"))
        with folder_of(settings) as folder:
            patients = put(folder, "patients.csv", b"a\n1\n")
            answer = put(folder, "health_assessments.csv", b"b\n1\n2\n", "sql")
            answer = folder.stage(answered(answer, 2, asked_at, "full"))
            folder.place([patients, answer], json.dumps(delivered).encode(), STAMP)
        document = json.loads((folder.target / "_manifest.json").read_text())
        assert document["note"] == "theirs"
        told = manifest.read(folder.target, "310", "health", NIGHT)
        assert told.generated_at == STAMP
        found = told.file("health_assessments.csv")
        assert (found.rows, found.coverage, found.sha256) == (2, "full", answer.sha256)
        assert found.generated_at == dt.datetime(2017, 6, 1, 4, 7, 9, tzinfo=dt.UTC)
        assert told.file("patients.csv").generated_at is None

    def test_without_answers_the_manifest_of_the_supplier_is_untouched(self, settings):
        content = b'{"authority": "310",  "source": "health", "extract_date": "2017-05-31",\n "files": [], '
        content += b'"generated_at": "2017-06-01T02:10:00Z"}'
        with folder_of(settings) as folder:
            folder.place([put(folder, "patients.csv", b"a")], content, STAMP)
        assert (folder.target / "_manifest.json").read_bytes() == content

    def test_all_of_it_is_for_the_owner_alone(self, settings):
        with folder_of(settings) as folder:
            folder.place([put(folder, "patients.csv", b"a")], None, STAMP)
        assert {path.stat().st_mode & 0o077 for path in [folder.target, *folder.target.iterdir()]} == {0}


def test_a_fetch_that_failed_is_told_by_authority_and_the_rest_is_not():
    from childrens_warehouse.orchestration.troubles import of_fetching

    fetched = [{"authority": "310", "problems": []}, {"authority": "311", "problems": ["the server is away"]}]
    (line,) = of_fetching("health", "2017-05-31", ["310", "311", "312"], fetched)
    assert line.startswith("NOT FETCHED: 312 health for 2017-05-31: its task failed, and its log says why.")
    assert of_fetching("health", "2017-05-31", [], []) == []


class TestAnswers:
    DATASET = BY_NAME["health_assessments"]
    NAMES = tuple(column.name for column in DATASET.columns)

    def written(self, tmp_path, dataset, names, *rows) -> str:
        from childrens_warehouse.landing.night_folder import Writer

        with (tmp_path / "x.csv").open("wb") as file:
            count = answers.write(Writer(file), dataset, names, [rows], NIGHT, ZoneInfo("Europe/London"))
        assert count == len(rows)
        return (tmp_path / "x.csv").read_text(encoding="utf-8")

    def test_cells_come_in_the_declared_format_order_and_spelling(self, tmp_path):
        header = BY_NAME["ssda903_header"]
        values = {
            "CHILD": Decimal("12.0"), "SEX": 1, "DOB": dt.datetime(2010, 5, 3, 23, 30), "ETHNIC": "WBRI",
            "UPN": 'A"1,é', "MOTHER": False, "MC_DOB": None,
        }  # fmt: skip
        names = [name.lower() for name in reversed(values)]
        text = self.written(tmp_path, header, names, list(reversed(values.values())))
        first, row = text.splitlines()
        assert first == "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB"
        assert row == '12,1,03/05/2010,WBRI,"A""1,é",0,'

    def test_an_instant_falls_on_the_local_day(self, tmp_path):
        late = dt.datetime(2017, 5, 30, 23, 30, tzinfo=dt.UTC)
        text = self.written(tmp_path, self.DATASET, self.NAMES, [late, *[None] * 9])
        assert text.splitlines()[1].startswith("2017-05-31,")

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda names: names[1:], "column assessment_id is missing"),
            (lambda names: [*names, "notes"], "column notes is not known"),
            (lambda names: [*names, "OUTCOME"], "column outcome comes twice"),
        ],
    )
    def test_columns_that_do_not_fit_are_named(self, change, said):
        with pytest.raises(WayInFailed) as error:
            answers.match(self.DATASET, change(list(self.NAMES)), NIGHT)
        assert said in str(error.value)
        assert "Expected: assessment_id, patient_id" in str(error.value)
        assert not error.value.may_heal

    def test_what_is_no_text_is_refused_without_showing_it(self, tmp_path):
        with pytest.raises(WayInFailed) as error:
            self.written(tmp_path, self.DATASET, self.NAMES, [b"Ada Lovelace", *[None] * 9])
        assert "gives bytes in column assessment_id" in str(error.value)
        assert "Ada" not in str(error.value)
