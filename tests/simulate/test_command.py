"""`warehouse simulate`."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from childrens_warehouse.simulate.command import register
from tests.simulate.conftest import manifest


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    register(app)

    # With a single command typer would do without its name.
    @app.command()
    def other() -> None: ...

    return app


SMALL = ["--nights", "1", "--children", "10", "--pupils", "40"]


def test_it_writes_into_the_inbox_of_a_home_and_says_so(app: typer.Typer, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["simulate", "--night", "2017-05-18", "--home", str(tmp_path / "home"), *SMALL])
    assert result.exit_code == 0, result.output
    assert f"5 folders written below {tmp_path / 'home' / 'inbox' / '310'}" in result.output
    assert manifest(tmp_path / "home/inbox/310/education/2017-05-18")["extract_date"] == "2017-05-18"


def test_the_home_is_the_settings_where_none_is_named(
    app: typer.Typer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path / "elsewhere"))
    result = CliRunner().invoke(app, ["simulate", "--night", "2017-05-18", "--authority", "304", "--clean", *SMALL])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "elsewhere/inbox/304/health/2017-05-18/_manifest.json").exists()


def test_it_tells_no_child_apart(app: typer.Typer, tmp_path: Path) -> None:
    home = tmp_path / "home"
    result = CliRunner().invoke(app, ["simulate", "--night", "2017-05-18", "--home", str(home), *SMALL])
    header = (home / "inbox/310/social_care/2017-05-18/header.csv").read_text().splitlines()[1:]
    assert header and not any(line.split(",")[0] in result.output for line in header)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (["--authority", "Harrow"], "three digits"),
        (["--children", "0"], "children"),
        (["--nights", "999"], "nights"),
        (["--region", "Middlesex"], "there are East Midlands"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_with_a_reason(app: typer.Typer, tmp_path: Path, wrong: list[str], told: str) -> None:
    result = CliRunner().invoke(app, ["simulate", "--night", "2017-05-18", "--home", str(tmp_path / "home"), *wrong])
    assert result.exit_code == 2
    assert told in result.output
    assert not (tmp_path / "home").exists()


def test_a_home_with_other_extracts_is_left_alone(app: typer.Typer, tmp_path: Path) -> None:
    arguments = ["simulate", "--night", "2017-05-18", "--home", str(tmp_path / "home"), *SMALL]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    result = CliRunner().invoke(app, [*arguments, "--seed", "1"])
    assert result.exit_code == 2
    assert "already holds another delivery" in result.output


def test_a_story_is_told_the_same_every_time(app: typer.Typer, tmp_path: Path) -> None:
    told = ["simulate", "--scenario", "panel-report-2017", "--home", str(tmp_path / "home")]
    result = CliRunner().invoke(app, told)
    assert result.exit_code == 0, result.output
    assert f"10 folders written below {tmp_path / 'home' / 'inbox' / '310'}" in result.output
    again = CliRunner().invoke(app, told)
    assert "0 folders written" in again.output


def test_several_authorities_are_named_one_by_one(app: typer.Typer, tmp_path: Path) -> None:
    named = ["--authority", "304", "--authority", "310", "--authority", "304"]
    result = CliRunner().invoke(
        app, ["simulate", "--night", "2017-05-18", "--home", str(tmp_path / "home"), *SMALL, *named]
    )
    assert result.exit_code == 0, result.output
    assert f"10 folders written below {tmp_path / 'home' / 'inbox'}\n" in result.output
    assert "2 of 2: " in result.output and "10 children, 40 pupils" in result.output
    assert sorted(path.name for path in (tmp_path / "home/inbox").iterdir()) == ["304", "310"]


def test_a_region_is_not_asked_for_with_authorities(app: typer.Typer, tmp_path: Path) -> None:
    asked = ["--region", "London", "--authority", "310", "--home", str(tmp_path / "home")]
    result = CliRunner().invoke(app, ["simulate", "--night", "2017-05-18", *asked])
    assert result.exit_code == 2 and "exclude each other" in result.output
    assert not (tmp_path / "home").exists()
