"""A throw-away Mosquitto on a free port of this machine; can be stopped and started again."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


def _binary() -> str | None:
    return shutil.which("mosquitto") or next((p for p in ("/usr/sbin/mosquitto",) if os.path.exists(p)), None)


def needed() -> None:
    """Skip the test where there is no Mosquitto, or fail when the run asked for everything."""
    if _binary() is None:
        if os.environ.get("IRUKA_TEST_REQUIRE_ALL") == "1":
            pytest.fail("Mosquitto was not found, and IRUKA_TEST_REQUIRE_ALL=1 asks for it")
        pytest.skip("Mosquitto was not found")


@dataclass
class Server:
    """A broker; anonymous clients may do everything unless `settings` say otherwise."""

    port: int
    config: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """How clients reach it."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        binary = _binary()
        assert binary is not None
        self.process = subprocess.Popen(
            [binary, "-c", str(self.config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.02)

    def stop(self) -> None:
        """Kill it, as a power cut would."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


@contextmanager
def server(settings: str = "allow_anonymous true") -> Iterator[Server]:
    """A broker for the time of the block, with these lines in its configuration."""
    with tempfile.TemporaryDirectory(prefix="mosquitto.") as directory:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        config = Path(directory) / "mosquitto.conf"
        user = "user root\n" if os.geteuid() == 0 else ""
        config.write_text(
            f"listener {port} 127.0.0.1\n{user}persistence false\nset_tcp_nodelay true\n"
            f"message_size_limit 65536\n{settings}\n"
        )
        running = Server(port, config)
        running.start()
        try:
            yield running
        finally:
            running.stop()
