"""The page of one person: who they are, how to reach them, and where they are now as far as they show it."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from server.errors import Refused
from server.live_map import said
from server.live_map.drawing import plan_url
from server.live_map.look_up import KEPT_CURRENT, LookedUp, feed_of_app, look_again, look_up
from server.people.login import current_account
from server.people.rules import Role
from server.phones.words import KINDS

SCREEN = "person"
AGAIN_S = 30

pages = Blueprint("person", __name__, template_folder="templates")


@pages.get("/people/<int:person_id>")
def person(person_id: int) -> ResponseReturnValue:
    """The page; opening it is a look-up by name, which the person can read (P11)."""
    feed = feed_of_app()
    feed.watch()
    of = look_up(feed, person_id, SCREEN)
    return render_template(
        "directory/person.html",
        again_s=AGAIN_S,
        kept_s=int(KEPT_CURRENT.total_seconds()),
        kinds=KINDS,
        **_now(of),
    )


@pages.get("/people/<int:person_id>/now")
def now(person_id: int) -> ResponseReturnValue:
    """The part of the opened page that says where; it writes no second line, and stops some minutes after the first."""
    feed = feed_of_app()
    feed.watch()
    try:
        of = look_again(feed, person_id, SCREEN)
    except Refused as refused:
        return render_template("directory/person_over.html", person_id=person_id), refused.status
    return render_template("directory/person_now.html", **_now(of))


def _now(of: LookedUp) -> dict[str, object]:
    floor = said.floor_of(of)
    is_shared = current_account().role is Role.KIOSK
    return {
        "of": of,
        "place": said.place(of),
        "source": said.source(of),
        "status": said.status(of),
        "way": said.way(of),
        "floor": floor,
        "zone": said.zone_of(of),
        "zones": () if floor is None else of.places.zones.get(floor.id, ()),
        "plan_url": None if floor is None or is_shared else plan_url(floor),
        "is_shared": is_shared,
    }
