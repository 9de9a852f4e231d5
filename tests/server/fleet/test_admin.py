"""The fleet page: who may read it, and what it says of receivers, messages and processes."""

import re
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import make
import pytest

from edge_agent import wire
from server import clock, db
from server.fleet import service, words
from server.ingest.counts import Met
from server.people.rules import Role
from server.places import service as places

TOKYO = ZoneInfo("Asia/Tokyo")
STATUS = {
    "boot": "0" * 16, "state": "online", "adapter": "ok", "sent_ms": 0, "pps": 41.5, "ref_pps": 0.9, "queue": 3,
    "dropped": 12, "strangers": 1000, "clock_error_ms": 0, "uptime_s": 60, "software": "0.1.0",
}  # fmt: skip


class Office:
    """A floor whose receivers say what a test makes them say, and a background process that is well."""

    def __init__(self) -> None:
        self.now = clock.now()
        with db.transaction():
            self.building = make.building()
            places.set_hours(self.building, "00:00", "24:00", "0123456")
            self.floor = make.floor(self.building, "18")
        self.beat()

    def beat(self, *, age_s: float = 0.0, broker: bool = True) -> None:
        at = self.now - timedelta(seconds=age_s)
        with db.transaction():
            service.record_beat(
                "background", at, broker_connected=broker, broker_since=self.now - timedelta(hours=1),
                inbox=7, tags=340, step_ms=12.34,
            )  # fmt: skip

    def receiver(self, agent: str, *, heard_age_s: float | None = 0.0, silent: bool = False, **says: object) -> None:
        """A receiver that gave its status now and was heard `heard_age_s` ago; silent: it never said anything."""
        with db.transaction():
            make.receiver(self.floor, agent)
            if not silent:
                service.record_status(wire.Status(agent=agent, **(STATUS | says)), None, self.now)
            if heard_age_s is not None and not silent:
                service.record_heard({agent: self.now - timedelta(seconds=heard_age_s)})
                if says.get("state") == "offline":
                    service.record_status(wire.Status(agent=agent, **(STATUS | says)), None, self.now)

    def count(self, kind: str, agent: str, n: int, *, days_ago: int = 0) -> None:
        at = self.now - timedelta(days=days_ago)
        with db.transaction():
            service.add_counts({(kind, agent): n}, at, at.astimezone(TOKYO).date())


@pytest.fixture
def office(database) -> Office:
    return Office()


@pytest.fixture
def page(office, signed_in) -> Callable[[], str]:
    """What somebody of facilities reads, in English, without markup."""

    def read() -> str:
        answer = signed_in(Role.FACILITIES).get("/fleet?lang=en")
        assert answer.status_code == 200
        return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text))

    return read


@pytest.mark.parametrize("path", ["/fleet", "/api/v1/fleet"])
@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.STAFF, 403), (Role.SECTION_ADMIN, 403), (Role.FACILITIES, 200), (Role.SYSTEM_ADMIN, 200)],
)
def test_only_facilities_and_administrators_read_it_sr_05(sqlite, signed_in, role, status, path):
    Office()

    assert signed_in(role).get(path).status_code == status


def test_nobody_reads_it_without_signing_in_sr_05(sqlite, client):
    assert client.get("/fleet").status_code == 302
    assert client.get("/api/v1/fleet").status_code == 401


def test_before_there_is_a_building_it_says_so(database, signed_in):
    answer = signed_in(Role.FACILITIES).get("/fleet?lang=en")

    assert answer.status_code == 200
    assert "There are no receivers yet." in answer.text
    assert "The background process is not working." in answer.text


@pytest.mark.parametrize(
    ("says", "state"),
    [
        ({}, "OK"),
        ({"heard_age_s": 300}, "Silent since"),
        ({"state": "offline"}, "Offline since"),
        ({"silent": True}, "Never heard"),
        ({"clock_error_ms": 31_000}, "Clock wrong"),
        ({"ref_pps": 0.2}, "Hears too little"),
        ({"adapter": "lost"}, "Bluetooth adapter lost"),
    ],
    ids=["ok", "silent", "offline", "never", "clock", "slow", "adapter"],
)
def test_a_receivers_state_is_said_in_words(office, page, says, state):
    office.receiver("RX-18-01", **says)

    assert f"RX-18-01 {state}" in page()


