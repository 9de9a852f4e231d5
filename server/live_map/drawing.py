"""Where a floor's picture is fetched, and where it lies, as answers tell it to scripts."""

from collections.abc import Mapping
from urllib.parse import quote

from server.places.queries import FloorView


def plan(floor: FloorView) -> Mapping[str, object] | None:
    """The picture's address and its place on the floor in metres; None for a floor without one."""
    drawn = floor.plan
    if drawn is None:
        return None
    return {
        "url": plan_url(floor),
        "x_m": drawn.x_m,
        "y_m": drawn.y_m,
        "width_m": drawn.width_m,
        "height_m": drawn.height_m,
    }


def plan_url(floor: FloorView) -> str | None:
    """The picture's address; another one for another picture."""
    return None if floor.plan is None else f"/floors/{quote(floor.code)}/plan?v={floor.plan.etag}"
