"""What is known against the pinned packages, by pip-audit, against what people decided about it.

The source of advisories is PyPI's own, or another one that speaks OSV: WAREHOUSE_AUDIT_OSV_URL. Where none answers (an
index that mirrors packages has none), that is said, and counts as a fault from a day on that somebody wrote down:
`exceptions.toml`.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from childrens_warehouse.errors import ConfigurationError, WarehouseError
from childrens_warehouse.settings import PROJECT

LOCKS = tuple(
    PROJECT / name
    for name in (
        "requirements.lock", "requirements-service.lock", "requirements-dev.lock", "requirements-uv.txt",
        "bi/superset/requirements.lock",
    )
)  # fmt: skip
EXCEPTIONS = Path(__file__).with_name("exceptions.toml")
_SECONDS = 900


class AuditFailed(WarehouseError):
    """pip-audit could not do its work; the message says why."""


@dataclass(frozen=True)
class Finding:
    """One advisory about one pinned package. aliases: its names in other lists, CVE-... among them."""

    package: str
    version: str
    advisory: str
    aliases: tuple[str, ...]
    fixed_in: tuple[str, ...]


@dataclass(frozen=True)
class Looked:
    """What an audit saw. unknown: packages that the source knows nothing of, not even that they exist."""

    packages: int
    findings: tuple[Finding, ...]
    unknown: tuple[str, ...] = ()
    failure: str = ""

    @property
    def had_a_source(self) -> bool:
        # A source that knows none of some hundred packages is none; one that lacks a few is.
        return not self.failure and len(self.unknown) * 2 < self.packages


@dataclass(frozen=True)
class Accepted:
    """A person's decision that an advisory does no harm here. Counts up to and including `until`."""

    advisory: str
    package: str
    reason: str
    by: str
    until: dt.date


@dataclass(frozen=True)
class Exceptions:
    accepted: tuple[Accepted, ...]
    without_source_until: dt.date

    @classmethod
    def read(cls, path: Path = EXCEPTIONS) -> Exceptions:
        """Raises ConfigurationError when the file is not as agreed."""
        try:
            told = tomllib.loads(path.read_text(encoding="utf-8"))
            accepted = tuple(Accepted(**each) for each in told.get("accepted", ()))
            if any(not each.reason.strip() or not each.by.strip() for each in accepted):
                raise ValueError("reason or by is blank")
            if not told["without_source"]["reason"].strip():
                raise ValueError("without_source has no reason")
            return cls(accepted, told["without_source"]["until"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"{path} is not as agreed: {error}") from None

    def of(self, finding: Finding) -> Accepted | None:
        names = {finding.advisory, *finding.aliases}
        return next(
            (each for each in self.accepted if each.package == finding.package and each.advisory in names), None
        )


@dataclass(frozen=True)
class Told:
    is_well: bool
    lines: tuple[str, ...]


def look(locks: Sequence[Path]) -> Looked:
    """Ask about every pinned package. Raises AuditFailed when pip-audit cannot read the locks."""
    # What two locks pin alike is asked once; where they differ, both are.
    arguments = [str(Path(sys.executable).with_name("pip-audit")), "--no-deps", "--disable-pip", "--format", "json"]
    arguments += ["--progress-spinner", "off", "--timeout", "20"]
    if url := os.environ.get("WAREHOUSE_AUDIT_OSV_URL", "").strip():
        arguments += ["--vulnerability-service", "osv", "--osv-url", url]
    dependencies: dict[tuple[str, str], dict] = {}
    for lock in locks:
        done = subprocess.run(
            [*arguments, "--requirement", str(lock)], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        if not done.stdout.strip():
            last = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"it ended with {done.returncode}"
            if "ConnectionError" in done.stderr or "Timeout" in done.stderr:
                return Looked(len(dependencies), (), failure="the source cannot be reached")
            raise AuditFailed(f"pip-audit could not read {lock.name}: {last}")
        for each in json.loads(done.stdout)["dependencies"]:
            dependencies[each["name"], each.get("version") or each["skip_reason"]] = each
        if all("skip_reason" in each for each in dependencies.values()):
            break  # no source, and the next hundreds of questions would have the same answer
    return Looked(
        len(dependencies),
        tuple(
            Finding(each["name"], each["version"], found["id"], tuple(found["aliases"]), tuple(found["fix_versions"]))
            for each in dependencies.values()
            for found in each.get("vulns", ())
        ),
        tuple(sorted({each["name"] for each in dependencies.values() if "skip_reason" in each})),
    )


def judge(looked: Looked, exceptions: Exceptions, today: dt.date) -> Told:
    """What needs a person: what is known and not decided, decisions whose time is over, and no source for too long."""
    bad: list[str] = []
    said: list[str] = []
    if looked.had_a_source:
        for finding in looked.findings:
            accepted = exceptions.of(finding)
            names = ", ".join((finding.advisory, *finding.aliases))
            mend = f"mended in {', '.join(finding.fixed_in)}" if finding.fixed_in else "not mended yet"
            if accepted and accepted.until >= today:
                said.append(f"{finding.package} {finding.version}: {names}, accepted until {accepted.until}")
            elif accepted:
                bad.append(f"{finding.package} {finding.version}: {names}, accepted until {accepted.until}: {mend}")
            else:
                bad.append(f"{finding.package} {finding.version}: {names}: {mend}")
        found = {name for each in looked.findings for name in (each.advisory, *each.aliases)}
        said += [
            f"{each.advisory} of {each.package} is not found any more: remove it from {EXCEPTIONS.name}"
            for each in exceptions.accepted
            if each.advisory not in found
        ]
        if looked.unknown:
            said.append(f"Not known to the source: {', '.join(looked.unknown)}")
        said.append(f"{looked.packages} pinned packages asked about, {len(looked.findings)} advisories.")
    else:
        why = looked.failure or f"it knows none of {looked.packages} packages"
        line = (
            f"NOT AUDITED: no source of advisories here ({why}); accepted until {exceptions.without_source_until} in"
            f" {EXCEPTIONS.name}. Run `make audit` where PyPI's own or an OSV server (WAREHOUSE_AUDIT_OSV_URL) answers."
        )
        (said if today <= exceptions.without_source_until else bad).append(line)
    return Told(not bad, (*bad, *said))
