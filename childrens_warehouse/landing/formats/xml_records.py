"""Read an XML document of children, record by record: each kind of record becomes the rows of one dataset.

What a document is made of is data (`Document`, `Record`); this module walks it. One child is in memory at a time.
The parser follows no entity, no document type and no network address: a document that declares any is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree

from childrens_warehouse.datasets import Column, DeliveredFile, Kind
from childrens_warehouse.datasets.declaration import may_lack
from childrens_warehouse.errors import FileRefused
from childrens_warehouse.landing.formats.dates import as_declared
from childrens_warehouse.landing.formats.part_writer import PartWriter
from childrens_warehouse.landing.formats.text_rows import TextRows

Cells = dict[str, str]

# Far more than one child has.
_MOST_UNSEEN = 64 << 20


@dataclass(frozen=True)
class Block:
    """A list whose cells lie among those of another record: it has a row where one of `filled` or `flag` says so."""

    part: str
    filled: tuple[str, ...]
    flag: str = ""

    def is_in(self, cells: Cells) -> bool:
        if self.flag and cells.get(self.flag, "").strip().lower() in ("1", "true", "y", "yes"):
            return True
        return any(cells.get(name, "").strip() for name in self.filled)


@dataclass(frozen=True)
class Record:
    """One kind of element.

    part: the part of the file whose rows these elements are; "" for a wrapper, whose cells belong to the record
        around it.
    within: the records and wrappers it may hold.
    blocks: further lists whose cells lie among its own.
    is_single: comes at most once in the record around it; if it comes again, none of them can be believed.
    is_optional: one without any cell filled is a blank form, not a row.
    numbered: the column that numbers it within its parent, where the document gives no id of its own: by the date
        `ordered_by`, then by place, so that another order of export gives the same numbers.
    text_as: it has no elements; its own text is the cell of this column.
    always: elements that every such record bears in the format; with none of them anywhere, it is another format.
    """

    element: str
    part: str = ""
    within: tuple[Record, ...] = ()
    blocks: tuple[Block, ...] = ()
    is_single: bool = False
    is_optional: bool = False
    numbered: str = ""
    ordered_by: str = ""
    text_as: str = ""
    always: tuple[str, ...] = ()

    @cached_property
    def nested(self) -> dict[str, Record]:
        return {record.element: record for record in self.within}

    def every(self) -> Iterator[Record]:
        """This record and all below it."""
        yield self
        for record in self.within:
            yield from record.every()


@dataclass(frozen=True)
class Document:
    """One kind of XML file.

    child: the record that one child is.
    header: the record that speaks of the document itself.
    check_header: (cells of the header, year) -> notes; raises FileRefused.
    inherited: columns that records take from the records around them: the ids.
    elements: element -> column, where they differ and the columns' spellings do not say so.
    """

    root: str
    child: Record
    inherited: frozenset[str]
    header: Record | None = None
    check_header: Callable[[Cells, int], list[str]] | None = None
    elements: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Node:
    """One record as found."""

    record: Record
    line: int
    cells: Cells = field(default_factory=dict)
    children: list[_Node] = field(default_factory=list)
    problem: str = ""
    spoils_all: str = ""


class _Part:
    """Where the rows of one part go, and which cells they are made of."""

    def __init__(self, name: str, file: DeliveredFile, year: int, document: Document, scratch: Path) -> None:
        dataset = file.parts[name]
        self.columns = tuple(column for column in dataset.columns if not may_lack(column, year))
        self.names = tuple(column.name for column in self.columns)
        self.dates = tuple(place for place, column in enumerate(self.columns) if column.kind is Kind.DATE)
        self.date_format = dataset.date_format
        self.writer = PartWriter(scratch / f"{dataset.name}.parquet", self.names)
        self.found, self.rows = 0, 0
        self.undeclared: set[str] = set()
        # element -> column of the year's format, and of the formats of other years
        self.elements = _elements(self.columns, document)
        others = tuple(column for column in dataset.columns if may_lack(column, year))
        self.other_years = {
            element: column
            for element, column in _columns_by_element(others, document).items()
            if element not in self.elements
        }


class _Reader:
    def __init__(self, file: DeliveredFile, year: int, document: Document, scratch: Path) -> None:
        self.document, self.year = document, year
        self.parts = {name: _Part(name, file, year, document, scratch) for name in file.parts}
        kinds = (*document.child.every(), *(document.header.every() if document.header else ()))
        self.records = {record.element: record for record in kinds if record.part}
        self.known = {record.element: self._known(record) for record in kinds if record.part}
        # kind -> elements of the year's format that every record of it has and that none has shown so far
        self.missing = {
            kind: {name for name in record.always if name not in self.parts[record.part].other_years}
            for kind, record in self.records.items()
        }
        self.notes: list[str] = []
        self.has_header = False

    def _known(self, record: Record) -> dict[str, str]:
        """element -> column, of every cell the record may hold for itself and its blocks."""
        known: dict[str, str] = {}
        for part in (record.part, *(block.part for block in record.blocks)):
            known |= self.parts[part].elements
        flags = {block.flag: block.flag for block in record.blocks if block.flag}
        return known | flags

    def read(self, path: Path) -> dict[str, TextRows | FileRefused]:
        child = self.document.child
        depth = 0
        for event, element in _events(path, self.document):
            kind = _local(element)
            if kind == child.element:
                depth += 1 if event == "start" else -1
                if event == "end" and not depth:
                    self._forget_before(element)
                    self._emit(self._collect(element, child), {}, "")
                    element.clear()
            elif event == "end" and (header := self.document.header) and kind == header.element:
                self._header(element, header)
                element.clear()
            elif event == "end" and kind == self.document.root:
                self._outside(element.iterdescendants())
        self._check_format()
        if self.document.header and not self.has_header:
            self.notes.append("the document has no header: nothing in it says which year it is of")
        return {name: part.writer.close(self._notes(name)) for name, part in self.parts.items()}

    def _header(self, element: Any, record: Record) -> None:
        node = self._collect(element, record)
        self.has_header = True
        if self.document.check_header:
            self.notes += self.document.check_header(node.cells, self.year)
        self._emit(node, {}, "")

    def _collect(self, element: Any, record: Record) -> _Node:
        node = _Node(record, element.sourceline)
        if record.text_as:
            node.cells[record.text_as] = element.text or ""
            if len(element):
                node.problem = f"element {record.element} holds other elements (line {element.sourceline})"
            return node
        self._gather(element, record, node, {})
        return node

    def _gather(self, element: Any, record: Record, node: _Node, singles: dict[str, _Node | None]) -> None:
        known = self.known[node.record.element]
        for each in element:
            tag = _local(each)
            nested = record.nested.get(tag)
            if nested is None:
                self._cell(each, tag, known, node)
            elif nested.part:
                found = self._collect(each, nested)
                if nested.is_single:
                    self._once(tag, found, node, singles)
                node.children.append(found)
            else:
                if nested.is_single and tag in singles:
                    node.spoils_all = f"{tag} comes twice in one {node.record.element} (line {each.sourceline})"
                singles[tag] = None
                self._gather(each, nested, node, singles)

    def _once(self, tag: str, found: _Node, around: _Node, singles: dict[str, _Node | None]) -> None:
        if tag not in singles:
            singles[tag] = found
            return
        what = f"{tag} comes twice in one {around.record.element} (line {found.line})"
        found.problem = what
        if first := singles[tag]:
            first.problem = what

    def _cell(self, element: Any, tag: str, known: dict[str, str], node: _Node) -> None:
        name = known.get(tag)
        if name is None:
            self._unknown(element, tag, node)
        elif len(element):
            node.problem = f"element {tag} holds other elements (line {element.sourceline})"
        elif name in node.cells:
            node.problem = f"element {tag} comes twice in one {node.record.element} (line {element.sourceline})"
            if name in self.document.inherited:
                node.spoils_all = node.problem
        else:
            node.cells[name] = element.text or ""

    def _unknown(self, element: Any, tag: str, node: _Node) -> None:
        if tag in self.records:
            self._stray(element, f"does not lie where a {tag} belongs")
            return
        part = self.parts[node.record.part]
        if column := part.other_years.get(tag):
            raise FileRefused(
                "XML-YEAR",
                f"element {tag} in line {element.sourceline} belongs to the format of {_years(column)}, and the file "
                f"is delivered for {self.year}: correct the coverage in the manifest, or ask for the year's format.",
            )
        part.undeclared.add(tag)
        for below in element.iterdescendants():
            self._refuse_one(below, f"does not lie where a {_local(below)} belongs")

    def _stray(self, element: Any, what: str) -> None:
        """A record that belongs to no child, or not to the record it lies in, and all that lies in it."""
        self._refuse_one(element, what)
        for below in element.iterdescendants():
            self._refuse_one(below, what)

    def _forget_before(self, child: Any) -> None:
        """Let go of what lies before a child: the children that were read, and what belongs to none."""
        for before in reversed(list(child.itersiblings(preceding=True))):
            self._outside(before.iter())
            before.getparent().remove(before)

    def _outside(self, elements: Iterable[Any]) -> None:
        """What lies in no child; the children among it were read, and are empty by now."""
        for element in elements:
            if _local(element) != self.document.child.element:
                self._refuse_one(element, f"lies outside any {self.document.child.element}")

    def _refuse_one(self, element: Any, what: str) -> None:
        record = self.records.get(_local(element))
        if record and record is not self.document.header:
            part = self.parts[record.part]
            part.found += 1
            part.writer.refuse(part.found, f"{record.element} in line {element.sourceline} {what}")

    def _emit(self, node: _Node, around: Cells, spoilt: str) -> None:
        record = node.record
        spoilt = spoilt or node.spoils_all
        problem = spoilt or node.problem
        scope = {**around, **node.cells}
        if missing := self.missing[record.element]:
            missing.difference_update(node.cells)
        if not record.is_optional or problem or any(text.strip() for text in node.cells.values()):
            self._row(record.part, scope, problem)
        for block in record.blocks:
            if block.is_in(node.cells):
                self._row(block.part, scope, problem)
        if node.children:
            ids = {name: scope[name] for name in self.document.inherited if name in scope}
            for child, number in _numbered(node.children):
                if child.record.numbered:
                    child.cells.setdefault(child.record.numbered, str(number))
                self._emit(child, ids, spoilt)

    def _row(self, name: str, scope: Cells, problem: str) -> None:
        part = self.parts[name]
        part.found += 1
        if problem:
            part.writer.refuse(part.found, problem)
            return
        part.rows += 1
        cells = [scope.get(column) for column in part.names]
        for position in part.dates:
            if text := cells[position]:
                cells[position] = as_declared(text, part.date_format)
        part.writer.add((part.found, *cells))

    def _check_format(self) -> None:
        for kind, names in self.missing.items():
            if names and self.parts[self.records[kind].part].rows:
                raise FileRefused(
                    "XML-YEAR",
                    f"no {kind} has the element {', '.join(sorted(names))}, which every {kind} of {self.year} has: it "
                    "is the format of another year, or the element was left out. Ask for the year's format.",
                )

    def _notes(self, name: str) -> list[str]:
        notes = [
            f"element {tag} is not declared: not loaded, kept in the archive"
            for tag in sorted(self.parts[name].undeclared)
        ]
        return [*self.notes, *notes] if name == self.document.child.part else notes


def read(
    path: Path, file: DeliveredFile, year: int, scratch: Path, document: Document
) -> dict[str, TextRows | FileRefused]:
    """The rows of every part. Raises FileRefused when the file is no such document or of another year's format."""
    return _Reader(file, year, document, scratch).read(path)


