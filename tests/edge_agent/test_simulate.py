"""What the receivers of a simulated building hear, held against the physics it claims."""

from collections import Counter
from math import log10
from statistics import fmean, pstdev

import pytest

from edge_agent import scenario
from edge_agent.simulate import SENSITIVITY_DBM, STOREY_M, Simulation

RADIO = {
    "power_at_1m_dbm": -60, "exponent": 2.0, "shadow_sd_db": 0, "shadow_scale_m": 4, "fast_sd_db": 0,
    "body_sd_db": 0, "loss": 0,
}  # fmt: skip


class Clock:
    """Time that a test winds."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def floor(level: int) -> dict:
    return {"id": str(level), "level": level, "width_m": 60, "height_m": 40, "slab_db": 15, "lifts": [[30, 20]]}


def simulation(
    places: dict[str, tuple[str, float, float]],
    *,
    receivers: dict[str, tuple[str, float, float]] | None = None,
    level_db: float = 0.0,
    interval_s: float = 1.0,
    silent: tuple[str, ...] = (),
    seed: int = 1,
    **radio: float,
) -> Simulation:
    """Badges that lie still on floors 1 to 4, a receiver at (10, 10) of floor 1 unless told otherwise."""
    receivers = receivers or {"RX-1": ("1", 10, 10)}
    building = scenario.scenario(
        {
            "site": "main", "tz": "Asia/Tokyo", "seed": seed, "silent": list(silent),
            "floors": [floor(level) for level in (1, 2, 3, 4)],
            "receivers": [
                {"id": name, "floor": on, "x_m": x, "y_m": y, "z_m": 1.1} for name, (on, x, y) in receivers.items()
            ],
            "tags": [{"id": tag, "level_db": level_db, "interval_s": interval_s} for tag in places],
            "people": [{"tag": tag, "stops": [[0, *place, "desk"]]} for tag, place in places.items()],
            "radio": RADIO | radio,
        }
    )  # fmt: skip
    return Simulation(building, starts_at_s=3600.0, clock_s=Clock())


def heard(source: Simulation, seconds: int, receiver: str = "RX-1") -> list:
    return [packet for _ in range(seconds) for packet in source.step()[receiver]]


def levels(source: Simulation, seconds: int = 20, receiver: str = "RX-1") -> list[float]:
    return [packet.rssi_dbm for packet in heard(source, seconds, receiver)]


@pytest.mark.parametrize("distance_m", [1.0, 5.0, 20.0])
def test_levels_follow_the_log_distance_law(distance_m):
    source = simulation({"s-1-1": ("1", 10 + distance_m, 10)}, level_db=-4)

    assert set(levels(source)) == {round(-64 - 20 * log10(distance_m))}


def test_a_slab_takes_its_share_and_two_floors_away_nobody_is_heard():
    source = simulation({"s-1-1": ("1", 10, 10), "s-1-2": ("2", 10, 10), "s-1-3": ("3", 10, 10)})

    found = {packet.tag: packet.rssi_dbm for packet in heard(source, 5)}

    assert set(found) == {"s-1-1", "s-1-2"}
    assert found["s-1-2"] == round(-60 - 15 - 20 * log10(STOREY_M))


def test_what_is_too_weak_is_not_heard():
    source = simulation({"s-1-1": ("1", 50, 10)}, level_db=-7)

    assert -60 - 7 - 20 * log10(40) < SENSITIVITY_DBM
    assert levels(source) == []


def test_a_badge_sends_at_its_interval_and_packets_carry_their_own_ages():
    source = simulation({"s-1-1": ("1", 12, 10)}, interval_s=0.25)

    packets = heard(source, 100)

    assert len(packets) == pytest.approx(100 / 0.255, abs=4)
    assert all(0 <= packet.age_s <= 1 for packet in packets)
    assert len({packet.age_s for packet in packets}) == len(packets)


def test_some_packets_are_lost():
    source = simulation({"s-1-1": ("1", 12, 10)}, interval_s=0.1, loss=0.3)

    assert len(levels(source, 200)) == pytest.approx(200 / 0.105 * 0.7, rel=0.1)


def test_fading_differs_from_packet_to_packet():
    source = simulation({"s-1-1": ("1", 12, 10)}, interval_s=0.1, fast_sd_db=4.0)

    found = levels(source, 200)

    assert pstdev(found) == pytest.approx(4.0, rel=0.15)
    assert fmean(found) == pytest.approx(-66, abs=0.5)


def test_the_shadow_belongs_to_the_place_and_to_the_receiver():
    places = {f"s-1-{n}": ("1", 20.0, 20.0) for n in range(3)}
    source = simulation(places, receivers={"RX-1": ("1", 10, 20), "RX-2": ("1", 30, 20)}, shadow_sd_db=6)

    first, later = levels(source), levels(source)
    other = levels(source, receiver="RX-2")

    assert len(set(first + later)) == 1
    assert set(other) != set(first)


def test_the_shadow_is_smooth_over_a_step_and_varied_over_the_floor():
    receiver = {"RX-1": ("1", 30.0, 20.0)}

    def shadow_db(x: float, y: float) -> float:
        return (
            levels(simulation({"s-1-1": ("1", x, y)}, receivers=receiver, shadow_sd_db=6, shadow_scale_m=5), 3)[0]
            - (levels(simulation({"s-1-1": ("1", x, y)}, receivers=receiver), 3)[0])
        )

    there = [(x, y) for x in (8, 22, 38, 52) for y in (4, 16, 26, 36)]
    shadows = [shadow_db(x, y) for x, y in there]
    steps = [abs(shadow_db(x + 0.5, y) - shadow) for (x, y), shadow in zip(there, shadows, strict=True)]

    assert pstdev(shadows) == pytest.approx(6, rel=0.5)
    assert max(steps) <= 4
    assert fmean(steps) < 2


def test_a_body_weakens_what_is_behind_it_and_a_seated_person_turns_slowly():
    people = {f"s-1-{n}": ("1", 13.0, 10.0) for n in range(300)}
    source = simulation(people, body_sd_db=5)

    first = {packet.tag: packet.rssi_dbm for packet in heard(source, 1)}
    soon = {packet.tag: packet.rssi_dbm for packet in heard(source, 1)}
    heard(source, 1800)
    later = {packet.tag: packet.rssi_dbm for packet in heard(source, 1)}

    assert pstdev(first.values()) == pytest.approx(5, rel=0.2)
    assert fmean(abs(soon[tag] - first[tag]) for tag in first if tag in soon) < 1
    assert fmean(abs(later[tag] - first[tag]) for tag in first if tag in later) > 3


def test_a_silent_receiver_hears_nobody_and_the_others_go_on():
    receivers = {"RX-1": ("1", 10.0, 10.0), "RX-2": ("1", 14.0, 10.0)}
    source = simulation({"s-1-1": ("1", 12, 10)}, receivers=receivers, silent=("RX-1",))

    assert levels(source) == []
    assert len(levels(source, receiver="RX-2")) > 10
    assert source.silent == {"RX-1"}


def test_the_same_seed_tells_the_same_story_and_another_seed_another():
    noisy = {"fast_sd_db": 4.0, "shadow_sd_db": 4.0, "body_sd_db": 3.0, "loss": 0.1}
    first, again, other = (heard(simulation({"s-1-1": ("1", 15, 12)}, seed=seed, **noisy), 20) for seed in (1, 1, 2))

    assert first == again != other


def test_nobody_who_is_away_is_heard():
    clock, desk = Clock(), [0, "1", 12, 10, "desk"]
    building = scenario.scenario(
        {
            "site": "main", "tz": "Asia/Tokyo", "seed": 1, "silent": [], "floors": [floor(1)],
            "receivers": [{"id": "RX-1", "floor": "1", "x_m": 10, "y_m": 10, "z_m": 2.5}],
            "tags": [{"id": "s-1-1", "level_db": 0, "interval_s": 0.5}],
            "people": [{"tag": "s-1-1", "stops": [desk, [100, None, 0, 0, "away"], [200, *desk[1:]]]}],
            "radio": RADIO,
        }
    )  # fmt: skip
    source = Simulation(building, starts_at_s=0.0, clock_s=clock)
    packets: Counter[int] = Counter()
    for second in range(300):
        clock.now_s = second
        packets[second // 100] += len(source.step()["RX-1"])

    assert packets[1] == 0
    assert packets[0] == pytest.approx(packets[2], abs=3)
    assert packets[0] > 190


def test_the_day_may_begin_anywhere_pass_faster_and_begins_again_at_midnight():
    clock = Clock()
    building = scenario.scenario(
        {
            "site": "main", "tz": "Asia/Tokyo", "seed": 1, "floors": [floor(1)], "receivers": [], "tags": [],
            "people": [], "radio": RADIO,
        }
    )  # fmt: skip
    source = Simulation(building, starts_at_s=86_000.0, day_speed=60.0, clock_s=clock)
    clock.now_s = 10.0

    assert source.day_s == 200.0
    assert source.progress() == "00:03:20   0 people in the building"
    assert source.step() == {}
