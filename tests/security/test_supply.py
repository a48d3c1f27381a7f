"""What the warehouse is made of: advisories, the bill of materials, and nothing secret among what is committed."""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.settings import PROJECT
from security import audit, bill, committed
from security.audit import Accepted, Exceptions, Finding, Looked

TODAY = dt.date(2026, 12, 1)
FINDING = Finding("jinja2", "3.1.0", "PYSEC-2026-1", ("CVE-2026-1",), ("3.1.9",))
LATER, EARLIER = TODAY + dt.timedelta(days=1), TODAY - dt.timedelta(days=1)
LOCK = f"jinja2==3.1.0 --hash=sha256:{'0' * 64}\nrich==14.0.0 --hash=sha256:{'1' * 64}\n"


class Advisories(BaseHTTPRequestHandler):
    """Speaks OSV: one package has an advisory."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        vulnerable = asked["package"]["name"] == "jinja2"
        answer = {
            "vulns": [
                {
                    "id": FINDING.advisory,
                    "aliases": list(FINDING.aliases),
                    "summary": "An invented one.",
                    "affected": [
                        {
                            "package": {"name": "jinja2", "ecosystem": "PyPI"},
                            "ranges": [
                                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": FINDING.fixed_in[0]}]}
                            ],
                        }
                    ],
                }
            ]
        }
        body = json.dumps(answer if vulnerable else {}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def osv(monkeypatch):
    with ThreadingHTTPServer(("127.0.0.1", 0), Advisories) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("WAREHOUSE_AUDIT_OSV_URL", f"http://127.0.0.1:{server.server_port}/v1/query")
        yield
        server.shutdown()
        thread.join()


def decided(*accepted: Accepted, until: dt.date = LATER) -> Exceptions:
    return Exceptions(accepted, until)


def acceptance(until: dt.date, advisory: str = FINDING.advisory, package: str = "jinja2") -> Accepted:
    return Accepted(advisory, package, "templates are ours", "J. Smith", until)


@pytest.mark.slow
def test_an_advisory_about_a_pinned_package_is_found(osv, tmp_path):
    (tmp_path / "a.lock").write_text(LOCK)
    looked = audit.look([tmp_path / "a.lock"])
    assert looked.had_a_source and looked.packages == 2
    assert looked.findings == (FINDING,)
    told = audit.judge(looked, decided(), TODAY)
    assert not told.is_well
    assert told.lines[0] == "jinja2 3.1.0: PYSEC-2026-1, CVE-2026-1: mended in 3.1.9"


@pytest.mark.slow
def test_a_source_that_is_away_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_AUDIT_OSV_URL", "http://127.0.0.1:9/v1/query")
    (tmp_path / "a.lock").write_text(LOCK)
    looked = audit.look([tmp_path / "a.lock"])
    assert not looked.had_a_source and "cannot be reached" in looked.failure


@pytest.mark.slow
def test_a_lock_that_cannot_be_read_is_no_audit(osv, tmp_path):
    (tmp_path / "a.lock").write_text("jinja2==3.1.0\nthis is no requirement !\n")
    with pytest.raises(audit.AuditFailed, match=r"a\.lock"):
        audit.look([tmp_path / "a.lock"])


@pytest.mark.parametrize(
    ("exceptions", "is_well"),
    [
        (decided(), False),
        (decided(acceptance(LATER)), True),
        (decided(acceptance(TODAY)), True),
        (decided(acceptance(EARLIER)), False),
        (decided(acceptance(LATER, advisory="CVE-2026-1")), True),
        (decided(acceptance(LATER, advisory="CVE-2026-2")), False),
        (decided(acceptance(LATER, package="rich")), False),
    ],
)
def test_a_decision_counts_for_its_advisory_and_its_time(exceptions, is_well):
    assert audit.judge(Looked(2, (FINDING,)), exceptions, TODAY).is_well is is_well


def test_a_decision_about_what_is_not_there_is_named():
    told = audit.judge(Looked(2, ()), decided(acceptance(LATER)), TODAY)
    assert told.is_well and "PYSEC-2026-1 of jinja2 is not found any more" in told.lines[0]


@pytest.mark.parametrize(("until", "is_well"), [(TODAY, True), (EARLIER, False)])
def test_without_a_source_an_audit_is_well_for_a_time_only(until, is_well):
    for looked in (Looked(2, (), unknown=("jinja2", "rich")), Looked(0, (), failure="the source cannot be reached")):
        told = audit.judge(looked, decided(until=until), TODAY)
        assert told.is_well is is_well and told.lines[0].startswith("NOT AUDITED")


@pytest.mark.parametrize(
    "text",
    ["", "[without_source]\nreason = ''\nuntil = 2027-01-01\n", "[without_source]\nreason = 'x'\n",
     "[[accepted]]\nadvisory='A'\n[without_source]\nreason='x'\nuntil=2027-01-01\n", "not toml"],
)  # fmt: skip
def test_exceptions_that_are_not_as_agreed_are_refused(tmp_path, text):
    (tmp_path / "e.toml").write_text(text)
    with pytest.raises(ConfigurationError):
        Exceptions.read(tmp_path / "e.toml")


@pytest.mark.slow
def test_nothing_undecided_is_known_against_what_is_pinned():
    """The audit itself, as far as a source answers; its words are in the test's output."""
    told = audit.judge(audit.look(audit.LOCKS), Exceptions.read(), dt.datetime.now(dt.UTC).date())
    print("\n".join(told.lines))
    assert told.is_well, "\n".join(told.lines)


@pytest.mark.slow
def test_the_bill_names_every_pinned_package_with_its_hashes(tmp_path):
    for path in bill.write(tmp_path):
        bom = json.loads(path.read_text())
        lock = (PROJECT / bill.BILLS[path.name.removesuffix(".cdx.json")]).read_text()
        pinned = set(re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", lock, re.MULTILINE))
        assert {(each["name"], each["version"]) for each in bom["components"]} == pinned and len(pinned) > 100
        assert all(each["externalReferences"][0]["hashes"] for each in bom["components"])


@pytest.mark.slow
def test_nothing_committed_looks_like_a_secret():
    assert committed.unknown(committed.look(committed.files())) == []


def test_a_secret_is_found_and_not_repeated(tmp_path):
    made = "wJalrXUtnFEMI" + "K7MDENGbPxRfiCYzzzzKEY12"
    (tmp_path / "settings.py").write_text(f'AWS_SECRET = "{made}"\n')
    found = committed.unknown(committed.look([tmp_path / "settings.py"], tmp_path))
    assert found and found[0].startswith("settings.py:1: ")
    assert all(made not in line for line in found)
