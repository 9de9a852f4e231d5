"""What holds of the demo's seats: house rules that differ by bureau, own seats, seats out of service, reports."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from server.bookings import house
from server.bookings.house import Scope
from server.demo.days import month_before
from server.people import queries as people
from server.people.queries import UnitView
from server.places import outages, reports
from server.places import queries as places
from server.places import seats as seats_service
from server.places import service as places_service
from server.places.queries import FloorView, ZoneView
from server.places.rules import SeatKind

ACTOR = "総務人事局 庁舎管理担当"
CHECKLIST = [
    "机の上に何も残さない。書類は鍵のかかる書庫へ",
    "パソコンとスマートフォンをロッカーにしまい、扉を閉める",
    "モニターの電源を切り、椅子を机に入れる",
]
OF_FLOORS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "21": ({"repeat": "block", "lookback_days": 2}, "総合政策局 政策企画課 庶務担当"),
    "19": ({"repeat": "lottery_only", "lookback_days": 3, "ahead_days": 7, "seat_ratio_pct": 75},
           "デジタル改革局 業務改革課 庶務担当"),
    "16": ({"who": "bureau", "is_soft": True, "repeat": "hint"}, "市民共創局 区政連携課 庶務担当"),
    "11": ({"ahead_days": 0, "who": "bureau"}, "こどもみらい局 保育運営課 庶務担当"),
    "14": ({"ahead_days": 28, "quota_per_week": 4, "clear_desk_at": "17:00"}, "環境みどり局 資源循環課 庶務担当"),
}  # fmt: skip
FINANCE_BEFORE = ({"overflow": ["18D", "18B", "18G"], "seat_ratio_pct": 95, "repeat": "off"}, "財務局 財政課 庶務担当")
FINANCE = (
    {"overflow": ["18D", "18B", "18G"], "seat_ratio_pct": 95, "repeat": "hint", "lookback_days": 2},
    "財務局 財政課 庶務担当",
)
DRAWN = ({"draws_at": "15:00"}, "デジタル改革局 業務改革課 庶務担当")  # 19A: for the next working day, by itself
RULES_SINCE = 15  # months ago: before anything that the report on fixed seats tells
HINTED_SINCE = 2  # months ago: from then on 18A tells people that it is the seat of last time
NEXT_MONTH = ({"repeat": "block", "lookback_days": 3}, "財務局 市民税課 庶務担当")  # of 17A, from two weeks on
OUT = (
    ("18B-004", -1, 7, "モニターの修理のため"),
    ("18F-3", -3, None, "照明の故障のため"),
    ("12A-011", 0, 3, "床の配線工事のため"),
    ("3M-9", 1, 12, "音響設備の入替えのため"),
    ("9A-005", -2, None, "椅子の交換待ち"),
)  # seat, from how many days ago, until in how many, why
WRONG = (
    ("18A-004", "monitor", "映りません"),
    ("18C-002", "dock", ""),
    ("18S-03", "other", "隣の話し声が聞こえます"),
    ("19B-006", "standing", "上がりません"),
    ("3F-2", "other", "机がぐらつきます"),
)


def keep_house(
    building_id: int, members: Mapping[int, Sequence[int]], valid_from: date, today: date, now: datetime
) -> None:
    """Everything of this module; units, people and seats must be there.

    members   unit → the people whose own seats are to be found on fixed and counter floors
    """
    floors, zones = places.floors(building_id), places.zones_of_building(building_id, today)
    _share(floors, zones, valid_from)
    _rule(building_id, floors, zones, today, now)
    _hold(zones, places.seats(building_id), members, valid_from, now)
    by_code = {seat.code: seat.id for seat in places.seats(building_id)}
    for code, since, until, reason in OUT:
        ends_at = None if until is None else now + timedelta(days=until)
        outages.take_out([by_code[code]], now + timedelta(days=since), ends_at, reason, ACTOR, now)


def say_what_is_wrong(building_id: int, somebody: int, today: date, now: datetime) -> None:
    """Reports that wait; who sees to them has an account by now."""
    by_code = {seat.code: seat.id for seat in places.seats(building_id)}
    for code, what, note in WRONG:
        reports.report(by_code[code], what, note, somebody, today, now - timedelta(minutes=7 * len(code)))


def _share(floors: Sequence[FloorView], zones: Sequence[ZoneView], valid_from: date) -> None:
    """Solo places, group desks and rooms of a floor belong to the bureaus whose sections have it."""
    bureaus = _bureaus(zones, people.units_on(valid_from))
    for floor in floors:
        for zone in zones:
            if zone.floor_id == floor.id and not zone.units and not zone.excluded and not zone.counts_only:
                for bureau_id in sorted(bureaus.get(floor.id, ())):
                    places_service.own_zone(zone.id, bureau_id, valid_from)


def _bureaus(zones: Sequence[ZoneView], units: Mapping[int, UnitView]) -> dict[int, set[int]]:
    found: defaultdict[int, set[int]] = defaultdict(set)
    for zone in zones:
        for unit_id in zone.unit_ids:
            parent = units[unit_id].parent_id
            if parent is not None:
                found[zone.floor_id].add(parent)
    return found


def _rule(building_id: int, floors: Sequence[FloorView], zones: Sequence[ZoneView], today: date, now: datetime) -> None:
    def rule(scope: Scope, kind: SeatKind | None, day: date, told: tuple[Mapping[str, Any], str]) -> None:
        house.set_rule(scope, kind, day, told[0], told[1], min(day, today), now)

    began = month_before(today, RULES_SINCE)
    rule(Scope(building_id), None, began, ({"checklist": CHECKLIST}, ACTOR))
    rule(Scope(building_id), SeatKind.SOLO, began, ({"quota_per_week": 4}, ACTOR))
    by_code = {floor.code: floor for floor in floors}
    for code, told in OF_FLOORS.items():
        rule(Scope(building_id, by_code[code]), SeatKind.GROUP, began, told)
    zone = {one.code: one for one in zones}
    finance = Scope(building_id, by_code["18"], zone["18A"])
    rule(finance, SeatKind.GROUP, began, FINANCE_BEFORE)
    rule(finance, SeatKind.GROUP, month_before(today, HINTED_SINCE), FINANCE)
    rule(Scope(building_id, by_code["19"], zone["19A"]), SeatKind.GROUP, began, DRAWN)
    rule(Scope(building_id, by_code["17"], zone["17A"]), SeatKind.GROUP, today + timedelta(days=14), NEXT_MONTH)


def _hold(
    zones: Sequence[ZoneView], seats: Sequence[places.SeatView], members: Mapping[int, Sequence[int]],
    valid_from: date, now: datetime,
) -> None:  # fmt: skip
    """Whoever works where seats are fixed has one of their own, as far as there are any."""
    rows: list[tuple[int, int, date]] = []
    for zone in zones:
        own = [seat for seat in seats if seat.zone_id == zone.id and seat.kind in (SeatKind.FIXED, SeatKind.COUNTER)]
        here = [person_id for unit_id in zone.unit_ids for person_id in members.get(unit_id, ())]
        rows += [(seat.id, person_id, valid_from) for seat, person_id in zip(own, here, strict=False)]
    seats_service.give_many(rows, now)
