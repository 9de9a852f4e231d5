"""One step of the two-mode grid filter over a whole building: belief and windows in, belief and fixes out.

A tag's belief lies on the cells of the floors it may be on (mostly one, at most three) in the modes still and
walking. Each step forgets a little, moves, and multiplies in what was heard. A tag nobody hears is not touched;
the time is made up when it is heard again.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from server.positioning.belief import REST_AFTER_S, Belief, OnFloor, PerTag
from server.positioning.confidence import tempered
from server.positioning.likelihood import Evidence, Explained, explain, window_weight
from server.positioning.model import CENTRE_DBM, LONG_STEPS_S, FloorModel, Model
from server.positioning.settle import held, motion_of, probability_of, trailed
from server.positioning.types import NOWHERE, Bools, Fixes, Floats, Ints, Options, Windows

STRONGEST_DBM, WEAKEST_DBM = -15.0, -115.0  # a level outside is a glitch
UNHEARD_DBM = -98.0  # what a receiver that does not hear a tag would at most have heard
TINY = np.float32(1e-12)
LEAK = np.float32(1e-14)  # in every cell, and
WORST_FIT = np.float32(-40.0)  # the logarithm of the worst fit of one step: together they keep beliefs out of
# float32's denormal numbers, which are thirty times as slow, and change no estimate.
MOST_FLOORS = 3
FLOOR_WITHIN_DB = 12.0  # a floor whose loudest receiver is this much below the loudest of all is not thought of
FLOOR_MASS = 1e-3
LEVEL_SD_OF_A_SECOND_DB = 14.0
# What one second says of the level: neighbouring seconds err together, and the place itself is uncertain.
# Smaller learns a wrong level from a wrong place and then believes both.
LEVEL_FROM_P = 0.5  # only an estimate this sure of its zone teaches
LEVEL_LIMIT_DB = 20.0


@dataclass(frozen=True, slots=True)
class Heard:
    """The windows as dense arrays over the H tags heard: rows (H,) in the belief; n, level (H, R), level centred."""

    rows: Ints
    n: Floats
    level: Floats


def step(model: Model, belief: Belief, windows: Windows, dt_s: float = 1.0) -> tuple[Belief, Fixes]:
    """The next belief and a fix for every tag followed.

    Windows may come in any order; rows with a level that no radio gives, or of a receiver outside the model, are
    passed over. `belief` is not changed.
    """
    belief = _rested(belief, dt_s)
    heard, belief = _dense(model, belief, windows)
    tags = replace(belief.tags, quiet_s=_quiet(belief, windows.online, heard, dt_s))
    floors = tuple(replace(one, age_s=one.age_s + np.float32(dt_s)) for one in belief.floors)
    belief = replace(belief, tags=tags, floors=floors)
    if len(heard.rows):
        belief = _updated(model, belief, heard, windows.online, dt_s)
    return belief, _fixes(model, belief)


def _rested(belief: Belief, dt_s: float) -> Belief:
    silent_s = belief.tags.silent_s + np.float32(dt_s)
    belief = replace(belief, tags=replace(belief.tags, silent_s=silent_s))
    if len(silent_s) and silent_s.max() > REST_AFTER_S:
        return belief.forget([belief.tag_ids[row] for row in np.flatnonzero(silent_s > REST_AFTER_S)])
    return belief


def _dense(model: Model, belief: Belief, windows: Windows) -> tuple[Heard, Belief]:
    mean = np.asarray(windows.mean_dbm, np.float32)
    good = (mean > WEAKEST_DBM) & (mean < STRONGEST_DBM) & (np.asarray(windows.n) > 0)
    good &= (windows.receiver >= 0) & (windows.receiver < len(model.receivers))
    tag, receiver = np.asarray(windows.tag)[good], np.asarray(windows.receiver)[good]
    n, mean = np.asarray(windows.n, np.float32)[good], mean[good]
    occurring = np.unique(tag)
    belief = belief.welcome([windows.tag_ids[i] for i in occurring.tolist()], model)
    rows = np.array([belief.row_of[windows.tag_ids[i]] for i in occurring.tolist()], np.int32)
    place = np.searchsorted(occurring, tag)
    shape = (len(occurring), len(model.receivers))
    count, total = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    np.add.at(count, (place, receiver), n)
    np.add.at(total, (place, receiver), n * (mean - CENTRE_DBM))
    return Heard(rows, count, (total / np.maximum(count, 1)).astype(np.float32)), belief


def _quiet(belief: Belief, online: Bools, heard: Heard, dt_s: float) -> Floats:
    quiet = belief.tags.quiet_s + np.where(online, np.float32(dt_s), np.float32(0))[None, :]
    quiet[heard.rows] = np.where(heard.n > 0, np.float32(0), quiet[heard.rows])
    return quiet.astype(np.float32)


def _updated(model: Model, belief: Belief, heard: Heard, online: Bools, dt_s: float) -> Belief:
    floors = _with_candidates(model, belief, heard)
    at = np.full(len(belief.tag_ids), NOWHERE, np.int32)
    at[heard.rows] = np.arange(len(heard.rows))
    work = [_predicted(model.parts[f], one, at, model.options) for f, one in enumerate(floors)]
    if len(model.parts) > 1:
        _change_floors(model, work, len(heard.rows), dt_s)
    explained = [
        _explained(model, model.parts[f], one, heard, belief.tags, online) if len(one.places) else None
        for f, one in enumerate(work)
    ]
    best = np.full(len(heard.rows), -np.inf, np.float32)
    for one, found in zip(work, explained, strict=True):
        if found is not None:
            np.maximum.at(best, one.places, found.log_likelihood.max(axis=1))
    total = np.zeros(len(heard.rows), np.float32)
    for one, found in zip(work, explained, strict=True):
        if found is not None:
            fit = found.log_likelihood - best[one.places][:, None]
            fit *= np.float32(model.options.temper)
            np.exp(np.maximum(fit, WORST_FIT, out=fit), out=fit)
            one.grid *= fit[:, None, :]
            np.add.at(total, one.places, _mass(one.grid))
    total = np.maximum(total, np.float32(1e-30))
    for one in work:
        if len(one.places):
            one.grid *= (1 / total[one.places])[:, None, None]
    new = _read_off(model, belief.tags.take(heard.rows), work, explained, len(heard.rows), dt_s)
    return replace(
        belief,
        tags=belief.tags.put(heard.rows, new),
        floors=tuple(_put_back(one, done) for one, done in zip(floors, work, strict=True)),
    )


@dataclass(slots=True)
class Work:
    """The part of a floor's belief whose tags were heard: index into OnFloor, place among the heard, and the grids."""

    index: NDArray[np.intp]
    places: Ints
    grid: Floats  # (n, 2, C), changed in place


