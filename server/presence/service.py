"""Keeps whereabouts, forgets them, and answers named look-ups; the caller commits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import delete, insert, or_, select

from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.people import queries as people
from server.people.models import Account
from server.people.rules import Choices, Level, Signal, Viewer, visible_level
from server.presence import disputes, models, queries, rules
from server.presence.alerts import Crossed, LookedUpTooOften
from server.presence.fusion import WELL, Claim, Found, Granted, Radio, fuse
from server.presence.rules import Whereabouts


class Observation(NamedTuple):
    """What ingest, or anybody else who knows, says about one person."""

    person_id: int
    where: Whereabouts


def observe(observations: Sequence[Observation], now: datetime) -> frozenset[int]:
    """Overwrite what is known of these people; returns those whose place or state became another.

    Nothing is kept about people who may not be recorded (P2, P5), at places that refuse presence (P8),
    or that is older than what is known (RP-04). Where only the time heard moved on, the floor is told
    once instead of every person.
    """
    latest = disputes.without_denied({seen.person_id: seen.where for seen in observations}, now)
    known = queries.whereabouts(latest)
    new = {i: where for i, where in latest.items() if rules.stands(known.get(i), where, now)}
    elsewhere = {i: where for i, where in new.items() if rules.differs(known.get(i), where)}
    heard_again = {i: where for i, where in new.items() if i not in elsewhere and _is_heard_again(known[i], where)}
    differing = _recordable(elsewhere, now) if elsewhere else {}
    _write({**differing, **heard_again})
    changes.record(Thing.PRESENCE, sorted(differing), now)
    changes.record(Thing.HEARD, sorted({w.floor_id for w in heard_again.values() if w.floor_id is not None}), now)
    return frozenset(differing)


def clear(person_ids: Collection[int], now: datetime) -> None:
    """Forget where these people are, as when they pause (P5)."""
    ids = sorted(set(person_ids))
    if not ids:
        return
    db.session.execute(delete(models.Whereabouts).where(models.Whereabouts.person_id.in_(ids)))
    changes.record(Thing.PRESENCE, ids, now)


def clear_everyone(now: datetime) -> int:
    """Forget where everybody is, as every night (P10); returns how many there were."""
    ids = list(db.session.scalars(delete(models.Whereabouts).returning(models.Whereabouts.person_id)))
    changes.record(Thing.PRESENCE, sorted(ids), now)
    return len(ids)


def look_up(
    viewer: Viewer,
    viewer_account_id: int | None,
    viewer_name: str,
    person_id: int,
    screen: str,
    now: datetime,
    day: date | None = None,
    *,
    claims: Sequence[Claim] = (),
    radio: Radio = WELL,
) -> Found:
    """One person's whereabouts for somebody who asked for them by name; the person can read that they did (P11).

    LookedUpTooOften (429) when the account has asked too often (P12); that is neither answered nor written down, but
    the privacy officer is told.
    Looking at oneself is nobody's news and is not written down. `day`, `claims` and `radio` as in `where_now`.
    """
    if viewer.person_id != person_id:
        write_down(viewer_account_id, viewer_name, person_id, screen, now)
    return where_now(viewer, person_id, now, day, claims=claims, radio=radio)


def write_down(viewer_account_id: int | None, viewer_name: str, person_id: int, screen: str, now: datetime) -> None:
    """Somebody asked for this person by name, who can read that (P11); refused as `look_up` is (P12)."""
    if viewer_account_id is not None:
        _refuse_too_many(viewer_account_id, viewer_name, person_id, now)
    line = {"subject_id": person_id, "viewer_account_id": viewer_account_id, "viewer_name": viewer_name}
    db.session.execute(insert(models.LookUp).values(**line, screen=screen, at=now))


def where_now(
    viewer: Viewer,
    person_id: int,
    now: datetime,
    day: date | None = None,
    *,
    claims: Sequence[Claim] = (),
    radio: Radio = WELL,
) -> Found:
    """The same without writing it down: for a page that was opened by a look-up and keeps itself current.

    day      the building's, for the units of both; None takes the day in UTC
    claims   what check-ins and bookings say of the person
    radio    how the sensors are
    """
    day = day or now.astimezone(UTC).date()
    where = queries.whereabouts([person_id]).get(person_id)
    if not queries.is_shown(where, now):
        where = None  # the building has closed since, or the place refuses presence now
    is_self = viewer.person_id == person_id
    counts_only = not is_self and where is not None and queries.is_counts_only(where.zone_id)
    status = queries.statuses_at(now, [person_id]).get(person_id)
    said = None if status is None else status.said
    granted = _granted(viewer, person_id, now, day)
    return fuse(where, said, claims, granted, now, radio, zone_is_counts_only=counts_only)


def _refuse_too_many(account_id: int, viewer_name: str, person_id: int, now: datetime) -> None:
    # PostgreSQL counts what others have committed; holding the account's row makes the count exact, whichever worker
    # is asked. SQLite has one writer.
    db.session.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))
    one, people_limit, every = rules.LIMIT_OF_ONE, rules.LIMIT_OF_PEOPLE, rules.LIMIT_IN_ALL
    wait_s = rules.wait_s(queries.look_up_times(account_id, now - one.within, one.n, person_id), one, now)
    if wait_s is not None:
        refusal = Refused(
            "looked_up_too_often",
            "You have looked this person up %(n)s times within 24 hours. Please wait some hours.",
            429,
            retry_after_s=wait_s,
            n=one.n,
        )
        raise LookedUpTooOften(refusal, Crossed("one", account_id, viewer_name, person_id, one.n))
    others = queries.times_of_others_looked_up(account_id, now - people_limit.within, person_id)
    wait_s = rules.wait_s(others, people_limit, now)
    if wait_s is not None:
        refusal = Refused(
            "too_many_people",
            "You have looked up %(n)s different people within 10 minutes. Please wait a few minutes.",
            429,
            retry_after_s=wait_s,
            n=people_limit.n,
        )
        raise LookedUpTooOften(refusal, Crossed("many", account_id, viewer_name, None, people_limit.n))
    wait_s = rules.wait_s(queries.look_up_times(account_id, now - every.within, every.n), every, now)
    if wait_s is not None:
        refusal = Refused(
            "too_many_look_ups",
            "You have looked people up %(n)s times within 10 minutes. Please wait a few minutes.",
            429,
            retry_after_s=wait_s,
            n=every.n,
        )
        raise LookedUpTooOften(refusal, Crossed("many", account_id, viewer_name, None, every.n))


def count_map_view(floor_id: int, day: date) -> None:
    """One more opening of a floor's map: counted, not listed (P11)."""
    row = db.upsert(models.MapView).values(floor_id=floor_id, day=day, count=1)
    db.session.execute(
        row.on_conflict_do_update(index_elements=["floor_id", "day"], set_={"count": models.MapView.count + 1})
    )


