"""A small building with obedient radio, for positioning: four bays a floor, six receivers, the log-distance law."""

from collections.abc import Mapping, Sequence

import numpy as np

from server.positioning import (
    Belief,
    Fixes,
    Floor,
    Model,
    Options,
    Receiver,
    SurveySample,
    Windows,
    Zone,
    build_model,
    step,
)

WIDTH_M, HEIGHT_M = 20.0, 16.0
LIFT = (10.0, 8.0)
SLAB_DB, STOREY_M = 18.0, 4.0
CEILING_M, TAG_M = 2.4, 1.1
WEAKEST_HEARD_DBM = -98.0
PLACES = ((3.0, 3.0), (10.0, 2.0), (17.0, 3.0), (3.0, 13.0), (10.0, 14.0), (17.0, 13.0))
BAYS = {"nw": (0.0, 0.0), "ne": (10.0, 0.0), "sw": (0.0, 8.0), "se": (10.0, 8.0)}
DESK = {"nw": (4.0, 4.0), "ne": (15.5, 4.5), "sw": (4.5, 12.0), "se": (16.0, 12.0)}


def box(x: float, y: float, width: float, height: float) -> tuple[tuple[float, float], ...]:
    """The corners of a rectangle."""
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def floor(level: int = 1, *, zones: Sequence[Zone] | None = None, portals: Sequence[tuple[float, float]] = (LIFT,)):
    """A floor named after its level, its bays `<level>-nw` and so on."""
    bays = tuple(Zone(f"{level}-{name}", box(x, y, 10.0, 8.0)) for name, (x, y) in BAYS.items())
    chosen = bays if zones is None else tuple(zones)
    return Floor(str(level), level, WIDTH_M, HEIGHT_M, chosen, tuple(portals), SLAB_DB, STOREY_M)


def receivers(level: int = 1) -> list[Receiver]:
    """The six receivers of a floor, `<level>a` to `<level>f`."""
    return [
        Receiver(f"{level}{name}", str(level), x, y, CEILING_M) for name, (x, y) in zip("abcdef", PLACES, strict=True)
    ]


def parts(levels: Sequence[int] = (1,)) -> tuple[list[Floor], list[Receiver]]:
    """Floors and receivers of a building."""
    return [floor(level) for level in levels], [one for level in levels for one in receivers(level)]


def level_dbm(receiver: Receiver, level: int, x_m: float, y_m: float) -> float:
    """The mean level of the survey's tag at a place, as a building without furniture has it."""
    storeys = int(receiver.floor) - level
    up_m = storeys * STOREY_M + receiver.z_m - TAG_M
    distance_m = max(0.3, float(np.sqrt((receiver.x_m - x_m) ** 2 + (receiver.y_m - y_m) ** 2 + up_m**2)))
    return -62.0 - 21.0 * np.log10(distance_m) - SLAB_DB * abs(storeys)


def heard_at(
    hearing: Sequence[Receiver],
    level: int,
    x_m: float,
    y_m: float,
    *,
    offset_db: float = 0.0,
    noise: np.random.Generator | None = None,
    sd_db: float = 3.0,
) -> dict[str, float]:
    """Receiver → mean level of a tag that is `offset_db` stronger than the survey's, where it is heard at all."""
    found = {}
    for one in hearing:
        dbm = level_dbm(one, level, x_m, y_m) + offset_db + (noise.normal(0, sd_db) if noise else 0.0)
        if dbm > WEAKEST_HEARD_DBM:
            found[one.id] = float(dbm)
    return found


def windows(
    model: Model, heard: Mapping[str, Mapping[str, float]], *, n: int = 4, online: Sequence[str] | None = None
) -> Windows:
    """What was heard in one step: tag → receiver → mean dBm, `n` packets each."""
    column = {receiver.id: index for index, receiver in enumerate(model.receivers)}
    tags = list(heard)
    rows = [(tags.index(tag), column[name], dbm) for tag, one in heard.items() for name, dbm in one.items()]
    reporting = [receiver.id in online if online is not None else True for receiver in model.receivers]
    return Windows(
        tags,
        np.array([tag for tag, _receiver, _dbm in rows], np.int32),
        np.array([receiver for _tag, receiver, _dbm in rows], np.int32),
        np.full(len(rows), n, np.int32),
        np.array([dbm for _tag, _receiver, dbm in rows], np.float32),
        np.array(reporting, bool),
    )


def follow(
    model: Model, seconds: Sequence[Mapping[str, Mapping[str, float]]], belief: Belief | None = None
) -> tuple[Belief, list[Fixes]]:
    """Step through seconds of what was heard; the last belief, and the fixes of every second."""
    belief, found = belief or Belief.empty(model), []
    for heard in seconds:
        belief, fixes = step(model, belief, windows(model, heard))
        found.append(fixes)
    return belief, found


def walk(
    level: int, start: tuple[float, float], end: tuple[float, float], *, m_per_s: float = 1.2
) -> list[tuple[int, float, float]]:
    """(level, x_m, y_m) of every second from one place to another."""
    distance_m = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    count = max(1, int(np.ceil(distance_m / m_per_s)))
    return [
        (level, start[0] + (end[0] - start[0]) * i / count, start[1] + (end[1] - start[1]) * i / count)
        for i in range(1, count + 1)
    ]


def survey(
    hearing: Sequence[Receiver],
    level: int = 1,
    *,
    pitch_m: float = 3.0,
    sd_db: float = 0.0,
    bump: tuple[float, float, float] | None = None,
    seed: int = 1,
) -> list[SurveySample]:
    """A survey on a square grid; `bump` (x_m, y_m, dB) raises all levels around a place, as open doors do."""
    noise = np.random.default_rng(seed)
    found = []
    for x in np.arange(pitch_m / 2, WIDTH_M, pitch_m).tolist():
        for y in np.arange(pitch_m / 2, HEIGHT_M, pitch_m).tolist():
            raised = bump[2] * np.exp(-((x - bump[0]) ** 2 + (y - bump[1]) ** 2) / 18.0) if bump else 0.0
            for one in hearing:
                dbm = level_dbm(one, level, x, y) + raised + noise.normal(0, 1) * sd_db
                if dbm > WEAKEST_HEARD_DBM:
                    found.append(SurveySample(f"{x}/{y}", x, y, one.id, float(dbm), 20))
    return found


def model(levels: Sequence[int] = (1,), **chosen: float | bool) -> Model:
    """A building without a survey; keywords are options."""
    return build_model(*parts(levels), options=Options(**chosen))
