"""The fleet page: how receivers, messages and processes are doing; for facilities and administrators."""

from datetime import datetime

from apiflask import APIBlueprint
from flask import abort, current_app, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from server import clock, db
from server.access import session_only
from server.fleet import service, words
from server.fleet.overview import Overview, day_of, overview
from server.fleet.queries import ReceiverView
from server.fleet.rules import Beat, Health, Met
from server.fleet.schemas import FleetOut
from server.people.login import current_account
from server.settings import Settings

LARGEST_ID = 2**31 - 1
pages = APIBlueprint("fleet", __name__, template_folder="templates", tag="Fleet")


@pages.get("/fleet")
def fleet() -> ResponseReturnValue:
    """The page."""
    seen = _overview()
    return render_template(
        "fleet/fleet.html",
        fleet=seen,
        reasons=[_reason(code) for code in seen.reasons],
        state_of=_state_of,
        kind_of=_kind_of,
    )


@pages.post("/fleet/tickets/<int:ticket_id>/done")
def close_ticket(ticket_id: int) -> ResponseReturnValue:
    """The receivers of that place have been looked after (P19)."""
    if ticket_id > LARGEST_ID:
        abort(404)
    config: Settings = current_app.extensions["iruka"]
    now = clock.now()
    with db.transaction():
        service.close_ticket(ticket_id, current_account().name, day_of(config.site, now))
    flash(_("The report is closed."))
    return redirect(url_for("fleet.fleet") + "#tickets")


@pages.get("/api/v1/fleet")
@pages.output(FleetOut)
@session_only
def fleet_document() -> ResponseReturnValue:
    """The same for programs; instants are Unix seconds."""
    seen = _overview()
    return jsonify(
        as_of=_unix_s(seen.now),
        state=seen.overall,
        reasons=seen.reasons,
        background=None if seen.beat is None else _background(seen.beat),
        receivers=[_receiver(one, seen.now) for one in seen.receivers],
        messages=[_message(one) for one in seen.met],
    )


def _overview() -> Overview:
    config: Settings = current_app.extensions["iruka"]
    return overview(config.site, clock.now())


def _state_of(receiver: ReceiverView, now: datetime) -> tuple[str, str]:
    """The class of a receiver's mark, and its state in words."""
    if not receiver.active:
        return "off", _("Not in use")
    health = receiver.health(now)
    if health is Health.ADAPTER:
        return words.MARKS[health], _(words.ADAPTERS.get(receiver.adapter, words.STATES[health]))
    return words.MARKS[health], _(words.STATES[health])


def _kind_of(kind: str) -> str:
    return str(_(words.KINDS[kind])) if kind in words.KINDS else kind


def _reason(code: str) -> str:
    sentence, values = words.reason(code)
    return str(_(sentence, **values))


def _background(beat: Beat) -> dict[str, object]:
    return {
        "at": _unix_s(beat.at),
        "broker_connected": beat.broker_connected,
        "broker_since": _unix_s(beat.broker_since),
        "inbox": beat.inbox,
        "step_ms": beat.step_ms,
        "tags": beat.tags,
    }


def _receiver(one: ReceiverView, now: datetime) -> dict[str, object]:
    return {
        "agent": one.agent,
        "floor": one.floor_code,
        "active": one.active,
        "state": one.health(now),
        "adapter": one.adapter,
        "software": one.software,
        "packets_per_s": one.pps,
        "reference_packets_per_s": one.ref_pps,
        "queue": one.queue,
        "dropped": one.dropped,
        "strangers": one.strangers,
        "clock_error_ms": one.clock_error_ms,
        "heard_at": _unix_s(one.heard_at),
        "status_at": _unix_s(one.status_at),
    }


def _message(one: Met) -> dict[str, object]:
    return {
        "kind": one.kind,
        "count": one.count,
        "today": one.today,
        "last_at": _unix_s(one.last_at),
        "last_agent": one.last_agent,
    }


def _unix_s(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())