def _with_candidates(model: Model, belief: Belief, heard: Heard) -> tuple[OnFloor, ...]:
    """The floors' beliefs with heard tags entered where they may be, and taken off where they cannot be any more."""
    loudest = np.full((len(heard.rows), len(model.floors)), -np.inf, np.float32)
    levels = np.where(heard.n > 0, heard.level, -np.inf)
    for f in range(len(model.floors)):
        here = levels[:, model.receiver_floor == f]
        if here.shape[1]:
            loudest[:, f] = here.max(axis=1)
    order = np.argsort(-loudest, axis=1)[:, :MOST_FLOORS]
    wanted = np.zeros(loudest.shape, bool)
    np.put_along_axis(wanted, order, True, axis=1)
    wanted &= loudest > loudest.max(axis=1, keepdims=True) - FLOOR_WITHIN_DB
    place_of = np.full(len(belief.tag_ids), NOWHERE, np.int32)
    place_of[heard.rows] = np.arange(len(heard.rows))
    known = np.zeros(len(heard.rows), bool)
    for one in belief.floors:
        known[place_of[one.rows][place_of[one.rows] >= 0]] = True
    return tuple(
        _entered(model.parts[f], one, wanted[:, f], place_of, heard.rows, known) for f, one in enumerate(belief.floors)
    )


