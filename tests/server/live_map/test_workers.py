"""How gunicorn is started."""

import resource

from server.live_map import workers


def test_the_command_asks_for_what_streams_need():
    command = workers.command("127.0.0.1:8000", 3, "--access-logfile=-")

    assert command[1:4] == ["-m", "gunicorn", "server.app:create_app()"]
    assert {"--worker-class=gevent", "--workers=3", "--worker-connections=4000", "--no-control-socket"} < set(command)
    assert command[-1] == "--access-logfile=-"


def test_the_limit_of_open_files_is_raised_but_never_lowered():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)

    limit = workers.allow_open_files()

    after = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert after[0] == limit >= before[0]
    assert after[1] == before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)
