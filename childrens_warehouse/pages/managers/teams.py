"""What one team's page says: its work lists, and of each headline indicator the children it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from childrens_warehouse.identity import codes
from childrens_warehouse.pages.managers import worklists
from childrens_warehouse.pages.managers.reading import HEADLINES, Child, ChildLevel
from childrens_warehouse.pages.managers.worklists import Row, WorkList, day
from childrens_warehouse.pages.reading import Figure, Indicator
from childrens_warehouse.pages.words import SHORT_PERIODS

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Listed:
    """A work list as far as it is about one team or worker."""

    worklist: WorkList
    rows: tuple[Row, ...]

    @property
    def urgent(self) -> int:
        return sum(row["status"] in worklists.URGENT for row in self.rows)

    @property
    def not_known(self) -> int:
        return sum(row["status"] == "not_known" for row in self.rows)

    @property
    def rules(self) -> list[str]:
        return sorted({row["rule"] for row in self.rows})

    def of_worker(self, worker_key: int) -> Listed:
        return Listed(self.worklist, tuple(row for row in self.rows if row["worker_key"] == worker_key))


@dataclass(frozen=True)
class Behind:
    """The children of one team behind a figure.

    whole, sliced: the figure of the council, and of the team by the day on which each event happened.
    """

    indicator: Indicator
    period: str
    whole: Figure | None
    sliced: Figure | None
    children: tuple[Child, ...]

    @property
    def id(self) -> str:
        return self.indicator.indicator_id.replace("_", "-")

    @property
    def when(self) -> str:
        return SHORT_PERIODS[self.period]

    @cached_property
    def counted(self) -> tuple[Child, ...]:
        return tuple(child for child in self.children if child.is_counted)

    @cached_property
    def others(self) -> tuple[Child, ...]:
        return tuple(child for child in self.children if not child.is_counted)

    @property
    def numerator(self) -> int:
        return sum(child.in_numerator for child in self.children)

    @property
    def denominator(self) -> int:
        return sum(child.in_denominator for child in self.children)

    @property
    def adds_up(self) -> bool:
        """Do several sessions or events of a child count, so that children and counts differ?"""
        return any(child.in_denominator > 1 or child.in_numerator > 1 for child in self.children)

    @property
    def own_figure(self) -> str:
        """What the child's own figure is."""
        return HEADLINES[self.indicator.indicator_id, self.period]

    @property
    def has_own_figures(self) -> bool:
        return any(child.measure is not None for child in self.children)

    @property
    def groups(self) -> list[tuple[str, tuple[Child, ...]]]:
        """Those to look at first: who is missing from a figure that should be high, who is in any other."""
        both = [("Counted", self.counted), ("In the population only", self.others)]
        return [group for group in (both[::-1] if self.indicator.direction == "high" else both) if group[1]]

    @property
    def by_worker(self) -> list[tuple[int, int, int]]:
        """(worker, children counted, children in all)."""
        counted = Counter(child.worker_key for child in self.counted)
        every = Counter(child.worker_key for child in self.children)
        return [(worker, counted[worker], number) for worker, number in sorted(every.items())]

    @property
    def differs(self) -> bool:
        """Does the slice of the team hold other events than those of the children it has now?"""
        return self.sliced is not None and (self.sliced.numerator or 0) != self.numerator


@dataclass(frozen=True)
class Team:
    """One team of the authority on the night."""

    name: str
    slug: str
    lists: tuple[Listed, ...]
    figures: tuple[Behind, ...]

    @property
    def title(self) -> str:
        return "No team recorded" if self.name == UNKNOWN else self.name

    @property
    def busy(self) -> list[int]:
        """Workers who have a row on any list; who has none is no worker's last."""
        found = {row["worker_key"] for listed in self.lists for row in listed.rows}
        return sorted(found, key=lambda worker: (worker < 0, worker))


@dataclass(frozen=True)
class Names:
    """Codes in the place of pseudonyms, the same on every page."""

    children: Mapping[int, str]
    workers: Mapping[int, str]

    @classmethod
    def of(cls, level: ChildLevel) -> Names:
        return cls(codes.codes(level.keys()), codes.codes(level.workers()))

    def child(self, key: int) -> str:
        return self.children[key] if key >= 0 else "not known"

    def worker(self, key: int) -> str:
        return self.workers[key] if key >= 0 else "no worker"


def read(level: ChildLevel) -> list[Team]:
    """Every team that has work or children, by name, those without a team last."""
    lists = [(worklist, level.worklist(worklist)) for worklist in worklists.ALL]
    behind = [
        (indicator_id, period, children)
        for (indicator_id, period), children in level.children().items()
        if level.figures.has(indicator_id)
    ]
    names = {row["team_name"] for _, rows in lists for row in rows}
    names |= {child.team_name for _, _, children in behind for child in children}
    ordered = sorted(names, key=lambda name: (name == UNKNOWN, name))
    return [
        Team(
            name,
            slug,
            tuple(Listed(worklist, tuple(row for row in rows if row["team_name"] == name)) for worklist, rows in lists),
            tuple(
                _behind(
                    level, indicator_id, period, tuple(child for child in children if child.team_name == name), name
                )
                for indicator_id, period, children in behind
            ),
        )
        for name, slug in zip(ordered, _slugs(ordered), strict=True)
    ]


def dates(child: Child) -> str:
    """What a row of `indicator_child` says of when."""
    said = []
    if child.first_event_on and child.last_event_on:
        both = {child.first_event_on, child.last_event_on}
        said.append(" to ".join(day(each) for each in sorted(both)))
    for words, since in (
        ("in care since", child.looked_after_since),
        ("placed since", child.placed_since),
        ("on a plan since", child.on_protection_plan_since),
    ):
        if since:
            said.append(f"{words} {day(since)}")
    return "; ".join(said) or "–"


def own_figure(child: Child) -> str:
    """The child's own figure, with a decimal only where it has one."""
    return "–" if child.measure is None else f"{child.measure:.1f}".removesuffix(".0")


def _behind(level: ChildLevel, indicator_id: str, period: str, children: tuple[Child, ...], team: str) -> Behind:
    release = level.figures
    return Behind(
        release.indicators[indicator_id],
        period,
        release.figure(indicator_id, release.night, period),
        release.figure(indicator_id, release.night, period, "team", team),
        children,
    )


def _slugs(names: Iterable[str]) -> list[str]:
    """File names: letters and digits, numbered where two teams would share one."""
    taken: Counter[str] = Counter()
    slugs = []
    for name in names:
        slug = "-".join("".join(letter if letter.isalnum() else " " for letter in name.lower()).split()) or "team"
        taken[slug] += 1
        slugs.append(slug if taken[slug] == 1 else f"{slug}-{taken[slug]}")
    return slugs
