"""What ingest knows of the building and of who carries what, kept until something changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, tzinfo

import numpy as np
from numpy.typing import NDArray

from server.ingest.gate import Hours
from server.people.rules import Choices
from server.positioning import Model


@dataclass(frozen=True, slots=True)
class Site:
    """The building as positioning and the pipeline need it; arrays follow the model's order of floors and zones.

    portals_m   (F, P, 2)  lift, stair and entrance points; rows without one hold inf
    """

    model: Model
    receiver_of: Mapping[str, int]  # agent → index in the model
    agents: frozenset[str]  # every receiver of ours, also those out of service
    floor_ids: NDArray[np.int64]
    zone_ids: NDArray[np.int64]
    zone_floor: NDArray[np.int64]  # index of each zone's floor
    floor_excluded: NDArray[np.bool_]
    zone_excluded: NDArray[np.bool_]
    portals_m: NDArray[np.float32]
    timezone: tzinfo


@dataclass(frozen=True, slots=True)
class Register:
    """Who carries which badge, and what they chose; everything by place in `tags`."""

    tags: tuple[str, ...]
    person_ids: NDArray[np.int64]
    index: Mapping[str, int]
    choices: Mapping[int, Choices]
    hours: Mapping[int, Hours]


def register(
    carriers: Mapping[str, int],
    choices: Mapping[int, Choices],
    schedules: Mapping[int, tuple[str | None, str | None]],
) -> Register:
    """The register of everybody who carries a badge."""
    tags = tuple(sorted(carriers))
    return Register(
        tags,
        np.array([carriers[tag] for tag in tags], np.int64),
        {tag: i for i, tag in enumerate(tags)},
        choices,
        {person_id: Hours(_time(opens), _time(closes)) for person_id, (opens, closes) in schedules.items()},
    )


def _time(text: str | None) -> time | None:
    return None if text is None or text == "24:00" else time.fromisoformat(text)
