"""Where several people are is what each of them shows, one by one."""

import make
from flask import Flask
from watching import TOKYO, Office

from server import clock, db
from server.people import queries as people
from server.people.rules import Level, Role
from server.presence import service, together


def test_several_are_found_as_each_would_be_p4_p5_p8(database: str, app: Flask) -> None:
    del app
    office = Office()
    for person_id, zone_id in (
        (office.head, office.zone_a),
        (office.suzuki, office.refresh),
        (office.sato, office.zone_b),
        (office.stranger, office.zone_17),
    ):
        office.put(person_id, zone_id, office.other_floor if zone_id == office.zone_17 else office.floor)
    office.show(office.head, everyone=Level.FLOOR)
    office.pause(office.sato)
    office.exclude_floor(office.other_floor)
    everybody = [office.head, office.suzuki, office.sato, office.stranger]
    now = clock.now()
    day = now.astimezone(TOKYO).date()
    for person_id in everybody:
        viewer = people.viewer_of(_account(person_id), day)
        alone = {i: service.where_now(viewer, i, now, day) for i in everybody}
        assert together.where_now_of(viewer, everybody, now, day) == alone


def _account(person_id: int) -> int:
    with db.transaction():
        return make.account(f"a-{person_id}", role=Role.STAFF, person_id=person_id)
