"""Exactly one background process a site: a lock that the database or the disk forgets when its holder dies."""

import fcntl
import logging
import os
from pathlib import Path
from typing import IO
from zlib import crc32

from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from server import db

log = logging.getLogger(__name__)

LOCK_CLASS = 0x1A0CA  # our half of PostgreSQL's two-part advisory lock keys; the other half is the site


class Alone:
    """Holds the lock until released; on PostgreSQL it is lost with the connection and taken again."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._connection: Connection | None = None
        self._file: IO[str] | None = None

    def take(self) -> bool:
        """Whether we are the one; asking again while we are costs little, and notices a lost lock."""
        return self._take_advisory() if db.engine().dialect.name == "postgresql" else self._take_file()

    def release(self) -> None:
        """Let somebody else begin."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._drop_connection()

    def _take_file(self) -> bool:
        if self._file is not None:
            return True
        file = Path(f"{db.engine().url.database}.background.lock").open("a+")  # noqa: SIM115  held until release
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file
        return True

    def _take_advisory(self) -> bool:
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return True
            self._connection = db.engine().connect().execution_options(isolation_level="AUTOCOMMIT")
            key = {"class": LOCK_CLASS, "site": crc32(self._site.encode()) - 2**31}
            taken = self._connection.execute(text("SELECT pg_try_advisory_lock(:class, :site)"), key).scalar()
        except DBAPIError:
            self._drop_connection()
            raise
        if not taken:
            self._drop_connection()
        return bool(taken)

    def _drop_connection(self) -> None:
        """Close it for good: in the pool it would keep the lock."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