def test_a_clock_thirty_seconds_wrong_is_shown_with_its_error_rp_13(office, page):
    office.receiver("RX-18-01", clock_error_ms=29_000)
    office.receiver("RX-18-02", clock_error_ms=-31_000)

    said = page()

    assert "RX-18-01 OK" in said
    assert re.search(r"RX-18-02 Clock wrong .* -31", said)
    assert "1 of 2 receivers are OK." in said


def test_a_receiver_out_of_use_is_neither_well_nor_missed(office, page):
    office.receiver("RX-18-01")
    office.receiver("RX-18-02", silent=True)
    with db.transaction():
        db.session.connection().exec_driver_sql("UPDATE receiver SET active = false WHERE agent = 'RX-18-02'")

    said = page()

    assert "RX-18-02 Not in use" in said
    assert "1 of 1 receivers are OK." in said


def test_its_figures_are_shown(office, page):
    office.receiver("RX-18-01")

    assert re.search(r"RX-18-01 OK \d+ seconds? ago 41\.5 3 12 0 0\.1\.0", page())


def test_messages_that_were_not_used_are_counted_by_kind_today(office, page):
    office.count("future", "RX-18-01", 5)
    office.count("future", "RX-18-02", 1)
    office.count("foreign", "RX-18-03", 9, days_ago=2)
    office.count("accepted", "", 1000)

    said = page()

    assert re.search(r"Clock two minutes ahead or more 6 \d+ seconds? ago RX-18-0[12]", said)
    assert re.search(r"Message in another receiver’s name 0 2 days ago RX-18-03", said)
    assert "1000" not in said


def test_unknown_badges_are_a_number_and_nothing_else_sr_39(office, page):
    office.count("unknown_tag", "", 100_000)

    assert re.search(r"Badges nobody carries 100,000 \d+ seconds? ago –", page())


@pytest.mark.parametrize(
    ("beat", "says"),
    [
        ({}, "Background process OK"),
        ({"age_s": 60}, "The background process is not working."),
        ({"broker": False}, "The broker cannot be reached."),
    ],
    ids=["well", "background", "broker"],
)
def test_the_servers_processes_are_shown(office, page, beat, says):
    office.beat(**beat)

    said = page()

    assert says in said
    assert ("Places on the map may be old." in said) is bool(beat)
    assert "Messages waiting 7 Time for one step 12.3 ms Badges heard 340" in said


def test_a_floor_with_too_few_receivers_is_named(office, page):
    office.receiver("RX-18-01")
    office.receiver("RX-18-02", silent=True)
    office.receiver("RX-18-03", silent=True)

    assert "More than half of the receivers of floor 18 are not heard." in page()


def test_programs_get_the_same(office, signed_in):
    office.receiver("RX-18-01")
    office.count("future", "RX-18-01", 5)

    document = signed_in(Role.SYSTEM_ADMIN).get("/api/v1/fleet").get_json()

    assert (document["state"], document["reasons"]) == ("ok", [])
    [receiver] = document["receivers"]
    assert (receiver["agent"], receiver["floor"], receiver["state"]) == ("RX-18-01", "18", "online")
    assert (receiver["packets_per_s"], receiver["queue"], receiver["dropped"]) == (41.5, 3, 12)
    assert receiver["heard_at"] == int(office.now.timestamp())
    assert [(one["kind"], one["today"], one["last_agent"]) for one in document["messages"]] == [
        ("future", 5, "RX-18-01")
    ]
    assert (document["background"]["inbox"], document["background"]["tags"]) == (7, 340)


def test_everything_that_ingest_counts_has_words():
    kinds = {kind.value for kind in Met} | {fault.value for fault in wire.Fault}

    assert words.KINDS.keys() == kinds - {"accepted", "empty"}
    assert words.ADAPTERS.keys() == set(wire.ADAPTER_STATES) - {"ok"}
