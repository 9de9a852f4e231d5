"""Recordings run second by second through live code, and how right they were."""

import numpy as np
import pytest
from recorded import calibration, folder, sightings, truth

from server.positioning import Model, Options, Zone, build_model
from server.positioning.evaluation import Estimate, Track, calibration_error, run, stayed, summarise, walked
from server.positioning.recordings import Heard, TruePoint, read_dataset, read_stays, read_truth, read_walk

ROUTE = ["west"] * 12 + ["east"] * 12


@pytest.fixture
def office(tmp_path):
    return read_dataset(
        folder(
            tmp_path,
            {
                "sightings/route.csv": sightings(ROUTE),
                "sightings/desk.csv": sightings(["east"] * 9),
                "truth/route.csv": truth(ROUTE),
                "static.csv": calibration([("p1", "west", 0, 30), ("p2", "east", 100, 112)]),
            },
        )
    )


@pytest.fixture
def model(office) -> Model:
    return build_model([office.floor], office.receivers)


def estimates(*zones: str, settled: str = "", p: float = 0.9) -> list[Estimate]:
    x_m = {"west": 2.0, "east": 10.0, "": 6.0}
    return [Estimate(t, x_m[zone], 2.0, zone, p, settled or zone) for t, zone in enumerate(zones, 1)]


def test_every_second_of_a_walk_has_one_estimate(office, model):
    found = run(model, {"route": read_walk(office, "route")}).estimates["route"]

    assert [one.t_s for one in found] == list(range(1, 25))
    assert {one.zone for one in found[3:12]} == {"west"}
    assert found[-1].zone == found[-1].settled_zone == "east"


def test_a_second_ends_with_its_full_second(model):
    heard = [Heard(0.0, "r1", "t", -64.0), Heard(1.0, "r1", "t", -64.0), Heard(1.001, "r2", "t", -64.0)]

    whole, first = run(model, {"a": heard}).estimates["a"], run(model, {"a": heard[:2]}).estimates["a"]

    assert len(first) == 1
    assert whole[0] == first[0]
    assert len(whole) == 2


def test_what_is_heard_after_a_second_changes_no_estimate_up_to_it(office, model):
    heard = read_walk(office, "route")

    whole = run(model, {"route": heard}).estimates["route"]

    for t in (1, 7, 13, 20):
        truncated = run(model, {"route": [one for one in heard if one.t_s <= t]}).estimates["route"]
        assert truncated == whole[:t]


def test_a_walk_is_the_same_alone_and_among_others(office, model):
    heard = {name: read_walk(office, name) for name in office.tracks()}

    together = run(model, heard).estimates

    for name, one in heard.items():
        alone = run(model, {name: one}).estimates[name]
        assert [a.zone for a in together[name]] == [a.zone for a in alone]
        assert [a.x_m for a in together[name]] == pytest.approx([a.x_m for a in alone], abs=1e-3)


def test_a_silent_second_keeps_its_estimate(model):
    heard = [Heard(0.5, "r1", "t", -64.0), Heard(4.5, "r1", "t", -64.0)]

    found = run(model, {"a": heard}).estimates["a"]

    assert [one.t_s for one in found] == [1, 2, 3, 4, 5]
    assert len({(one.x_m, one.zone) for one in found[:4]}) == 1


def test_packets_of_receivers_without_a_place_are_counted_and_passed_over(model):
    result = run(model, {"a": [Heard(0.5, "r1", "t", -64.0), Heard(0.6, "r9", "t", -40.0)]})

    assert (result.unknown_receivers, result.tag_updates, len(result.estimates["a"])) == (1, 1, 1)


def test_nothing_heard_gives_nothing(model):
    result = run(model, {"a": []})

    assert result.estimates == {"a": []}


def test_a_level_learned_in_one_walk_does_not_help_the_next(office, model):
    heard = read_walk(office, "route")

    twice = run(model, {"first": heard, "second": heard}).estimates

    assert twice["first"] == twice["second"]


def test_options_reach_the_estimates(office):
    known = build_model([office.floor], office.receivers, options=Options(level_known=True))

    found = run(known, {"route": read_walk(office, "route")}).estimates["route"]

    assert max(one.zone_p for one in found[:3]) > Options().cap_p


def test_accuracy_counts_seconds_in_the_right_zone(model):
    track = walked(estimates("west", "west", "east", "west"), [TruePoint(0, 2, 2), TruePoint(10, 2, 2)])

    found = summarise(model, [track])

    assert found.zone_accuracy == 0.75
    assert (found.median_m, found.mean_m) == (0.0, 2.0)
    assert found.seconds == 4


