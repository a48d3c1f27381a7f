"""Who is whose statistical neighbour: what a list may say, and that a build is made of it."""

from __future__ import annotations

import dataclasses

import duckdb
import pytest

from childrens_warehouse.build.inputs import inputs_fingerprint
from childrens_warehouse.decisions import neighbours
from childrens_warehouse.decisions.neighbours import Neighbour
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.raw.in_force import create_raw_schema, in_force
from childrens_warehouse.settings import Settings

HEAD = "authority_code,neighbour_code,source_document\n"


def give(settings: Settings, text: str, encoding: str = "utf-8") -> None:
    neighbours.path(settings.home).write_bytes(text.encode(encoding))


def test_without_a_list_there_are_none(settings: Settings) -> None:
    assert neighbours.on_file(settings.home) == ()
    assert neighbours.fingerprint(()) == "none"


def test_a_list_as_a_spreadsheet_saves_it(settings: Settings) -> None:
    """With a mark at its beginning, blanks, an empty line, and a document whose name has a comma."""
    text = HEAD + '310, 304 ,"Benchmarking, 2024"\n,,\n304,310,A tool\n'
    give(settings, text.replace("\n", "\r\n"), "utf-8-sig")
    assert neighbours.on_file(settings.home) == (
        Neighbour("304", "310", "A tool"), Neighbour("310", "304", "Benchmarking, 2024"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: the columns must be authority_code, neighbour_code, source_document"),
        ("authority_code;neighbour_code;source_document\n310;304;A\n", "line 1: the columns must be"),
        (HEAD + "310,304,A\n310,999,A\n", "line 3: neighbour_code '999' is no authority of England"),
        (HEAD + "Harrow,304,A\n", "line 2: authority_code 'Harrow' is no authority"),
        (HEAD + "WAL,304,A\n", "line 2: authority_code 'WAL' is no authority"),
        (HEAD + "310,310,A\n", "line 2: 310 is named as its own neighbour"),
        (HEAD + "310,304,A\n304,310,A\n310,304,B\n", "line 4: 304 is named as a neighbour of 310 a second time"),
        (HEAD + "310,304,\n", "line 2: source_document is empty"),
        (HEAD + "310,304,A tool, of 2024\n", "line 2: it has 4 cells and not 3"),
        (HEAD + '310,304,"A\n', "no CSV in UTF-8"),
    ],
)
def test_what_a_list_may_not_say_is_told_with_its_line(settings: Settings, text: str, said: str) -> None:
    give(settings, text)
    with pytest.raises(ConfigurationError, match=said) as caught:
        in_force(settings)
    assert "neighbours.csv" in str(caught.value)


def test_another_encoding_is_told(settings: Settings) -> None:
    give(settings, HEAD + "310,304,Größe\n", "latin-1")
    with pytest.raises(ConfigurationError, match="no CSV in UTF-8"):
        in_force(settings)


def test_the_list_is_an_input_of_the_build(settings: Settings) -> None:
    without = in_force(settings)
    give(settings, HEAD + "310,304,A\n310,305,A\n")
    listed = in_force(settings)
    assert inputs_fingerprint(listed, "code") != inputs_fingerprint(without, "code")
    give(settings, HEAD + "310,305,A\n\n310,304,A\n")
    assert inputs_fingerprint(in_force(settings), "code") == inputs_fingerprint(listed, "code")
    give(settings, HEAD + "310,305,A\n310,304,B\n")
    assert inputs_fingerprint(in_force(settings), "code") != inputs_fingerprint(listed, "code")


def test_the_list_is_a_table_of_raw(supplier) -> None:
    supplier.deliver("social_care", "2017-05-31", {"uasc.csv": "CHILD,SEX,DOB,DUC\n1,1,05/06/2005,\n"})
    supplier.land("social_care", "2017-05-31")
    give(supplier.settings, HEAD + "310,304,A\n")
    force = in_force(supplier.settings)
    with duckdb.connect() as connection:
        create_raw_schema(connection, supplier.settings, force, [])
        assert connection.execute("from raw.statistical_neighbour").fetchall() == [("310", "304", "A")]
        create_raw_schema(connection, supplier.settings, dataclasses.replace(force, neighbours=()), [])
        assert connection.execute("from raw.statistical_neighbour").fetchall() == []
