"""Where somebody is, in one line of a list of results."""

from collections.abc import Mapping
from datetime import datetime

from flask_babel import get_locale, gettext

from server.live_map.queries import Places
from server.live_map.rules import Entry
from server.presence.fusion import Source
from server.presence.rules import Shown
from server.presence.words import status_words


def place(entry: Entry, heard_at: datetime | None, places: Places, now: datetime) -> Mapping[str, object]:
    """The place of a result: in words, and for programs its state, its source and its age.

    heard_at   when the badge was last heard; said only together with a floor
    """
    shows_floor, by_status = entry.floor_id is not None, entry.source == Source.STATUS
    is_heard = shows_floor and entry.source == Source.BEACON
    age_s = max(0, int((now - heard_at).total_seconds())) if is_heard and heard_at is not None else None
    return {
        "text": _text(entry, places, now),
        "state": entry.state.value,
        "source": entry.source if shows_floor or entry.state is Shown.BUILDING or by_status else None,
        "age_s": age_s,
    }


def _text(entry: Entry, places: Places, now: datetime) -> str:
    if entry.state is Shown.HIDDEN:
        return str(gettext("Location not shown"))
    if entry.state is Shown.BUILDING:
        return str(gettext("In the building"))
    floor = None if entry.floor_id is None else places.floor_by_id.get(entry.floor_id)
    if floor is None and entry.status is not None and entry.source == Source.STATUS:
        return status_words(entry.status.kind, entry.status.ends_at, now, places.building.zone)
    if floor is None:
        return str(gettext("No information"))
    floor_name = gettext("%(floor)sF", floor=floor.code)
    zone = None if entry.zone_id is None else places.zone_by_id.get(entry.zone_id)
    if zone is None:
        return str(gettext("somewhere on %(floor)s", floor=floor_name))
    zone_name = (str(get_locale()) == "en" and zone.name_en) or zone.name
    where = gettext("%(floor)s, %(zone)s", floor=floor_name, zone=zone_name)
    return str(gettext("last known: %(place)s", place=where)) if entry.state is Shown.SILENT else str(where)