def _entered(part: FloorModel, one: OnFloor, wanted: Bools, place_of: Ints, rows: Ints, known: Bools) -> OnFloor:
    places = place_of[one.rows]
    mass = _mass(one.grid)
    stays = (places < 0) | (mass > FLOOR_MASS) | wanted[places]
    present = np.zeros(len(rows), bool)
    present[places[places >= 0]] = True
    joining = np.flatnonzero(wanted & ~present)
    if stays.all() and not len(joining):
        return one
    start = np.zeros((len(joining), 2, part.grid.cells), np.float32)
    # A tag never placed may be anywhere; one that is known elsewhere enters with nothing and is let in at the portals.
    start[~known[joining]] = 0.5 / part.grid.cells
    return OnFloor(
        np.concatenate([one.rows[stays], rows[joining]]).astype(np.int32),
        np.concatenate([one.grid[stays], start]),
        np.concatenate([one.age_s[stays], np.ones(len(joining), np.float32)]),
    )


def _predicted(part: FloorModel, one: OnFloor, at: Ints, options: Options) -> Work:
    index = np.flatnonzero(at[one.rows] >= 0)
    grid = one.grid[index]
    if not len(index):
        return Work(index, at[one.rows[index]], grid)
    age_s = np.minimum(one.age_s[index], LONG_STEPS_S[-1])
    still, walking = grid[:, 0], grid[:, 1]
    marginal = still + walking
    marginal += TINY
    power = (options.forget**age_s - 1.0).astype(np.float32)
    grid *= np.power(marginal, power[:, None], out=marginal)[:, None, :]
    leaves = (0.5 - 0.5 * (2 * options.mode_stay - 1) ** age_s).astype(np.float32)[:, None]
    exchanged = still - walking
    exchanged *= leaves
    still -= exchanged
    exchanged += walking
    mixed = exchanged  # what walks after some have got up and some sat down
    bucket = np.searchsorted(np.array(LONG_STEPS_S) * 1.01, age_s)
    shape = (-1, part.grid.rows, part.grid.columns)
    if (bucket == bucket[0]).all():
        b = int(bucket[0])
        grid[:, 1] = (part.spread_y[b] @ mixed.reshape(shape) @ part.spread_x[b].T).reshape(mixed.shape)
    else:
        for b in np.unique(bucket).tolist():
            some = bucket == b
            moved = part.spread_y[b] @ mixed[some].reshape(shape) @ part.spread_x[b].T
            grid[some, 1] = moved.reshape(-1, part.grid.cells)
    grid += LEAK
    return Work(index, at[one.rows[index]], grid)


def _change_floors(model: Model, work: list[Work], tags: int, dt_s: float) -> None:
    """Let belief through at lifts and stairs, and a trickle anywhere, between floors that a tag is thought of on."""
    slot = np.full((len(work), tags), NOWHERE, np.int32)
    for f, one in enumerate(work):
        slot[f, one.places] = np.arange(len(one.places))
    shared = (slot >= 0).sum(axis=0) > 1
    if not shared.any():
        return
    options = model.options
    moves: list[tuple[int, NDArray[np.intp], Floats]] = []
    for f, part in enumerate(model.parts):
        for g in range(len(work)):
            both = np.flatnonzero((slot[f] >= 0) & (slot[g] >= 0) & shared) if g != f else np.empty(0, np.intp)
            if not len(both):
                continue
            grid = work[f].grid[slot[f, both]]
            mass = _mass(grid)
            leak = np.float32(options.leak_rate_hz * dt_s) * mass
            cells = model.parts[g].grid.cells
            entering: Floats = np.repeat((leak / np.float32(2 * cells))[:, None], cells, axis=1)
            portal_to = model.parts[g].portal
            if g in part.neighbours and portal_to.any() and part.portal.any():
                through = np.float32(options.portal_rate_hz * dt_s) * ((grid[:, 0] + grid[:, 1]) @ part.portal)
                entering += through[:, None] * (portal_to / (2 * portal_to.sum()))[None, :]
            moves.append((g, slot[g, both].astype(np.intp), entering.astype(np.float32)))
    for g, slots, entering in moves:
        work[g].grid[slots] += entering[:, None, :]


