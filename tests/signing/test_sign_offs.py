"""A year signed off is final from the next build on, and what moves after that is restated."""

from __future__ import annotations

import datetime as dt
import json
import stat

import duckdb
import pytest
from click.testing import Result
from typer.testing import CliRunner

from childrens_warehouse.cli import app
from childrens_warehouse.errors import ConfigurationError, WarehouseError
from childrens_warehouse.settings import Settings
from childrens_warehouse.signing import sign_offs
from tests.changes import figures
from tests.changes.figures import JUNE_1, MARCH_31

MAY_31 = dt.date(2017, 5, 31)
WHO = ("--authority", "310", "--by", "J. Smith", "--reason", "Sent to DfE")


@pytest.fixture
def home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    figures.install(settings, monkeypatch)
    figures.deliver(settings, MAY_31, (1, "2016-05-03"))
    figures.released(settings)
    return settings


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["sign-off", *arguments])


def finality(home: Settings) -> str:
    with duckdb.connect(str(home.home.marts), read_only=True) as connection:
        found = connection.execute("select finality from indicator_value where as_at = ?", [MARCH_31]).fetchone()
    assert found
    return str(found[0])


def test_a_year_is_provisional_then_final_then_restated(home: Settings) -> None:
    assert finality(home) == "provisional"
    done = call("give", "ssda903", "2017", *WHO)
    assert done.exit_code == 0 and "1 figures" in done.output, done.output
    figures.released(home)
    assert finality(home) == "final"
    figures.deliver(home, JUNE_1, (1, "2016-05-03"), (2, "2016-05-03"))
    figures.released(home)
    assert finality(home) == "restated"
    # signed anew, what is known now is what is final
    assert call("give", "ssda903", "2017", *WHO).exit_code == 0
    figures.released(home)
    assert finality(home) == "final"
    assert call("take-back", "ssda903", "2017", *WHO).exit_code == 0
    figures.released(home)
    assert finality(home) == "provisional"
    assert [line.split(", ")[0] for line in call("list").output.splitlines()][-1] == "310 ssda903 2017: taken back"


def test_a_sign_off_is_an_input_of_the_build_and_of_its_time(home: Settings) -> None:
    before = dt.datetime.now(dt.UTC)
    call("give", "ssda903", "2017", *WHO)
    assert len(sign_offs.on_file(home.home)) == 1 and sign_offs.on_file(home.home, before) == ()
    (signed,) = sign_offs.on_file(home.home)
    assert stat.S_IMODE(signed.path(home.home).stat().st_mode) == 0o600
    signed.path(home.home).unlink()
    with pytest.raises(ConfigurationError, match=signed.figures):
        figures.released(home)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("give", "ssda903", "2018", *WHO), "ends on 2018-03-31"),
        (("give", "nothing", "2017", *WHO), "No return is called nothing"),
        (("give", "school_census", "2017", *WHO), "ends on 2017-08-31"),
        (("give", "cin_census", "2017", *WHO), "has no figure of 310"),
        (("take-back", "ssda903", "2017", *WHO), "is not signed off"),
    ],
)
def test_what_cannot_be_signed_says_why(home: Settings, arguments: tuple[str, ...], said: str) -> None:
    done = call(*arguments)
    assert isinstance(done.exception, WarehouseError) and said in str(done.exception)
    assert sign_offs.on_file(home.home) == ()


def test_nobody_signs_without_a_name_and_a_reason(home: Settings) -> None:
    done = call("give", "ssda903", "2017", "--authority", "310", "--by", " ", "--reason", "x")
    assert done.exit_code != 0 and sign_offs.on_file(home.home) == ()


def test_a_line_that_is_no_sign_off_is_named_by_its_number(home: Settings) -> None:
    call("give", "ssda903", "2017", *WHO)
    path = home.home.decisions / "sign-offs.jsonl"
    path.write_text(path.read_text(encoding="utf-8") + json.dumps({"verdict": "signed"}) + "\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"sign-offs\.jsonl, line 2"):
        sign_offs.on_file(home.home)
