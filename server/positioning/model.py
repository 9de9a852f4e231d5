"""A building as arrays: per floor a grid, a radio map prepared for the likelihood, and how belief moves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from server.positioning.confidence import exponent_of
from server.positioning.grid import Grid, grid_of, near, shares, spread
from server.positioning.radio_map import RadioMap, map_of
from server.positioning.types import Floats, Floor, Ints, Options, Receiver, Survey, Zone

CENTRE_DBM = np.float32(-75.0)  # levels are centred before they are squared, so that float32 suffices
PORTAL_M = 2.5
LONG_STEPS_S = (1.0, 2.0, 4.0, 8.0, 16.0)


@dataclass(frozen=True, slots=True)
class FloorModel:
    """One floor ready for `step`; R receivers, C cells, Z zones of this floor."""

    index: int
    floor: Floor
    grid: Grid
    radio: RadioMap
    receivers: Ints  # (R,) indices into Model.receivers
    column_of: Ints  # (all receivers,) → column here, −1 when this floor's map does not know it
    precision: Floats  # (R, C) 1 / variance
    precision_mean: Floats  # (R, C) centred mean / variance
    precision_mean2: Floats  # (R, C)
    log_precision: Floats  # (R, C)
    receiver_sd_db: Floats  # (R,) typical sd of the map, for the weight of a window
    zone_shares: Floats  # (C, Z)
    first_zone: int  # index of this floor's first zone in Model.zones
    exponent: float  # temperature of the stated probabilities: p ∝ p^exponent
    spread_x: tuple[Floats, ...]  # per entry of LONG_STEPS_S
    spread_y: tuple[Floats, ...]
    portal: Floats  # (C,) 1 at cells of a lift or stair
    neighbours: tuple[int, ...]  # floors one slab away


@dataclass(frozen=True, slots=True)
class Model:
    """A building; indices in windows and fixes count its receivers, floors and zones in this order."""

    floors: tuple[Floor, ...]
    receivers: tuple[Receiver, ...]
    zones: tuple[Zone, ...]
    zone_floor: Ints  # (zones,)
    receiver_floor: Ints  # (receivers,)
    parts: tuple[FloorModel, ...]
    options: Options


def build_model(
    floors: Sequence[Floor],
    receivers: Sequence[Receiver],
    surveys: Mapping[str, Survey] | None = None,
    options: Options | None = None,
) -> Model:
    """The model of a building from positions, and from the surveys of those floors that have one (floor id → samples).

    Raises ValueError when a receiver stands on an unknown floor or an id occurs twice.
    """
    chosen = options or Options()
    _check(floors, receivers)
    index_of = {floor.id: index for index, floor in enumerate(floors)}
    receiver_floor = np.array([index_of[receiver.floor] for receiver in receivers], np.int32)
    parts, first_zone = [], 0
    for index, floor in enumerate(floors):
        survey = (surveys or {}).get(floor.id, ())
        parts.append(_floor_model(index, floor, floors, receivers, survey, first_zone, chosen))
        first_zone += len(floor.zones)
    zone_floor = [index for index, floor in enumerate(floors) for _zone in floor.zones]
    return Model(
        tuple(floors),
        tuple(receivers),
        tuple(zone for floor in floors for zone in floor.zones),
        np.array(zone_floor, np.int32),
        receiver_floor,
        tuple(parts),
        chosen,
    )


def _check(floors: Sequence[Floor], receivers: Sequence[Receiver]) -> None:
    known = [floor.id for floor in floors]
    names = [receiver.id for receiver in receivers]
    if len(set(known)) != len(known):
        raise ValueError("two floors have the same id")
    if len(set(names)) != len(names):
        raise ValueError("two receivers have the same id")
    for receiver in receivers:
        if receiver.floor not in known:
            raise ValueError(f"receiver {receiver.id} stands on the unknown floor {receiver.floor}")


def _floor_model(
    index: int,
    floor: Floor,
    floors: Sequence[Floor],
    receivers: Sequence[Receiver],
    survey: Survey,
    first_zone: int,
    options: Options,
) -> FloorModel:
    by_id = {other.id: other for other in floors}
    reach = [
        (number, receiver)
        for number, receiver in enumerate(receivers)
        if abs(by_id[receiver.floor].level - floor.level) <= 1
    ]
    grid = grid_of(floor, options.cell_m)
    radio = map_of(floor, by_id, grid, reach, survey, options)
    variance = radio.sd_db**2 + np.float32(options.map_extra_sd_db**2)
    centred = radio.mean_dbm - CENTRE_DBM
    column_of = np.full(len(receivers), -1, np.int32)
    column_of[list(radio.receivers)] = np.arange(len(radio.receivers))
    zone_shares = shares(grid, floor.zones)
    neighbours = [n for n, other in enumerate(floors) if n != index and abs(other.level - floor.level) == 1]
    return FloorModel(
        index,
        floor,
        grid,
        radio,
        np.array(radio.receivers, np.int32),
        column_of,
        (1 / variance).astype(np.float32),
        centred / variance,
        centred**2 / variance,
        -np.log(variance),
        np.sqrt(variance.mean(axis=1)).astype(np.float32),
        zone_shares,
        first_zone,
        exponent_of(radio, grid, zone_shares, floor.zones, options),
        tuple(spread(grid.columns, grid.cell_m, options.walk_sd_m * np.sqrt(s)) for s in LONG_STEPS_S),
        tuple(spread(grid.rows, grid.cell_m, options.walk_sd_m * np.sqrt(s)) for s in LONG_STEPS_S),
        near(grid, floor.portals, PORTAL_M).astype(np.float32),
        tuple(neighbours),
    )