def _events(path: Path, document: Document) -> Iterator[tuple[str, Any]]:
    """Start and end of root, header and children; before the first, root and prologue are checked."""
    tags = [f"{{*}}{document.root}", f"{{*}}{document.child.element}"]
    if document.header:
        tags.append(f"{{*}}{document.header.element}")
    safe: dict[str, Any] = {
        "resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False, "recover": False,
        "remove_comments": True, "remove_pis": True,
    }  # fmt: skip
    with path.open("rb") as handle:
        watched = _Watched(handle, document)
        try:
            _, root = next(iter(etree.iterparse(handle, events=("start",), **safe)))
            _check_root(root, document)
            handle.seek(0)
            for event in etree.iterparse(watched, events=("start", "end"), tag=tags, **safe):
                watched.unseen = 0
                yield event
        except etree.XMLSyntaxError as error:
            # The parser's message may quote the document: only the kind of error and its place are passed on.
            line, column = error.position
            last = error.error_log.last_error  # type: ignore[attr-defined]  # the stubs lack it
            kind = last.type_name.removeprefix("ERR_").replace("_", " ").lower() if last else "error"
            raise FileRefused(
                "XML-MALFORMED", f"the XML is broken in line {line}, column {column} ({kind}): ask for the file again."
            ) from None


