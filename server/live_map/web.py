"""The floor screen and the start page: the pages, snapshots, look-ups and stream of docs/live-map-protocol.md."""

from typing import cast

from apiflask import APIBlueprint
from flask import (
    Flask,
    Response,
    abort,
    after_this_request,
    current_app,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from sqlalchemy.exc import SQLAlchemyError

from server import access, clock, db
from server.bookings import words as seats
from server.errors import Refused
from server.live_map import schemas
from server.live_map.asked import Asked, asked
from server.live_map.card import card
from server.live_map.feed import Feed
from server.live_map.look_up import feed_of_app as _feed
from server.live_map.look_up import look_up
from server.live_map.rules import Status
from server.live_map.slots import Slots
from server.live_map.snapshots import Answer, Snapshots
from server.live_map.stream import Stream
from server.live_map.words import words
from server.people import login
from server.people.cookies import Sessions
from server.people.login import current_account
from server.people.rules import Scope, Viewer
from server.places import queries as places
from server.places.queries import FloorView
from server.presence import service as presence
from server.settings import Settings

PLAN_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"  # SR-20: a plan is a picture and runs nothing
RETRY_AFTER_S = 10
UNBUILT_TIMEZONE = "Asia/Tokyo"
NEWEST_ID_DIGITS = 18  # of a change; more is not one of ours

pages = APIBlueprint("live_map", __name__, template_folder="templates", tag="Live map")


@pages.record
def _install(state: BlueprintSetupState) -> None:
    config: Settings = state.app.extensions["iruka"]
    slots = Slots(config.state_dir, config.streams_per_account)
    feed = Feed(config.site, slots, cast(Sessions, cast(Flask, state.app).session_interface).forget_accounts)
    state.app.extensions["iruka.feed"] = feed
    state.app.extensions["iruka.snapshots"] = Snapshots(feed.model)


@pages.get("/")
def home() -> ResponseReturnValue:
    """The start page: my team and the building."""
    page = _page(None, None) | {"zones": _zone_names()}
    return render_template("live_map/home.html", page=page, words=words())


@pages.get("/floors")
def some_floor() -> ResponseReturnValue:
    """The floor of my own zone, or the highest one that has people's desks."""
    feed, viewer = _watched_by_me()
    built = feed.model.built()
    own = (one for one in built.floors if built.is_own(one.id, viewer.unit_ids))
    found = next(own, None) or next((one for one in built.floors if built.capacity(one.id)), None)
    if found is None and not built.floors:
        abort(404)
    return redirect(url_for("live_map.floor", code=(found or built.floors[0]).code))


@pages.get("/floors/<code>")
def floor(code: str) -> ResponseReturnValue:
    """A floor's map; its opening is counted, and nobody is told whose it was (P11)."""
    feed = _watched()
    shown = _floor(feed, code)
    _count(feed, shown)
    person_id = request.args.get("person", type=int)
    built = feed.model.built()
    floors, asked_for = built.floors, _asked(shown)
    page = _page(code, person_id) | {
        "asked": asked_for,
        "seats": seats.facts(request.args, built.opening, clock.now()),
    }
    said = words() | seats.words()
    return render_template("live_map/floor.html", floor=shown, floors=floors, page=page, words=said, asked=asked_for)


@pages.get("/floors/<code>/plan")
@access.unmetered
def plan(code: str) -> ResponseReturnValue:
    """The floor's picture, which a browser keeps for good under its version."""
    shown = _floor(_watched(), code)
    if shown.plan is None:
        abort(404)
    response = Response(mimetype=shown.plan.media)
    response.headers["Content-Security-Policy"] = PLAN_POLICY
    response.set_etag(shown.plan.etag)
    is_named = request.args.get("v") == shown.plan.etag
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable" if is_named else "private, no-cache"
    if request.if_none_match.contains(shown.plan.etag):
        response.status_code = 304
        return response
    picture = places.picture(shown.id)
    if picture is None:
        abort(404)
    response.set_data(picture)
    return response


@pages.get("/api/v1/floors")
@pages.output(schemas.FloorsOut)
@access.unmetered
@access.scope(Scope.READ_PRESENCE)
def floors_snapshot() -> ResponseReturnValue:
    """Every floor with its number of people."""
    feed, viewer = _watched_by_me()
    status = feed.status()
    with feed.lock:
        answer = _snapshots().floors(viewer, status, _has, clock.now())
    return _answered(answer, status)


@pages.get("/api/v1/floors/<code>")
@pages.output(schemas.FloorOut)
@access.unmetered
@access.scope(Scope.READ_DIRECTORY, Scope.READ_PRESENCE)
def floor_snapshot(code: str) -> ResponseReturnValue:
    """One floor with its people."""
    feed, viewer = _watched_by_me()
    shown, status = _floor(feed, code), feed.status_of(code)
    with feed.lock:
        answer = _snapshots().floor(viewer, shown, status, _has, clock.now())
    return _answered(answer, status)


@pages.get("/api/v1/team")
@pages.output(schemas.TeamOut)
@access.unmetered
@access.scope(Scope.READ_DIRECTORY, Scope.READ_PRESENCE)
def team_snapshot() -> ResponseReturnValue:
    """Me and my colleagues."""
    feed, viewer = _watched_by_me()
    status = feed.status()
    with feed.lock:
        answer = _snapshots().team(viewer, status, _has, clock.now())
    return _answered(answer, status)


@pages.get("/api/v1/people/<int:person_id>")
@pages.input(schemas.ScreenQuery, location="query")
@pages.output(schemas.CardOut)
@access.scope(Scope.READ_DIRECTORY, Scope.READ_PRESENCE)
def person_card(person_id: int, query_data: dict[str, str]) -> ResponseReturnValue:
    """One person by name; they can read that I asked (P11)."""
    return jsonify(card(look_up(_watched(), person_id, query_data["screen"])))


@pages.get("/api/v1/stream")
@pages.doc(responses=schemas.STREAM)
@access.unmetered
@access.session_only
def stream() -> ResponseReturnValue:
    """What changes, as it changes, on one floor or on the start page (SR-15)."""
    feed, viewer = _watched_by_me()
    code = request.args.get("floor")
    session = login.current_session()
    if session.found is None or session.key_hash is None:
        abort(401)
    opened = Stream(
        account_id=current_account().account_id,
        session_key=session.key_hash,
        session_ends_at=session.found.ends_at,
        viewer=viewer,
        floor_id=None if code is None else _floor(feed, code).id,
        connection=request.environ.get("gunicorn.socket"),
    )
    try:
        feed.subscribe(opened, _last_event_id())
    except Refused:
        after_this_request(_retry_later)
        raise
    response = Response(opened.events(), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(lambda: feed.unsubscribe(opened))
    return response


def _snapshots() -> Snapshots:
    return cast(Snapshots, current_app.extensions["iruka.snapshots"])


def _watched() -> Feed:
    feed = _feed()
    try:
        feed.watch()
    except Refused:
        after_this_request(_retry_later)
        raise
    return feed


def _watched_by_me() -> tuple[Feed, Viewer]:
    feed = _watched()
    return feed, feed.viewer(current_account().account_id)


def _floor(feed: Feed, code: str) -> FloorView:
    return feed.model.built().floor_by_code.get(code) or abort(404)


def _page(floor_code: str | None, person_id: int | None) -> dict[str, object]:
    """What a page's script needs to start with."""
    return {
        "floor": floor_code,
        "person": person_id,
        "me": current_account().person_id,
        "timezone": _timezone(),
    }


def _zone_names() -> dict[str, str]:
    """Zone code → what people call it, for a page that shows places on many floors."""
    known = _feed().model.places
    building = places.building(_feed().site) if known is None else None
    if known is not None:
        every = list(known.zone_by_id.values())
    else:
        every = [] if building is None else places.zones_of_building(building.id)
    english = str(get_locale()) == "en"
    return {zone.code: (english and zone.name_en) or zone.name for zone in every}


def _asked(shown: FloorView) -> Asked | None:
    zone, seat = request.args.get("zone"), request.args.get("seat")
    if not (zone or seat) or db.is_silent():
        return None
    try:
        return asked(shown.id, places.zones(shown.id), zone, seat)
    except SQLAlchemyError as error:
        if not db.is_away(error):
            raise
        return None  # the map itself is there without the database (RP-10)


def _timezone() -> str:
    known = _feed().model.places
    building = places.building(_feed().site) if known is None else known.building
    return UNBUILT_TIMEZONE if building is None else building.timezone


def _count(feed: Feed, shown: FloorView) -> None:
    if db.is_silent():
        return
    try:
        with db.transaction():
            presence.count_map_view(shown.id, feed.model.today())
    except SQLAlchemyError as error:
        if not db.is_away(error):
            raise  # the map itself is there without the database (RP-10); one opening more or less is not


def _answered(answer: Answer, status: Status) -> Response:
    if _has(answer.etag):
        response = Response(status=304)
    elif _takes_gzip():
        response = Response(answer.gzipped, mimetype="application/json", headers={"Content-Encoding": "gzip"})
    else:
        response = Response(answer.plain(), mimetype="application/json")
    headers = response.headers
    headers["ETag"] = f'"{_tag(answer.etag)}"'
    headers["Cache-Control"] = "private, no-cache"
    headers["X-As-Of"] = str(int(status.as_of.timestamp()))
    headers["X-Stale"] = "1" if status.stale else "0"
    headers["Vary"] = "Accept-Encoding"
    return response


def _has(etag: str) -> bool:
    """Whether the caller holds the answer with this ETag, in the encoding it would get now."""
    return request.if_none_match.contains(_tag(etag))


def _tag(etag: str) -> str:
    return etag if _takes_gzip() else f"{etag}-plain"


def _takes_gzip() -> bool:
    return request.accept_encodings["gzip"] > 0


def _last_event_id() -> int | None:
    text = request.headers.get("Last-Event-ID", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= NEWEST_ID_DIGITS else None


def _retry_later(response: Response) -> Response:
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response
