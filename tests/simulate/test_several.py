"""Several authorities in one inbox: a region's, and those that are named."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from pathlib import Path

import pytest

from childrens_warehouse import reference
from childrens_warehouse.datasets import BY_NAME, Identifier
from childrens_warehouse.datasets.declaration import Column, Dataset
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.simulate import Scenario, health_numbers, identity, pupils, simulate
from childrens_warehouse.simulate.several import of_region, simulate_several
from tests.simulate.conftest import contents, read

NIGHT = dt.date(2017, 5, 18)
AVERAGE = Scenario(night=NIGHT, nights=1, children=20, pupils=90, dirt=False, attendance_days=2)
# Numbers that belong to one person or one school wherever they are named.
NATIONAL = (Identifier.UPN, Identifier.NHS_NUMBER)
LOCAL = (Identifier.SOCIAL_CARE_ID, Identifier.PATIENT_ID, Identifier.WORKER_ID)


@pytest.fixture(scope="module")
def london(tmp_path_factory: pytest.TempPathFactory) -> Path:
    inbox = tmp_path_factory.mktemp("london") / "inbox"
    simulate_several(inbox, of_region("London", AVERAGE))
    return inbox


def _columns(dataset: Dataset, kind: Identifier) -> list[Column]:
    return [column for column in dataset.columns if column.identifier is kind]


def _owners(inbox: Path, kind: Identifier) -> dict[str, set[str]]:
    """Which authorities' files bear each identifier of a kind."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(inbox.glob("*/*/*/*.csv")):
        authority = path.parts[-4]
        for dataset in BY_NAME.values():
            names = [column.name for column in _columns(dataset, kind)] if dataset.file == path.name else []
            for row in read(path) if names else ():
                for name in names:
                    found[row[name]].add(authority)
    return {text: owners for text, owners in found.items() if text and not text.startswith("UN")}


def test_a_region_is_all_its_authorities_each_of_its_own_size() -> None:
    average = Scenario(night=NIGHT, children=400, pupils=40_000)
    found = of_region("London", average)
    assert [each.authority for each in found] == sorted(reference.authorities_of_region("london", NIGHT))
    assert len(found) == 33
    for wanted, sizes in ((400, [each.children for each in found]), (40_000, [each.pupils for each in found])):
        assert len(set(sizes)) > 30
        assert sum(sizes) / len(sizes) == pytest.approx(wanted, rel=0.01)
        # The City of London comes first; no other is nearly so small.
        assert sizes[0] < min(sizes[1:]) / 5
    assert found == of_region("London", average)
    assert [each.children for each in of_region("London", Scenario(night=NIGHT, children=400, seed=7))] != [
        each.children for each in found
    ]


def test_authorities_are_those_of_the_night() -> None:
    before, after = (reference.authorities_of_region("North West", dt.date(2023, month, 1)) for month in (3, 4))
    assert set(before) - set(after) == {"909"} and set(after) - set(before) == {"942", "943"}


def test_what_is_no_region_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match=r"'Londn'; there are East Midlands, .* Yorkshire and The Humber"):
        of_region("Londn", AVERAGE)


def test_every_borough_delivers_all_three_sources(london: Path) -> None:
    assert len(list(london.iterdir())) == 33
    for authority in london.iterdir():
        assert {path.parts[-3] for path in authority.glob("*/*/_manifest.json")} == {
            "social_care", "health", "education",
        }  # fmt: skip


@pytest.mark.parametrize("kind", [*NATIONAL, *LOCAL], ids=str)
def test_no_identifier_is_of_two_authorities(london: Path, kind: Identifier) -> None:
    owners = _owners(london, kind)
    assert len(owners) > 300
    assert {text: of for text, of in owners.items() if len(of) > 1} == {}


def test_a_school_is_of_one_authority(london: Path) -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for path in london.glob("*/education/*/schools.csv"):
        for row in read(path):
            owners[row["urn"]].add(path.parts[-4])
    assert len(owners) > 33 * 7
    assert all(len(of) == 1 for of in owners.values())


def test_the_fostering_service_of_an_authority_is_its_own(london: Path) -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for path in london.glob("*/social_care/*/episodes.csv"):
        for row in read(path):
            if row["PLACE"].startswith("U") and row["PLACE_PROVIDER"] == "PR1":
                owners[row["URN"]].add(path.parts[-4])
    assert len(owners) > 25
    assert all(len(of) == 1 for of in owners.values())


def test_health_numbers_of_large_authorities_do_not_meet() -> None:
    seen: set[str] = set()
    for code in ("201", "310", "943"):
        large = Scenario(night=NIGHT, children=500, pupils=60_000, authority=code)
        size = pupils.cohort_size(large)
        ends = [(year, place) for year in range(2000, 2020) for place in (0, size - 1)]
        mine = {health_numbers.of_pupil(large, year, place, size) for year, place in ends}
        mine |= {identity.nhs_number(code, number) for number in range(0, identity.NHS_NUMBERS_EACH, 29)}
        assert len(mine) > 8_600 and not mine & seen
        seen |= mine
    assert all(identity.nhs_check_digit(number[:9]) == int(number[9]) for number in seen)


def test_who_stands_beside_it_does_not_change_an_authority(london: Path, tmp_path: Path) -> None:
    barnet = next(each for each in of_region("London", AVERAGE) if each.authority == "302")
    simulate(tmp_path / "inbox", barnet)
    assert contents(tmp_path / "inbox/302") == contents(london / "302")


def test_an_inbox_of_another_delivery_is_told(london: Path) -> None:
    other = [Scenario(night=NIGHT, nights=1, children=21, pupils=90, authority=code) for code in ("302", "303")]
    with pytest.raises(ConfigurationError, match="already holds another delivery"):
        simulate_several(london, other)
