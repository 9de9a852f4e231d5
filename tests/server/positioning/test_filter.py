"""One step after the other: places, floors, levels, and what a step must not do."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_office import (
    DESK,
    HEIGHT_M,
    LIFT,
    WIDTH_M,
    floor,
    follow,
    heard_at,
    model,
    parts,
    receivers,
    survey,
    walk,
    windows,
)

from server.positioning import NOWHERE, Belief, Fixes, Level, Motion, Options, build_model, step
from server.positioning.belief import REST_AFTER_S

ONE = model()
SURVEYED = build_model([floor()], receivers(), {"1": survey(receivers(), sd_db=2.0)})
TOWER = model((1, 2, 3))
HERE, ALL = receivers(), parts((1, 2, 3))[1]


def sitting(bay: str, seconds: int, *, level: int = 1, offset_db: float = 0.0, sd_db: float = 3.0, seed: int = 1):
    """Seconds of a tag named `badge` at a desk."""
    noise = np.random.default_rng(seed)
    hearing = HERE if level == 1 else ALL
    return [
        {"badge": heard_at(hearing, level, *DESK[bay], offset_db=offset_db, noise=noise, sd_db=sd_db)}
        for _ in range(seconds)
    ]


def along(route, *, offset_db: float = 0.0, seed: int = 1):
    """Seconds of a tag named `badge` on a route of (level, x_m, y_m) in the tower."""
    noise = np.random.default_rng(seed)
    return [{"badge": heard_at(ALL, *place, offset_db=offset_db, noise=noise, sd_db=4.0)} for place in route]


def zone_of(fixes: Fixes, row: int = 0, of=ONE) -> str:
    return of.zones[fixes.zone[row]].id if fixes.zone[row] != NOWHERE else ""


def distance_m(fixes: Fixes, place: tuple[float, float], row: int = 0) -> float:
    return float(np.hypot(fixes.x_m[row] - place[0], fixes.y_m[row] - place[1]))


def frozen_copy(belief: Belief) -> list[bytes]:
    """Every array of a belief, as bytes."""
    arrays = [getattr(belief.tags, one.name) for one in fields(belief.tags)]
    arrays += [array for one in belief.floors for array in (one.rows, one.grid, one.age_s)]
    return [array.tobytes() for array in arrays]


# Where somebody is


@pytest.mark.parametrize("bay", DESK)
def test_somebody_at_a_desk_is_found_without_any_survey(bay):
    _belief, fixes = follow(ONE, sitting(bay, 20))

    assert zone_of(fixes[-1]) == f"1-{bay}"
    assert distance_m(fixes[-1], DESK[bay]) < 3.0


def test_somebody_who_walks_is_followed():
    noise = np.random.default_rng(4)
    route = [(1, *DESK["nw"])] * 5 + walk(1, DESK["nw"], DESK["se"])

    _belief, fixes = follow(SURVEYED, [{"badge": heard_at(HERE, *place, noise=noise)} for place in route])

    errors = [distance_m(one, (x, y)) for one, (_level, x, y) in zip(fixes, route, strict=True)]
    assert np.median(errors) < 2.0
    assert zone_of(fixes[-1]) == "1-se"


def test_a_place_outside_every_zone_has_no_zone():
    corridor = model()
    only_west = build_model([floor(zones=corridor.floors[0].zones[:1])], HERE)

    _belief, fixes = follow(only_west, sitting("se", 20))

    assert fixes[-1].zone.tolist() == [NOWHERE]
    assert fixes[-1].zone_p.tolist() == [0.0]
    assert fixes[-1].floor.tolist() == [0]


def test_a_building_without_zones_still_gives_places():
    bare = build_model([floor(zones=())], HERE)

    _belief, fixes = follow(bare, sitting("ne", 20))

    assert fixes[-1].zone.tolist() == fixes[-1].settled_zone.tolist() == [NOWHERE]
    assert distance_m(fixes[-1], DESK["ne"]) < 3.0


def test_settled_does_not_follow_somebody_who_only_passes_through():
    noise = np.random.default_rng(4)
    route = [(1, *DESK["nw"])] * 30 + walk(1, DESK["nw"], (13.0, 4.0)) + walk(1, (13.0, 4.0), DESK["nw"])
    route += [(1, *DESK["nw"])] * 30

    _belief, fixes = follow(SURVEYED, [{"badge": heard_at(HERE, *place, noise=noise)} for place in route])

    assert "1-ne" in {zone_of(one) for one in fixes}
    assert {SURVEYED.zones[one.settled_zone[0]].id for one in fixes[10:]} == {"1-nw"}


def test_live_follows_before_settled_does():
    seconds = sitting("nw", 30) + sitting("se", 30, seed=2)

    _belief, fixes = follow(SURVEYED, seconds)

    south_east = [zone.id for zone in SURVEYED.zones].index("1-se")
    live = [one.live_zone[0] == south_east for one in fixes].index(True)
    settled = [one.settled_zone[0] == south_east for one in fixes].index(True)
    assert 30 <= live < settled < 50


def test_somebody_seated_is_still_and_somebody_walking_moves():
    _belief, seated = follow(SURVEYED, sitting("nw", 90))
    around = [*walk(1, (3, 4), (17, 4)), *walk(1, (17, 4), (17, 12)), *walk(1, (17, 12), (3, 12))]

    _belief, walking = follow(SURVEYED, [{"badge": heard_at(HERE, *place)} for place in around])

    assert seated[-1].motion[0] == Motion.STILL
    assert Motion.MOVING in {one.motion[0] for one in walking}
    assert Motion.STILL not in {one.motion[0] for one in walking}


# How strong the badge is


@pytest.mark.parametrize("bay", DESK)
def test_a_badge_ten_decibels_weaker_is_found_nearly_where_a_strong_one_is(bay):
    certain = build_model([floor()], HERE, {"1": survey(HERE, sd_db=2.0)}, Options(level_known=True))
    shift_m = {}

    for name, of in (("free", SURVEYED), ("known", certain)):
        _belief, strong = follow(of, sitting(bay, 30))
        _belief, weak = follow(of, sitting(bay, 30, offset_db=-10.0))
        shift_m[name] = distance_m(weak[-1], (float(strong[-1].x_m[0]), float(strong[-1].y_m[0])))
        assert zone_of(weak[-1]) == f"1-{bay}"

    assert shift_m["free"] < 2.0
    assert shift_m["free"] < 0.5 * shift_m["known"]


def test_the_level_is_learned_for_each_badge():
    strong = [one["badge"] for one in sitting("nw", 120, offset_db=4.0)]
    weak = [one["badge"] for one in sitting("se", 120, offset_db=-10.0)]

    belief, fixes = follow(SURVEYED, [{"desk": a, "pocket": b} for a, b in zip(strong, weak, strict=True)])

    assert fixes[-1].level_db[0] == pytest.approx(4.0, abs=2.5)
    assert fixes[-1].level_db[1] == pytest.approx(-10.0, abs=3.5)
    assert fixes[-1].level_sd_db == pytest.approx([SURVEYED.options.level_floor_db] * 2)
    assert belief.levels()["pocket"].n > 60


def test_the_level_is_known_only_after_some_seconds_and_never_exactly():
    _belief, fixes = follow(SURVEYED, sitting("nw", 300))

    known = [bool(one.level_known[0]) for one in fixes]
    assert not known[0]
    assert known[-1]
    assert known == sorted(known)
    assert min(one.level_sd_db[0] for one in fixes) == pytest.approx(SURVEYED.options.level_floor_db)


def test_stated_confidence_is_capped_while_the_level_is_unknown():
    _belief, fixes = follow(SURVEYED, sitting("nw", 60, sd_db=0.5))

    cap = SURVEYED.options.cap_p + 1e-6
    unknown = [one for one in fixes if not one.level_known[0]]
    assert unknown
    assert all(max(one.zone_p[0], one.live_p[0], one.settled_p[0]) <= cap for one in unknown)
    assert fixes[-1].zone_p[0] > cap


def test_a_learned_level_is_used_from_the_first_second():
    start = Belief.empty(SURVEYED, {"badge": Level(-10.0, 3.0, 200)})

    _belief, fixes = follow(SURVEYED, sitting("nw", 3, offset_db=-10.0), start)

    assert fixes[0].level_known.tolist() == [True]
    assert fixes[-1].level_db[0] == pytest.approx(-10.0, abs=1.0)


def test_no_badge_is_believed_to_be_more_than_twenty_decibels_off():
    belief, _fixes = follow(SURVEYED, sitting("nw", 120, offset_db=30.0))

    assert -20.0 <= belief.tags.level_db[0] <= 20.0


def test_a_known_level_is_never_learned():
    certain = model(level_known=True)

    belief, fixes = follow(certain, sitting("nw", 30, offset_db=-5.0))

    assert fixes[-1].level_db.tolist() == [0.0]
    assert fixes[-1].level_known.tolist() == [True]
    assert belief.levels() == {}


# Floors


@pytest.mark.parametrize("seed", range(4))
def test_the_floor_follows_somebody_through_the_lift(seed):
    route = [(1, 4.0, 4.0)] * 40 + walk(1, (4.0, 4.0), LIFT) + [(1, *LIFT)] * 8
    arrives = len(route)
    route += [(2, *LIFT)] * 8 + walk(2, LIFT, DESK["se"]) + [(2, *DESK["se"])] * 30

    _belief, fixes = follow(TOWER, along(route, offset_db=-8.0, seed=seed))

    floors = [int(one.floor[0]) for one in fixes]
    settled = [int(one.settled_floor[0]) for one in fixes]
    assert floors[: arrives - 8] == [0] * (arrives - 8)
    assert floors[arrives + 5 :] == [1] * (len(route) - arrives - 5)
    assert settled[:arrives] == [0] * arrives
    assert settled[arrives + 15 :] == [1] * (len(route) - arrives - 15)
    assert zone_of(fixes[-1], of=TOWER) == "2-se"


def test_a_change_of_floor_is_sooner_believed_at_a_lift():
    floors, hearing = parts((1, 2))
    without_lift = build_model([replace(one, portals=()) for one in floors], hearing)
    with_lift = build_model(floors, hearing)
    route = [(1, *LIFT)] * 20 + [(2, *LIFT)] * 2

    seconds = [{"badge": heard_at(hearing, *place)} for place in route]
    _belief, at_lift = follow(with_lift, seconds)
    _belief, through_slab = follow(without_lift, seconds)

    def on_2(fixes: Fixes) -> float:
        return float(fixes.floor_p[0] if fixes.floor[0] == 1 else 1 - fixes.floor_p[0])

    odds = [on_2(one[20]) / (1 - on_2(one[20])) for one in (at_lift, through_slab)]
    assert odds[0] > 10 * odds[1]


def test_the_lift_may_skip_floors():
    route = [(1, *LIFT)] * 20 + [(3, *LIFT)] * 12 + walk(3, LIFT, DESK["nw"]) + [(3, *DESK["nw"])] * 20

    _belief, fixes = follow(TOWER, along(route))

    assert fixes[-1].floor.tolist() == fixes[-1].settled_floor.tolist() == [2]
    assert zone_of(fixes[-1], of=TOWER) == "3-nw"


@pytest.mark.parametrize("seed", range(4))
def test_somebody_seated_never_changes_the_floor(seed):
    _belief, fixes = follow(TOWER, sitting("se", 300, level=2, offset_db=-8.0, sd_db=5.0, seed=seed))

    assert {int(one.floor[0]) for one in fixes} == {1}
    assert {int(one.settled_floor[0]) for one in fixes[1:]} <= {NOWHERE, 1}
    assert fixes[-1].floor_p[0] > 0.99


def test_one_second_from_the_floor_above_does_not_settle_there():
    noise = np.random.default_rng(1)
    glimpse = [{"badge": heard_at(ALL, 3, *DESK["se"], noise=noise)} for _ in range(3)]
    seconds = sitting("se", 30, level=2) + glimpse + sitting("se", 30, level=2, seed=2)

    _belief, fixes = follow(TOWER, seconds)

    assert {int(one.settled_floor[0]) for one in fixes[5:]} == {1}


def test_somebody_carried_off_while_unheard_is_found_on_the_new_floor():
    seconds = sitting("nw", 30, level=2) + [{}] * 60 + sitting("se", 60, level=1, seed=2)

    _belief, fixes = follow(TOWER, [*seconds[:90], *along([(1, *DESK["se"])] * 60)])

    assert fixes[-1].floor.tolist() == fixes[-1].settled_floor.tolist() == [0]
    assert zone_of(fixes[-1], of=TOWER) == "1-se"


def test_a_floor_without_receivers_takes_nobody():
    floors, hearing = parts((1, 2))
    with_attic = build_model([*floors, floor(3)], hearing)

    noise = np.random.default_rng(1)

    seconds = [{"badge": heard_at(hearing, 2, *DESK["ne"], noise=noise)} for _ in range(60)]
    _belief, fixes = follow(with_attic, seconds)

    assert {int(one.floor[0]) for one in fixes} == {1}


def test_a_building_in_which_nothing_hears_follows_nobody():
    deaf = build_model([floor()], [])

    belief, fixes = step(deaf, Belief.empty(deaf), windows(deaf, {}))

    assert belief.tag_ids == ()
    assert fixes.tag_ids == ()


def test_a_floor_that_is_only_a_little_likelier_is_not_settled_on():
    on_1 = heard_at(ALL, 1, *LIFT)
    between = {f"{level}{name}": on_1[f"1{name}"] - 9.0 + (0.3 if level == 2 else -0.3)
               for level in (1, 2) for name in "abcdef"}  # fmt: skip

    _belief, fixes = follow(TOWER, [{"badge": on_1}] * 20 + [{"badge": between}] * 60)

    assert fixes[-1].floor.tolist() == [1]
    assert 0.5 < fixes[-1].floor_p[0] < 0.95
    assert fixes[-1].settled_floor.tolist() == [0]


# What a step must not do


@pytest.mark.parametrize("of", [ONE, TOWER], ids=["one floor", "three floors"])
def test_a_step_does_not_change_the_belief_it_is_given(of):
    desk = {"a": heard_at(HERE, 1, *DESK["nw"]), "b": heard_at(HERE, 1, *DESK["se"])}
    belief, _fixes = follow(of, [desk] * 5)
    before = frozen_copy(belief)

    for next_heard in (desk, {"b": desk["b"], "c": desk["a"]}, {}):
        step(of, belief, windows(of, next_heard))

    assert frozen_copy(belief) == before
    assert belief.tag_ids == ("a", "b")


def test_what_comes_later_changes_nothing_earlier():
    seconds = sitting("nw", 20) + sitting("se", 20, seed=2)

    _belief, whole = follow(SURVEYED, seconds)
    _belief, truncated = follow(SURVEYED, seconds[:25])

    for a, b in zip(whole[:25], truncated, strict=True):
        assert all(np.array_equal(getattr(a, one.name), getattr(b, one.name)) for one in fields(a))


def test_the_order_of_the_windows_does_not_matter():
    rng = np.random.default_rng(1)
    belief = shuffled_belief = Belief.empty(TOWER)
    for second in range(10):
        places = {f"tag{i}": heard_at(ALL, 1 + i % 3, *DESK["ne"], noise=rng) for i in range(6)}
        given_order = windows(TOWER, places)
        order = rng.permutation(len(given_order.tag))
        other_order = replace(
            given_order,
            **{name: getattr(given_order, name)[order] for name in ("tag", "receiver", "n", "mean_dbm")},
        )

        belief, fixes = step(TOWER, belief, given_order)
        shuffled_belief, shuffled = step(TOWER, shuffled_belief, other_order)

        assert shuffled.tag_ids == fixes.tag_ids, second
        assert shuffled.x_m == pytest.approx(fixes.x_m, abs=1e-3)
        assert shuffled.floor.tolist() == fixes.floor.tolist()
        assert shuffled.zone_p == pytest.approx(fixes.zone_p, abs=1e-3)


def test_tags_do_not_influence_each_other():
    rng = np.random.default_rng(1)
    routes = {
        "a": [(1, *DESK["nw"])] * 30,
        "b": [(1, *LIFT)] * 10 + [(2, *LIFT)] * 10 + walk(2, LIFT, DESK["sw"]),
        "c": walk(3, DESK["nw"], DESK["se"]),
    }
    seconds = [
        {tag: heard_at(ALL, *route[t], noise=rng) for tag, route in routes.items() if t < len(route)} for t in range(30)
    ]

    _belief, together = follow(TOWER, seconds)

    for tag in routes:
        _belief, alone = follow(
            TOWER, [{name: one for name, one in second.items() if name == tag} for second in seconds]
        )
        row = together[-1].tag_ids.index(tag)
        for both, single in zip(together, alone, strict=True):
            assert both.x_m[row] == pytest.approx(single.x_m[0], abs=2e-3)
            assert both.floor_p[row] == pytest.approx(single.floor_p[0], abs=1e-3)
            assert both.zone[row] == single.zone[0]
            assert both.settled_zone[row] == single.settled_zone[0]


GLITCHES = [float("nan"), float("inf"), float("-inf"), 42.0, -15.0, 0.0, -115.0, -128.0]


@pytest.mark.parametrize("dbm", GLITCHES)
def test_a_level_that_no_radio_gives_is_passed_over(dbm):
    heard = heard_at(HERE, 1, *DESK["nw"])
    spoilt = {**heard, "1f": dbm}
    missing = {name: level for name, level in heard.items() if name != "1f"}

    _belief, with_glitch = follow(ONE, [{"badge": spoilt}] * 5)
    _belief, without = follow(ONE, [{"badge": missing}] * 5)

    assert with_glitch[-1].x_m == pytest.approx(without[-1].x_m)
    assert with_glitch[-1].zone_p == pytest.approx(without[-1].zone_p)


def test_a_tag_of_which_only_glitches_are_heard_is_not_followed():
    belief, fixes = follow(ONE, [{"badge": {"1a": 42.0, "1b": float("nan")}}])

    assert belief.tag_ids == ()
    assert fixes[-1].tag_ids == ()


def test_rows_of_unknown_receivers_and_without_packets_are_passed_over():
    heard = windows(ONE, {"badge": heard_at(HERE, 1, *DESK["nw"])})
    strange = replace(
        heard,
        tag=np.append(heard.tag, [0, 0, 0]).astype(np.int32),
        receiver=np.append(heard.receiver, [99, -1, 5]).astype(np.int32),
        n=np.append(heard.n, [4, 4, 0]).astype(np.int32),
        mean_dbm=np.append(heard.mean_dbm, [-40, -40, -40]).astype(np.float32),
    )

    _belief, fixes = step(ONE, Belief.empty(ONE), heard)
    _belief, same = step(ONE, Belief.empty(ONE), strange)

    assert same.x_m == pytest.approx(fixes.x_m)


def test_rows_of_the_same_receiver_are_one_window_by_their_packets():
    heard = windows(ONE, {"badge": heard_at(HERE, 1, *DESK["nw"])})
    level = heard.mean_dbm[0]
    split = replace(
        heard,
        tag=np.append(heard.tag, [0]).astype(np.int32),
        receiver=np.append(heard.receiver, heard.receiver[:1]).astype(np.int32),
        n=np.append([1, *heard.n[1:]], [3]).astype(np.int32),
        mean_dbm=np.append([level + 3, *heard.mean_dbm[1:]], [level - 1]).astype(np.float32),
    )

    _belief, fixes = step(ONE, Belief.empty(ONE), heard)
    _belief, same = step(ONE, Belief.empty(ONE), split)

    assert same.x_m == pytest.approx(fixes.x_m, abs=1e-3)


@settings(deadline=None, max_examples=40)
@given(
    seconds=st.lists(
        st.dictionaries(
            st.sampled_from(["a", "b", "c"]),
            st.dictionaries(
                st.sampled_from([one.id for one in ALL]), st.one_of(st.floats(-114, -16), st.sampled_from(GLITCHES))
            ),
            max_size=3,
        ),
        max_size=12,
    )
)
def test_whatever_is_heard_every_fix_is_a_place_in_the_building(seconds):
    belief, fixes = follow(TOWER, seconds)

    for one in fixes:
        for name in ("x_m", "y_m", "floor_p", "zone_p", "live_p", "settled_p", "level_db", "level_sd_db"):
            assert np.isfinite(getattr(one, name)).all(), name
        assert ((one.x_m >= 0) & (one.x_m <= WIDTH_M) & (one.y_m >= 0) & (one.y_m <= HEIGHT_M)).all()
        assert ((one.zone_p >= 0) & (one.zone_p <= 1.0001) & (one.floor_p > 0)).all()
    for one in belief.floors:
        positive = one.grid[one.grid > 0]
        assert not len(positive) or positive.min() >= np.finfo(np.float32).tiny


def test_a_belief_never_falls_into_denormal_numbers():
    """They would make each step thirty times as slow."""
    certain = build_model([floor()], HERE, {"1": survey(HERE)}, Options(level_known=True))
    belief = Belief.empty(certain)

    for second in sitting("nw", 60, sd_db=0.2):
        belief, _fixes = step(certain, belief, windows(certain, second, n=50))

        assert belief.floors[0].grid.min() >= np.finfo(np.float32).tiny


# Silence


def test_a_tag_that_nobody_hears_stays_where_it_was():
    belief, heard = follow(ONE, sitting("nw", 20))

    _belief, silent = follow(ONE, [{}] * 45, belief)

    assert silent[-1].silent_s.tolist() == [45.0]
    assert silent[-1].x_m.tolist() == heard[-1].x_m.tolist()
    assert silent[-1].zone.tolist() == heard[-1].zone.tolist()
    assert heard[-1].silent_s.tolist() == [0.0]


def test_the_time_of_a_silence_is_made_up_once():
    belief, _heard = follow(ONE, sitting("nw", 20))
    silent, _fixes = follow(ONE, [{}] * 3, belief)
    again, _fixes = follow(ONE, sitting("nw", 1), silent)

    assert [one.floors[0].age_s.tolist() for one in (belief, silent, again)] == [[0.0], [3.0], [0.0]]


def test_after_a_long_silence_somebody_may_be_anywhere():
    belief, _heard = follow(SURVEYED, sitting("nw", 30))
    belief, _silent = follow(SURVEYED, [{}] * 600, belief)

    _belief, fixes = follow(SURVEYED, sitting("se", 10, seed=2), belief)

    assert zone_of(fixes[-1]) == "1-se"


def test_a_tag_unheard_for_an_hour_is_dropped_and_its_level_kept():
    belief, _heard = follow(SURVEYED, sitting("nw", 30, offset_db=-10.0))
    learned = belief.levels()["badge"]

    belief, fixes = step(SURVEYED, belief, windows(SURVEYED, {}), REST_AFTER_S + 1)

    assert fixes.tag_ids == ()
    assert belief.levels() == {"badge": learned}


FEW = [*(one.id for one in ALL if one.floor == "1"), "2e"]


def on_floor_1(reporting: list[list[str] | None]) -> list[float]:
    """How likely floor 1 is after each second between the floors; who reports in each second, None: all."""
    belief, found = Belief.empty(TOWER), []
    for online in reporting:
        heard = windows(TOWER, {"badge": {"1e": -80.0, "2e": -80.0}}, online=online)
        belief, fixes = step(TOWER, belief, heard)
        found.append(float(fixes.floor_p[0] if fixes.floor[0] == 0 else 1 - fixes.floor_p[0]))
    return found


@pytest.mark.parametrize("before", [None, FEW], ids=["gone since", "never there"])
def test_a_receiver_that_does_not_report_says_nothing_of_the_floor(before):
    """Silence tells floors apart, but only the silence of a receiver that is there."""
    few = on_floor_1([before] * 10 + [FEW] * 10)

    assert few[-1] < on_floor_1([None] * 20)[-1] - 0.1


def test_a_receiver_that_has_come_back_is_not_silent_at_once():
    returned = on_floor_1([FEW] * 10 + [None] * 10)
    stayed_away = on_floor_1([FEW] * 20)

    assert returned[13] == pytest.approx(stayed_away[13], abs=1e-4)
    assert returned[-1] > stayed_away[-1] + 0.1


@pytest.mark.parametrize("dt_s", [0.5, 2.0], ids=["half seconds", "two seconds"])
def test_steps_need_not_be_seconds(dt_s):
    belief = Belief.empty(SURVEYED)
    for second in sitting("se", int(30 / dt_s)):
        belief, fixes = step(SURVEYED, belief, windows(SURVEYED, second), dt_s)

    assert zone_of(fixes) == "1-se"
    assert SURVEYED.zones[fixes.settled_zone[0]].id == "1-se"
