"""How right positioning is on recorded radio, and what it costs: one floor of 180 badges, a building of 3,000.

Recordings are no part of the project (see IRUKA_RECORDINGS in docs/settings.md); without them only the cost is told.
One thread, as in the background process of a building whose other cores do something else.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # it knows where recordings lie

from recorded import MISSING, recordings

from edge_agent.scenario import scenario
from edge_agent.simulate import Simulation
from server.demo import day
from server.demo.build import Resident
from server.demo.city import STOREYS
from server.demo.geometry import CEILING_M, HEIGHT_M, PORTALS, SLAB_DB, WIDTH_M, layout
from server.demo.names import Name
from server.positioning import Belief, Floor, Model, Options, Receiver, Windows, Zone, build_model, step
from server.positioning.evaluation import Summary, run, stayed, summarise, walked
from server.positioning.recordings import Dataset, Stay, read_dataset, read_stays, read_survey, read_truth, read_walk
from server.positioning.types import SurveySample

FLOOR_TAGS, FLOOR_RECEIVERS, FLOOR_M = 180, 12, (20.0, 19.0)  # 380 cells of one metre
BADGES, AT_S = 3000, 10.25 * 3600
WARM_UP, STEPS = 10, 20

Spent = tuple[float, float]  # seconds of CPU and of the clock, medians over steps


@cache
def dataset(name: str) -> Dataset:
    return read_dataset(recordings() / name)


@cache
def survey(name: str, file: str) -> list[SurveySample]:
    return read_survey(dataset(name), file)


@cache
def stays(name: str, file: str) -> list[Stay]:
    return read_stays(dataset(name), file)


def model(
    name: str,
    surveyed: str | None,
    *,
    known: bool,
    zones: Sequence[Zone] | None = None,
    keep: Sequence[Receiver] | None = None,
    points: int | None = None,
) -> Model:
    """A recorded floor; with other zones, with only some of its receivers, or of its survey's points."""
    of = dataset(name)
    floor = of.floor if zones is None else replace(of.floor, zones=tuple(zones))
    hearing = of.receivers if keep is None else tuple(keep)
    ids = {one.id for one in hearing}
    samples = [one for one in survey(name, surveyed) if one.receiver in ids] if surveyed else []
    if points is not None:
        place = {one.point: (one.x_m, one.y_m) for one in samples}
        chosen = {list(place)[i] for i in apart(np.array(list(place.values())), points)}
        samples = [one for one in samples if one.point in chosen]
    return build_model([floor], hearing, {floor.id: samples}, Options(level_known=known))


def walks(of: Model, weaker_db: float = 0.0) -> Summary:
    data = dataset("tetam")
    heard = {
        name: [replace(one, rssi_dbm=one.rssi_dbm - weaker_db) for one in read_walk(data, name)]
        for name in data.tracks()
    }
    found = run(of, heard).estimates
    return summarise(of, [walked(found[name], read_truth(data, name)) for name in heard])


def seated(of: Model, name: str, file: str) -> tuple[Summary, Summary]:
    """Over all seconds, and at the end of each piece."""
    found = run(of, {stay.point: stay.heard for stay in stays(name, file)}).estimates
    tracks = [stayed(found[stay.point], stay) for stay in stays(name, file)]
    return summarise(of, tracks), summarise(of, tracks, last_only=True)


def accuracy() -> None:
    print(
        f"{'':48} zone  end   median  mean   p95    ECE  switches  settled\n"
        f"{'':48}             m      m      m           a minute  an hour"
    )
    for surveyed, known in (("calibration.csv", True), ("calibration.csv", False), ("calibration_set2.csv", False)):
        on = "survey 5 months old" if surveyed == "calibration.csv" else "survey 4 months newer"
        row(f"tetam walks, level {told(known)}, {on}", walks(model("tetam", surveyed, known=known)))
    row("tetam walks, level free, no survey", walks(model("tetam", None, known=False)))
    for known in (True, False):
        of = model("tetam", "calibration.csv", known=known)
        row(f"tetam walks, badge −10 dB, level {told(known)}", walks(of, 10.0))
    for known in (True, False):
        of = model("tetam", "calibration.csv", known=known)
        row(f"tetam seated, level {told(known)}, 9 months old", *seated(of, "tetam", "calibration_set2.csv"))
    for known in (True, False):
        of = model("uji_lib", "calibration.csv", known=known)
        row(f"uji_lib standing 6 s, level {told(known)}", *seated(of, "uji_lib", "calibration_test_a5.csv"))


def told(known: bool) -> str:
    return "known" if known else "free"


