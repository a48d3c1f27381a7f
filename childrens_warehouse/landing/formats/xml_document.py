"""Read an XML document by its name: the SSDA903 return or the children-in-need census."""

from __future__ import annotations

from pathlib import Path

from childrens_warehouse.datasets import DeliveredFile
from childrens_warehouse.errors import FileRefused
from childrens_warehouse.landing.formats import cin_census_xml, ssda903_xml, xml_records
from childrens_warehouse.landing.formats.text_rows import TextRows

_DOCUMENTS = {"ssda903.xml": ssda903_xml.DOCUMENT, "cin_census.xml": cin_census_xml.DOCUMENT}


def read(path: Path, file: DeliveredFile, year: int, scratch: Path) -> dict[str, TextRows | FileRefused]:
    """The rows of every kind of record. Raises FileRefused when it is another document, or of another year's format."""
    return xml_records.read(path, file, year, scratch, _DOCUMENTS[file.name])
