"""Lines for a syslog daemon, which may be away: sent as datagrams, and nothing waits for it."""

import logging
import socket
from logging.handlers import SysLogHandler

from server.errors import Misconfigured

PRIORITY = SysLogHandler.LOG_AUTHPRIV << 3 | SysLogHandler.LOG_INFO

log = logging.getLogger(__name__)


class Datagrams(logging.Handler):
    """Sends lines as datagrams on a socket that never waits; a daemon that restarts is found with the next line."""

    def __init__(self, address: str, program: str) -> None:
        """address   "/dev/log", or "host:port/udp"

        program   under which name the daemon files the lines
        """
        super().__init__()
        self._address = _resolved(address)
        self._socket: socket.socket | None = None
        self._away = False
        self.setFormatter(logging.Formatter(f"<{PRIORITY}>{program}: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Send one line, or lose it and say so once."""
        try:
            if self._socket is None:
                self._socket = _connected(self._address)
            self._socket.send(self.format(record).encode())
            self._away = False
        except OSError as error:
            self._hang_up()
            if not self._away:
                log.warning("lines cannot be sent to syslog now: %s", type(error).__name__)
            self._away = True

    def close(self) -> None:
        """Give the socket back."""
        self._hang_up()
        super().close()

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _connected(address: tuple[str, int] | str) -> socket.socket:
    internet = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    made = socket.socket(socket.AF_UNIX if isinstance(address, str) else internet, socket.SOCK_DGRAM)
    try:
        made.setblocking(False)
        made.connect(address)
    except OSError:
        made.close()
        raise
    return made


def _resolved(address: str) -> tuple[str, int] | str:
    if address.startswith("/"):
        return address
    host, _, port = address.removesuffix("/udp").rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_DGRAM)
    except OSError:
        raise Misconfigured(f"IRUKA_SYSLOG names {host}, which has no address.") from None
    return str(found[0][4][0]), int(port)
