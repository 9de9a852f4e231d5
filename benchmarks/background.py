"""The background process under a building's full load, and how long a message takes into somebody's open map.

3,000 badges and 118 receivers of the demo's 25 floors, windows of one second, Mosquitto and PostgreSQL. A minute of
simulated radio is recorded first and then played forwards and backwards, all receivers' messages in one burst a second
as closing windows send them. Meanwhile people who were nowhere appear; what is timed is from the publishing of the
first window that holds their badge to the event in a browser's open stream.
"""

import argparse
import copy
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import paho.mqtt.client as paho

from benchmarks._hall import Page, Site, make, mosquitto, percentile, postgres
from edge_agent import scenario as scenarios
from edge_agent import wire
from edge_agent.simulate import Simulation
from migrations.upgrade import upgrade
from server import clock, db
from server.demo.build import SITE, build_city
from server.demo.day import scenario
from server.demo.survey import survey
from server.fleet import queries as fleet_queries
from server.fleet import service as fleet
from server.people import queries as people_queries
from server.people import service as people
from server.people.rules import Role
from server.places import queries as places

BADGES, PROBES = 3000, 240
RECORDED_S = 60
WARM_UP_S = 45
STARTS_AT_S = 10.25 * 3600
ROOT = Path(__file__).parents[1]
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Load:
    """What the publisher sends.

    windows   second → receiver → rows
    probes    badge → (floor code, receivers that hear it)
    """

    agents: list[str]
    windows: list[dict[str, list[wire.Sighting]]]
    probes: dict[str, tuple[str, list[str]]]


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks.background", description=__doc__)
    options.add_argument("--seconds", type=int, default=300)
    seconds = options.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder, postgres.server(durable=True) as server, mosquitto.server() as broker:
        url = server.create("hall")
        db.connect(url)
        upgrade()
        load, carriers = build(Path(folder))
        with db.transaction():
            viewer = people.create_account("viewer", make.PASSWORD, Role.STAFF, clock.now())
        signed = make.session(account_id=viewer)
        environment = {
            "IRUKA_DATABASE_URL": url,
            "IRUKA_STATE_DIR": folder,
            "IRUKA_MQTT_URL": broker.url,
            "IRUKA_SITE": SITE,
            "IRUKA_STREAMS_PER_ACCOUNT": "100",
        }
        os.environ.update(environment)
        log = (Path(folder) / "background.log").open("wb")
        background = subprocess.Popen([sys.executable, "-m", "server.background"], cwd=ROOT, stderr=log)
        site = Site(url, Path(folder), 1)
        try:
            measure(load, carriers, broker.url, background.pid, site, signed, seconds)
        finally:
            background.terminate()
            background.wait(20)
            site.stop()
            db.disconnect()


def build(folder: Path) -> tuple[Load, dict[str, int]]:
    """The demo city with 3,000 badges on, its recorded minute, and who carries the probes."""
    residents = build_city(clock.now(), lambda _what, _done, _total: None)
    plan = scenario(residents, "Asia/Tokyo")
    with db.reading():
        building = places.building(SITE)
        assert building is not None
        floors = {floor.code: floor.id for floor in places.floors(building.id)}
        notice = people_queries.newest_notice_version()
        receivers = fleet_queries.receivers(building.id)
    assert notice is not None
    survey(plan, floors, folder, lambda _done, _total: None)
    probes = _add_people(plan, notice)
    by_floor = defaultdict(list)
    codes = {floor_id: code for code, floor_id in floors.items()}
    for receiver in receivers:
        by_floor[codes[receiver.floor_id]].append(receiver.agent)
    placed = {}
    for i, tag in enumerate(sorted(probes)):
        code = sorted(by_floor)[i % len(by_floor)]
        placed[tag] = (code, by_floor[code][:3])
    agents = [receiver.agent for receiver in receivers]
    return Load(agents, _recorded(plan), placed), probes


def _add_people(plan: dict[str, Any], notice: int) -> dict[str, int]:
    """Everybody in the hall gets a badge, and there are more until 3,000 are carried; then the probes."""
    rng = random.Random(1)
    walkers, tags = plan["people"], plan["tags"]
    at_desk = [one for one in walkers if any(stop[4] == "desk" for stop in one["stops"])]
    plan["silent"] = []
    for tag in tags:
        tag["interval_s"] = 1.0
    probes: dict[str, int] = {}
    handed_over = datetime(2026, 4, 1, tzinfo=UTC)
    with db.transaction():
        for i in range(BADGES - len(walkers) + PROBES):
            number = len(walkers)
            wire_id = f"s-9-{i}"
            person = make.person(has_read=notice)
            fleet.hand_over_tag(fleet.add_tag(wire_id), person, handed_over)
            if number >= BADGES:
                probes[wire_id] = person
                continue
            like = copy.deepcopy(rng.choice(at_desk))
            walkers.append({**like, "tag": wire_id})
            tags.append({"id": wire_id, "level_db": rng.gauss(0, 3), "interval_s": 1.0})
    return probes


def _recorded(plan: dict[str, object]) -> list[dict[str, list[wire.Sighting]]]:
    """A minute of windows."""
    passed_s = 0.0
    simulation = Simulation(scenarios.scenario(plan), starts_at_s=STARTS_AT_S, clock_s=lambda: passed_s)
    windows = []
    for second in range(RECORDED_S):
        heard: dict[str, list[wire.Sighting]] = {}
        for agent, packets in simulation.step().items():
            levels: defaultdict[str, list[float]] = defaultdict(list)
            for packet in packets:
                levels[packet.tag].append(packet.rssi_dbm)
            heard[agent] = [
                wire.Sighting(
                    tag, len(some), round(float(np.mean(some)), 1), round(float(np.var(some)), 1), max(some), 80
                )
                for tag, some in levels.items()
            ]
        windows.append(heard)
        passed_s = second + 1.0
    return windows