def test_seconds_without_annotation_or_outside_every_zone_are_not_judged(model):
    annotated = [TruePoint(2, 2, 2), TruePoint(3, 2, 2)]
    outside = [TruePoint(0, 50, 50), TruePoint(10, 50, 50)]

    part = summarise(model, [walked(estimates("east", "west", "west", "east"), annotated)])
    none = summarise(model, [walked(estimates("east"), outside)])

    assert part.zone_accuracy == 1.0
    assert (none.zone_accuracy, none.mean_m, none.calibration_error, none.delay_s) == (None, None, None, None)
    assert none.seconds == 1


def test_truth_lies_between_its_points(model):
    track = walked(estimates("west", "west"), [TruePoint(0, 2, 2), TruePoint(4, 6, 4)])

    assert track.true_xy == pytest.approx(np.array([[3.0, 2.5], [4.0, 3.0]]))


def test_an_error_is_judged_by_its_largest_twentieth_too(model):
    track = Track(estimates(*["west"] * 100), np.array([[2.0 + 0.04 * i, 2.0] for i in range(100)]))

    found = summarise(model, [track])

    assert found.p95_m == pytest.approx(3.76, abs=0.05)


def test_the_delay_is_the_time_until_the_estimate_follows(model):
    place = {"west": [2.0, 2.0], "east": [10.0, 2.0]}
    true = np.array([place[zone] for zone in ["west"] * 3 + ["east"] * 5])
    track = Track(estimates(*["west"] * 6, "east", "east"), true)

    found = summarise(model, [track])

    assert found.delay_s == 3.0
    assert found.true_switches_per_min == pytest.approx(60 / 8)


def test_a_change_that_the_estimate_never_follows_has_no_delay(model):
    true = np.array([[2.0, 2.0]] * 3 + [[10.0, 2.0]] * 5)

    assert summarise(model, [Track(estimates(*["west"] * 8), true)]).delay_s is None


def test_switches_are_counted_per_minute_and_settled_ones_per_hour(model):
    wandering = estimates(*["west", "east"] * 15)
    settled = [Estimate(one.t_s, 2.0, 2.0, one.zone, 0.5, "west" if one.t_s < 20 else "east") for one in wandering]

    found = summarise(model, [walked(settled, [])])

    assert found.switches_per_min == pytest.approx(58.0)
    assert found.settled_switches_per_hour == pytest.approx(120.0)


def test_a_stay_outside_every_zone_is_not_a_switch(model):
    found = summarise(model, [walked(estimates("west", "", "", "west"), [])])

    assert found.switches_per_min == 0.0


def test_the_verdict_at_the_end_takes_the_last_second_of_each_piece(office, model):
    stays = read_stays(office, "static.csv")
    right_at_last = [Track(estimates("east", "east", "west"), np.array([[2.0, 2.0]] * 3)),
                     Track(estimates("west", "east", "east"), np.array([[2.0, 2.0]] * 3))]  # fmt: skip

    found = summarise(model, right_at_last, last_only=True)

    assert found.zone_accuracy == 0.5
    assert stayed(estimates("west"), stays[0]).true_xy.tolist() == [[2.0, 2.0]]


@pytest.mark.parametrize(
    ("p", "right", "error"),
    [
        ([0.75] * 4, [1, 1, 1, 0], 0.0),
        ([0.95] * 4, [0, 0, 0, 0], 0.95),
        ([0.55] * 2 + [0.95] * 2, [1, 0, 1, 0], 0.25),
        ([1.0], [1], 0.0),
    ],
    ids=["as sure as right", "surely wrong", "half the time", "certain"],
)
def test_the_calibration_error_is_the_gap_between_sure_and_right(p, right, error):
    assert calibration_error(np.array(p), np.array(right, float)) == pytest.approx(error)


def test_a_summary_of_a_whole_recording(office, model):
    heard = read_walk(office, "route")

    found = summarise(model, [walked(run(model, {"a": heard}).estimates["a"], read_truth(office, "route"))])

    assert found.zone_accuracy > 0.8
    assert found.delay_s <= 4
    assert found.calibration_error < 0.5


def test_overlapping_zones_are_judged_by_the_first(office):
    lap = build_model(
        [type(office.floor)("floor", 0, 12.0, 6.0, (*office.floor.zones, Zone("all", ((0, 0), (12, 0), (12, 6)))))],
        office.receivers,
    )

    assert summarise(lap, [walked(estimates("west"), [TruePoint(0, 2, 2), TruePoint(3, 2, 2)])]).zone_accuracy == 1.0
