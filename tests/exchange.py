"""An office with numbers: a section with its main number, and people with theirs."""

from datetime import date, timedelta

import make
from sqlalchemy import update
from watching import TOKYO, Office

from server import clock, db
from server.people.models import Unit
from server.phones import plan
from server.phones.rules import Range, Use
from server.places import service as places
from server.presence import statuses
from server.presence.rules import StatusKind


class Exchange(Office):
    """The office with numbers: 24101 財政課, 24111 髙波, 24112 鈴木, 24113 佐藤; 23111 田中, in another bureau."""

    def __init__(self) -> None:
        super().__init__()
        with db.transaction():
            self.bureau, self.other_bureau = make.unit("財務局", kind="bureau"), make.unit("税務局", kind="bureau")
            for unit, bureau in ((self.section, self.bureau), (self.other_section, self.other_bureau)):
                db.session.execute(update(Unit).where(Unit.id == unit).values(parent_id=bureau))
            places.own_zone(self.zone_a, self.section, make.DAY)
            told = {"today": make.DAY, "actor": "operator", "now": clock.now()}
            plan.add_range(Range(0, "24000", "24999", self.bureau, Use.ASSIGNABLE), **told)
            plan.add_range(Range(0, "24900", "24999", self.bureau, Use.RESERVED), **told)
            plan.add_range(Range(0, "23000", "23999", self.other_bureau, Use.ASSIGNABLE), **told)
            self.main = make.extension("24101", "section", unit_id=self.section, is_main=True, outside="044-000-2410")
            for number, person_id in (("24111", self.head), ("24112", self.suzuki), ("24113", self.sato)):
                make.extension(number, person_id=person_id)
            make.extension("23111", person_id=self.stranger)

    @property
    def today(self) -> date:
        """The building's day."""
        return clock.now().astimezone(TOKYO).date()

    def say(self, person_id: int, kind: StatusKind) -> None:
        """What the person says of now."""
        now = clock.now()
        with db.transaction():
            statuses.set_status(person_id, kind, now, now + timedelta(hours=1), "", now)
