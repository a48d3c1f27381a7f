"""Every failure this package raises on purpose; each message says what happened, where, and what to do."""

from __future__ import annotations


class WarehouseError(Exception):
    """Base of all of ours. `retry` tells the orchestrator whether trying again can help."""

    retry = False


class ConfigurationError(WarehouseError):
    """A setting is missing or impossible. Nothing was read or written."""


class HomeFormatError(ConfigurationError):
    """The home is of another format than this program's: newer, or older and to be upgraded on purpose."""


class BackupFailed(WarehouseError):
    """A backup could not be completed, or what is in one is not what it says. Nothing counts that was half done."""


class PaperUnavailable(ConfigurationError):
    """This machine cannot print pages as PDF. The pages themselves are made."""


class KeyUnavailable(WarehouseError):
    """The store that keeps the pseudonym key does not answer. Nothing was read or written."""

    retry = True


class RotationFailed(WarehouseError):
    """What was written under the new pseudonym key is not what it should be. The old key stays in force."""


class FilesNotLanded(WarehouseError):
    """Some files of an authority failed to land for reasons of the machine; the others landed."""

    def __init__(self, message: str, retry: bool) -> None:
        super().__init__(message)
        self.retry = retry


class TookTooLong(WarehouseError):
    """A step took far longer than it ever should: it hangs, and would again."""


class FileRefused(WarehouseError):
    """A delivered file cannot be taken in. What was in force for it stays in force."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(f"{rule}: {reason}")
        self.rule = rule
        self.reason = reason


class WayInFailed(WarehouseError):
    """Something could not be fetched into the inbox. What was in force stays in force.

    may_heal: waiting may help (a server that is away); without it a person must act (a wrong password).
    """

    def __init__(self, message: str, may_heal: bool = False) -> None:
        super().__init__(message)
        self.may_heal = may_heal


class GateError(WarehouseError):
    """A gate could not judge, which is not the same as bad data: it blocks, and says that it could not."""


class GateFailed(WarehouseError):
    """A gate judged and said no. The last good release stays published."""


class AuthoritiesRefused(GateFailed):
    """The gate refused some authorities' data and not the others'. Built again, these come out without it."""

    def __init__(self, message: str, authorities: tuple[str, ...]) -> None:
        super().__init__(message)
        self.authorities = authorities


class BuildFailed(WarehouseError):
    """dbt could not build or a dbt test failed. The candidate is thrown away."""


class SupersededError(WarehouseError):
    """Another build took the candidate over while this one was between two steps."""


class BusyError(WarehouseError):
    """Another process holds a lock on this warehouse home; waiting helps."""

    retry = True


class PublishFailed(WarehouseError):
    """A release could not be written, checked or switched to. What was published before still is."""

    retry = True


class PostgresUnavailable(WarehouseError):
    """The PostgreSQL server for BI tools does not answer. What it serves, once it does, is its last release."""

    retry = True


class ServingFailed(WarehouseError):
    """A release could not be loaded into PostgreSQL or made current there. What it served before, it still serves."""

    retry = True
