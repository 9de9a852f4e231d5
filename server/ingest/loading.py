"""Reads what ingest must know from the rooms below, and notices when it has changed."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from server import positioning
from server.errors import Misconfigured
from server.fleet import queries as fleet
from server.fleet.queries import ReceiverView, SampleView
from server.ingest.building import Register, Site, register
from server.people import queries as people
from server.places import queries as places
from server.places.queries import BuildingView, FloorView, ZoneView
from server.places.rules import Opening

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything the model is built from; an equal drawing needs no new model."""

    floors: tuple[positioning.Floor, ...]
    receivers: tuple[positioning.Receiver, ...]
    surveys: tuple[tuple[str, tuple[positioning.SurveySample, ...]], ...]


@dataclass(frozen=True, slots=True)
class Building:
    """A loaded building: its site, its hours, and what its model was built from."""

    view: BuildingView
    site: Site
    opening: Opening
    drawing: Drawing


def load_building(code: str, was: Building | None = None) -> Building:
    """Read the building; its model is built anew only when the drawing is another one than before."""
    view = places.building(code)
    if view is None:
        raise Misconfigured(f"There is no building {code!r} in the database; IRUKA_SITE must name one.")
    floors = places.floors(view.id)
    zones = places.zones_of_building(view.id)
    receivers = fleet.receivers(view.id)
    drawing = _drawing(floors, zones, receivers, fleet.surveys())
    if was is not None and was.drawing == drawing:
        model = was.site.model
    else:
        model = positioning.build_model(drawing.floors, drawing.receivers, dict(drawing.surveys))
        log.info("radio model of %d floors and %d receivers built", len(drawing.floors), len(drawing.receivers))
    return Building(view, _site(model, view, floors, zones, receivers), places.opening(view), drawing)


def load_register(
    now: datetime, building: BuildingView, was: Register | None = None, only: Collection[int] | None = None
) -> Register:
    """Read who carries what and what they chose; given `was` and `only`, the choices of these people alone."""
    carriers = fleet.carriers(now)
    kept = {} if was is None or only is None else {i: chosen for i, chosen in was.choices.items() if i not in only}
    asked = None if was is None or only is None else {*only, *carriers.values()} - kept.keys()
    working = people.active_ids(now.astimezone(building.zone).date())
    fresh = {i: chosen for i, chosen in people.choices_of(asked).items() if i in working}
    return register(carriers, kept | fresh, people.schedules())


def _drawing(
    floors: list[FloorView],
    zones: list[ZoneView],
    receivers: list[ReceiverView],
    surveys: dict[int, list[SampleView]],
) -> Drawing:
    hearing = {one.agent for one in receivers if one.active}
    return Drawing(
        tuple(
            positioning.Floor(
                id=str(floor.id),
                level=floor.level,
                width_m=floor.width_m,
                height_m=floor.height_m,
                zones=tuple(
                    positioning.Zone(str(zone.id), zone.polygon) for zone in zones if zone.floor_id == floor.id
                ),
                portals=floor.portals,
                slab_db=floor.slab_db,
            )
            for floor in sorted(floors, key=lambda one: (one.level, one.id))
        ),
        tuple(
            positioning.Receiver(one.agent, str(one.floor_id), one.x_m, one.y_m, one.z_m)
            for one in sorted(receivers, key=lambda one: one.agent)
            if one.active
        ),
        tuple(
            (
                str(floor.id),
                tuple(
                    positioning.SurveySample(s.point, s.x_m, s.y_m, s.agent, s.mean_dbm, s.n)
                    for s in surveys.get(floor.id, ())
                    if s.agent in hearing
                ),
            )
            for floor in floors
            if surveys.get(floor.id)
        ),
    )


def _site(
    model: positioning.Model,
    view: BuildingView,
    floors: list[FloorView],
    zones: list[ZoneView],
    receivers: list[ReceiverView],
) -> Site:
    floor_of = {str(floor.id): floor for floor in floors}
    zone_of = {str(zone.id): zone for zone in zones}
    most = max((len(floor.portals) for floor in floors), default=0)
    portals = np.full((len(model.floors), max(most, 1), 2), np.inf, np.float32)
    for i, floor in enumerate(model.floors):
        for j, portal in enumerate(floor_of[floor.id].portals):
            portals[i, j] = portal
    return Site(
        model=model,
        receiver_of={receiver.id: i for i, receiver in enumerate(model.receivers)},
        agents=frozenset(one.agent for one in receivers),
        floor_ids=np.array([int(floor.id) for floor in model.floors], np.int64),
        zone_ids=np.array([int(zone.id) for zone in model.zones], np.int64),
        zone_floor=model.zone_floor.astype(np.int64),
        floor_excluded=np.array([floor_of[floor.id].excluded for floor in model.floors], np.bool_),
        zone_excluded=np.array([zone_of[zone.id].excluded for zone in model.zones], np.bool_),
        portals_m=portals,
        timezone=view.zone,
    )
