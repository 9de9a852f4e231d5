"""House rules as rows: inherited, dated, previewed with the bookings they would meet, and stated in sentences."""

from datetime import date, time, timedelta

import make
import pytest
from flask import Flask
from flask_babel import force_locale

from server import changes, db
from server.bookings import bulk, house, queries, rules, sentences, trouble
from server.bookings.bulk import NewBooking
from server.bookings.house import Scope
from server.bookings.queries import RulesOfDay
from server.bookings.rules import Repeat, State, Who
from server.bookings.sentences import Here
from server.changes import Thing
from server.errors import Refused
from server.people import queries as people
from server.places import queries as places
from server.places import seats, service
from server.places.rules import SeatKind

TODAY = date(2026, 11, 19)  # a Thursday
NOW = make.at("08:00", TODAY)
TOMORROW = TODAY + timedelta(days=1)


class Office:
    """財政課 owns 18A, 資金課 of the same bureau owns 18B, 情報課 of another owns 18C."""

    def __init__(self) -> None:
        with db.transaction():
            self.building = make.building()
            self.floor = make.floor(self.building, "18")
            bureau, other = make.unit("財務局", kind="bureau"), make.unit("デジタル局", kind="bureau")
            units = [make.unit("財政課", parent_id=bureau), make.unit("資金課", parent_id=bureau),
                     make.unit("情報課", parent_id=other)]  # fmt: skip
            self.zones = {}
            self.seats = {}
            for number, (code, unit_id) in enumerate(zip(("18A", "18B", "18C"), units, strict=True)):
                self.zones[code] = make.zone(self.floor, code, x_m=15.0 * number)
                service.own_zone(self.zones[code], unit_id, make.DAY)
                for n in (1, 2):
                    self.seats[f"{code}-{n:03}"] = make.seat(self.zones[code], f"{code}-{n:03}", x_m=15.0 * number + n)
            self.sato, self.suzuki, self.tanaka = (make.person(name, unit_id=unit_id) for name, unit_id in
                                                   zip(("佐藤", "鈴木", "田中"), units, strict=True))  # fmt: skip

    def scope(self, zone: str | None = None, *, floor: bool = True) -> Scope:
        found = {one.code: one for one in places.zones(self.floor, TODAY)}
        return Scope(self.building, places.floor(self.floor) if floor else None, found[zone] if zone else None)

    def set(self, scope: Scope, kind: SeatKind | None, day: date, **settings: object) -> None:
        with db.transaction():
            house.set_rule(scope, kind, day, settings, "庶務担当", TODAY, NOW)

    def holding(self, zone: str, kind: SeatKind, day: date) -> rules.HouseRules:
        with db.reading():
            scope = self.scope(zone)
            found = house.holding(scope, kind, day)
            assert found == RulesOfDay(self.building, day).of(scope.zone, kind)
            return found

    def book(self, person_id: int, seat: str, starts: str, ends: str, day: date = TOMORROW) -> None:
        with db.transaction():
            one = NewBooking(self.seats[seat], person_id, make.at(starts, day), make.at(ends, day))
            bulk.lay_out([one], NOW)


@pytest.fixture
def office(database: str) -> Office:
    return Office()


def test_the_narrower_rule_wins_and_the_rest_is_inherited(office: Office) -> None:
    office.set(office.scope(floor=False), None, TODAY, quota_per_week=5, clear_desk_at="17:00")
    office.set(office.scope(), SeatKind.GROUP, TODAY, repeat="block", quota_per_week=4)
    office.set(office.scope("18A"), SeatKind.GROUP, TODAY, quota_per_week=3)

    mine, next_door = office.holding("18A", SeatKind.GROUP, TODAY), office.holding("18B", SeatKind.GROUP, TODAY)

    assert (mine.quota_per_week, mine.repeat, mine.clear_desk_at) == (3, Repeat.BLOCK, time(17))
    assert (next_door.quota_per_week, next_door.repeat) == (4, Repeat.BLOCK)
    solo = office.holding("18A", SeatKind.SOLO, TODAY)
    assert (solo.quota_per_week, solo.repeat, solo.longest_min) == (5, Repeat.OFF, 240)