def row(what: str, all_s: Summary, end: Summary | None = None) -> None:
    at_end = f"{end.zone_accuracy:.3f}" if end else "     "
    print(
        f"{what:<48}{all_s.zone_accuracy:.3f} {at_end} {all_s.median_m:6.2f} {all_s.mean_m:6.2f} {all_s.p95_m:6.2f}  "
        f"{all_s.calibration_error:.3f} {all_s.switches_per_min:8.1f} {all_s.settled_switches_per_hour:9.1f}"
    )


def density() -> None:
    """Fewer receivers and larger zones on the same recordings: walking / seated at the end, level free."""
    floor = dataset("tetam").floor
    sets = {"9 bays": floor.zones, "3 strips": strips(floor, 3), "2 halves": strips(floor, 2)}
    area_m2 = floor.width_m * floor.height_m
    print("receivers   " + "".join(f"{f'{name} of {area_m2 / len(zones):.0f} m²':>24}" for name, zones in sets.items()))
    for count in (12, 8, 6, 4, 3):
        print(f"{count:>9}   ", end="")
        for zones in sets.values():
            of = model("tetam", "calibration.csv", known=False, zones=zones, keep=spread(count))
            end = seated(of, "tetam", "calibration_set2.csv")[1]
            print(f"{f'{walks(of).zone_accuracy:.2f} / {end.zone_accuracy:.2f}':>24}", end="", flush=True)
        print()


def strips(floor: Floor, count: int) -> list[Zone]:
    width_m = floor.width_m / count
    edges = [(i * width_m, (i + 1) * width_m) for i in range(count)]
    return [
        Zone(str(i), ((a, 0.0), (b, 0.0), (b, floor.height_m), (a, floor.height_m))) for i, (a, b) in enumerate(edges)
    ]


def spread(count: int) -> list[Receiver]:
    """Receivers that cover the floor."""
    hearing = dataset("tetam").receivers
    return [hearing[i] for i in apart(np.array([(one.x_m, one.y_m) for one in hearing]), count)]


def apart(xy: NDArray[np.float64], count: int) -> list[int]:
    """Indices of places (n, 2) that cover all: each next one is the farthest from those chosen."""
    chosen = [int(np.hypot(*(xy - xy.mean(axis=0)).T).argmin())]
    while len(chosen) < count:
        chosen.append(int(np.hypot(*(xy[:, None] - xy[chosen]).transpose(2, 0, 1)).min(axis=1).argmax()))
    return chosen


def survey_size() -> None:
    """Fewer points of the survey: walking / seated at the end, 12 receivers, 9 bays, level free."""
    for points in (81, 40, 20, 12, 6):
        of = model("tetam", "calibration.csv", known=False, points=points)
        end = seated(of, "tetam", "calibration_set2.csv")[1]
        print(f"{points:>9}   {walks(of).zone_accuracy:.2f} / {end.zone_accuracy:.2f}", flush=True)
    of = model("tetam", None, known=False)
    end = seated(of, "tetam", "calibration_set2.csv")[1]
    print(f"{'none':>9}   {walks(of).zone_accuracy:.2f} / {end.zone_accuracy:.2f}")


