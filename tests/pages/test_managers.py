"""The managers' pages: work lists and the children behind figures, by code, for the readers' group alone."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import json
import re
import stat
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import duckdb
import html5lib
import pytest

from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.identity import codes
from childrens_warehouse.pages.managers import writing
from childrens_warehouse.pages.managers.worklists import ALL, URGENT
from childrens_warehouse.publish import views
from childrens_warehouse.settings import Home, Settings
from tests.publish import contracts

NIGHT = dt.date(2017, 5, 31)
TEAMS = {"Looked <After> 1": 501, "Looked <After> 2": 502}
# Of these every third has no case holder.
CHILDREN = [7_000_000_000_000_000_000 + 982_451_653 * number for number in range(12)]
FIGURES = (
    ("cla_count", "snapshot", "count", "none"),
    ("cla_three_plus_placements_pct", "year_to_date", "percent", "low"),
    ("cla_reviews_on_time_pct", "year_to_date", "percent", "high"),
    ("cla_ceased_adopted_pct", "year_to_date", "percent", "high"),
)


def team_of(number: int) -> str | None:
    return None if number % 3 == 2 else list(TEAMS)[number % 3]


def _figure_rows() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of indicator_subject, and the figures they add up to."""
    subjects, values = [], []
    for which, (indicator_id, period, unit, direction) in enumerate(FIGURES):
        key = {"authority_code": "310", "indicator_id": indicator_id, "as_at": NIGHT, "period": period}
        sums: Counter[tuple[str, str]] = Counter()
        for number, child in enumerate(CHILDREN[: len(CHILDREN) - which]):
            counts = int(unit == "count" or number % (which + 2) == 0)
            subjects.append(
                {**key, "subject_key": child, "in_denominator": 1, "in_numerator": counts, "measure": number / 2,
                 **({"first_event_on": "2017-04-03", "last_event_on": "2017-05-04"} if which == 3 else {})}
            )  # fmt: skip
            for team in ("all", team_of(number) or "unknown"):
                sums[team, "numerator"] += counts
                sums[team, "denominator"] += 1
        for team in {team for team, _ in sums}:
            values.append(
                {**key, "definition_version": 1, "dimension": "all" if team == "all" else "team", "member": team,
                 "member_label": team, "numerator": sums[team, "numerator"], "denominator": sums[team, "denominator"],
                 "display": f"{sums[team, 'numerator']}.5", "unit": unit, "direction": direction,
                 "finality": "provisional", "disclosure": "open"}
            )  # fmt: skip
    return subjects, values


def _work_rows(table: str) -> list[dict[str, Any]]:
    shape = contracts.columns(table)
    statuses = {
        "worklist_placement_stability": ("one_move_away", "one_move_away_in_year"),
        "worklist_attendance": ("near", "over"),
    }.get(table, ("due", "overdue"))
    rows = []
    for number, child in enumerate(CHILDREN[:9]):
        team = team_of(number)
        status = (*statuses, "not_known")[number % 4 % 3]
        row = {
            "authority_code": "310", "as_at": NIGHT, "child_key": child, "team_name": team or "unknown",
            "worker_key": TEAMS[team] if team else -1, "item": "dental_check", "status": status,
            "rule": "Within <twelve> months.",
            "why_not_known": "Nobody can say." if status == "not_known" else None,
            "due_on": None if status == "not_known" else NIGHT + dt.timedelta(days=number - 4),
            "working_days_left": None if status == "not_known" else number - 4,
            "since_on": "2016-05-01", "period_of_care_started_on": "2015-01-01",
            "possible_sessions": 200, "absent_sessions": 20 + number, "absence_percent": 10 + number / 2,
            "plan_count": 0,
        }  # fmt: skip
        rows.append({name: value for name, value in row.items() if name in shape})
    return rows


def write_release(path: Path) -> None:
    subjects, values = _figure_rows()
    tables: dict[str, list[dict[str, Any]]] = {
        "indicator": [
            {"indicator_id": indicator_id, "definition_version": 1, "title": f"Title of {indicator_id}",
             "definition": "D.", "population": "Who is there.", "numerator": "Who <counts>.", "exclusions": "None.",
             "clock": "None.", "rounding": "None.", "statutory_source": "House", "definition_owner": "local",
             "owner": "Head", "unit": unit, "decimals": 1, "direction": direction, "cadence": "monthly",
             "periods": period, "reference_numbers": "", "subject": "looked_after_child"}
            for indicator_id, period, unit, direction in FIGURES
        ],
        "indicator_value": values,
        "indicator_subject": subjects,
        "dim_child": [{"authority_code": "310", "child_key": child} for child in CHILDREN],
        "dim_worker": [{"authority_code": "310", "worker_key": worker} for worker in TEAMS.values()],
        "fct_case_holder": [
            {"authority_code": "310", "as_at": NIGHT, "child_key": child, "team_name": team, "worker_key": TEAMS[team]}
            for number, child in enumerate(CHILDREN) if (team := team_of(number))
        ],
        "bridge_pupil_child": [],
        "fct_looked_after_child": [
            {"authority_code": "310", "as_at": NIGHT, "child_key": child, "period_of_care_started_on": "2015-01-01",
             "placement_started_on": "2016-02-03"}
            for child in CHILDREN
        ],
        "fct_child_on_protection_plan": [],
        **{worklist.table: _work_rows(worklist.table) for worklist in ALL},
    }  # fmt: skip
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table release as select '2017-05-31-00000000' as release_id, date '2017-05-31' as as_at,"
            " timestamp '2017-06-01 05:30:00' as published_at"
        )
        for table, rows in tables.items():
            contracts.create(connection, table, rows)
        connection.execute(f"create view indicator_child as {views.query('indicator_child')}")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = dataclasses.replace(Settings.from_environment(), home=Home(tmp_path_factory.mktemp("home")).create())
    write_release(made.home.marts)
    return made


