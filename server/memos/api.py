"""The API of memos."""

from typing import Any

from apiflask import APIBlueprint, Schema
from apiflask.fields import Boolean, DateTime, Integer, List, Nested, String
from apiflask.validators import OneOf, Range
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone

from server import clock, db
from server.access import scope, unmetered
from server.errors import Refused
from server.memos import queries, rules, service
from server.memos.queries import MemoView
from server.memos.rules import Reader, Recipient, Urgency, Wish
from server.people.login import current_account
from server.people.rules import Scope

LARGEST_ID = 2**31 - 1

api = APIBlueprint("memos_api", __name__, url_prefix="/api/v1", tag="Memos")


class MemoText(Schema):
    """What a memo says."""

    caller = String(required=True, metadata={"description": "Who called.", "example": "川崎商事 山田様"})
    number = String(load_default="", metadata={"description": "The caller's number.", "example": "044-000-2111"})
    matter = String(load_default="", metadata={"description": "What it was about."})
    wish = String(load_default=Wish.CALL_BACK.value, validate=OneOf([wish.value for wish in Wish]))
    urgency = String(load_default=Urgency.NORMAL.value, validate=OneOf([urgency.value for urgency in Urgency]))


class MemoIn(MemoText):
    """A memo to keep; exactly one of `person_id` and `unit_id`."""

    person_id = Integer(load_default=None, allow_none=True, validate=Range(1, LARGEST_ID))
    unit_id = Integer(load_default=None, allow_none=True, validate=Range(1, LARGEST_ID))


class RecipientOut(Schema):
    """Whom a memo is for."""

    person_id = Integer(required=True, allow_none=True)
    unit_id = Integer(required=True, allow_none=True)
    name = String(required=True)
    name_en = String(required=True)


class MemoOut(Schema):
    """A memo as its reader or its taker sees it."""

    id = Integer(required=True)
    recipient = Nested(RecipientOut, required=True)
    caller = String(required=True)
    number = String(required=True)
    matter = String(required=True)
    wish = String(required=True, validate=OneOf([wish.value for wish in Wish]))
    urgency = String(required=True, validate=OneOf([urgency.value for urgency in Urgency]))
    taken_by = String(required=True)
    taken_at = DateTime(required=True)
    handled = Boolean(required=True)
    handled_by = String(required=True, metadata={"description": "Empty for whoever only took the memo down."})
    mine = Boolean(required=True, metadata={"description": "For me or a section of mine, so that I may handle it."})


class MemosOut(Schema):
    """A list of memos."""

    memos = List(Nested(MemoOut), required=True)


class MemosQuery(Schema):
    """Which memos."""

    state = String(
        load_default="open",
        validate=OneOf(["open", "handled", "taken"]),
        metadata={"description": "Waiting for me, handled and not yet deleted, or taken down by me for others."},
    )


class CountOut(Schema):
    """How many memos wait."""

    open = Integer(required=True)
    urgent = Integer(required=True)
    newest = Integer(required=True, metadata={"description": "Id of the newest memo that waits, 0 when none does."})


@api.get("/memos/count")
@scope(Scope.READ_MEMOS)
@unmetered
@api.output(CountOut)
def count_memos() -> ResponseReturnValue:
    """How many memos wait for me"""
    waiting = queries.waiting(_reader())
    return {"open": waiting.n, "urgent": waiting.urgent, "newest": waiting.newest_id}


@api.get("/memos")
@scope(Scope.READ_MEMOS)
@api.input(MemosQuery, location="query")
@api.output(MemosOut)
def list_memos(query_data: dict[str, str]) -> ResponseReturnValue:
    """My memos: those that wait, those handled, or those I took down"""
    asked = {"open": queries.open_for, "handled": queries.handled_for, "taken": queries.taken_by}
    return {"memos": [_shown(memo) for memo in asked[query_data["state"]](_reader())]}


