"""Read docker-compose.yml as far as processes of one machine need it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from childrens_warehouse.settings import PROJECT

COMPOSE_FILE = PROJECT / "docker-compose.yml"
# ${NAME}, ${NAME:-default}, ${NAME:?message}; $$ is a dollar.
REFERENCE = re.compile(r"(?<!\$)\$\{(\w+)(?:(:[-?])([^}]*))?\}")


@dataclass(frozen=True)
class Service:
    """One service: its command, its whole environment, the health check's command and whom it waits for.

    folders: places in the container that are folders of this repository.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    health: tuple[str, ...]
    waits_for: tuple[str, ...]
    folders: Mapping[str, Path]


def services(variables: Mapping[str, str]) -> dict[str, Service]:
    """Every service that comes up without a profile, each after those that it waits for.

    variables: what compose would take from .env.
    """
    document = _fill(yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8")), variables)
    found = {name: _service(name, told) for name, told in document["services"].items() if not told.get("profiles")}
    return {name: found[name] for name in _in_order(found)}


def settings_file(path: Path) -> dict[str, str]:
    """NAME=value lines, quoted as a shell has it; # begins a comment."""
    words = shlex.split(path.read_text(encoding="utf-8"), comments=True)
    return dict(word.split("=", 1) for word in words)


def _fill(told: Any, variables: Mapping[str, str]) -> Any:
    """Every text of the document with its references filled in; after parsing, so that a value stays a text."""

    def value(match: re.Match[str]) -> str:
        return variables.get(match[1]) or (match[3] or "" if match[2] == ":-" else "")

    if isinstance(told, dict):
        return {name: _fill(each, variables) for name, each in told.items()}
    if isinstance(told, list):
        return [_fill(each, variables) for each in told]
    return REFERENCE.sub(value, told) if isinstance(told, str) else told


def _service(name: str, told: Mapping[str, Any]) -> Service:
    environment = settings_file(PROJECT / told["env_file"]) if "env_file" in told else {}
    environment |= {each: "" if value is None else str(value) for each, value in told.get("environment", {}).items()}
    bound = (volume.split(":") for volume in told.get("volumes", ()) if volume.startswith("./"))
    health = told.get("healthcheck", {}).get("test", ("CMD",))
    return Service(
        name=name,
        command=tuple(told["command"]),
        environment={each: value.replace("$$", "$") for each, value in environment.items()},
        health=("sh", "-c", health[1].replace("$$", "$")) if health[0] == "CMD-SHELL" else tuple(health[1:]),
        waits_for=tuple(told.get("depends_on", ())),
        folders={inside: PROJECT / here for here, inside, *_ in bound},
    )


def _in_order(found: Mapping[str, Service]) -> list[str]:
    done: list[str] = []

    def visit(name: str) -> None:
        for before in found[name].waits_for:
            visit(before)
        if name not in done:
            done.append(name)

    for name in found:
        visit(name)
    return done
