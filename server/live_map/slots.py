"""How many streams an account has open, over all web workers of a machine."""

import fcntl
import os
import weakref
from collections import defaultdict
from pathlib import Path


class Slots:
    """Numbered places of each account, each held by locking one byte of a file.

    Workers share nothing but the database, and an open stream must not hold a connection of it. A lock on
    a byte is seen by every process, and the kernel gives it back when its process dies.
    """

    def __init__(self, directory: Path, each: int) -> None:
        self._each = each
        self._held: defaultdict[int, set[int]] = defaultdict(set)
        directory.mkdir(parents=True, exist_ok=True)
        # Opened once: closing any descriptor of the file would drop every lock of the process.
        self._file = os.open(directory / "streams.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.close = weakref.finalize(self, os.close, self._file)  # by itself at the latest with the application

    def take(self, account_id: int) -> bool:
        """Take a place for one more stream; False when the account has none left."""
        held = self._held[account_id]
        for number in range(self._each):
            if number in held:
                continue
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, account_id * self._each + number)
            except OSError:  # another worker has it
                continue
            held.add(number)
            return True
        return False

    def give_back(self, account_id: int) -> None:
        """One stream of the account has ended."""
        held = self._held[account_id]
        if held:
            number = held.pop()
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, account_id * self._each + number)
        if not held:
            del self._held[account_id]
