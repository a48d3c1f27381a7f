"""What `make nightly` shows while it works: a live line on a terminal, plain lines anywhere else."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.status import Status

# Bookkeeping of a fraction of a second: shown while it runs, not kept on the screen.
BRIEF_TASKS = frozenset(
    {
        "call_for_decision",
        "choose_build",
        "choose_night",
        "close_night",
        "find_deliveries",
        "find_missed_nights",
        "go_on_if_needed",
        "list_authorities",
        "run_missed_nights",
        "tell_of_build",
        "tell_of_publication",
        "wait_for_folder",
        "write_quality_page",
    }
)
# Where there is no live line, a step that takes long says so this often.
SECONDS_BETWEEN_SIGNS_OF_LIFE = 15.0


class Progress:
    """Names the step under way and its seconds; keeps a line for each step that is done."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._began = time.monotonic()
        self._step: str | None = None
        self._step_began = self._began
        self._last_sign = self._began

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._status = self._console.status("", spinner="dots")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def start(self, step: str) -> None:
        self._step, self._step_began, self._last_sign = step, time.monotonic(), time.monotonic()
        self.tick()

    def at(self, what: str) -> None:
        """What the step under way is at; its seconds go on."""
        self._step = what
        self.tick()

    def tick(self) -> None:
        """Call about twice a second: keeps the seconds going."""
        if self._step is None:
            return
        now = time.monotonic()
        seconds = now - self._step_began
        if self._status:
            self._status.update(f"[{now - self._began:5.0f} s] {escape(self._step)}  {seconds:.0f} s")
        elif now - self._last_sign >= SECONDS_BETWEEN_SIGNS_OF_LIFE:
            self._last_sign = now
            self.line(f"... {self._step}, {seconds:.0f} s so far")

    def done(self, text: str | None = None, style: str = "") -> None:
        """The step has ended; with a text, a line of it stays."""
        seconds = time.monotonic() - self._step_began
        self._step = None
        if text:
            self.line(f"{text}  ({seconds:.1f} s)", style)

    def line(self, text: str, style: str = "") -> None:
        prefix = f"[{time.monotonic() - self._began:5.0f} s] "
        self._console.print(prefix + text, style=style or None, markup=False, highlight=False, soft_wrap=True)

    def event(self, event: dict[str, Any]) -> None:
        """Show one event of the runner."""
        kind = event["event"]
        if kind == "dag_started":
            self.line(event["dag"], "bold")
            self.start(f"{event['dag']}: starting")
        elif kind == "started":
            self.start(_name(event))
        elif kind == "at":
            self.at(event["what"])
        elif kind == "succeeded":
            self.done(None if event["task"] in BRIEF_TASKS | {"raise_alarm"} else "  done     " + _name(event))
        elif kind == "skipped":
            self.done(None if event["task"] in BRIEF_TASKS else "  skipped  " + _name(event))
        elif kind == "retrying":
            self.done(f"  again in a minute: {_name(event)}: {event['reason']}", "yellow")
            self.start(f"{_name(event)}: waiting to try again")
        elif kind == "failed" and event["task"] == "raise_alarm":
            self.done()
            for reason in event["reason"].splitlines():
                self.line("  look at  " + reason, "yellow")
        elif kind == "failed":
            self.done(f"  FAILED   {_name(event)}: {event['reason']}", "red")


def _name(event: dict[str, Any]) -> str:
    return " ".join(filter(None, (event["task"], event["label"])))