def test_a_rule_holds_from_its_day_on_and_the_next_one_takes_its_place(office: Office) -> None:
    office.set(office.scope("18A"), SeatKind.GROUP, TODAY, ahead_days=7)
    office.set(office.scope("18A"), SeatKind.GROUP, TOMORROW, quota_per_week=2)

    assert office.holding("18A", SeatKind.GROUP, TODAY).ahead_days == 7
    tomorrow = office.holding("18A", SeatKind.GROUP, TOMORROW)
    assert (tomorrow.ahead_days, tomorrow.quota_per_week) == (14, 2)
    with db.reading():
        assert house.changes_on(office.scope("18A"), SeatKind.GROUP, TODAY) == TOMORROW
        assert house.since(office.scope("18A"), [SeatKind.GROUP], TODAY) == (TODAY, "庶務担当")
        assert house.since(office.scope("18B"), [SeatKind.GROUP], TODAY) == (None, "")


def test_setting_it_again_for_the_same_day_replaces_it_and_one_to_come_can_be_taken_back(office: Office) -> None:
    office.set(office.scope("18A"), None, TOMORROW, ahead_days=7)
    office.set(office.scope("18A"), None, TOMORROW, ahead_days=3)
    with db.transaction():
        (only,) = house.rows(office.scope("18A"))
        assert only.settings == {"ahead_days": 3}
        before = changes.latest_id()
        house.take_back(office.scope("18A"), only.id, TODAY, NOW)
        assert [line.thing for line in changes.since(before)] == [Thing.SEATS]
        assert house.rows(office.scope("18A")) == []


def test_what_holds_already_cannot_be_taken_back_nor_another_zone_s_rule(office: Office) -> None:
    office.set(office.scope("18A"), None, TODAY, ahead_days=7)
    office.set(office.scope("18B"), None, TOMORROW, ahead_days=7)
    with db.reading():
        holds, theirs = house.rows(office.scope("18A"))[0].id, house.rows(office.scope("18B"))[0].id

    for rule_id in (holds, theirs, 999_999):
        with pytest.raises(Refused), db.transaction():
            house.take_back(office.scope("18A"), rule_id, TODAY, NOW)


