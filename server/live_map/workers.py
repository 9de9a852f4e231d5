"""How gunicorn serves the web application: gevent workers, in which an open stream costs no thread."""

import resource
import sys

APPLICATION = "server.app:create_app()"  # made in each worker, after gevent has put its sockets in place
CONNECTIONS = 4000  # a worker; 3,000 open streams, and room for what their pages ask besides
OPEN_FILES = 2 * CONNECTIONS
KEEP_ALIVE_S = 15
GRACEFUL_S = 5
# A stopping worker lets requests finish; streams would never, and connect again by themselves when they are cut.


def command(bind: str, workers: int = 2, *more: str) -> list[str]:
    """The command that serves browsers at `bind` (`127.0.0.1:8000` or `unix:/run/iruka/web.sock`).

    more   further arguments of gunicorn
    """
    return [
        sys.executable,
        "-m",
        "gunicorn",
        APPLICATION,
        f"--bind={bind}",
        "--worker-class=gevent",
        f"--workers={workers}",
        f"--worker-connections={CONNECTIONS}",
        f"--keep-alive={KEEP_ALIVE_S}",
        f"--graceful-timeout={GRACEFUL_S}",
        "--no-control-socket",  # it would lie in the home directory, which a service has none of
        *more,
    ]


def allow_open_files() -> int:
    """Raise this process's limit, which its children inherit, as far as is needed and allowed; returns it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return soft
