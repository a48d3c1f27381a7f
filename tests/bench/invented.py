"""Measurements that were never made, with slopes that are known."""

from __future__ import annotations

from collections.abc import Callable

from bench.scale.cases import Case
from bench.scale.results import PHASES, Measurement, Phase

MIB = 2**20


def measurement(
    case: Case,
    night: str = "first",
    *,
    models: float = 1.0,
    rest: float = 1.0,
    peak: float = 1e9,
    disk: float = 1e9,
    nodes: dict[str, float] | None = None,
) -> Measurement:
    """rest: seconds of landing, gate and publication together; nothing else takes time but the models."""
    phases = {
        phase: Phase(models if phase == "build models" else rest if phase == "land" else 0.0, 2.0, int(peak), 0)
        for phase in PHASES
    }
    return Measurement(
        case=case, night=night, marks=round(case.millions * 1e6), rows=round(case.millions * 1e6), phases=phases,
        disk={"raw": int(disk / 2), "candidate": int(disk / 4), "published": int(disk / 4)}, others=0.1,
        memory_limit="2GB", processors=2, memory_bytes=24 * 1024 * MIB, day="2026-11-23", nodes=nodes or {},
    )  # fmt: skip


def rows_series(
    engine: str,
    models: Callable[[float], float],
    sizes: tuple[float, ...] = (1, 4, 16, 64),
    rest: Callable[[float], float] = lambda millions: 10.0,
    peak: Callable[[float], float] = lambda millions: 1e9,
    disk: Callable[[float], float] = lambda millions: 1e8 * millions,
    a_night: float = 1e8,
) -> list[Measurement]:
    """Both nights of each size; one more night takes a tenth, and adds so many bytes of disk."""
    found = []
    for size in sizes:
        case = Case(engine, "rows", size, size)
        found.append(
            measurement(case, models=models(size), rest=rest(size), peak=peak(size), disk=disk(size))
        )
        found.append(
            measurement(
                case, "more", models=models(size) / 10, rest=rest(size) / 10, peak=peak(size), disk=disk(size) + a_night
            )
        )
    return found