def one_floor() -> None:
    rng = np.random.default_rng(1)
    width_m, height_m = FLOOR_M
    hearing = [
        Receiver(f"r{i}", "1", (i % 4 + 0.5) * width_m / 4, (i // 4 + 0.5) * height_m / 3)
        for i in range(FLOOR_RECEIVERS)
    ]
    of = build_model([Floor("1", 1, width_m, height_m, tuple(strips(Floor("1", 1, width_m, height_m), 6)))], hearing)
    places = rng.uniform((0, 0), FLOOR_M, (FLOOR_TAGS, 2))
    at = np.array([(one.x_m, one.y_m) for one in hearing])
    mean = -62 - 21 * np.log10(np.hypot(*(places[:, None] - at).transpose(2, 0, 1)) + 1)
    tag, receiver = np.indices(mean.shape).reshape(2, -1).astype(np.int32)
    online = np.ones(FLOOR_RECEIVERS, bool)

    def second() -> Windows:
        level = (mean + rng.normal(0, 4, mean.shape)).astype(np.float32).ravel()
        tags = [str(i) for i in range(FLOOR_TAGS)]
        return Windows(tags, tag, receiver, np.full(len(tag), 2, np.int32), level, online)

    cpu_s, wall_s = measured(of, second)
    print(
        f"{of.parts[0].grid.cells} cells, {FLOOR_RECEIVERS} receivers, {FLOOR_TAGS} badges in one step: "
        f"{cpu_s / FLOOR_TAGS * 1e6:.0f} µs CPU a badge, {wall_s / FLOOR_TAGS * 1e6:.0f} µs by the clock"
    )


def building() -> None:
    """The demo city's hall at a quarter past ten, 3,000 badges that send every second, without a survey."""
    layouts = [layout(storey) for storey in STOREYS]
    hearing = [Receiver(name, one.storey.code, x, y, CEILING_M) for one in layouts for name, x, y in one.receivers]
    floors = [
        Floor(
            one.storey.code,
            one.storey.level,
            WIDTH_M,
            HEIGHT_M,
            tuple(Zone(area.code, tuple((x, y) for x, y in area.box.corners)) for area in one.areas),
            PORTALS,
            SLAB_DB,
        )
        for one in layouts
    ]
    began_s = time.perf_counter()
    of = build_model(floors, hearing)
    built_s = time.perf_counter() - began_s
    passed_s = 0.0
    simulation = Simulation(scenario(full_house()), starts_at_s=AT_S, clock_s=lambda: passed_s)
    counts: list[tuple[int, int]] = []

    def second() -> Windows:
        nonlocal passed_s
        heard = folded(of, simulation)
        passed_s += 1.0
        counts.append((len(heard.tag_ids), len(heard.tag)))
        return heard

    cpu_s, wall_s = measured(of, second)
    tags, rows = (statistics.median(column) for column in zip(*counts[WARM_UP:], strict=True))
    print(
        f"{len(floors)} floors of {of.parts[0].grid.cells} cells, {len(hearing)} receivers, {tags:.0f} of {BADGES} "
        f"badges heard in {rows:.0f} windows a second: {cpu_s * 1000:.0f} ms CPU a step, "
        f"{wall_s * 1000:.0f} ms by the clock, {cpu_s / tags * 1e6:.0f} µs a badge; "
        f"model built in {built_s * 1000:.0f} ms"
    )


def full_house() -> dict[str, object]:
    """The demo's day of as many people as there are badges; more than have desks, so some share one."""
    floors = [storey for storey in STOREYS if storey.sections]
    people = [
        Resident(i, Name("", "", "", ""), floors[i % len(floors)], floors[i % len(floors)].sections[0], "", f"s-1-{i}")
        for i in range(2 * BADGES)
    ]
    plan = day.scenario(people, "Asia/Tokyo")
    kept: list[dict[str, object]] = plan["people"][:BADGES]
    tags = {str(person["tag"]) for person in kept}
    return {
        **plan,
        "people": kept,
        "tags": [{**tag, "interval_s": 1.0} for tag in plan["tags"] if tag["id"] in tags],
        "silent": [],
    }


def folded(of: Model, simulation: Simulation) -> Windows:
    """One second of packets as the windows that ingest hands over."""
    column = {one.id: index for index, one in enumerate(of.receivers)}
    levels: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
    for name, packets in simulation.step().items():
        for packet in packets:
            levels[packet.tag, column[name]].append(packet.rssi_dbm)
    tags = sorted({tag for tag, _receiver in levels})
    place = {tag: index for index, tag in enumerate(tags)}
    return Windows(
        tags,
        np.array([place[tag] for tag, _receiver in levels], np.int32),
        np.array([receiver for _tag, receiver in levels], np.int32),
        np.array([len(one) for one in levels.values()], np.int32),
        np.array([np.mean(one) for one in levels.values()], np.float32),
        np.ones(len(of.receivers), bool),
    )


def measured(of: Model, second: Callable[[], Windows]) -> Spent:
    """The median cost of a step, once every badge is followed."""
    belief = Belief.empty(of)
    spent = []
    for _ in range(WARM_UP + STEPS):
        windows = second()
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        belief, _fixes = step(of, belief, windows)
        spent.append((time.process_time() - cpu_s, time.perf_counter() - wall_s))
    cpu, wall = zip(*spent[WARM_UP:], strict=True)
    return statistics.median(cpu), statistics.median(wall)


def main() -> None:
    if recordings() is None:
        print(f"Accuracy is not measured: {MISSING}.\n")
    else:
        print("Accuracy: share of seconds in the right zone, and at the end of each piece\n")
        accuracy()
        print("\nReceivers and zones: tetam walking / seated at the end, level free\n")
        density()
        print("\nPoints of the survey: tetam walking / seated at the end, 9 bays, level free\n")
        survey_size()
        print()
    print(f"Cost: one thread, medians of {STEPS} steps\n")
    one_floor()
    building()


if __name__ == "__main__":
    main()
