"""`iruka status` on one screen."""

import json
from collections.abc import Callable
from datetime import timedelta

import make
import pytest
from click.testing import CliRunner, Result

from edge_agent import wire
from server import clock, db
from server.cli import main
from server.fleet import service


@pytest.fixture
def status(sqlite, tmp_path) -> Callable[..., Result]:
    """`status("--json")` on the test's database, or on another."""

    def run(*arguments: str, url: str = sqlite) -> Result:
        environment = {"IRUKA_DATABASE_URL": url, "IRUKA_STATE_DIR": str(tmp_path)}
        return CliRunner().invoke(main, ["status", *arguments], env=environment)

    return run


@pytest.fixture
def office(sqlite) -> None:
    """A receiver that is heard, one that went silent three minutes ago, one with a wrong clock; some bad messages."""
    now = clock.now()
    with db.transaction():
        floor = make.floor(make.building())
        for agent, heard_age_s, clock_error_ms in (("RX-1", 0, 0), ("RX-2", 200, 0), ("RX-3", 0, 45_000)):
            make.receiver(floor, agent)
            service.record_status(
                wire.Status(agent, "0" * 16, "online", "ok", 0, 40.0, 1.0, 0, 0, 0, clock_error_ms, 60, "0.1.0"),
                None, now,
            )  # fmt: skip
            service.record_heard({agent: now - timedelta(seconds=heard_age_s)})
        today = now + timedelta(hours=9)
        service.add_counts({("future", "RX-3"): 4, ("accepted", ""): 99}, now, today.date())
        service.add_counts({("foreign", "RX-1"): 1}, now - timedelta(days=3), (today - timedelta(days=3)).date())


def beat(*, age_s: float = 0.0, broker: bool = True) -> None:
    now = clock.now()
    with db.transaction():
        service.record_beat(
            "background", now - timedelta(seconds=age_s),
            broker_connected=broker, broker_since=now - timedelta(hours=5), inbox=7, tags=340, step_ms=12.5,
        )  # fmt: skip


def test_all_is_well_on_one_screen(status, office):
    beat()

    done = status()

    assert done.exit_code == 0, done.output
    lines = [line.strip() for line in done.output.splitlines()]
    assert lines[0] == "Iruka main: ok"
    assert "database    ok, sqlite" in lines
    assert "broker      connected for 5 h" in lines
    assert "inbox       7 messages" in lines
    assert "step        12.5 ms for 340 badges" in lines
    assert "receivers   1 of 3 ok" in lines
    assert "floor 18  RX-2  silent for 3 min" in lines
    assert "floor 18  RX-3  clock wrong by +45 s" in lines
    assert "not used          4 today  Clock two minutes ahead or more (last: RX-3)" in lines
    assert len(lines) <= 24


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"age_s": 60}, "The background process is not working."),
        ({"broker": False}, "The broker cannot be reached."),
    ],
    ids=["background", "broker"],
)
def test_what_makes_places_old_is_said_and_the_exit_code_is_1_rp_11(status, office, broken, says):
    beat(**broken)

    done = status()

    assert done.exit_code == 1
    assert done.output.splitlines()[:2] == ["Iruka main: degraded", f"  {says}"]


def test_before_the_background_process_has_ever_run_it_is_degraded(status):
    done = status()

    assert done.exit_code == 1
    assert "background  never heard" in done.output
    assert "receivers   0 of 0 ok" in done.output
    assert "not used    no message today" in done.output


@pytest.mark.parametrize("away", ["postgresql://iruka:top-secret@127.0.0.1:1/iruka", "sqlite:////tmp/none/x.db"])
def test_without_a_database_it_is_down_and_the_exit_code_is_2_rp_10(status, away):
    done = status(url=away)

    assert done.exit_code == 2
    assert done.output.splitlines()[:2] == ["Iruka main: down", "  The database cannot be reached."]
    assert "top-secret" not in done.output


def test_programs_read_json(status, office):
    beat(broker=False)

    done = status("--json")

    assert done.exit_code == 1
    document = json.loads(done.output)
    assert (document["status"], document["reasons"]) == ("degraded", ["broker"])
    assert document["receivers"] == {"RX-1": "online", "RX-2": "silent", "RX-3": "clock"}
    assert document["refused_today"] == {"future": 4}
    assert document["background"]["inbox"] == 7
    assert json.loads(status("--json", url="sqlite:////tmp/none/x.db").output) == {
        "status": "down",
        "reasons": ["database"],
    }