def publish(load: Load, url: str, pipe: Connection) -> None:
    """All receivers' messages once a second; tells when each probe's first window left."""
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, "publisher")
    client.max_inflight_messages_set(500)
    client.connect(urlsplit(url).hostname or "", urlsplit(url).port or 1883)
    client.loop_start()
    boot = f"{random.getrandbits(64):016x}"
    waiting = sorted(load.probes)
    random.Random(2).shuffle(waiting)
    here: dict[str, int] = {}
    left: dict[str, float] = {}
    order = [*range(RECORDED_S), *range(RECORDED_S - 1, -1, -1)]
    seq, next_s = 0, time.monotonic()
    probes_from_s = next_s + WARM_UP_S
    while not pipe.poll():
        if waiting and time.monotonic() > probes_from_s:
            here[waiting.pop()] = 0
        extra: defaultdict[str, list[wire.Sighting]] = defaultdict(list)
        for tag in list(here):
            for level, agent in zip((-58.0, -66.0, -70.0), load.probes[tag][1], strict=False):
                extra[agent].append(wire.Sighting(tag, 1, level, 0.0, level, 80))
            here[tag] += 1
            if here[tag] > 3:
                del here[tag]
        heard = load.windows[order[seq % len(order)]]
        for agent in load.agents:
            rows = tuple(heard.get(agent, []) + extra[agent])
            message = wire.Sightings(agent, boot, seq, int(time.time() * 1000), 1000, rows)
            client.publish(wire.sightings_topic(SITE, agent), wire.encode(message), qos=1)
            sent_s = time.monotonic()
            for row in extra[agent]:
                left.setdefault(row.tag, sent_s)
        seq += 1
        next_s += 1.0
        time.sleep(max(0.0, next_s - time.monotonic()))
    pipe.send(left)


def measure(
    load: Load, carriers: dict[str, int], url: str, process: int, site: Site, signed: make.Signed, seconds: int
) -> None:
    """Let it run; print what it cost and how late it was."""
    mine, theirs = multiprocessing.Pipe()
    publisher = multiprocessing.get_context("spawn").Process(target=publish, args=(load, url, theirs), daemon=True)
    publisher.start()
    codes = sorted({code for code, _agents in load.probes.values()})
    seen: dict[int, float] = {}
    pages = [TimedPage(site, signed, code, seen) for code in codes]
    time.sleep(WARM_UP_S)
    assert publisher.is_alive(), "the publisher has ended"
    began_s, began_cpu_s = time.monotonic(), cpu_s(process)
    inboxes: list[int] = []
    tags: list[int] = []
    steps_ms: list[float] = []
    while time.monotonic() - began_s < seconds:
        time.sleep(2.0)
        with db.reading():
            beat = fleet_queries.beat()
        if beat is not None:
            inboxes.append(beat.inbox)
            steps_ms.append(beat.step_ms)
            tags.append(beat.tags)
    used_s, passed_s = cpu_s(process) - began_cpu_s, time.monotonic() - began_s
    mine.send("stop")
    left = mine.recv()
    publisher.join()
    time.sleep(2)
    for page in pages:
        page.close()
    late_s = [seen[carriers[tag]] - at_s for tag, at_s in left.items() if carriers[tag] in seen]
    rows = sum(len(some) for heard in load.windows for some in heard.values()) / len(load.windows)
    print(
        f"{max(tags)} badges, {len(load.agents)} receivers, {rows:.0f} rows a second, {passed_s:.0f} s, PostgreSQL\n"
        f"background process: {used_s / passed_s:.0%} of a core   step: median {percentile(steps_ms, 0.5):.0f} ms"
    )
    third = max(1, len(inboxes) // 3)
    first, last = float(np.mean(inboxes[:third])), float(np.mean(inboxes[-third:]))
    print(f"inbox: most {max(inboxes)} messages; mean of the first third {first:.1f}, of the last {last:.1f}")
    p50, p95, p99 = (percentile(late_s, share) for share in (0.5, 0.95, 0.99))
    print(
        f"published → in an open stream: {len(late_s)} of {len(left)} appearances   "
        f"p50 {p50:.2f} s   p95 {p95:.2f} s   p99 {p99:.2f} s"
    )
    with db.reading():
        for one in fleet_queries.counts():
            if one.kind not in ("accepted", "excluded", "paused", "notice_unread"):
                print(f"not used: {one.kind} {one.count}")


class TimedPage(Page):
    """A floor's stream that notes when each person was first told of."""

    def __init__(self, site: Site, signed: make.Signed, code: str, seen: dict[int, float]) -> None:
        self._seen = seen
        super().__init__(site, signed, f"/api/v1/stream?floor={code}")

    def _read(self) -> None:
        kind = b""
        try:
            for line in self._answer:
                if line.startswith(b"event: "):
                    kind = line[7:].strip()
                elif kind == b"person" and line.startswith(b"data: "):
                    self._seen.setdefault(json.loads(line[6:])["id"], time.monotonic())
        except (OSError, ValueError, AttributeError):
            return


def cpu_s(process: int) -> float:
    """Processor time a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


if __name__ == "__main__":
    main()
