"""Deliveries that mean harm: nothing outside the folder is read, nothing waits for ever, nothing grows without end."""

from __future__ import annotations

import gzip
import json
import os
import socket
import zipfile
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.errors import FileRefused
from childrens_warehouse.landing import manifest
from childrens_warehouse.landing.formats import readable, workbook_package
from childrens_warehouse.landing.plain_files import open_plain
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.raw.in_force import in_force

DAY = "2017-05-31"
HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"
ROWS = HEADER + "".join(f"{child},1,05/06/2005,WBRI,UN3,,\n" for child in range(1, 21))
SCHOOLS = "urn,name,phase,la_code,postcode,opened_on,closed_on\n"


def events(supplier):
    return [
        (event["file_name"], event["rule"])
        for event in Ledger(supplier.home.ledger).query("select * from file_event where status = 'refused'")
    ]


def pipe(path):
    os.mkfifo(path)


def link(path):
    path.symlink_to("/etc/hostname")


def folder(path):
    path.mkdir()


def listening(path):
    # By its short name: a socket's path has at most a hundred letters.
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(before)


@pytest.mark.parametrize("make", [pipe, link, folder, listening])
@pytest.mark.timeout(60)
def test_what_is_no_file_is_refused_and_not_waited_for(supplier, make):
    supplier.deliver("social_care", DAY, {"header.csv": ROWS, "uasc.csv": "CHILD,SEX,DOB,DUC\n1,1,05/06/2005,\n"})
    path = supplier.folder("social_care", DAY) / "header.csv"
    path.unlink()
    make(path)
    outcome = supplier.land("social_care", DAY)["header.csv"]
    assert (outcome.status, outcome.rule) == ("refused", "FILE-LINK")
    assert [each.dataset for each in in_force(supplier.settings).extracts] == ["ssda903_uasc"]
    assert not list(supplier.home.archive.rglob("*header.csv*"))


@pytest.mark.parametrize("make", [pipe, link])
@pytest.mark.timeout(60)
def test_a_manifest_that_is_no_file_refuses_its_folder(supplier, make):
    supplier.deliver("social_care", DAY, {"header.csv": ROWS})
    path = supplier.folder("social_care", DAY) / manifest.NAME
    path.unlink()
    make(path)
    assert supplier.land("social_care", DAY) == {}
    assert events(supplier) == [(manifest.NAME, "FILE-LINK")]


def test_a_night_that_is_a_link_to_another_folder_is_refused(supplier, tmp_path):
    """Whoever may write into the inbox may not have another folder's files taken in as his."""
    elsewhere = supplier.deliver("social_care", DAY, {"header.csv": ROWS}).rename(tmp_path / "elsewhere")
    (supplier.folder("social_care", "2017-05-30").parent / DAY).symlink_to(elsewhere)
    assert supplier.land("social_care", DAY) == {}
    assert events(supplier) == [(manifest.NAME, "FILE-LINK")]


@pytest.mark.parametrize(
    "name",
    [
        "../header.csv",
        "/etc/passwd",
        "a/header.csv",
        "..",
        "",
        ".",
        "..\\header.csv",
        "header.csv/..",
        "x/../header.csv",
    ],
)
def test_a_manifest_names_no_file_outside_its_folder(supplier, name):
    supplier.deliver("social_care", DAY, {"header.csv": ROWS}, manifest=lambda m: m["files"][0].update(name=name))
    assert supplier.land("social_care", DAY) == {}
    assert events(supplier) == [(manifest.NAME, "MANIFEST-PATH")]


@pytest.mark.parametrize(
    "text", ["[" * 200_000, '{"files": ' + "[" * 5_000, json.dumps({"files": ["x" * (2 << 20)]})], ids=len
)
def test_a_manifest_that_is_deep_or_large_is_refused(supplier, text):
    supplier.deliver("social_care", DAY, {"header.csv": ROWS}, manifest=lambda _: text)
    assert supplier.land("social_care", DAY) == {}
    assert events(supplier) == [(manifest.NAME, "MANIFEST-UNREADABLE")]


