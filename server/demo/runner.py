"""Builds a demo when there is none yet, starts its processes, says where it is, and waits for Ctrl-C."""

import hashlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import click

from migrations.upgrade import upgrade
from server import clock, db
from server.broker import embedded
from server.broker.access_list import RADIO
from server.demo.bookings import book_the_city, book_today
from server.demo.build import SITE, Resident, build_city
from server.demo.day import scenario
from server.demo.days import stay_awake
from server.demo.guide import prepare, take_an_afternoon_off, work_out_months
from server.demo.house import say_what_is_wrong
from server.demo.processes import Processes, wait_until
from server.demo.recording import Replay, build_recording
from server.demo.statuses import say_today
from server.demo.survey import survey
from server.errors import Misconfigured
from server.fleet import queries as fleet
from server.people import queries as people_queries
from server.people import service as people
from server.people.rules import Role
from server.places import queries as places_queries
from server.places import service as places
from server.places.queries import FloorView

HOST = "127.0.0.1"
FIRST_PORT, PORTS_TRIED = 8000, 50
READY_WITHIN_S = 90.0
TIMEZONE = "Asia/Tokyo"
PAUSE_BETWEEN_REPLAYS_S = 6.0
SOURCES = (
    "names", "city", "days", "duties", "geometry", "plan", "seats", "phones",
    "build", "day", "survey", "notice", "memos", "house", "bookings", "guide",
)  # fmt: skip
WEB_WORKERS = 2


@dataclass(frozen=True, slots=True)
class Login:
    """A way to sign in to the demo."""

    name: str
    password: str
    who: str


class Stopped(Exception):  # noqa: N818  it is what was asked for
    """Ctrl-C, or a termination signal."""


def run_city(state: Path, port: int | None, at: str) -> None:
    """The city hall, until stopped."""
    with _stoppable():
        logins = _built(state, "city", _fingerprint(), lambda: _fill_city(state))
        _say_today(state, at)
        arguments = ["edge_agent", "simulate", str(state / "scenario.json"), "--at", at]
        with _serving(state, SITE, port) as (processes, url, radio):
            processes.start("radio", [*arguments, *radio])
            _announce(url, logins, f"The simulated day begins at {at}; people arrive as you watch.")
            _wait_for_the_end(processes)


def _say_today(state: Path, at: str) -> None:
    scenario = json.loads((state / "scenario.json").read_text("utf-8"))
    db.connect(_database_url(state))
    try:
        now, guides = clock.now(), _guides()
        say_today(scenario, at, guides, now)
        with db.transaction():
            building = places_queries.building(SITE)
            if building is not None:
                stay_awake(building, now)
                if guides:
                    take_an_afternoon_off(building, guides[0], now)
        book_today(scenario, at, guides, now)
    finally:
        db.disconnect()


def _guides() -> list[int]:
    """The people behind the demo's logins."""
    with db.reading():
        accounts = sorted(people_queries.accounts(), key=lambda one: one.id)
        return [account.person_id for account in accounts if account.person_id is not None]


def run_recording(state: Path, folder: Path, track: str, port: int | None) -> None:
    """A recording, again and again, until stopped."""
    with _stoppable():
        found: list[Replay] = []

        def fill() -> list[Login]:
            found.append(build_recording("recording", folder, track, clock.now()))
            return [_add_login("demo", "Demo", Role.FACILITIES, None)]

        _forget(state)
        logins = _built(state, "recording", "", fill)
        replay = found[0]
        with _serving(state, replay.site, port) as (processes, url, radio):
            _announce(f"{url}/floors/1", logins, _sentence(replay, track))
            arguments = ["edge_agent", "replay", str(folder), "--track", track, "--site", replay.site, *radio]
            while True:
                _mark_start(state, replay)
                child = processes.start("radio", arguments)
                while not processes.has_ended(child):
                    processes.check()
                    time.sleep(0.2)
                time.sleep(PAUSE_BETWEEN_REPLAYS_S)