@pytest.fixture(scope="module")
def pages(settings: Settings) -> dict[str, Element]:
    """File name -> page, which a strict reader takes."""
    folder = writing.write(settings, "310").parent
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return {path.name: parser.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def release(settings: Settings) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(settings.home.marts), read_only=True)


def text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def names(pages: dict[str, Element]) -> dict[str, str]:
    """Team -> file."""
    teams = {cell.get("data-team") or "" for cell in pages["index.html"].iter("td")} - {""}
    return {team: f"{slug(team)}.html" for team in teams}


def slug(team: str) -> str:
    return "-".join(re.findall(r"\w+", team.lower()))


def test_there_is_a_page_for_every_team_and_for_those_without_one(pages: dict[str, Element]) -> None:
    assert set(pages) == {"index.html", "looked-after-1.html", "looked-after-2.html", "unknown.html"}
    index = pages["index.html"]
    linked = {link.get("href") for link in index.iter("a") if not link.get("href", "").startswith("#")}
    assert linked == set(pages) - {"index.html"}
    assert text(pages["unknown.html"].find(".//h1")) == "No team recorded"  # type: ignore[arg-type]


def test_the_index_counts_the_rows_of_each_list(pages: dict[str, Element], release: duckdb.DuckDBPyConnection) -> None:
    told = {
        (cell.get("data-team"), cell.get("data-list")): int(text(cell).split()[0])
        for cell in pages["index.html"].iter("td")
        if cell.get("data-list")
    }
    union = " union all ".join(f"select team_name, '{each.table}' as list from {each.table}" for each in ALL)
    found = release.execute(f"select team_name, list, count(*) from ({union}) group by all").fetchall()
    assert {key: count for key, count in told.items() if count} == {(team, table): n for team, table, n in found}


def test_a_team_sees_each_row_of_its_lists_the_overdue_first_and_said_in_words(
    pages: dict[str, Element], release: duckdb.DuckDBPyConnection
) -> None:
    for team, file in names(pages).items():
        for each in ALL:
            table = pages[file].find(f".//table[@id='{each.id}-rows']")
            rows = list(table.iter("tr"))[1:] if table is not None else []
            found = release.execute(
                f"select status, count(*) from {each.table} where team_name = ? group by 1", [team]
            ).fetchall()
            statuses = [row.get("data-status", "") for row in rows]
            assert Counter(statuses) == dict(found)
            assert statuses == sorted(statuses, key=lambda status: (status == "not_known", status not in URGENT))
            assert all("Overdue" in text(row) for row in rows if row.get("data-status") == "overdue")
            assert all("Nobody can say." in text(row) for row in rows if row.get("data-status") == "not_known")


def test_figures_are_those_of_the_release(pages: dict[str, Element], release: duckdb.DuckDBPyConnection) -> None:
    shown = 0
    for team, file in names(pages).items():
        for cell in pages[file].iter("td"):
            if cell.get("data-indicator"):
                member = cell.get("data-member")
                assert member in ("all", team)
                expected = release.execute(
                    "select display from indicator_value"
                    " where indicator_id = ? and as_at = ? and period = ? and member = ?",
                    [cell.get("data-indicator"), cell.get("data-as-at"), cell.get("data-period"), member],
                ).fetchone()
                assert expected == (text(cell),)
                shown += 1
    assert shown == len(FIGURES) * 2 * 3


