"""A build that the gate refused, as a question to a person: publish it with a waiver, or keep the last release?

Asked only where a waiver can answer: the gate judged, and what it refused is not what everybody may see. What is told
of the build is rules, tables and counts; who answers and why is kept in the waiver and in the ledger.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass
from typing import Any

from childrens_warehouse import waivers
from childrens_warehouse.build.candidate import Stage, State, Workspace
from childrens_warehouse.build.gating import GateResult
from childrens_warehouse.disclosure import SCHEMA
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.landing.quarantine import rules
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish.current import current_release
from childrens_warehouse.settings import Settings
from childrens_warehouse.waivers import Waiver

STEP = "decision"


@dataclass(frozen=True)
class Question:
    """What a person is asked. body: Markdown."""

    build_id: str
    night: dt.date
    subject: str
    body: str

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "night": self.night.isoformat()}


@dataclass(frozen=True)
class Answer:
    """What a person said. by: who; None where nobody did in time. until: the last night that the waiver helps."""

    publish: bool
    by: str | None = None
    reason: str = ""
    until: dt.date | None = None


def question(settings: Settings, build_id: str) -> Question | None:
    """What to ask of a refused build. None where it is not refused any more, or a waiver must not help it."""
    held = _held(settings, build_id)
    if held is None:
        return None
    state, result = held
    explained, refused = rules(), _refused(result)
    if any(table == SCHEMA for table, _ in refused):
        return None
    lines = [
        f"| {each.rule} | {table} | {_of(each.unexpected_count, each.element_count)} | {said.get('what', '')}"
        f" | {said.get('how_to_put_it_right', '')} |"
        for table, each in refused
        for said in (explained.get(each.rule, {}),)
    ]
    release = current_release(settings)
    stays = f"release {release.release_id}, as at {release.as_at}" if release else "nothing: no release came out yet"
    return Question(
        build_id,
        state.as_at,
        f"The gate refused the night of {state.as_at}: publish it all the same?",
        "\n".join(
            (
                f"Build `{build_id}`. Readers have {stays}.",
                "",
                "| rule | table | rows | what it found | how to put it right |",
                "| --- | --- | --- | --- | --- |",
                *lines,
                "",
                "Publish only data that you have seen to be right. A waiver for these rules is then written in your "
                "name, and the night is built again. Otherwise have the data corrected: the next night builds anew.",
            )
        ),
    )


def is_held(settings: Settings, build_id: str) -> bool:
    """Is it still this build that waits for a decision? A newer build, or none, supersedes the question."""
    return _held(settings, build_id) is not None


def check(night: dt.date, answer: Answer) -> Answer:
    """The answer, with the night itself as the waiver's end where none is named. Raises ConfigurationError."""
    if not answer.publish:
        return answer
    if not answer.reason.strip():
        raise ConfigurationError("A waiver needs a reason: answer again, and say why the data is right.")
    until = answer.until or night
    if until < night:
        raise ConfigurationError(f"A waiver until {until} would not help the night of {night}: answer again.")
    return Answer(True, answer.by, answer.reason.strip(), until)


def decide(settings: Settings, build_id: str, answer: Answer) -> bool:
    """Carry out an answer: write the waivers, or note that the last release stays. True where a build must follow.

    The answer to a question that a newer build superseded changes nothing. Safe to run again.
    """
    held = _held(settings, build_id)
    if held is None:
        return False
    state, result = held
    answer = check(state.as_at, answer)
    refused = [(table, each.rule) for table, each in _refused(result)]
    if answer.publish and answer.by and answer.until:
        waivers.add(
            settings.home,
            [Waiver(rule, table, answer.reason, answer.by, answer.until) for table, rule in refused],
        )
    Ledger(settings.home.ledger).record_build(
        state.run_id,
        build_id,
        STEP,
        "waived" if answer.publish else "kept",
        {
            "by": answer.by,
            "reason": answer.reason,
            "until": answer.until.isoformat() if answer.until else None,
            "rules": [{"rule": rule, "table": table} for table, rule in refused],
        },
    )
    return answer.publish


def _held(settings: Settings, build_id: str) -> tuple[State, GateResult] | None:
    workspace = Workspace.of(settings)
    state = workspace.load()
    if state is None or state.build_id != build_id or state.stage is not Stage.REFUSED:
        return None
    result = GateResult.from_dict(json.loads(workspace.gate.read_text(encoding="utf-8")))
    return (state, result) if result.build_id == build_id else None


def _refused(result: GateResult) -> list[tuple[str, Any]]:
    """(table, rule's result) of what holds the build back."""
    waived = {(each.rule, each.table) for each in result.waived}
    return [
        (table, each)
        for table, each in result.failed
        if each.severity == "critical" and (each.rule, table) not in waived
    ]


def _of(found: int | None, of: int | None) -> str:
    return f"{found:,} of {of:,}" if found is not None and of else ""
