"""Calls that were taken down in the demo before the visitor came: callers and numbers are invented."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from server.memos import rules, service
from server.memos.rules import Reader, Recipient
from server.people import queries as people


class Call(NamedTuple):
    """A call: how long ago, from whom, and what about."""

    minutes_ago: int
    caller: str
    number: str
    matter: str
    wish: str = "call_back"
    urgency: str = "normal"


FOR_GUIDE = Call(
    18,
    "港町商店会 若林様",
    "044-000-3350",
    "補助金の交付決定通知について、今日中に話したいとのこと。",
    urgency="urgent",
)
FOR_SECTION = Call(95, "総合政策局 政策企画課 入江さん", "21117", "来週の打合せの資料について。", "calls_again")
DONE = Call(1500, "県 市町村課 大砂様", "045-000-6120", "照会の回答を受け取りました。", "information")


def take_calls(person_ids: Sequence[int], now: datetime, day: date) -> None:
    """A call waits for the first of these people and one for their section; one is done.

    person_ids   the guide, then colleagues of the same section
    """
    guide, colleague = person_ids[0], person_ids[1]
    taker = people.cards(day, [colleague])[colleague].name
    (unit_id, *_more) = people.units_of_people(day, [guide])[guide]
    to_guide = Recipient(person_id=guide)
    _take(FOR_GUIDE, to_guide, taker, now, day)
    _take(FOR_SECTION, Recipient(unit_id=unit_id), taker, now, day)
    done = _take(DONE, to_guide, taker, now, day)
    name = people.cards(day, [guide])[guide].name
    service.handle(done, Reader(0, guide), name, now - timedelta(minutes=DONE.minutes_ago - 30))


def _take(call: Call, to: Recipient, taker: str, now: datetime, day: date) -> int:
    draft = rules.draft(to, call.caller, call.number, call.matter, call.wish, call.urgency)
    return service.take(draft, None, taker, now - timedelta(minutes=call.minutes_ago), day)