def _explained(model: Model, part: FloorModel, one: Work, heard: Heard, tags: PerTag, online: Bools) -> Explained:
    rows = heard.rows[one.places]
    n = heard.n[one.places]
    quiet = tags.quiet_s[rows] > model.options.unheard_after_s
    offset = tags.level_db[rows][:, None]
    here = part.receivers
    weight = window_weight(n[:, here], part.receiver_sd_db[None, :], model.options)
    # Silence tells floors apart; within one, packets are lost at any distance and it only misleads (measured).
    unheard = (quiet & online[None, :] & (n == 0))[:, here] & (len(model.parts) > 1)
    weight = np.where(unheard, np.float32(model.options.unheard_weight), weight)
    level = np.where(unheard, np.float32(UNHEARD_DBM) - CENTRE_DBM, heard.level[one.places][:, here] - offset)
    away = (n > 0) & (part.column_of < 0)[None, :]
    return explain(
        part,
        Evidence(weight, level.astype(np.float32), away.sum(axis=1).astype(np.float32)),
        tags.level_sd_db[rows],
    )


def _read_off(
    model: Model, was: PerTag, work: list[Work], explained: list[Explained | None], count: int, dt_s: float
) -> PerTag:
    """What the new belief of the heard tags says: floor, place, zones, motion, level."""
    floor_p = np.zeros((count, len(work)), np.float32)
    zone_p = np.zeros((count, len(model.zones)), np.float32)
    x, y, shift, teaches = (np.zeros((count, len(work)), np.float32) for _ in range(4))
    for f, (part, one, found) in enumerate(zip(model.parts, work, explained, strict=True)):
        if found is None:
            continue
        marginal: Floats = one.grid[:, 0] + one.grid[:, 1]
        mass = marginal.sum(axis=1)
        floor_p[one.places, f] = mass
        safe = np.maximum(mass, TINY)
        x[one.places, f] = (marginal @ part.grid.x_m) / safe
        y[one.places, f] = (marginal @ part.grid.y_m) / safe
        shift[one.places, f] = (marginal * found.offset_db).sum(axis=1) / safe
        teaches[one.places, f] = (marginal * found.offset_precision).sum(axis=1) / safe
        last = part.first_zone + part.zone_shares.shape[1]
        zone_p[one.places, part.first_zone : last] = tempered(marginal @ part.zone_shares, part.exponent)
    floor = floor_p.argmax(axis=1).astype(np.int32)
    every = np.arange(count)
    level_db, level_sd_db, level_n = _learned(
        model, was, shift[every, floor], teaches[every, floor], zone_p.max(axis=1, initial=0.0), dt_s
    )
    capped = level_sd_db > model.options.cap_until_sd_db
    stated = np.where(capped[:, None], np.minimum(zone_p, np.float32(model.options.cap_p)), zone_p)
    return _settled(model, was, floor, floor_p, x[every, floor], y[every, floor], zone_p, stated, dt_s, (
        level_db, level_sd_db, level_n,
    ))  # fmt: skip


def _learned(
    model: Model, was: PerTag, shift_db: Floats, precision: Floats, best_p: Floats, dt_s: float
) -> tuple[Floats, Floats, Ints]:
    """The tags' levels after one second: a scalar Kalman step, slow on purpose, never surer than its floor."""
    options = model.options
    if options.level_known:
        return was.level_db, was.level_sd_db, was.level_n
    variance = was.level_sd_db**2
    noise = np.float32(LEVEL_SD_OF_A_SECOND_DB**2 / max(dt_s, 0.1)) + 1 / np.maximum(precision, np.float32(1e-3))
    gain = np.where(best_p >= LEVEL_FROM_P, variance / (variance + noise), 0.0)
    level = np.clip(was.level_db + gain * shift_db, -LEVEL_LIMIT_DB, LEVEL_LIMIT_DB)
    sd = np.maximum(np.sqrt(variance * (1 - gain)), np.minimum(was.level_sd_db, options.level_floor_db))
    return level.astype(np.float32), sd.astype(np.float32), (was.level_n + (gain > 0)).astype(np.int32)


