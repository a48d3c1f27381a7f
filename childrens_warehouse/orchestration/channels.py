"""The channels of the alarms: Airflow's own notifiers, with time limits of ours.

    python -m childrens_warehouse.orchestration.channels due     # send what is due
    python -m childrens_warehouse.orchestration.channels test    # send a test to every channel

As a program it is what `warehouse alarms` starts; then connections come from the environment (AIRFLOW_CONN_...), since
Airflow gives those of its database to running tasks only.
"""

from __future__ import annotations

import argparse
import logging
from functools import cached_property
from typing import Any

from airflow.providers.http.hooks.http import HttpHook
from airflow.providers.http.notifications.http import HttpNotifier
from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.providers.smtp.notifications.smtp import SmtpNotifier

from childrens_warehouse.alarms import sending
from childrens_warehouse.alarms.sending import Channel
from childrens_warehouse.alarms.wording import Message, trial
from childrens_warehouse.observing.logs import say, spoken
from childrens_warehouse.settings import Settings

# For one answer of a server; a message takes a handful of them.
SECONDS = 15


class PromptSmtpHook(SmtpHook):
    """The provider's hook asks six times, for half a minute each; the next run asks again anyway."""

    @property
    def timeout(self) -> int:
        return min(super().timeout, SECONDS)

    @property
    def smtp_retry_limit(self) -> int:
        return 0


class PromptSmtpNotifier(SmtpNotifier):
    """Airflow's SmtpNotifier that gives up soon."""

    @cached_property
    def hook(self) -> SmtpHook:
        return PromptSmtpHook(smtp_conn_id=self.smtp_conn_id, auth_type=self.auth_type)


class QuietHttpHook(HttpHook):
    """The provider's hook without its warnings: they quote the path, to many receivers the password."""

    @property
    def log(self) -> Any:
        logger = logging.getLogger("childrens_warehouse.webhook")
        logger.setLevel(logging.ERROR)
        return logger


class QuietHttpNotifier(HttpNotifier):
    """Airflow's HttpNotifier that keeps the path to itself."""

    @cached_property
    def hook(self) -> HttpHook:
        return QuietHttpHook(method=self.method, http_conn_id=self.http_conn_id)


class Email:
    """One mail to all addresses of WAREHOUSE_ALARM_EMAIL."""

    name = "email"

    def __init__(self, settings: Settings) -> None:
        self._alarms = settings.alarms

    def send(self, message: Message) -> None:
        references = " ".join(message.references)
        notifier = PromptSmtpNotifier(
            to=list(self._alarms.email),
            from_email=self._alarms.sender,
            subject=message.subject,
            html_content=message.html,
            custom_headers={"References": references} if references else None,
            smtp_conn_id=self._alarms.smtp_connection,
        )
        # Not called as a callback is: that would run our words through a template engine.
        notifier.notify({})


class Webhook:
    """One POST of JSON to the path of the connection."""

    name = "webhook"

    def __init__(self, settings: Settings) -> None:
        self._connection = settings.alarms.webhook_connection or ""
        self._path = settings.alarms.webhook_path

    def send(self, message: Message) -> None:
        QuietHttpNotifier(
            http_conn_id=self._connection,
            endpoint=self._path,
            json=message.payload,
            extra_options={"timeout": SECONDS},
        ).notify({})


def channels(settings: Settings) -> list[Channel]:
    """Those that are set up."""
    every: dict[str, type[Email] | type[Webhook]] = {"email": Email, "webhook": Webhook}
    return [every[name](settings) for name in settings.alarms.channels]


def send_trial(settings: Settings) -> list[str]:
    """A test to every channel; a line for each, with what went wrong. It is for the eyes of who set it up."""
    said = []
    for channel in channels(settings):
        try:
            channel.send(trial(settings))
            said.append(f"{channel.name}: sent.")
        except Exception as error:
            words = str(error).replace(settings.alarms.webhook_path or "\0", "***")
            said.append(f"{channel.name}: NOT SENT: {type(error).__name__}: {words}")
    return said


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="channels")
    parser.add_argument("what", choices=("due", "test"))
    choice = parser.parse_args(argv)
    settings = Settings.from_environment()
    if choice.what == "test":
        said = send_trial(settings)
    else:
        said = sending.send_due(settings, channels(settings), "warehouse alarms check")
    for line in said:
        say(line)
    return 1 if any("NOT SENT" in line or "still sending" in line for line in said) else 0


if __name__ == "__main__":
    with spoken():
        raise SystemExit(main())