@api.get("/memos/<int:memo_id>")
@scope(Scope.READ_MEMOS)
@api.output(MemoOut)
@api.doc(responses=[404])
def get_memo(memo_id: int) -> ResponseReturnValue:
    """One memo of mine or taken by me"""
    return _shown(_memo(memo_id))


@api.post("/memos")
@scope(Scope.WRITE_MEMOS)
@api.input(MemoIn)
@api.output(MemoOut, status_code=201)
@api.doc(responses=[404])
def take_memo(json_data: dict[str, Any]) -> ResponseReturnValue:
    """Take down a call for somebody"""
    to = Recipient(json_data["person_id"], json_data["unit_id"])
    if (to.person_id is None) == (to.unit_id is None):
        raise Refused("memo_to_missing", "Choose whom the call was for.", 422)
    draft = rules.draft(to, *(json_data[name] for name in ("caller", "number", "matter", "wish", "urgency")))
    account = current_account()
    with db.transaction():
        memo_id = service.take(draft, account.account_id, account.name, clock.now(), clock.today(get_timezone()))
    return _shown(_memo(memo_id)), 201


@api.put("/memos/<int:memo_id>")
@scope(Scope.WRITE_MEMOS)
@api.input(MemoText)
@api.output(MemoOut)
@api.doc(responses=[403, 404, 409])
def correct_memo(memo_id: int, json_data: dict[str, Any]) -> ResponseReturnValue:
    """A memo I took down says this instead, while nobody has handled it"""
    memo = _memo(memo_id)
    draft = rules.draft(memo.to, *(json_data[name] for name in ("caller", "number", "matter", "wish", "urgency")))
    with db.transaction():
        service.correct(memo_id, _reader(), draft, clock.now())
    return _shown(_memo(memo_id))


@api.delete("/memos/<int:memo_id>")
@scope(Scope.WRITE_MEMOS)
@api.output({}, status_code=204)
@api.doc(responses=[403, 404, 409])
def withdraw_memo(memo_id: int) -> ResponseReturnValue:
    """Withdraw a memo I took down, while nobody has handled it"""
    _memo(memo_id)
    with db.transaction():
        service.withdraw(memo_id, _reader(), clock.now())
    return "", 204


@api.post("/memos/<int:memo_id>/handled")
@scope(Scope.WRITE_MEMOS)
@api.output(MemoOut)
@api.doc(responses=[404])
def handle_memo(memo_id: int) -> ResponseReturnValue:
    """A memo of mine is done"""
    _memo(memo_id)
    with db.transaction():
        service.handle(memo_id, _reader(), current_account().name, clock.now())
    return _shown(_memo(memo_id))


@api.delete("/memos/<int:memo_id>/handled")
@scope(Scope.WRITE_MEMOS)
@api.output(MemoOut)
@api.doc(responses=[404])
def reopen_memo(memo_id: int) -> ResponseReturnValue:
    """A memo of mine is not done after all"""
    _memo(memo_id)
    with db.transaction():
        service.reopen(memo_id, _reader(), clock.now())
    return _shown(_memo(memo_id))


def _memo(memo_id: int) -> MemoView:
    memo = queries.memo(memo_id, _reader()) if memo_id <= LARGEST_ID else None
    if memo is None:
        raise Refused("no_memo", "There is no such memo.", 404)
    return memo


def _shown(memo: MemoView) -> dict[str, Any]:
    return {
        "id": memo.id,
        "recipient": {
            "person_id": memo.to.person_id, "unit_id": memo.to.unit_id,
            "name": memo.to_name, "name_en": memo.to_name_en,
        },
        "caller": memo.caller,
        "number": memo.number,
        "matter": memo.matter,
        "wish": memo.wish.value,
        "urgency": memo.urgency.value,
        "taken_by": memo.taken_by_name,
        "taken_at": memo.taken_at,
        "handled": memo.is_handled,
        "handled_by": memo.handled_by_name,
        "mine": memo.is_mine,
    }  # fmt: skip


def _reader() -> Reader:
    account = current_account()
    return queries.reader_of(account.account_id, account.person_id, clock.today(get_timezone()))