def _settled(
    model: Model,
    was: PerTag,
    floor: Ints,
    floor_p: Floats,
    x_m: Floats,
    y_m: Floats,
    zone_p: Floats,
    stated: Floats,
    dt_s: float,
    level: tuple[Floats, Floats, Ints],
) -> PerTag:
    options = model.options
    passed_s = np.minimum(was.silent_s, np.float32(30.0)).clip(dt_s)
    if zone_p.shape[1]:
        zone = np.where(zone_p.max(axis=1) > 0.02, zone_p.argmax(axis=1), NOWHERE).astype(np.int32)
    else:
        zone = np.full(len(floor), NOWHERE, np.int32)
    best_p = probability_of(zone, zone_p)
    live, next_live, next_live_s = held(
        was.live_zone, was.next_live, was.next_live_s, zone, best_p, probability_of(was.live_zone, zone_p),
        options.live_margin, options.live_hold_s, dt_s,
    )  # fmt: skip
    live = np.where(was.live_zone == NOWHERE, zone, live).astype(np.int32)
    settled, next_settled, next_settled_s = held(
        was.settled_zone, was.next_settled, was.next_settled_s, zone, best_p,
        probability_of(was.settled_zone, zone_p), options.settled_margin, options.settled_hold_s, dt_s,
    )  # fmt: skip
    best_floor_p = probability_of(floor, floor_p)
    was_floor_p = probability_of(was.settled_floor, floor_p)
    likely = best_floor_p > options.floor_odds * np.maximum(was_floor_p, TINY)
    settled_floor, next_floor, next_floor_s = held(
        was.settled_floor, was.next_floor, was.next_floor_s, np.where(likely, floor, was.settled_floor),
        likely.astype(np.float32), np.zeros(len(floor), np.float32), 0.5, options.floor_hold_s, dt_s,
    )  # fmt: skip
    settled_floor = np.where(was.settled_floor == NOWHERE, np.where(best_floor_p > 0.9, floor, NOWHERE), settled_floor)
    trail, trail_n, trail_s = trailed(was.trail, was.trail_n, was.trail_s, x_m, y_m, floor == was.floor, passed_s)
    motion, still_bits = motion_of(trail, trail_n, was.still_bits)
    return PerTag(
        *level,
        np.zeros_like(was.silent_s),
        floor,
        best_floor_p,
        settled_floor.astype(np.int32),
        next_floor,
        next_floor_s,
        x_m,
        y_m,
        zone,
        probability_of(zone, stated),
        live,
        probability_of(live, stated),
        next_live,
        next_live_s,
        settled,
        probability_of(settled, stated),
        next_settled,
        next_settled_s,
        motion,
        still_bits,
        trail_n,
        trail_s,
        trail,
        was.quiet_s,
    )


def _put_back(one: OnFloor, work: Work) -> OnFloor:
    if not len(work.index):
        return one
    age_s = one.age_s.copy()
    age_s[work.index] = 0.0
    if len(work.index) == len(one.rows):
        return OnFloor(one.rows, work.grid, age_s)
    grid = one.grid.copy()
    grid[work.index] = work.grid
    return OnFloor(one.rows, grid, age_s)


def _mass(grid: Floats) -> Floats:
    """(n, 2, C) → (n,)"""
    total: Floats = grid.reshape(len(grid), grid.shape[1] * grid.shape[2]).sum(axis=1)
    return total


def _fixes(model: Model, belief: Belief) -> Fixes:
    tags = belief.tags
    return Fixes(
        belief.tag_ids,
        tags.floor,
        tags.floor_p,
        tags.settled_floor,
        tags.x_m,
        tags.y_m,
        tags.zone,
        tags.zone_p,
        tags.live_zone,
        tags.live_p,
        tags.settled_zone,
        tags.settled_p,
        tags.motion,
        tags.level_db,
        tags.level_sd_db,
        tags.level_sd_db <= model.options.cap_until_sd_db,
        tags.silent_s,
    )