def test_as_many_children_are_listed_as_the_figure_counts(
    pages: dict[str, Element], release: duckdb.DuckDBPyConnection
) -> None:
    for team, file in names(pages).items():
        for indicator_id, period, _, _ in FIGURES:
            section = pages[file].find(f".//section[@data-indicator='{indicator_id}']")
            assert section is not None
            listed = {
                table.get("data-counted"): len(list(table.iter("tr"))) - 1
                for table in section.iter("table")
                if table.get("data-counted")
            }
            figure = release.execute(
                "select numerator, denominator from indicator_value"
                " where indicator_id = ? and period = ? and dimension = 'team' and member = ?",
                [indicator_id, period, team],
            ).fetchone()
            children = release.execute(
                "select count(*) filter (is_counted), count(*) from indicator_child"
                " where indicator_id = ? and period = ? and team_name = ?",
                [indicator_id, period, team],
            ).fetchone()
            counted = listed.get("yes", 0)
            assert (counted, counted + listed.get("no", 0)) == children == figure


def test_who_needs_a_look_comes_first(pages: dict[str, Element]) -> None:
    """Whoever is missing from a figure that should be high, whoever is in one that should be low."""
    page = pages["looked-after-1.html"]
    first = {
        indicator_id: next(
            table.get("data-counted")
            for table in page.find(f".//section[@data-indicator='{indicator_id}']").iter("table")  # type: ignore[union-attr]
            if table.get("data-counted")
        )
        for indicator_id in ("cla_three_plus_placements_pct", "cla_reviews_on_time_pct")
    }
    assert first == {"cla_three_plus_placements_pct": "yes", "cla_reviews_on_time_pct": "no"}


def test_children_have_codes_that_lead_back_to_one_of_them_and_nothing_else(settings: Settings, pages: Any) -> None:
    found = set()
    for path in (settings.home.reports_restricted / "2017-05-31" / "managers" / "310").iterdir():
        page = path.read_text(encoding="utf-8")
        assert not any(str(child) in page for child in CHILDREN)
        found |= set(re.findall(r"<code>([0-9A-Z-]{9,})</code>", page))
    every = [*CHILDREN, *TEAMS.values()]
    for code in found:
        modulus, rest = codes.matches(code)
        assert len([key for key in every if key % modulus == rest]) == 1
    assert len(found) == len(every)


def test_two_children_never_share_a_code() -> None:
    one, other, third = 5, 5 + 32**8, 6
    told = codes.codes([one, other, third])
    assert len(set(told.values())) == 3
    assert told[third] == "0000-0006"
    for key, code in told.items():
        modulus, rest = codes.matches(code)
        assert key % modulus == rest
    assert codes.matches("ooo0 000l") == (32**8, 1)


@pytest.mark.parametrize("code", ["", "7K2Q", "7K2Q-9XBU", "7K2Q-9XBM-7"])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="no code"):
        codes.matches(code)


def test_the_pages_are_for_the_owner_and_the_readers_group(settings: Settings, pages: Any) -> None:
    restricted = settings.home.reports_restricted
    for path in (restricted, *restricted.rglob("*")):
        expected = 0o750 if path.is_dir() else 0o640
        assert stat.S_IMODE(path.stat().st_mode) == expected, path
    assert not list(settings.home.reports.rglob("*.html")) if settings.home.reports.exists() else True


def test_pages_made_again_have_no_team_of_before(settings: Settings, pages: Any) -> None:
    folder = settings.home.reports_restricted / "2017-05-31" / "managers" / "310"
    (folder / "gone.html").write_text("", encoding="utf-8")
    writing.write(settings, "310")
    assert {path.name for path in folder.iterdir()} == set(pages)


@pytest.mark.slow
def test_no_page_is_wider_than_a_phone(
    chromium: tuple[str, ...], settings: Settings, pages: dict[str, Element], tmp_path: Path
) -> None:
    """Every page in a frame as wide as a phone and in one as wide as a desk, all that can be opened being open."""
    folder = settings.home.reports_restricted / "2017-05-31" / "managers" / "310"
    frames = "".join(
        f'<iframe title="{name}" style="border:0;width:{width}px;height:800px" srcdoc="{html.escape(opened)}"></iframe>'
        for name in pages
        for opened in [(folder / name).read_text(encoding="utf-8").replace("<details", "<details open")]
        for width in (390, 1280)
    )
    script = """<script>addEventListener("load", () => {
        document.body.textContent = JSON.stringify([...document.querySelectorAll("iframe")].map(each =>
            [each.title, each.clientWidth, each.contentDocument.documentElement.scrollWidth]))
    })</script>"""
    page = tmp_path / "pages.html"
    page.write_text(f"<!doctype html><meta charset='utf-8'><body>{frames}{script}", encoding="utf-8")
    browser = [*chromium, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", str(page)]
    done = subprocess.run(browser, capture_output=True, text=True, check=True, timeout=120)
    told = re.search(r"<body>(.*)</body>", done.stdout, re.DOTALL)
    assert told is not None
    widths = json.loads(html.unescape(told[1]))
    assert len(widths) == 2 * len(pages)
    assert [each for each in widths if each[2] > each[1]] == []


def test_a_release_without_work_lists_is_said_to_be_one(published: Settings) -> None:
    with pytest.raises(WarehouseError, match="no work lists"):
        writing.write(published, "310")
