"""Hashes and checks passwords with argon2id; a check takes as long for nobody as for somebody (SR-11)."""

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server import db
from server.errors import Refused

SHORTEST = 12
LONGEST = 256
AT_ONCE = 2  # hashes of a worker, each of four threads

T = TypeVar("T")

_hasher = PasswordHasher()  # argon2id with the library's current parameters (RFC 9106, low-memory profile)
_nobodys_hash: str | None = None
_turn: threading.BoundedSemaphore | None = None


def check_new(password: str) -> None:
    """Refused when a new password is too short, too long or too plain."""
    if len(password) < SHORTEST or len(set(password)) < 5 or "\0" in password:
        raise Refused("weak_password", "A password needs at least 12 characters, not the same few repeated.", 422)
    if len(password) > LONGEST:
        raise Refused("long_password", "A password has at most 256 characters.", 422)


def is_usable(password: str) -> bool:
    """Whether it could be anybody's password; what cannot be is never hashed."""
    return 0 < len(password) <= LONGEST and "\0" not in password


def hashed(password: str) -> str:
    """The argon2id hash to store."""
    return _aside(lambda: _hasher.hash(password))


def is_right(stored: str | None, password: str) -> bool:
    """Whether the password belongs to the stored hash; None, for an unknown name, costs the same time."""
    global _nobodys_hash
    if stored is None and _nobodys_hash is None:
        _nobodys_hash = hashed("the password of nobody")
    against = stored if stored is not None else _nobodys_hash or ""
    return _aside(lambda: _verifies(against, password)) and stored is not None


def is_outdated(stored: str) -> bool:
    """Whether the parameters have become stronger since."""
    return _hasher.check_needs_rehash(stored)


def _verifies(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _aside(work: Callable[[], T]) -> T:
    """Run in a real thread where gevent shares one among all requests: a hash would hold everybody up for its 50 ms.

    Only so many at once in a worker, the others wait for their turn: when everybody comes in the morning, the hashes'
    threads would else take the processor from every other request, and 64 MiB each (RP-16).

    Not inside a transaction: on SQLite the next writer of this worker would wait for it without letting it go on.
    """
    global _turn
    is_shared = "gevent.monkey" in sys.modules and sys.modules["gevent.monkey"].is_module_patched("threading")
    if is_shared and not db.in_transaction():
        if _turn is None:
            _turn = threading.BoundedSemaphore(AT_ONCE)  # gevent's, which lets other requests go on
        with _turn:
            result: T = sys.modules["gevent"].get_hub().threadpool.apply(work)
        return result
    return work()