def _sentence(replay: Replay, track: str) -> str:
    text = f"{track}: {replay.duration_s:.0f} s of recorded radio, again and again."
    if replay.zone_accuracy is None:
        return text
    right = f"The estimate names the right zone {replay.zone_accuracy:.0%} of the time"
    return f"{text}\n  {right}, mean error {replay.mean_error_m:.2f} m."


def _mark_start(state: Path, replay: Replay) -> None:
    db.connect(_database_url(state))
    now = clock.now()
    with db.transaction():
        places.start_true_path(replay.floor_id, now + timedelta(seconds=1), now)  # the replay connects first
    db.disconnect()


# -- building


def _built(state: Path, what: str, fingerprint: str, fill: Callable[[], list[Login]]) -> list[Login]:
    """The demo's logins; its database is built anew unless the same version has built it completely."""
    stamp = state / "built.json"
    try:
        kept = json.loads(stamp.read_text())
        if fingerprint and kept["fingerprint"] == fingerprint:
            return [Login(*one) for one in kept["logins"]]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # never built, or not to its end
    _forget(state)
    state.mkdir(parents=True, exist_ok=True)
    click.echo(f"Building the {what} in {state}")
    db.connect(_database_url(state))
    try:
        upgrade()
        logins = fill()
    finally:
        db.disconnect()
    descriptor = os.open(stamp, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        kept = {"fingerprint": fingerprint, "logins": [[one.name, one.password, one.who] for one in logins]}
        json.dump(kept, out, ensure_ascii=False)
    return logins


def _fill_city(state: Path) -> list[Login]:
    with _bars() as progress:
        residents = build_city(clock.now(), progress)
        _book_the_city(residents, progress)
        day = scenario(residents, TIMEZONE)
        with db.reading():
            floors = {floor.code: floor.id for floor in _floors()}
        survey(day, floors, state, lambda done, total: progress("survey", done, total))
    (state / "scenario.json").write_text(json.dumps(day, ensure_ascii=False), "utf-8")
    guide = residents[0]
    clerk = next(one for one in residents if one.section == guide.section and one is not guide)
    head, keeper = (f"{one.name.family} {one.name.given}" for one in (guide, clerk))
    logins = [
        _add_login("takanami", f"{head}, head of the Finance Section on 18F", Role.STAFF, guide.person_id),
        _add_login("shomu", f"{keeper}, keeps the section's numbers and seats", Role.SECTION_ADMIN, clerk.person_id),
        _add_login("shisetsu", "facilities, who also see the sensor fleet", Role.FACILITIES, None),
        _add_login("kanri", "system administrator; sets up an authenticator app first", Role.SYSTEM_ADMIN, None),
        _add_login("hogo", "privacy officer, who sees alerts and the audit log", Role.PRIVACY_OFFICER, None),
        _add_login(
            "kiosk",
            "a shared screen: finds people, shows free seats, gives one for a staff number",
            Role.KIOSK,
            None,
        ),
    ]
    with db.transaction():
        building, now = places_queries.building(SITE), clock.now()
        if building is not None:
            say_what_is_wrong(building.id, guide.person_id, now.astimezone(building.zone).date(), now)
    return logins


def _book_the_city(residents: Sequence[Resident], progress: Callable[[str, int, int], None]) -> None:
    progress("bookings", 0, 1)
    with db.transaction():
        building = places_queries.building(SITE)
        if building is not None:
            now = clock.now()
            book_the_city(building.id, residents, now)
            work_out_months(building, now)
            prepare(building, residents[0].person_id, now)
    progress("bookings", 1, 1)


def _floors() -> list[FloorView]:
    building = places_queries.building(SITE)
    return [] if building is None else places_queries.floors(building.id)


def _add_login(name: str, who: str, role: Role, person_id: int | None) -> Login:
    password = "-".join(secrets.token_hex(2) for _ in range(3))
    with db.transaction():
        if people_queries.account_by_login(name) is None:
            people.create_account(name, password, role, clock.now(), person_id)
    return Login(name, password, who)


@contextmanager
def _bars() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each kind of thing that is built."""
    bars: dict[str, Any] = {}

    def progress(what: str, done: int, total: int) -> None:
        if what not in bars:
            bars[what] = click.progressbar(length=total, label=f"  {what:<8}", show_pos=True, show_eta=False)
            bars[what].render_progress()
        bars[what].update(done - bars[what].pos)
        if done == total:
            bars[what].render_finish()

    yield progress


def _fingerprint() -> str:
    """Changes with whatever decides what a built demo looks like."""
    here = Path(__file__).parent
    files = [here / f"{name}.py" for name in SOURCES] + sorted((here.parents[1] / "migrations/versions").glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _forget(state: Path) -> None:
    for file in ("built.json", "iruka.db", "iruka.db-wal", "iruka.db-shm", "scenario.json"):
        (state / file).unlink(missing_ok=True)
    shutil.rmtree(state / "log", ignore_errors=True)


def _database_url(state: Path) -> str:
    return f"sqlite:///{state / 'iruka.db'}"


# -- running


@contextmanager
def _serving(state: Path, site: str, port: int | None) -> Iterator[tuple[Processes, str, list[str]]]:
    """Broker, background and web, ready; yields them, the address, and how the radio connects."""
    port = _free_port(port)
    url = f"http://{HOST}:{port}"
    click.echo("Starting broker, background and web")
    logs = state / "log"
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / "broker.log").open("wb") as log, embedded.embedded(site, radio=True, log=log) as running:
        password_file = state / "radio_password"
        descriptor = os.open(password_file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(running.passwords[RADIO])
        processes = Processes(
            logs,
            {
                "IRUKA_DATABASE_URL": _database_url(state),
                "IRUKA_STATE_DIR": str(state),
                "IRUKA_MQTT_URL": running.url(),
                "IRUKA_SITE": site,
                "IRUKA_BASE_URL": url,
                "IRUKA_STREAMS_PER_ACCOUNT": "50",
            },
            {"broker": lambda: running.is_running},
        )
        try:
            started_at = clock.now()
            processes.start("background", ["server.background"])
            processes.start("web", ["server.cli", "web", "--port", str(port), "--workers", str(WEB_WORKERS)])
            wait_until(lambda: _answers(port), processes, READY_WITHIN_S, "The web process")
            db.connect(_database_url(state))
            try:
                wait_until(lambda: _beats(started_at), processes, READY_WITHIN_S, "The background process")
            finally:
                db.disconnect()
            radio = ["--broker", f"mqtt://{running.host}:{running.port}", "--username", RADIO,
                     "--password-file", str(password_file), "--shared-connection"]  # fmt: skip
            yield processes, url, radio
        finally:
            click.echo("\nStopping")
            processes.stop()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/sign-in")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _beats(started_at: datetime) -> bool:
    with db.reading():
        beat = fleet.beat()
    return beat is not None and beat.at >= started_at and beat.broker_connected


def _free_port(wanted: int | None) -> int:
    ports = [wanted] if wanted is not None else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED)
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    taken = f"Port {wanted} is" if wanted is not None else f"All ports from {FIRST_PORT} on are"
    raise Misconfigured(f"{taken} taken; name another one: make demo PORT=8123")


def _announce(url: str, logins: Sequence[Login], sentence: str) -> None:
    click.echo(f"\n  Ready: {url}\n")
    for login in logins:
        click.echo(f"    {login.name:<10} {login.password}   {login.who}")
    click.echo(f"\n  {sentence}\n  Ctrl-C stops everything.\n")


def _wait_for_the_end(processes: Processes) -> None:
    while True:
        processes.check()
        time.sleep(0.5)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Ctrl-C and SIGTERM end the block in order, and that is no failure."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # once is enough
        raise Stopped

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except Stopped:
        click.echo("Stopped.")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
