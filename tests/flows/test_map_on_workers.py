"""The live map as it is served: gunicorn's workers, killed and without a database, and pages that stay open."""

from collections.abc import Callable, Iterator
from pathlib import Path

import make
import postgres
import pytest
from gunicorns import Page, Site, until
from watching import Office

from migrations.upgrade import upgrade
from server import clock, db
from server.people import sessions


@pytest.fixture
def office(database) -> Office:
    return Office()


@pytest.fixture
def site(office, database, tmp_path) -> Iterator[Site]:
    running = Site(database, tmp_path)
    yield running
    running.stop()


@pytest.fixture
def open_page(site) -> Iterator[Callable[..., Page]]:
    """`open_page(signed, …)`: a page of the site, left when the test is over."""
    opened: list[Page] = []

    def open_one(*given, **more) -> Page:
        opened.append(Page(site, *given, **more))
        return opened[-1]

    yield open_one
    for page in opened:
        page.close()


def people_on_18(site, signed) -> dict[str, str]:
    found = site.get(signed, "/api/v1/floors/18")
    return {} if found.status != 200 else {p["family"]: p["zone"] for p in found.json["people"]}


def test_killed_workers_come_back_and_pages_miss_nothing_rp_21(office, site, open_page):
    """RP-21: after `kill -9` a page that connects again with Last-Event-ID gets the change, or reads all again."""
    signed = make.session(person_id=office.stranger)
    page = open_page(signed)
    office.put(office.suzuki, office.zone_a)
    until(lambda: page.told("person"))

    site.kill_workers()
    until(lambda: page.is_over)
    office.put(office.suzuki, office.zone_b)
    again = open_page(signed, last_id=page.last_id)

    until(lambda: again.told("reload") or any(p.get("zone") == "18B" for p in again.told("person")))
    assert people_on_18(site, signed) == {"鈴木": "18B"}
    office.put(office.suzuki, office.zone_a)
    until(lambda: any(p.get("zone") == "18A" for p in again.told("person")))


def test_every_worker_tells_every_change(office, site, open_page):
    pages = [open_page(make.session(person_id=person)) for person in (office.stranger, office.sato, office.head)]
    pages += [open_page(make.session()) for _ in range(5)]

    office.put(office.suzuki, office.zone_a)

    until(lambda: all(page.told("person") for page in pages))


def test_signing_out_anywhere_ends_the_streams_of_all_workers_sr_15(office, site, open_page):
    """SR-15, SR-07: an administrator's act in one process ends what another one serves."""
    signed = make.session(person_id=office.sato)
    pages = [open_page(signed) for _ in range(6)]
    until(lambda: all(page.told("status") for page in pages))

    with db.transaction():
        sessions.end_all(signed.account_id, clock.now())

    until(lambda: all(page.is_over for page in pages))
    assert [page.told("bye") for page in pages] == [[{"why": "session"}]] * 6
    assert site.get(signed, "/api/v1/floors").status == 401


def test_eight_streams_an_account_means_over_all_workers_sr_15(office, site, open_page):
    signed = make.session(person_id=office.sato)

    statuses = [open_page(signed).status for _ in range(10)]

    assert statuses == [200] * 8 + [429] * 2


def test_a_page_that_was_left_frees_its_place_sr_15(office, site, open_page):
    signed = make.session(person_id=office.sato)
    pages = [open_page(signed) for _ in range(8)]

    pages[0].close()

    until(lambda: open_page(signed).status == 200)


def test_stopping_ends_streams_and_requests_alike(office, site, open_page):
    page = open_page(make.session(person_id=office.sato))
    until(lambda: page.told("status"))

    site.stop()

    until(lambda: page.is_over)


class Away:
    """A database that can be taken away, and the office in it."""

    def __init__(self, server: postgres.Server, state_dir: Path) -> None:
        self.server = server
        self._url = server.create("iruka")
        db.connect(self._url)
        upgrade()
        self.office = Office()
        self.signed = make.session(person_id=self.office.stranger)
        self.office.put(self.office.suzuki, self.office.zone_a)
        self.site = Site(self._url, state_dir, n_workers=1)
        self.page = Page(self.site, self.signed)

    def take_away(self, how: str) -> None:
        db.disconnect()
        self.server.hang() if how == "hangs" else self.server.stop()

    def bring_back(self, how: str) -> None:
        self.server.go_on() if how == "hangs" else self.server.start()
        db.connect(self._url)

    def reasons(self) -> list[str]:
        """Why the open page was last told that its map is old."""
        return list(self.page.told("status")[-1]["reasons"]) if self.page.told("status") else []

    def close(self) -> None:
        self.page.close()
        self.site.stop()
        db.disconnect()


@pytest.mark.parametrize("how", ["stops", "hangs"])
def test_the_map_outlives_its_database_and_recovers_rp_10(tmp_path, how):
    """RP-10: old, but there, and it says so; what must be written is refused; then it goes on by itself."""
    if postgres.missing():
        pytest.skip("PostgreSQL's initdb and postgres were not found")
    with postgres.server() as server:
        away = Away(server, tmp_path)
        site, signed, office = away.site, away.signed, away.office
        try:
            until(lambda: away.page.told("status"))
            assert people_on_18(site, signed) == {"鈴木": "18A"}
            away.take_away(how)

            until(lambda: "database" in away.reasons())
            old = site.get(signed, "/api/v1/floors/18")
            assert (old.status, [p["family"] for p in old.json["people"]]) == (200, ["鈴木"])
            assert ("database" in old.json["reasons"], old.headers["X-Stale"]) == (True, "1")
            refused = site.get(signed, f"/api/v1/people/{office.suzuki}?screen=map")
            assert (refused.status, int(refused.headers["Retry-After"]) > 0) == (503, True)
            another = Page(site, signed)
            assert another.status == 200
            another.close()

            away.bring_back(how)
            until(lambda: "database" not in away.reasons())
            office.put(office.suzuki, office.zone_b)
            until(lambda: any(p.get("zone") == "18B" for p in away.page.told("person")))
            assert people_on_18(site, signed) == {"鈴木": "18B"}
        finally:
            away.close()
