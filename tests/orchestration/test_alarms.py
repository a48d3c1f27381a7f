"""Alarms as people get them: through Airflow's notifiers, to a real mail server and a real receiver."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time

import jsonschema
import pytest
from receivers import MailServer, Receiver, text_of

from childrens_warehouse.alarms import Key, Kind, Scope, Settled, Trouble, note, observing, sending, wording
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.orchestration import channels
from childrens_warehouse.settings import PROJECT, Settings

NIGHT = dt.date(2017, 5, 31)
# What a person may have typed where the name of a column or of a file belongs; landing quotes the first in its reason.
# A template engine would write LOVELACE.
COLUMN, CANARY = "Ada Lovelace", "Ada {{ 'Lovelace' | upper }} <b>"


@pytest.fixture
def mail():
    server = MailServer().start()
    yield server
    server.stop()


@pytest.fixture
def webhook():
    server = Receiver()
    yield server
    server.stop()  # a second time, after a test that stopped it, does no harm


@pytest.fixture
def set_up(monkeypatch, tmp_path):
    """Settings of a home that tells through the servers it is given."""

    def settings(mail=None, webhook=None):
        monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path / "home"))
        if mail:
            monkeypatch.setenv("WAREHOUSE_ALARM_EMAIL", "duty@example.org, data@example.org")
            monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", mail.connection)
        if webhook:
            monkeypatch.setenv("WAREHOUSE_ALARM_WEBHOOK_CONNECTION", "alarm_webhook")
            monkeypatch.setenv("WAREHOUSE_ALARM_WEBHOOK_PATH", "/alarms/secret-of-the-receiver")
            monkeypatch.setenv("AIRFLOW_CONN_ALARM_WEBHOOK", webhook.connection)
        found = Settings.from_environment()
        found.home.create()
        return found

    return settings


def tell(settings, scope, found, run_id="run"):
    note(settings, run_id, scope, found)
    return sending.send_due(settings, channels.channels(settings), run_id)


def night(settings, day, on_time=(), late=()):
    scope, found = observing.landing(
        settings, "education", day, f"run of {day}", on_time=on_time, late=late, lost=[], is_listed=True, is_closed=True
    )
    return tell(settings, scope, found, f"run of {day}")


def refused(what="header.csv", happened="header.csv was refused."):
    return Trouble(Key(Kind.REFUSED, "310", "social_care", what), happened, "Ask.", ("quarantine/",), NIGHT)


def notices(settings):
    rows = Ledger(settings.home.ledger).query("select * from incident_notice order by rowid")
    return [
        (row["event"], row["channel"], row["attempts"], bool(row["notified_at"]), row["last_error"]) for row in rows
    ]


def test_a_source_late_for_three_nights_is_one_alarm_and_one_word_that_it_came(set_up, mail):
    settings = set_up(mail)
    for later in range(3):
        night(settings, NIGHT + dt.timedelta(days=later), late=["310"])
    assert len(mail.mails) == 1
    night(settings, NIGHT + dt.timedelta(days=3), on_time=["310"])
    night(settings, NIGHT + dt.timedelta(days=4), on_time=["310"])
    alarm, over = mail.mails
    assert alarm["To"] == "duty@example.org, data@example.org"
    assert alarm["From"] == "warehouse@example.org"
    assert alarm["Subject"] == over["Subject"] == "Children's warehouse: education"
    assert alarm["References"] == over["References"] == "<incident-1@childrens-warehouse>"
    text = text_of(alarm)
    assert "<b>1 opened.</b> Nothing is published yet." in text
    assert "310 delivered no complete folder of education for 2017-05-31. It never delivered one." in text
    assert "What to do: Ask the supplier." in text
    assert "inbox/310/education/2017-05-31/" in text and "run of 2017-05-31" in text
    assert "<b>Resolved: education of 310 arrived.</b>" in text_of(over)
    assert "seen in 3 nights" in text_of(over)


def test_one_mail_holds_all_that_a_run_opened_and_resolved_and_names_the_rest(set_up, mail):
    settings = set_up(mail)
    tell(settings, Scope(NIGHT), [refused("uasc.csv"), refused("reviews.csv", "reviews.csv was refused.")])
    settled = Settled(Kind.REFUSED, "uasc.csv was taken in", what="uasc.csv")
    tell(settings, Scope(NIGHT, (settled,)), [refused(), Trouble(Key(Kind.BUILD), "The build failed.", "See the log.")])
    assert len(mail.mails) == 2
    assert mail.mails[1]["Subject"] == "Children's warehouse: build, social care"
    text = text_of(mail.mails[1])
    assert "<b>2 opened, 1 resolved.</b>" in text
    assert "<li>refused:310:social_care:reviews.csv, since " in text
    assert text.count("reviews.csv") == 1


def test_a_mail_server_that_was_down_gets_exactly_one_mail_when_it_is_up(set_up, mail):
    settings = set_up(mail)
    mail.stop()
    said = tell(settings, Scope(NIGHT), [refused()])
    assert said == ["Alarms by email: NOT SENT (ConnectionRefusedError), 1 incidents; the next run tries again."]
    assert notices(settings) == [("opened", "email", 1, False, "ConnectionRefusedError")]
    tell(settings, Scope(NIGHT), [refused()])
    mail.start()
    for _ in range(2):
        tell(settings, Scope(NIGHT), [refused()])
    assert len(mail.mails) == 1
    assert notices(settings) == [("opened", "email", 3, True, None)]


def test_what_was_over_before_the_mail_server_was_up_is_told_as_over_once(set_up, mail):
    settings = set_up(mail)
    mail.stop()
    tell(settings, Scope(NIGHT), [refused()])
    mail.start()
    for _ in range(2):
        tell(settings, Scope(NIGHT, (Settled(Kind.REFUSED, "it was taken in"),)), [])
    (only,) = mail.mails
    assert "<b>1 resolved.</b>" in text_of(only) and "opened" not in text_of(only)


def test_a_mail_server_that_hangs_holds_nobody(set_up, mail, monkeypatch):
    settings = set_up(mail)
    mail.stop()
    monkeypatch.setattr(channels, "SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", mail.port)):
        began = time.monotonic()
        (said,) = tell(settings, Scope(NIGHT), [refused()])
        assert time.monotonic() - began < 5
    assert "NOT SENT" in said


def test_a_webhook_that_fails_is_told_again_and_then_no_more(set_up, webhook):
    settings = set_up(webhook=webhook)
    webhook.statuses = [500, 200]
    (said,) = tell(settings, Scope(NIGHT), [refused()])
    assert "NOT SENT" in said and webhook.bodies == []
    for _ in range(2):
        tell(settings, Scope(NIGHT), [refused()])
    assert [body["opened"][0]["key"] for body in webhook.bodies] == ["refused:310:social_care:header.csv"]
    assert webhook.paths == ["/alarms/secret-of-the-receiver"] * 2


def test_a_webhook_that_never_answers_holds_nobody_and_is_told_when_it_does(set_up, webhook, monkeypatch):
    settings = set_up(webhook=webhook)
    monkeypatch.setattr(channels, "SECONDS", 0.3)
    address = json.loads(webhook.connection)
    with socket.create_server(("127.0.0.1", 0)) as silent, monkeypatch.context() as meanwhile:
        address["port"] = silent.getsockname()[1]
        meanwhile.setenv("AIRFLOW_CONN_ALARM_WEBHOOK", json.dumps(address))
        began = time.monotonic()
        (said,) = tell(settings, Scope(NIGHT), [refused()])
        assert time.monotonic() - began < 5
    assert "NOT SENT" in said
    tell(settings, Scope(NIGHT), [refused()])
    assert len(webhook.bodies) == 1


def test_the_path_of_a_webhook_is_a_secret(set_up, webhook, capfd, caplog):
    settings = set_up(webhook=webhook)
    for fail in (lambda: webhook.statuses.insert(0, 500), webhook.stop):
        fail()
        (said,) = tell(settings, Scope(NIGHT), [refused()])
        (tried,) = channels.send_trial(settings)
    assert "NOT SENT (ConnectionError)" in said and "NOT SENT: ConnectionError" in tried and "***" in tried
    everything = f"{said} {tried} {notices(settings)} {caplog.text} {''.join(capfd.readouterr())}"
    assert "secret-of-the-receiver" not in everything


def test_channels_do_not_wait_for_each_other(set_up, mail, webhook):
    settings = set_up(mail, webhook)
    mail.stop()
    tell(settings, Scope(NIGHT), [refused()])
    assert (len(mail.mails), len(webhook.bodies)) == (0, 1)
    mail.start()
    tell(settings, Scope(NIGHT), [refused()])
    assert (len(mail.mails), len(webhook.bodies)) == (1, 1)


def test_two_runs_that_end_together_tell_once(set_up, mail, monkeypatch):
    settings = set_up(mail)
    note(settings, "run", Scope(NIGHT), [refused()])
    look, looked, both_looked = sending._due, set(), threading.Event()

    def due(settings, channel):
        found = look(settings, channel)
        looked.add(threading.get_ident())
        if len(looked) == 2:
            both_looked.set()
        return found

    class Slow(channels.Email):
        def send(self, message):
            assert both_looked.wait(20)
            super().send(message)

    monkeypatch.setattr(sending, "_due", due)
    threads = [threading.Thread(target=sending.send_due, args=(settings, [Slow(settings)], "run")) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mail.mails) == 1


def test_no_message_repeats_what_a_file_says_and_none_is_a_template(set_up, mail, webhook, supplier):
    settings = set_up(mail, webhook)
    supplier.settings = settings
    header = f"CHILD,SEX,DOB,{COLUMN},UPN,MOTHER,MC_DOB\n"
    supplier.deliver("social_care", "2017-05-31", {"header.csv": header + "1,1,05/06/2005,WBRI,UN3,,\n"})
    supplier.land("social_care", "2017-05-31", "run")
    (event,) = Ledger(settings.home.ledger).query("select reason from file_event where status = 'refused'")
    assert COLUMN in event["reason"], "else this test proves nothing"
    scope, found = observing.landing(
        settings, "social_care", NIGHT, "run", on_time=["310"], late=[],
        lost=[("310", "2017-05-31", f"{CANARY}.csv")], is_listed=True, is_closed=True,
    )  # fmt: skip
    tell(settings, scope, found)
    (sent,), (body,) = mail.mails, webhook.bodies
    everything = f"{sent.items()} {text_of(sent)} {json.dumps(body)}"
    assert "refused:310:social_care:header.csv" in everything and "FILE-COLUMNS" in everything
    assert not re.search(r"Ada\b|Lovelace|05/06/2005", everything, re.IGNORECASE)


def test_odd_text_arrives_as_it_is(set_up, mail, webhook):
    settings = set_up(mail, webhook)
    odd = "5 < 7 & {{ ti.task_id }} {% raw %} “ü”"
    tell(settings, Scope(NIGHT), [refused(happened=odd)])
    assert "5 &lt; 7 &amp; {{ ti.task_id }} {% raw %} “ü”" in text_of(mail.mails[0])
    assert webhook.bodies[0]["opened"][0]["happened"] == odd


def test_a_gate_that_fails_names_the_rule_and_what_to_do(set_up, mail, webhook):
    settings = set_up(mail, webhook)
    rule = {"rule": "PUB-ROWS-HALVED", "severity": "critical", "unexpected_count": None, "element_count": None}
    Ledger(settings.home.ledger).record_gate("run", "b1", "fct_review", "fail", 5, [rule])
    Ledger(settings.home.ledger).record_build("run", "b1", "gate", "fail", {"waived": []})
    tell(
        settings, *observing.build(settings, "run", {"build_id": "b1", "needed": True, "as_at": "2017-05-31"}, [], None)
    )
    (told,) = webhook.bodies[0]["opened"]
    assert (told["kind"], told["rule"], told["what"]) == ("gate", "PUB-ROWS-HALVED", "fct_review:PUB-ROWS-HALVED")
    assert "PUB-ROWS-HALVED on fct_review" in text_of(mail.mails[0])
    assert "write a waiver" in text_of(mail.mails[0])


def documented(name):
    """A block of JSON in docs/alarms.md, by the heading it stands under."""
    page = (PROJECT / "docs" / "alarms.md").read_text(encoding="utf-8")
    return json.loads(re.search(rf"^#+ {name}\n.*?^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[1])


def test_the_body_of_the_webhook_is_the_documented_one(set_up, webhook):
    settings = set_up(webhook=webhook)
    tell(settings, Scope(NIGHT), [refused()])
    tell(settings, Scope(NIGHT, (Settled(Kind.REFUSED, "it was taken in"),)), [Trouble(Key(Kind.BUILD), "a", "b")])
    channels.send_trial(settings)
    schema, example = documented("JSON schema"), documented("The webhook's body")
    assert schema["properties"]["schema"]["const"] == wording.SCHEMA
    for body in (*webhook.bodies, example):
        jsonschema.validate(body, schema)
    assert [body["is_test"] for body in webhook.bodies] == [False, False, True]
    opened, resolved = webhook.bodies[0]["opened"][0], webhook.bodies[1]["resolved"][0]
    assert opened["incident_id"] == resolved["incident_id"]
    assert resolved["resolution"] == "it was taken in"
    assert set(example["opened"][0]) == set(opened)


def warehouse(*arguments):
    program = "import sys; from childrens_warehouse.cli import main; sys.argv[0] = 'warehouse'; main()"
    # Without this process's own Airflow, as on the command line.
    environment = {name: value for name, value in os.environ.items() if name != "AIRFLOW_HOME"}
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_the_command_line_lists_checks_tries_and_closes(set_up, mail, webhook):
    settings = set_up(mail, webhook)
    note(settings, "run", Scope(NIGHT), [refused()])
    listed = warehouse("alarms").stdout
    assert "Open: 1" in listed and "refused:310:social_care:header.csv  since " in listed
    assert "Told by: email, webhook" in listed
    tried = warehouse("alarms", "test")
    assert (tried.returncode, len(mail.mails), len(webhook.bodies)) == (0, 1, 1), tried.stderr
    assert "email: sent." in tried.stdout
    assert mail.mails[0]["Subject"] == "Children's warehouse: test"
    closed = warehouse("alarms", "close", "refused:310:social_care:header.csv", "--why", "the supplier is gone")
    assert closed.returncode == 0, closed.stderr
    with Ledger(settings.home.ledger).transaction() as connection:
        connection.execute("insert into release_event values ('2017-06-01T04:00:00+00:00', 'run', 'b1', 'r1', '{}')")
    checked = warehouse("alarms", "check")
    assert checked.returncode == 1, "what is published is years old"
    assert "Nothing was published for" in checked.stdout
    assert "closed by hand: the supplier is gone" in text_of(mail.mails[1])
    assert "stale:marts" in text_of(mail.mails[1])