def test_a_manifest_is_not_quoted(supplier):
    supplier.deliver("social_care", DAY, {"header.csv": ROWS}, manifest=lambda m: m.update(generated_at="Ada Lovelace"))
    assert supplier.land("social_care", DAY) == {}
    [event] = Ledger(supplier.home.ledger).query("select reason from file_event where status = 'refused'")
    assert "Lovelace" not in event["reason"] and "another form than agreed" in event["reason"]


def test_what_unpacks_without_end_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(readable, "_ALWAYS_ALLOWED", 1 << 20)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"\0" * (64 << 20)))
    with zipfile.ZipFile(tmp_path / "a.csv.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"\0" * (64 << 20))
    for name in ("a.csv.gz", "a.csv.zip"):
        with pytest.raises(FileRefused, match="FILE-PACKED"):
            readable.unpack(tmp_path / name, name, tmp_path)
        assert (tmp_path / "unpacked").stat().st_size <= 22 << 20


def test_names_within_a_zip_lead_nowhere(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.csv.zip", "w") as archive:
        archive.writestr("../../escaped.csv", "CHILD\n")
    scratch = tmp_path / "one" / "two"
    scratch.mkdir(parents=True)
    assert readable.unpack(tmp_path / "a.csv.zip", "a.csv.zip", scratch) == scratch / "unpacked"
    assert not (tmp_path / "escaped.csv").exists()


def test_a_workbook_that_lies_about_its_size_is_refused(tmp_path):
    """What the package says of a member's size is what every limit goes by."""
    path = tmp_path / "annex_a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"A" * 4_000_000)
    content = path.read_bytes()
    size = (4_000_000).to_bytes(4, "little")
    assert content.count(size) == 2
    path.write_bytes(content.replace(size, (40).to_bytes(4, "little")))
    with pytest.raises(FileRefused, match="WORKBOOK-UNREADABLE"):
        workbook_package.look_into(path)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">',
    ],
    ids=["grows", "reads a file", "asks a server"],
)
def test_a_document_that_declares_entities_is_refused(supplier, doctype):
    document = f'<?xml version="1.0"?>\n{doctype}\n<Message><Header>&a;</Header></Message>'
    supplier.deliver(
        "social_care", DAY, {"cin_census.xml": document}, manifest=lambda m: m["files"][0].update(rows=None)
    )
    outcomes = supplier.land("social_care", DAY).values()
    assert outcomes and {(each.status, each.rule) for each in outcomes} == {("refused", "XML-DOCTYPE")}


def test_a_text_that_is_a_formula_is_kept_as_it_came_and_marked(supplier):
    names = ('=HYPERLINK("http://x")', "+cmd|' /C calc'!A0", "@SUM(1)", "-2", "-2+3", "St Mary's", "+44 20 7946")
    rows = "".join(
        f'{100000 + n},"{name.replace(chr(34), chr(34) * 2)}",Primary,310,,,\n' for n, name in enumerate(names)
    )
    supplier.deliver("education", DAY, {"schools.csv": SCHOOLS + rows})
    outcome = supplier.land("education", DAY)["schools.csv"]
    assert outcome.status == "accepted", outcome.reason
    assert outcome.marks == {"TEXT-FORMULA": 5}
    [extract] = in_force(supplier.settings).extracts
    kept = duckdb.execute(
        f"select school_name from read_parquet('{extract.content(supplier.home)}') order by urn"
    ).fetchall()
    assert [name for (name,) in kept] == list(names)


def test_only_a_file_is_opened(tmp_path):
    (tmp_path / "file").write_bytes(b"content")
    with open_plain(tmp_path / "file") as handle:
        assert handle.read() == b"content"
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with pytest.raises(FileRefused):
        open_plain(tmp_path / "link")
