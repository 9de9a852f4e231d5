"""`iruka demo` as people start it: one command until Ctrl-C; whatever ends it, nothing is left running."""

import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from recorded import folder, sightings, truth
from visitor import TOKEN

ROOT = Path(__file__).resolve().parents[3]
LOGIN = re.compile(r"^ {4}(\w+) +([0-9a-f]{4}(?:-[0-9a-f]{4}){2}) ", re.MULTILINE)
NAMES = ["takanami", "shomu", "shisetsu", "kanri", "hogo", "kiosk"]
PATIENCE_S = 180.0  # for building and starting on a busy machine; nothing is asserted about how long it took
PROCESSES = {"server.broker", "server.background", "gunicorn", "edge_agent"}


def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


class Demo:
    """A running `iruka demo`, with everything it prints."""

    def __init__(self, state: Path, *options: str) -> None:
        self.port = unused_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = state / f"demo-{self.port}.txt"
        with self._log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server.cli", "demo", "--port", str(self.port), "--state", str(state), *options],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                env={name: value for name, value in os.environ.items() if not name.startswith("IRUKA_")},
            )  # fmt: skip
        self._open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), urllib.request.ProxyHandler({})
        ).open

    @property
    def said(self) -> str:
        """What it has printed so far."""
        return self._log.read_text("utf-8")

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for something while it runs."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline_s, self.said
            time.sleep(0.1)

    def ready(self) -> "Demo":
        """Wait until it says so."""
        self.until(lambda: "Ctrl-C stops everything" in self.said)
        return self

    def sign_in(self) -> None:
        """As the first login it has printed."""
        name, password = LOGIN.findall(self.said)[0]
        token = TOKEN.search(self._get("/sign-in").decode())
        assert token
        fields = {"csrf_token": token[1], "login": name, "password": password}
        data = urllib.parse.urlencode(fields).encode()
        form = urllib.request.Request(f"{self.url}/sign-in", data, {"Origin": self.url})  # noqa: S310  http of this machine
        self._open(form, timeout=30).close()

    def json(self, path: str) -> dict:
        """What the API says."""
        found: dict = json.loads(self._get(path))
        return found

    def children(self) -> dict[int, str]:
        """Every process below it with its command line."""
        found: dict[int, str] = {}
        waiting = [self.process.pid]
        while waiting:
            listed = Path(f"/proc/{(pid := waiting.pop())}/task/{pid}/children")
            for child in (int(one) for one in (listed.read_text() if listed.exists() else "").split()):
                found[child] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                waiting.append(child)
        return found

    def _get(self, path: str) -> bytes:
        with self._open(f"{self.url}{path}", timeout=30) as answer:
            content: bytes = answer.read()
        return content


def gone(processes: dict[int, str]) -> bool:
    """Whether none of these processes lives; a number given out again names another command."""
    for pid, command in processes.items():
        try:
            now = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if now and now == command:
            return False
    return True


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where demos are kept: the second one finds the city of the first."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture
def demo(state: Path) -> Iterator[Callable[..., Demo]]:
    """`demo("--at", "10:30")`: a demo, ended whatever happens."""
    started: list[Demo] = []

    def start(*options: str) -> Demo:
        started.append(Demo(state, *options))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def test_the_demo_starts_shows_people_and_ctrl_c_leaves_nothing_behind(demo):
    running = demo().ready()
    assert f"Ready: {running.url}\n" in running.said
    assert [name for name, _password in LOGIN.findall(running.said)] == NAMES

    running.sign_in()
    assert len(running.json("/api/v1/floors")["floors"]) == 25
    running.until(lambda: any(floor["count"] for floor in running.json("/api/v1/floors")["floors"]))
    children = running.children()
    assert {one for one in PROCESSES if any(one in command for command in children.values())} == PROCESSES
    running.process.send_signal(signal.SIGINT)

    assert running.process.wait(60) == 0, running.said
    assert running.said.rstrip().endswith("Stopped.")
    assert gone(children)


def test_a_process_that_dies_is_named_and_ends_the_demo(demo):
    running = demo("--at", "10:30").ready()
    children = running.children()
    (background,) = (pid for pid, command in children.items() if "server.background" in command)

    os.kill(background, signal.SIGKILL)

    assert running.process.wait(60) not in (0, None)
    assert "The background process ended with -9. Its log, " in running.said
    assert gone(children)


def test_the_city_is_built_once(demo):
    running = demo().ready()

    assert "Building" not in running.said
    assert len(LOGIN.findall(running.said)) == len(NAMES)


def test_a_killed_demo_leaves_nothing_behind_either(demo):
    running = demo().ready()
    children = running.children()

    running.process.kill()
    running.process.wait()

    deadline_s = time.monotonic() + PATIENCE_S
    while not gone(children):
        assert time.monotonic() < deadline_s, children
        time.sleep(0.1)


def test_a_port_that_is_taken_is_told_in_a_sentence(state):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = subprocess.run(
            [sys.executable, "-m", "server.cli", "demo", "--port", str(port), "--state", str(state)],
            cwd=ROOT, capture_output=True, text=True,
        )  # fmt: skip

    assert done.returncode == 2
    assert done.stderr == f"Port {port} is taken; name another one: make demo PORT=8123\n"


def test_a_recording_is_replayed_until_it_is_stopped(demo, tmp_path):
    rooms = ["west"] * 20 + ["east"] * 20
    recording = folder(tmp_path, {"sightings/walk.csv": sightings(rooms), "truth/walk.csv": truth(rooms)})

    running = demo("--data", str(recording), "--track", "walk").ready()

    assert "walk: 40 s of recorded radio, again and again." in running.said
    assert "The estimate names the right zone" in running.said
    running.sign_in()
    running.until(lambda: running.json("/api/v1/floors/1")["count"] == 1)
    shown = running.json("/api/v1/floors/1")
    assert shown["path"]["track"] == "walk"
    assert shown["path"]["started_at"] is not None
    children = running.children()
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(60) == 0
    assert gone(children)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--data", "."), "--data and --track belong together"),
        (("--track", "walk"), "--data and --track belong together"),
        (("--data", "/nowhere", "--track", "walk"), "/nowhere is not a folder."),
    ],
    ids=["no track", "no folder", "folder missing"],
)
def test_a_recording_that_is_not_there_is_told_in_a_sentence(tmp_path, options, says):
    done = subprocess.run(
        [sys.executable, "-m", "server.cli", "demo", "--state", str(tmp_path), *options],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