@pytest.mark.parametrize(
    ("day", "settings", "code"),
    [
        (TODAY - timedelta(days=1), {}, "past"),
        (TODAY + timedelta(days=400), {}, "too_far"),
        (TODAY, {"ahead_days": -1}, "bad_rule"),
        (TODAY, {"ahead_days": "many"}, "bad_rule"),
        (TODAY, {"who": "friends"}, "bad_rule"),
        (TODAY, {"open_to_all_from": "25:00"}, "bad_rule"),
        (TODAY, {"checklist": ["x" * 101]}, "bad_rule"),
        (TODAY, {"unheard_of": 1}, "bad_rule"),
        (TODAY, {"overflow": ["99Z"]}, "bad_overflow"),
        (TODAY, {"overflow": ["18A"]}, "bad_overflow"),
    ],
)
def test_a_rule_that_will_not_do_is_refused_and_not_kept(
    office: Office, day: date, settings: dict[str, object], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        office.set(office.scope("18A"), None, day, **settings)

    assert (refused.value.code, refused.value.status) == (code, 422)
    with db.reading():
        assert house.rows(office.scope("18A")) == []


def test_only_what_differs_from_the_wider_rule_is_kept(office: Office) -> None:
    office.set(office.scope(), SeatKind.GROUP, TODAY, ahead_days=7)
    with db.reading():
        wider = house.wider(office.scope("18A"), SeatKind.GROUP, TODAY)
        given = {"ahead_days": 7, "repeat": Repeat.BLOCK, "who": Who.MEMBERS}

        assert wider.ahead_days == 7
        assert house.differing(given, wider) == {"repeat": Repeat.BLOCK}


@pytest.mark.parametrize(
    ("settings", "met"),
    [
        ({}, ""),
        ({"longest_min": 120}, "18A-001 18B-001"),
        ({"ahead_days": 0}, "18A-001 18A-002 18B-001"),
        ({"who": Who.MEMBERS}, "18A-002 18B-001"),
        ({"who": Who.BUREAU}, ""),
        ({"who": Who.MEMBERS, "is_soft": True}, ""),
    ],
    ids=str,
)
def test_bookings_that_a_rule_would_meet_are_listed_before_and_stay(
    office: Office, settings: dict[str, object], met: str
) -> None:
    office.book(office.sato, "18A-001", "09:00", "12:00")
    office.book(office.sato, "18B-001", "13:00", "17:00")  # of another section, the same bureau
    office.book(office.suzuki, "18A-002", "15:00", "16:00")
    settings = {"who": Who.EVERYONE} | settings
    with db.reading():
        opening = places.opening(places.building("main"))
        found = house.clashes(office.scope(), SeatKind.GROUP, TODAY, settings, opening, NOW)

    assert {one.booking.seat_code for one in found} == set(met.split())
    office.set(office.scope(), SeatKind.GROUP, TODAY, **rules.stored(settings))
    with db.reading():
        held = queries.of_floor(office.floor, NOW, NOW + timedelta(days=7))
    assert len(held) == 3 and {one.state for one in held} == {State.BOOKED}


def test_merging_zones_keeps_every_booking_and_the_other_zone_s_rules_hold(office: Office) -> None:
    office.set(office.scope("18B"), SeatKind.GROUP, TODAY, repeat="block")
    office.book(office.sato, "18A-001", "09:00", "12:00")
    with db.transaction():
        seats.move_to_zone([office.seats["18A-001"], office.seats["18A-002"]], office.zones["18B"], NOW)

    with db.reading():
        (kept,) = queries.of_person(office.sato, NOW, NOW + timedelta(days=7))
    assert (kept.zone_id, kept.seat_code) == (office.zones["18B"], "18A-001")


def test_an_outage_lists_bookings_first_and_their_people_are_told_with_the_nearest_seat_instead(office: Office) -> None:
    office.book(office.sato, "18A-001", "09:00", "12:00")
    starts_at, ends_at = make.at("10:00", TOMORROW), make.at("11:00", TOMORROW)
    with db.transaction():
        ids = [office.seats["18A-001"]]
        assert [one.person_id for one in trouble.in_the_way(ids, starts_at, ends_at, NOW)] == [office.sato]
        before = changes.latest_id()
        trouble.take_out_of_service(ids, starts_at, ends_at, "モニターの修理", "施設担当", NOW)
        assert (Thing.BOOKING, office.sato) in {(line.thing, line.thing_id) for line in changes.since(before)}

    with db.reading():
        (told,) = trouble.of_person(office.sato, NOW)
        assert (told.reason, told.booking.state) == ("モニターの修理", State.BOOKED)
        assert told.instead is not None and told.instead.seat.code == "18A-002"
        assert trouble.of_person(office.suzuki, NOW) == []


def test_an_outage_that_touches_a_booking_only_at_its_end_meets_nobody(office: Office) -> None:
    office.book(office.sato, "18A-001", "09:00", "12:00")
    with db.reading():
        ids = [office.seats["18A-001"]]
        assert trouble.in_the_way(ids, make.at("12:00", TOMORROW), None, NOW) == []
        assert trouble.in_the_way(ids, NOW, make.at("09:00", TOMORROW), NOW) == []
        assert len(trouble.in_the_way(ids, make.at("11:45", TOMORROW), None, NOW)) == 1


def test_many_bookings_laid_out_at_once_never_share_a_seat_rp_02(office: Office) -> None:
    both = [
        NewBooking(office.seats["18A-001"], who, make.at("09:00", TOMORROW), make.at("10:00", TOMORROW))
        for who in (office.sato, office.suzuki)
    ]

    with pytest.raises(Refused) as refused, db.transaction():
        bulk.lay_out(both, NOW)

    assert refused.value.code == "seat_taken"
    with db.reading():
        assert queries.of_floor(office.floor, NOW, NOW + timedelta(days=7)) == []


HERE = Here(("財政課",))


def told(app: Flask, kind: SeatKind = SeatKind.GROUP, here: Here = HERE, **settings: object) -> str:
    """The sentences in English."""
    with app.test_request_context(), force_locale("en"):
        found = sentences.paragraphs(rules.house_rules(kind, [rules.parsed(settings)]), kind, here)
        return " ".join(one.text for part in found for one in part.sentences)


@pytest.mark.parametrize(
    ("settings", "there"),
    [
        ({}, "Their staff may sit on any that is free."),
        ({}, "From 9:30 on the day, other sections may take what is still free."),
        ({"open_to_all_from": None}, "Other sections please sit elsewhere."),
        ({"is_soft": True}, "Please make room"),
        ({"who": "bureau"}, "Everybody of the same bureau"),
        ({"who": "everyone"}, "Everybody who works in this building may sit here."),
        ({"ahead_days": 0}, "Nothing is booked ahead"),
        ({"ahead_days": 1}, "You can book 1 day ahead."),
        ({"ahead_days": 28}, "up to 4 weeks ahead."),
        ({"longest_min": 90}, "You may stay 1 hour 30 minutes at a time."),
        ({"longest_min": 120}, "You may stay 2 hours at a time."),
        ({"quota_per_week": 3}, "3 times a week"),
        ({"grace_min": 0}, "kept until its end"),
        ({"repeat": "block", "lookback_days": 3}, "those of your last 3 working days cannot be booked again"),
        ({"repeat": "lottery_only", "lookback_days": 3}, "another seat than on your last 3 working days"),
        ({"repeat": "off"}, "You may take the same seat again."),
        ({"overflow": ["18B", "18G"]}, "18B → 18G"),
        ({"seat_ratio_pct": 80}, "80 seats for every 100 people"),
        ({"clear_desk_at": "16:45"}, "By 16:45 nothing is left"),
    ],
    ids=str,
)
def test_every_rule_is_a_sentence(app: Flask, settings: dict[str, object], there: str) -> None:
    assert there in told(app, **settings)


def test_the_sentences_speak_of_the_zones_own_seats_and_people(app: Flask) -> None:
    here = Here(("財政課",), n_seats=34, n_people=38, has_priority=True)

    text = told(app, here=here, seat_ratio_pct=95, open_to_all_from="10:00")

    assert text.startswith("Priority seats are kept until 10:00 for those who need what they have.")
    assert "There are 34 seats for the 38 people here; 95 for every 100 are planned." in text
    assert "Priority" not in told(app)


def test_a_place_for_everybody_says_nothing_of_other_sections(app: Flask) -> None:
    text = told(app, SeatKind.BOOTH, Here())

    assert text.startswith("Everybody who works in this building may sit here. You can book 1 week ahead.")
    assert "section" not in text


def test_a_zone_of_a_bureau_is_its_sections_own(office: Office) -> None:
    with db.transaction():
        units = {unit.name: unit.id for unit in people.units_on(TODAY).values()}
        shared = make.zone(office.floor, "18S", y_m=15.0)
        service.own_zone(shared, units["財務局"], make.DAY)
        seat = make.seat(shared, "18S-01", kind="group", y_m=16.0)
    with db.reading():
        zone = next(one for one in places.zones(office.floor, TODAY) if one.id == shared)
        place = queries.place(places.seats_by_id([seat])[seat], zone, False, people.units_on(TODAY))

    assert rules.is_member({units["財政課"]}, place, Who.MEMBERS)
    assert not rules.is_member({units["情報課"]}, place, Who.MEMBERS)
