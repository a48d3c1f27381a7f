"""File systems that are mounted for a trial, in a mount namespace of their own that nobody else sees."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from chaos.contract import Count, Form, Say
from chaos.range import Range, shared
from childrens_warehouse.settings import PROJECT


def may_mount() -> bool:
    """Is this root, and may it have a namespace of its own?"""
    return (
        os.geteuid() == 0
        and not subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode
    )


def mount(*command: str) -> None:
    """Run `mount` or `umount`; that it is refused is one of the ways in which a trial can go."""
    subprocess.run(command, check=False, capture_output=True)


def run_inside(module: str, form: Form, seed: int, say: Say) -> Count:
    """Run a module of this package as a program in a namespace of its own, where it calls `answer`."""
    told_inside = (form, str(seed), str(shared().folder))
    command = ("unshare", "--mount", "--propagation", "private", sys.executable, "-m", module, *told_inside)
    inside = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert inside.stdout
    told = ""
    for line in inside.stdout:
        if line.startswith("{"):
            told = line
        else:
            say(line.rstrip())
    if inside.wait() or not told:
        return Count(broken=(f"{module}, seed {seed}: ended with {inside.returncode}",))
    content = json.loads(told)
    return Count(**{**content, "broken": tuple(content["broken"])})


def answer(run: Callable[[Range, Form, int, Say], Count]) -> None:
    """What a module does that `run_inside` has started: run, and tell what it came to."""
    form, seed, folder = sys.argv[1:]
    counted = run(Range(Path(folder)), Form(form), int(seed), lambda said: print(said, flush=True))
    print(json.dumps(dataclasses.asdict(counted)))
