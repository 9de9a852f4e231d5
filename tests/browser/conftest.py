"""A browser on a served city hall; whatever a test does, its pages ask nobody else for anything and raise no error."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import make
import pytest
from gunicorns import Site
from hall import Hall
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from screens import WIDE, Size

from server import clock, db
from server.bookings import queries, service
from server.people.rules import Role
from server.places import queries as places
from server.places import seats as seat_service
from server.places.rules import Equipment, SeatKind
from server.places.seats import NewSeat

LOCALES = {"ja": "ja-JP", "en": "en-GB"}
SPOTS = [(2.0 + 1.4 * column, 22.0 + 2.2 * row) for row in range(3) for column in range(4)]  # of seats, metres


AXE = Path(__file__).resolve().parents[2] / ".venv" / "browser-tests" / "axe.min.js"


def need(found: object, what: str) -> None:
    """Skip without a tool, unless the whole suite was asked for."""
    if found:
        return
    if os.environ.get("IRUKA_TEST_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} was not found, and IRUKA_TEST_REQUIRE_ALL=1 asks for it")
    pytest.skip(f"{what} was not found")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium. Of one module: while Playwright runs, no other test of the process can run asyncio."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    need(chromium, "Chromium")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core's script; run by the test, not by the page, so the page's Content-Security-Policy stays as it is."""
    need(AXE.is_file(), "axe-core, which `make test` installs,")
    return AXE.read_text("utf-8")


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hall, Site, str]]:
    """The hall, its server and its database, of one module."""
    folder = tmp_path_factory.mktemp("hall")
    file = folder / "iruka.db"
    file.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{file}"
    db.connect(url)
    hall = Hall()
    site = Site(url, folder, n_workers=1)
    db.disconnect()
    yield hall, site, url
    site.stop()


@pytest.fixture
def hall(served: tuple[Hall, Site, str]) -> Iterator[Hall]:
    """The hall with everything well, and this process connected to its database."""
    hall, _site, url = served
    db.connect(url)
    hall.live()
    yield hall
    db.disconnect()


@pytest.fixture
def site(served: tuple[Hall, Site, str], hall: Hall) -> Iterator[Site]:
    """The hall's server, running again when a test has ended it."""
    _hall, running, _url = served
    yield running
    if not running.is_running:
        running.start()


class Trouble:
    """What a page must not do; a test that causes an error on purpose says which."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._expected: list[re.Pattern[str]] = []
        self.found: list[str] = []

    def expect(self, pattern: str) -> None:
        """Errors like this belong to the test."""
        self._expected.append(re.compile(pattern))

    def watch(self, context: BrowserContext) -> None:
        """Note what the pages of a context do."""
        context.on("request", lambda request: self._asked(request.url))
        context.on("console", lambda said: said.type == "error" and self._failed(f"{said.text} {said.location}"))
        context.on("weberror", lambda error: self._failed(str(error.error)))

    def _asked(self, url: str) -> None:
        if not url.startswith((f"{self._origin}/", "data:")):
            self.found.append(f"asked {url}")

    def _failed(self, text: str) -> None:
        if not any(pattern.search(text) for pattern in self._expected):
            self.found.append(text)


@pytest.fixture
def trouble(site: Site) -> Iterator[Trouble]:
    """Checked when the test is over."""
    watched = Trouble(site.url)
    yield watched
    assert watched.found == []


@pytest.fixture
def open_page(browser: Browser, hall: Hall, site: Site, trouble: Trouble) -> Iterator[Callable[..., Page]]:
    """`open_page("/floors/18", person_id, language="en", size=PHONE)`: a page of a new browser profile.

    person_id   whose account is signed in; None: an account of nobody with `role`
    role        None: nobody is signed in
    """
    opened: list[BrowserContext] = []

    def open_one(
        path: str,
        person_id: int | None = None,
        *,
        role: Role | None = Role.STAFF,
        language: str = "ja",
        size: Size = WIDE,
        reduced_motion: bool = False,
    ) -> Page:
        context = browser.new_context(
            base_url=site.url,
            locale=LOCALES[language],
            timezone_id="Asia/Tokyo",
            viewport={"width": size.width, "height": size.height},
            reduced_motion="reduce" if reduced_motion else "no-preference",
        )
        opened.append(context)
        trouble.watch(context)
        if role is not None:
            signed = make.session(role, account_id=hall.account(person_id, role))
            context.add_cookies([{"name": "iruka", "value": signed.key, "url": site.url}])
        page = context.new_page()
        page.goto(path)
        return page

    yield open_one
    for context in opened:
        context.close()


@pytest.fixture
def seats(hall: Hall) -> dict[str, int]:
    """Twelve seats of zone 18A in three rows, the second with a monitor, nobody on any of them: code → id."""
    with db.transaction():
        found = {seat.code: seat.id for seat in places.seats_on_floor(hall.floor)}
        if not found:
            monitor = (Equipment.MONITOR.value,)
            new = [
                NewSeat(f"18A-{number:03}", SeatKind.GROUP.value, x, y, equipment=monitor if number == 2 else ())
                for number, (x, y) in enumerate(SPOTS, 1)
            ]
            seat_service.add_seats(hall.zone_a, new, clock.now())
            found = {seat.code: seat.id for seat in places.seats_on_floor(hall.floor)}
        now = clock.now()
        for one in queries.of_floor(hall.floor, now, now + timedelta(days=2)):
            service.cancel(one.id, now)
    return found
