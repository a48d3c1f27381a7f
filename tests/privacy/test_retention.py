"""What goes when its time is over: by class, whole, noted; and what a legal hold keeps."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from childrens_warehouse.cli import app
from childrens_warehouse.decisions import holds
from childrens_warehouse.decisions.holds import Hold, Verdict
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.landing import pseudonyms
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.privacy import finding
from childrens_warehouse.privacy.retention import disposing, schedule
from childrens_warehouse.privacy.rotation import rotate
from childrens_warehouse.raw import disposal
from childrens_warehouse.raw.acceptance import accepted
from childrens_warehouse.raw.in_force import in_force
from childrens_warehouse.settings import PROJECT, Settings
from tests.conftest import KEY, Supplier
from tests.privacy.conftest import EPISODES, KNOWN_TO_SCHOOLS, OLD, UPNS, YOUNG
from tests.privacy.test_rotation import rows

EXAMPLE = (PROJECT / "seeds" / "retention_example.toml").read_text(encoding="utf-8")
BY = {"by": "J. Smith", "reason": "Yearly disposal"}


@pytest.fixture
def supplier(keeper) -> Supplier:
    schedule.path(keeper.home).write_text(EXAMPLE)
    return keeper


def now(year: int = 2019) -> dt.datetime:
    return dt.datetime(year, 6, 1, 12, tzinfo=dt.UTC)


def dispose(settings: Settings, at: dt.datetime | None = None) -> disposing.Look:
    return disposing.dispose(settings, BY["by"], BY["reason"], at or now())


def due(settings: Settings, today: dt.date, state: str = "due") -> dict[str, tuple[int, int | None]]:
    """Class -> (things or persons, rows) in a state."""
    return {
        line.record_class: (line.items if line.persons is None else line.persons, line.rows)
        for line in disposing.look(settings, today).lines
        if line.state == state
    }


def hold(settings: Settings, name: str = "claim", person: str = "", **told) -> None:
    found = finding.find(settings, "310", person).first if person else None
    said = {"record_class": "", "until": None, "verdict": Verdict.HELD, "authority": "310", **told}
    holds.append(
        settings.home,
        Hold(name=name, person=found, by="J. Smith", reason="A claim", decided_at=dt.datetime.now(dt.UTC), **said),
    )


def where(home, text: str) -> set[str]:
    """Top folders of the home in which a text stands, also inside Parquet."""
    found = set()
    for path in home.root.rglob("*"):
        if path.is_file() and path.suffix == ".parquet" and path.stat().st_size:
            told = str(duckdb.execute(f"select * from read_parquet('{path}')").fetchall())
        elif path.is_file():
            told = path.read_bytes().decode(errors="replace")
        else:
            continue
        if text in told:
            found.add(path.relative_to(home.root).parts[0])
    return found


def test_the_example_says_the_law_and_marks_what_is_local(settings):
    shutil.copy(PROJECT / "seeds" / "retention_example.toml", schedule.path(settings.home))
    classes = {each.name: each for each in schedule.read(settings.home)}
    law = [each for each in classes.values() if each.basis is schedule.Basis.LAW]
    assert [each.rule for each in law] == [
        "75 years after birth, or 15 years after death before 18 (Care Planning, Placement and Case Review (England) "
        "Regulations 2010, regulation 50; law)"
    ]
    assert {"ssda903_reviews", "cin_plan"} <= set(law[0].datasets) and len(classes) > 10
    assert {each.layer for each in classes.values()} == set(schedule.Layer)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (('period = "75 years"', 'period = "75"'), "written like '75 years'"),
        (('layer = "inbox"', 'layer = "attic"'), "layer must be one of"),
        (('trigger = "birth"', 'trigger = "receipt"'), "counts from birth"),
        (('"ssda903_*"', '"ssda904_*"'), "'ssda904_\\*' is no dataset"),
        (("died_before = 18\n", ""), "come together"),
        (('name = "education"', 'name = "logs"'), "several classes are called logs"),
    ],
)
def test_a_schedule_that_cannot_be_meant_is_refused(settings, spoil, says):
    schedule.path(settings.home).write_text(EXAMPLE.replace(*spoil))
    with pytest.raises(ConfigurationError, match=says):
        schedule.read(settings.home)


def test_the_settings_of_before_are_not_silently_without_effect(settings, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_RETENTION_ARCHIVE_MONTHS", "24")
    with pytest.raises(ConfigurationError, match=r"retention\.toml"):
        schedule.read(settings.home)


def test_without_a_schedule_everything_stays(supplier):
    schedule.path(supplier.home).unlink()
    assert "everything is kept" in CliRunner().invoke(app, ["retention"]).output


def test_persons_are_due_class_by_class_and_not_before_their_day(supplier):
    settings = supplier.settings
    assert due(settings, dt.date(2019, 6, 1)) == {
        "case records of looked-after children": (1, 2),
        "education": (2, 6),
        "delivered folders": (2, None),
        "originals that were replaced": (1, None),
        "originals that were refused": (1, None),
        "names in replaced originals": (1, None),
        "what is said of refused files and rows": (1, None),
    }
    assert "case records of looked-after children" in due(settings, dt.date(2015, 7, 1))
    assert "case records of looked-after children" in due(settings, dt.date(2015, 6, 30), "kept")
    assert "originals that were refused" not in due(settings, dt.date(2019, 5, 31))


def test_a_child_that_died_is_counted_from_the_death(supplier):
    episodes = EPISODES + f"{YOUNG},01/02/2016,S,C2,N1,U1,PR1,03/03/2017,E2,,HA2 2AA,HA2 2AB,\n"
    supplier.deliver("social_care", "2017-06-02", {"episodes.csv": episodes})
    supplier.land("social_care", "2017-06-02")
    name = "case records of looked-after children"
    assert due(supplier.settings, dt.date(2032, 4, 1))[name][0] == 2
    assert due(supplier.settings, dt.date(2032, 3, 31))[name][0] == 1


def test_who_is_in_care_still_is_not_due_by_the_end_of_care(supplier):
    schedule.path(supplier.home).write_text(
        EXAMPLE[: EXAMPLE.index("[[class]]")]
        + '[[class]]\nname = "care"\nlayer = "raw"\ndatasets = ["ssda903_*"]\ntrigger = "end_of_care"\n'
        'period = "10 years"\nsource = "Invented"\nbasis = "local policy"\n'
    )
    assert due(supplier.settings, dt.date(2090, 1, 1)) == {"care": (1, 2)}
    assert due(supplier.settings, dt.date(2090, 1, 1), "kept") == {"care": (1, 2)}


def test_a_dry_run_changes_nothing_and_apply_takes_all_of_a_person(supplier):
    settings, home = supplier.settings, supplier.home
    child = finding.find(settings, "310", f"child_id:{OLD}")
    files = {path: path.read_bytes() for path in home.root.rglob("*") if path.is_file() and "ledger" not in path.name}
    assert disposing.look(settings, now().date()).lines
    assert {path: path.read_bytes() for path in files} == files
    before = rows(settings)
    assert {str(key) for key in child.keys} and where(home, "Yellowbird") >= {"archive", "inbox", "restricted"}
    dispose(settings)
    for text in ("Yellowbird", "Redbird", UPNS[0], KNOWN_TO_SCHOOLS, "943 476 5919", *map(str, child.keys)):
        assert where(home, text) == set(), text
    after = rows(settings)
    # Everybody else's rows are as they were, with their file and row number.
    assert [row["child_key"] for row in after["ssda903_header"]] == [
        row["child_key"] for row in before["ssda903_header"] if row["child_key"] not in child.keys
    ]
    assert len(after["pupils"]) == len(after["attendance"]) == 1
    (kept,) = after["pupils"]
    assert kept in before["pupils"]
    assert "Bluebird" in str(duckdb.execute(f"from '{home.restricted}/pupils/310/*.persons.parquet'").fetchall())


def test_the_disposal_is_noted_in_counts_and_by_whose_decision(supplier):
    dispose(supplier.settings)
    told = Ledger(supplier.home.ledger).query("select * from disposal_event where record_class = 'education'")
    assert [(row["state"], row["layer"], row["persons"], row["rows"], row["decided_by"]) for row in told] == [
        ("begun", "raw", 2, 6, "J. Smith"),
        ("done", "raw", 2, 6, "J. Smith"),
    ]
    assert "25 years after birth" in told[0]["rule"] and told[0]["disposal_id"].startswith("D-")


@pytest.mark.parametrize("killed_at", ["_note", "disposed"])
def test_what_a_killed_disposal_took_away_is_in_the_ledger_all_the_same(supplier, monkeypatch, killed_at):
    """Killed between originals that went and the word of it: replaced ones, and those that bore somebody who left."""

    def originals():
        return {path for path in supplier.home.archive.rglob("*") if path.is_file()}

    there, note = originals(), disposing._Work._note

    def killed(self, line, state, items=None):
        if line.layer is schedule.Layer.ARCHIVE and state == "done":
            raise KeyboardInterrupt
        note(self, line, state, items)

    def killed_late(self, layer, path):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        owner, instead = (disposing._Work, killed) if killed_at == "_note" else (Ledger, killed_late)
        patch.setattr(owner, killed_at, instead)
        with pytest.raises(KeyboardInterrupt):
            dispose(supplier.settings)
    assert there - originals()
    dispose(supplier.settings)
    told = Ledger(supplier.home.ledger).query(
        "select record_class, max(items) as items from disposal_event where layer = 'archive'"
        " group by disposal_id, record_class"
    )
    assert sum(row["items"] for row in told) >= len(there - originals())


def test_what_is_in_force_still_adds_up(supplier):
    dispose(supplier.settings)
    for each in accepted(supplier.home):
        left = duckdb.execute(f"select count(*) from '{each.content(supplier.home)}'").fetchone()
        assert left == (each.rows_loaded,)
        assert each.rows_read == each.rows_loaded + each.rows_refused + each.rows_disposed
    assert sum(each.rows_disposed for each in in_force(supplier.settings).extracts if each.dataset == "attendance") == 2
    assert dispose(supplier.settings).awaited == 0


def test_what_comes_again_is_not_taken_for_new(supplier):
    """The register is known: delivered once more it stays without those whose time was over."""
    dispose(supplier.settings)
    marks = "upn,school_urn,date,session,supplier,mark\n"
    marks += "".join(f"{upn},100001,2017-05-30,AM,sims,/\n" for upn in UPNS[:3])
    supplier.deliver("education", "2017-06-03", {"attendance.csv": marks})
    (outcome,) = [each for each in supplier.land("education", "2017-06-03").values() if each.status == "unchanged"]
    assert (outcome.dataset, outcome.rows_loaded) == ("attendance", 1)


@pytest.mark.parametrize("killed_at", ["before", "after"])
def test_killed_it_is_all_or_nothing(supplier, monkeypatch, killed_at):
    settings, home = supplier.settings, supplier.home
    before = rows(settings)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    if killed_at == "before":
        monkeypatch.setattr(disposal.files, "write_json", killed)
    else:
        monkeypatch.setattr(disposal, "write_record", killed)
    with pytest.raises(KeyboardInterrupt):
        dispose(settings)
    monkeypatch.undo()
    monkeypatch.setenv("WAREHOUSE_HOME", str(home.root))
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", KEY)
    if killed_at == "before":
        assert rows(settings) == before
        dispose(settings)
    else:
        assert disposal.finish(home)
    assert len(rows(settings)["pupils"]) == 1 and not list(disposal.left_over(home))


def test_a_hold_on_a_person_wins_in_every_layer(supplier):
    settings, home = supplier.settings, supplier.home
    hold(settings, person=f"child_id:{OLD}")
    assert due(settings, now().date(), "held")["case records of looked-after children"] == (1, 2)
    dispose(settings)
    assert where(home, "Yellowbird") >= {"archive", "restricted"} and len(rows(settings)["ssda903_header"]) == 2
    # The other's rows went, but not the original in which the held one is: it is awaited.
    assert "Redbird" not in str(duckdb.execute(f"from '{home.restricted}/pupils/310/*.persons.parquet'").fetchall())
    assert "Redbird" in where_text(home.archive)
    hold(settings, verdict=Verdict.LIFTED)
    assert dispose(settings).awaited == 0
    assert where(home, "Yellowbird") == where(home, "Redbird") == set()


def where_text(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.rglob("*.csv"))


def test_a_hold_on_a_class_and_one_that_is_over(supplier):
    settings = supplier.settings
    hold(settings, record_class="education", until=dt.date(2019, 6, 30))
    assert due(settings, dt.date(2019, 6, 30), "held")["education"] == (2, 6)
    assert due(settings, dt.date(2019, 7, 1))["education"] == (2, 6)
    hold(settings, name="all", record_class="*", authority="")
    assert due(settings, dt.date(2019, 7, 1)) == {}


def test_decisions_about_a_person_go_with_them_and_holds_survive_a_new_key(supplier):
    settings, home = supplier.settings, supplier.home
    hold(settings, person=f"child_id:{YOUNG}")
    hold(settings, name="other", person=f"child_id:{OLD}")
    hold(settings, name="other", verdict=Verdict.LIFTED)
    dispose(settings)
    assert [each.name for each in holds.on_file(home)] == ["claim", "other"]  # lifted names nobody
    new = pseudonyms.of_text("another key, as long as one must be", "test")
    rotate(settings, new, "rotate")
    (kept,) = [each for each in holds.on_file(home) if each.person]
    assert kept.person.key == new.pseudonym("social_care_id", "310", YOUNG)


def test_a_rotation_takes_up_what_a_killed_disposal_left(supplier, monkeypatch):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disposal, "write_record", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            dispose(supplier.settings)
    rotate(supplier.settings, pseudonyms.of_text("another key, as long as one must be", "test"), "rotate")
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", "another key, as long as one must be")
    assert len(rows(supplier.settings)["pupils"]) == 1


def test_the_commands_say_what_they_did(supplier):
    run = CliRunner().invoke
    refused = run(app, ["retention", "--apply"])
    assert refused.exit_code == 1 and "Say who decides" in str(refused.exception)
    held = run(
        app,
        ["legal-hold", "add", "claim", "--whom", f"upn:{UPNS[0]}", "--authority", "310", "--by", "A", "--reason", "B"],
    )
    assert held.exit_code == 0, held.output
    assert "claim: a person of 310, " in run(app, ["legal-hold", "list"]).output
    said = run(app, ["retention"]).output
    assert "kept by a legal hold although due" in said and UPNS[0] not in said
    assert run(app, ["legal-hold", "remove", "claim", "--by", "A", "--reason", "C"]).exit_code == 0
    done = run(app, ["retention", "--apply", "--by", "A", "--reason", "B"])
    assert done.exit_code == 0 and "2 persons, 6 rows disposed of" in done.output
    events = Ledger(supplier.home.ledger).query("select action, reference, detail from access_event")
    assert [row["action"] for row in events] == ["legal hold held", "legal hold lifted"]
    assert all(json.loads(row["detail"]) for row in events)
