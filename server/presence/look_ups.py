"""Look-ups of several people at once, as a search asks for them: the limits and the lines of `service.look_up`."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import insert, select

from server import db
from server.people.models import Account
from server.presence import models, rules
from server.presence.alerts import Crossed
from server.presence.rules import LIMIT_IN_ALL, LIMIT_OF_ONE, LIMIT_OF_PEOPLE


class Written(NamedTuple):
    """Whose look-up was written down and may be answered, and which limits left others out (P12)."""

    person_ids: frozenset[int]
    crossed: Sequence[Crossed]


def write_down(account_id: int, viewer_name: str, person_ids: Sequence[int], screen: str, now: datetime) -> Written:
    """Each of these people can read that this account looked for them (P11), unless it asks too often (P12)."""
    if not person_ids:
        return Written(frozenset(), ())
    # Holding the account's row makes the count exact, whichever worker is asked.
    db.session.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))
    table = models.LookUp
    mine = select(table.subject_id, table.at).where(table.viewer_account_id == account_id)
    lately = max(LIMIT_IN_ALL.within, LIMIT_OF_PEOPLE.within)
    recent = [(i, at) for i, at in db.session.execute(mine.where(table.at > now - lately))]
    of_these = mine.where(table.subject_id.in_(person_ids), table.at > now - LIMIT_OF_ONE.within)
    of_each = [(i, at) for i, at in db.session.execute(of_these)]
    written: list[int] = []
    crossed: list[Crossed] = []
    for person_id in person_ids:
        limit = _limit(account_id, viewer_name, person_id, recent, of_each, now)
        if limit is None:
            written.append(person_id)
            recent.append((person_id, now))
        else:
            crossed.append(limit)
    if written:
        line = {"viewer_account_id": account_id, "viewer_name": viewer_name, "screen": screen, "at": now}
        db.session.execute(insert(table), [{"subject_id": person_id, **line} for person_id in written])
    return Written(frozenset(written), crossed)


def _limit(
    account_id: int,
    viewer_name: str,
    person_id: int,
    recent: Sequence[tuple[int, datetime]],
    of_each: Sequence[tuple[int, datetime]],
    now: datetime,
) -> Crossed | None:
    """The limit that one more look-up of this person would cross."""
    of_one = [at for i, at in of_each if i == person_id]
    if rules.wait_s(sorted(of_one, reverse=True), LIMIT_OF_ONE, now) is not None:
        return Crossed("one", account_id, viewer_name, person_id, LIMIT_OF_ONE.n)
    others = {i: at for i, at in sorted(recent, key=lambda line: line[1]) if i != person_id}
    if rules.wait_s(sorted(others.values(), reverse=True), LIMIT_OF_PEOPLE, now) is not None:
        return Crossed("many", account_id, viewer_name, None, LIMIT_OF_PEOPLE.n)
    if rules.wait_s(sorted((at for _i, at in recent), reverse=True), LIMIT_IN_ALL, now) is not None:
        return Crossed("many", account_id, viewer_name, None, LIMIT_IN_ALL.n)
    return None
