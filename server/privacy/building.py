"""The clock of the building whose pages these are."""

from datetime import UTC, tzinfo

from flask import current_app

from server.places import queries as places
from server.settings import Settings


def building_zone() -> tzinfo:
    """The building's time zone; UTC before it is set up."""
    config: Settings = current_app.extensions["iruka"]
    building = places.building(config.site)
    return UTC if building is None else building.zone