def forget_people(person_ids: Collection[int], now: datetime) -> int:
    """Forget these people's places and what they said of their days; who looked them up stays for its own term."""
    deleted = 0
    for table, thing in (
        (models.Whereabouts, Thing.PRESENCE),
        (models.Dispute, Thing.PRESENCE),
        (models.Status, Thing.STATUS),
    ):
        ids = list(db.session.scalars(delete(table).where(table.person_id.in_(person_ids)).returning(table.person_id)))
        changes.record(thing, sorted(set(ids)), now)
        deleted += len(ids)
    return deleted


def looked_up_among(person_ids: Collection[int]) -> set[int]:
    """Which of these people look-ups or alerts still tell of."""
    found: set[int] = set()
    for column in (models.LookUp.subject_id, models.LookUpAlert.subject_id):
        found.update(
            i for i in db.session.scalars(select(column).where(column.in_(person_ids)).distinct()) if i is not None
        )
    return found


def expire_look_ups(before: datetime) -> int:
    """Delete look-ups from before then; returns how many."""
    old = delete(models.LookUp).where(models.LookUp.at < before).returning(models.LookUp.id)
    return len(list(db.session.scalars(old)))


def _granted(viewer: Viewer, person_id: int, now: datetime, day: date) -> Granted:
    choices: Choices | None = people.choices_of([person_id]).get(person_id)
    if choices is None:
        return Granted(Level.HIDDEN, Level.HIDDEN)
    units = people.units_of_people(day, [person_id]).get(person_id, frozenset())
    beacon, booking = (visible_level(viewer, choices, units, now, signal) for signal in Signal)
    return Granted(beacon, booking, is_self=viewer.person_id == person_id)


def _is_heard_again(was: Whereabouts, new: Whereabouts) -> bool:
    return new.heard_at is not None and was.heard_at is not None and new.heard_at > was.heard_at


def _recordable(found: Mapping[int, Whereabouts], now: datetime) -> dict[int, Whereabouts]:
    choices = people.choices_of(list(found))
    places = queries.excluded()
    return {
        i: where
        for i, where in found.items()
        if rules.barred(choices.get(i), now) is None
        and where.floor_id not in places.floor_ids
        and where.zone_id not in places.zone_ids
    }


def _write(rows: Mapping[int, Whereabouts]) -> None:
    if not rows:
        return
    statement = db.upsert(models.Whereabouts)
    given = statement.excluded
    # Two writers may meet here (a second site's ingest, a correction from a page): the later observation stays.
    is_not_older = or_(
        models.Whereabouts.heard_at.is_(None),
        given.heard_at.is_(None),
        given.heard_at >= models.Whereabouts.heard_at,
    )
    columns = {name: given[name] for name in ("state", "floor_id", "zone_id", "confidence", "heard_at", "source")}
    db.session.execute(
        statement.on_conflict_do_update(index_elements=["person_id"], set_=columns, where=is_not_older),
        [{"person_id": i, **asdict(where)} for i, where in sorted(rows.items())],
    )
