"""What whoever watches over the service is told: little to strangers, everything but people to operators."""

import re
from collections.abc import Callable
from datetime import timedelta

import make
import pytest
from prometheus_client.parser import text_string_to_metric_families

from edge_agent import wire
from server import clock, db
from server.app import create_app
from server.fleet import service

TOKEN = "a token of more than twenty characters"
STRANGER = {"REMOTE_ADDR": "192.0.2.7"}
AWAY = "postgresql://iruka:secret@127.0.0.1:1/iruka"


@pytest.fixture
def operator(database, tmp_path):
    """`/metrics` and `/healthz` of an application with a metrics token, called from this machine."""
    return create_app(make.settings(database, tmp_path, METRICS_TOKEN=TOKEN)).test_client()


@pytest.fixture
def away(tmp_path):
    """The same while the database is away."""
    return create_app(make.settings(AWAY, tmp_path)).test_client()


def beat(*, age_s: float = 0.0, broker: bool = True) -> None:
    now = clock.now()
    with db.transaction():
        service.record_beat(
            "background", now - timedelta(seconds=age_s),
            broker_connected=broker, broker_since=now, inbox=7, tags=340, step_ms=12.5,
        )  # fmt: skip


def receivers() -> None:
    """Four on floor 18: one heard, one with a wrong clock, one never heard, one out of use."""
    now = clock.now()
    with db.transaction():
        floor = make.floor(make.building())
        for agent in ("RX-1", "RX-2", "RX-3", "RX-4"):
            make.receiver(floor, agent)
        for agent, clock_error_ms in (("RX-1", 100), ("RX-2", -31_000)):
            service.record_status(
                wire.Status(agent, "0" * 16, "online", "ok", 0, 40.0, 1.0, 2, 3, 500, clock_error_ms, 60, "0.1.0"),
                None, now,
            )  # fmt: skip
            service.record_heard({agent: now})
        db.session.connection().exec_driver_sql("UPDATE receiver SET active = false WHERE agent = 'RX-4'")


@pytest.fixture
def measured(operator) -> Callable[[], dict[tuple[str, ...], float]]:
    """(name, label values …) → value of every sample."""

    def read() -> dict[tuple[str, ...], float]:
        answer = operator.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }

    return read


def test_all_is_well_in_one_word(database, client):
    beat()

    answer = client.get("/healthz", environ_overrides=STRANGER)

    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("broken", "reasons"),
    [({"age_s": 60}, ["background"]), ({"broker": False}, ["broker"])],
    ids=["background", "broker"],
)
def test_without_broker_or_background_it_is_degraded_not_down_rp_11(operator, broken, reasons):
    beat(**broken)

    to_stranger = operator.get("/healthz", environ_overrides=STRANGER)
    to_operator = operator.get("/healthz", headers={"Authorization": f"Bearer {TOKEN}"}, environ_overrides=STRANGER)

    assert (to_stranger.status_code, to_stranger.get_json()) == (200, {"status": "degraded"})
    assert (to_operator.status_code, to_operator.get_json()) == (200, {"status": "degraded", "reasons": reasons})


def test_a_floor_with_too_few_receivers_degrades(database, client):
    beat()
    receivers()
    with db.transaction():
        db.session.connection().exec_driver_sql("UPDATE receiver SET state = 'offline' WHERE agent = 'RX-1'")

    assert client.get("/healthz").get_json() == {"status": "degraded", "reasons": ["receivers:18"]}


def test_without_its_database_it_is_down_and_says_so_rp_10(away):
    to_stranger = away.get("/healthz", environ_overrides=STRANGER)
    to_operator = away.get("/healthz")

    assert (to_stranger.status_code, to_stranger.get_json()) == (503, {"status": "down"})
    assert (to_operator.status_code, to_operator.get_json()) == (503, {"status": "down", "reasons": ["database"]})


def test_a_database_without_our_tables_is_down(tmp_path):
    app = create_app(make.settings(f"sqlite:///{tmp_path / 'empty.db'}", tmp_path))

    assert app.test_client().get("/healthz").status_code == 503


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "127.0.0.1", 200),
        ({}, "192.0.2.7", 403),
        ({"X-Forwarded-For": "192.0.2.7"}, "127.0.0.1", 403),
        ({"Authorization": f"Bearer {TOKEN}"}, "192.0.2.7", 200),
        ({"Authorization": "Bearer guessed"}, "192.0.2.7", 403),
        ({"Authorization": "Bearer guessed"}, "127.0.0.1", 403),
    ],
    ids=["here", "elsewhere", "proxied", "token", "wrong token", "wrong token here"],
)
def test_metrics_are_for_this_machine_and_the_token_sr_05(operator, headers, address, status):
    answer = operator.get("/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": address})

    assert answer.status_code == status


def test_receivers_are_counted_by_floor_and_state(measured):
    receivers()

    found = measured()

    assert {key[1:]: value for key, value in found.items() if key[0] == "iruka_receivers"} == {
        ("18", "online"): 1, ("18", "clock"): 1, ("18", "unknown"): 1, ("18", "unused"): 1,
    }  # fmt: skip
    assert found["iruka_receiver_clock_error_seconds", "RX-2"] == -31
    assert found["iruka_receiver_packets_per_second", "RX-1"] == 40
    assert ("iruka_receiver_queue_messages", "RX-4") not in found


def test_messages_are_counted_by_kind_for_good(measured):
    with db.transaction():
        now = clock.now()
        yesterday = now - timedelta(days=1)
        service.add_counts({("future", "RX-1"): 2, ("accepted", ""): 10}, yesterday, yesterday.date())
        service.add_counts({("future", "RX-2"): 3, ("empty", ""): 1}, now, now.date())

    found = measured()

    assert found["iruka_messages_refused_total", "future"] == 5
    assert found["iruka_messages_accepted_total",] == 10
    assert ("iruka_messages_refused_total", "empty") not in found


def test_the_background_process_is_measured(measured):
    beat(age_s=3)

    found = measured()

    assert 3 <= found["iruka_background_beat_age_seconds",] < 60
    assert found["iruka_broker_connected",] == 1
    assert found["iruka_inbox_messages",] == 7
    assert found["iruka_step_seconds",] == 0.0125
    assert found["iruka_tags_heard",] == 340
    assert (found["iruka_database_up",], found["iruka_degraded",]) == (1, 0)


def test_a_scrape_says_that_the_database_is_away_rp_10(away):
    answer = away.get("/metrics")

    assert answer.status_code == 200
    assert "iruka_database_up 0.0" in answer.text
    assert "secret" not in answer.text


def test_metrics_name_no_person_and_no_badge_sr_39(operator):
    beat()
    receivers()
    with db.transaction():
        make.badge(make.person("髙波", "真琴"), "s-1-4711")
        make.account("takanami")
        service.add_counts({("unknown_tag", ""): 100_000}, clock.now(), clock.now().date())

    text = operator.get("/metrics").text

    assert 'iruka_messages_refused_total{kind="unknown_tag"} 100000.0' in text
    assert not re.search("髙波|takanami|s-1-4711", text)
    labels = set(re.findall(r"[{,](\w+)=", text))
    assert labels == {"floor", "state", "receiver", "kind"}
