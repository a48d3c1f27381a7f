"""Processes killed in the middle of landing, build, publication, rollback and key rotation, and what is left of it.

After each kill readers must see the last good or the new good release, whole, and nothing half written may count; when
the work is done again, everything must be as if nothing had happened.
"""

from __future__ import annotations

import dataclasses
import random

from chaos import victim
from chaos.contract import Count, Form, Say, sentence
from chaos.range import Range, shared
from chaos.works import WORKS

_TRIALS = {Form.SHORT: 8, Form.LONG: 240, Form.ONE: 1}


def run(form: Form, seed: int, say: Say) -> Count:
    """Kill so many times; each trial is repeated alone by its own seed."""
    if not victim.can_trace():
        say("strace is not installed: moments are chosen by time alone")
    total = Count()
    for number in range(_TRIALS[form]):
        count, said = trial(shared(), seed + number)
        total += count
        if form is not Form.SHORT or count.broken:
            say(f"{number + 1}/{_TRIALS[form]} {said}")
    return total


def trial(range_: Range, seed: int) -> tuple[Count, str]:
    """One kill. What it came to, and a sentence about it."""
    rng = random.Random(seed)
    work = rng.choice(WORKS)
    whole = range_.undisturbed(work)
    moment = victim.any_moment(rng, whole.seconds, whole.calls)
    range_.start_from(work.start)
    ended = range_.harm(work.act, moment)
    broken, leaks = range_.right_after(whole, rng)
    broken += range_.once_done_again(work, whole)
    named = f"kills, seed {seed}: {work.name}, {moment}"
    count = dataclasses.replace(range_.count(broken, leaks, named), kills=int(ended != 0))
    became = "survived" if ended else "had ended before"
    return count, sentence(count, f"{named}: {became}")
