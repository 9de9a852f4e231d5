"""Answers kept for retries: a request with an Idempotency-Key is carried out once (RP-03)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from server import db
from server.bookings.models import KeptAnswer
from server.errors import Refused

KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered."""

    status: int
    text: str


def digest(asked: Mapping[str, object]) -> bytes:
    """What a request asked for, so that two can be compared."""
    text = json.dumps(asked, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).digest()


def find(account_id: int, key: str, asked: bytes) -> Answer | None:
    """The answer to the same request before; Refused when the key came with another request."""
    wanted = select(KeptAnswer.asked, KeptAnswer.status, KeptAnswer.answer)
    row = db.session.execute(wanted.where(KeptAnswer.account_id == account_id, KeptAnswer.key == key)).first()
    if row is None:
        return None
    if row.asked != asked:
        raise Refused("key_used", "This Idempotency-Key came with another request before.", 422)
    return Answer(row.status, row.answer)


def keep(account_id: int, key: str, asked: bytes, answer: Answer, now: datetime) -> None:
    """Keep an answer, in the transaction of what it tells; Refused when another request with this key was first.

    Last of all, so that the common case costs one statement: who comes second does nothing, and finds the answer.
    """
    row = {"account_id": account_id, "key": key, "asked": asked, "status": answer.status, "answer": answer.text}
    try:
        db.session.execute(insert(KeptAnswer).values(**row, at=now))
    except IntegrityError:
        raise Refused("key_used", "This Idempotency-Key came with another request before.", 422) from None


def forget(now: datetime) -> int:
    """Delete answers that nobody will ask for again; returns how many."""
    gone = delete(KeptAnswer).where(KeptAnswer.at < now - KEPT_FOR).returning(KeptAnswer.account_id)
    return len(list(db.session.scalars(gone)))