class _Watched:
    """A file that is not read on when nothing it should hold comes: what is not recognised stays in memory."""

    def __init__(self, handle: BinaryIO, document: Document) -> None:
        self.handle, self.document = handle, document
        self.unseen = 0

    def read(self, size: int) -> bytes:
        self.unseen += size
        if self.unseen > _MOST_UNSEEN:
            raise FileRefused(
                "XML-ROOT",
                f"{_MOST_UNSEEN >> 20} MB went by without a {self.document.child.element}: it is another kind of "
                "document.",
            )
        return self.handle.read(size)


def _check_root(root: Any, document: Document) -> None:
    information = root.getroottree().docinfo
    if information.internalDTD is not None or information.doctype:
        raise FileRefused(
            "XML-DOCTYPE",
            "the document has a DOCTYPE, which can define entities that grow without end or read other files: "
            "ask for the file without it.",
        )
    if _local(root) != document.root:
        raise FileRefused(
            "XML-ROOT",
            f"the document's root in line {root.sourceline} is not {document.root}: it is another kind of document.",
        )


def _local(element: Any) -> str:
    tag: str = element.tag
    return tag if tag[0] != "{" else tag.rpartition("}")[2]


def _numbered(nodes: list[_Node]) -> Iterator[tuple[_Node, int]]:
    """Each record with its number among those of its kind: by date, then by place in the document."""
    if len(nodes) == 1:
        yield nodes[0], 1
        return
    by_kind: dict[str, list[_Node]] = {}
    for node in nodes:
        by_kind.setdefault(node.record.element, []).append(node)
    for alike in by_kind.values():
        by = alike[0].record.ordered_by
        ordered = sorted(alike, key=lambda node: node.cells.get(by, "")) if by and len(alike) > 1 else alike
        numbers = {id(node): number for number, node in enumerate(ordered, start=1)}
        for node in alike:
            yield node, numbers[id(node)]


def _columns_by_element(columns: tuple[Column, ...], document: Document) -> dict[str, Column]:
    spelt = {spelling: column for column in columns for spelling in column.spellings}
    by_name = {column.name: column for column in columns}
    renamed = {element: by_name[name] for element, name in document.elements.items() if name in by_name}
    return spelt | by_name | renamed


def _elements(columns: tuple[Column, ...], document: Document) -> dict[str, str]:
    return {element: column.name for element, column in _columns_by_element(columns, document).items()}


def _years(column: Column) -> str:
    if column.since is not None and column.until is not None:
        return f"{column.since} to {column.until}"
    return f"years from {column.since}" if column.since is not None else f"years up to {column.until}"
