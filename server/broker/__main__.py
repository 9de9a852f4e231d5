"""`python -m server.broker`: the child process. Its plan is a line of JSON on stdin, and it lives as long as stdin.

A parent that dies, however suddenly, closes the pipe, so no broker is left behind. Passwords travel through the pipe:
arguments and environment can be read by others.
"""

import asyncio
import json
import logging
import os
import signal
import sys

from server.broker.guarded import GuardedBroker

STDIN = 0


async def serve(site: str, host: str, port: int, passwords: dict[str, str]) -> None:
    """Serve until stdin ends or a signal asks to stop; prints the port when ready."""
    broker = GuardedBroker(site, host, port, passwords)
    await broker.start()
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    loop.add_reader(STDIN, lambda: None if os.read(STDIN, 4096) else stopping.set())
    print(broker.port, flush=True)
    await stopping.wait()
    loop.remove_reader(STDIN)
    await broker.shutdown()


def main() -> None:
    """Read the plan and serve."""
    logging.basicConfig(level=logging.ERROR, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which stops us last
    plan = json.loads(sys.stdin.buffer.readline())
    asyncio.run(serve(plan["site"], plan["host"], plan["port"], plan["passwords"]))


if __name__ == "__main__":
    main()
