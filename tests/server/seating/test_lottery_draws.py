"""Lotteries that are drawn: who takes part, what is booked, what is kept, and what happens when somebody is quicker."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta

import make
import pytest
from sqlalchemy import func, select, update

from server import clock, db
from server.bookings import house, queries, service, walk_up
from server.bookings.house import Scope
from server.bookings.queries import BookingView
from server.bookings.rules import How, Wish
from server.errors import Refused
from server.people import service as people
from server.people.models import Unit
from server.places import queries as places
from server.places import service as seats
from server.places.rules import Equipment, SeatKind
from server.places.service import NewSeat
from server.presence import statuses
from server.presence.rules import StatusKind
from server.seating import companions, draws, lottery_jobs, lottery_queries, lottery_round
from server.seating.lottery import Together, Why
from server.seating.lottery_queries import Part, ResultView
from server.seating.lottery_round import Term
from server.seating.models import Draw

FRIDAY = make.THURSDAY + timedelta(days=1)
NOW = make.at("16:00")


class RolledBackError(Exception):
    """So that a draw leaves nothing behind."""


class Zone:
    """Zone 18A of 財政課 with five seats in a row, the last a priority seat; zone 18B of 資金課 with two; six people.

    The rules look back two seats.
    """

    def __init__(self, n_people: int = 6) -> None:
        with db.transaction():
            self.building = make.building()
            self.floor = make.floor(self.building)
            self.zone = make.zone(self.floor)
            self.other_zone = make.zone(self.floor, "18B", x_m=20)
            self.section, self.others = make.unit(), make.unit("資金課")
            self.people = [make.person(f"職員{i}", unit_id=self.section) for i in range(n_people)]
            self.stranger = make.person("田中", unit_id=self.others)
            seats.own_zone(self.zone, self.section, make.DAY)
            seats.own_zone(self.other_zone, self.others, make.DAY)
            new = [
                NewSeat(
                    f"18A-{i:03}", SeatKind.GROUP, 1.4 * i, 1.0, is_priority=i == 5,
                    equipment=(Equipment.WHEELCHAIR, Equipment.MONITOR) if i == 5 else (),
                )
                for i in range(1, 6)
            ]  # fmt: skip
            new.append(NewSeat("18A-006", SeatKind.SOLO, 9.0, 5.0))
            seats.add_seats(self.zone, new, NOW)
            seats.add_seats(
                self.other_zone, [NewSeat(f"18B-{i:03}", SeatKind.GROUP, 21.0 + i, 1.0) for i in (1, 2)], NOW
            )
            self.set_rules(lookback_days=2, overflow=["18B"])
        with db.reading():
            self.seats = {seat.code: seat.id for seat in places.seats_on_floor(self.floor)}

    def set_rules(self, **settings: object) -> None:
        scope = Scope(self.building, self._floor(), self._zone(self.zone))
        house.set_rule(scope, None, make.THURSDAY, settings, "庶務担当", make.THURSDAY, NOW)

    def term(self, day: date = FRIDAY, starts: str = "08:30", ends: str = "17:15", zone_id: int | None = None) -> Term:
        building = places.buildings()[0]
        return lottery_round.term(
            self._zone(zone_id or self.zone), self._floor(), building, make.at(starts, day), make.at(ends, day)
        )

    def draw(self, seed: int = 1, now: datetime = NOW, **of: object) -> int:
        with db.transaction():
            return draws.draw_day(self.term(**of), now, "庶務担当", seed)

    def results(self, draw_id: int) -> dict[int, ResultView]:
        with db.reading():
            return {one.person_id: one for one in lottery_queries.results(draw_id)}

    def book(self, person_id: int, code: str, *times: str, day: date = FRIDAY, **more: object) -> int:
        with db.transaction():
            return make.booking(person_id, self.seats[code], *times, day=day, now=make.at("07:00"), **more)

    def sat(self, person_id: int, code: str, day: date) -> None:
        with db.transaction():
            one = make.booking(person_id, self.seats[code], day=day)
            service.confirm(one, make.at("08:30", day))

    def bookings(self, person_id: int, day: date = FRIDAY) -> list[BookingView]:
        with db.reading():
            return queries.of_person(person_id, make.at("00:00", day), make.at("23:45", day))

    def refused(self, act: Callable[[], object]) -> str:
        with pytest.raises(Refused) as caught, db.transaction():
            act()
        return caught.value.code

    def _floor(self):
        return places.floor(self.floor)

    def _zone(self, zone_id: int):
        return next(one for one in places.zones(self.floor, make.THURSDAY) if one.id == zone_id)


@pytest.fixture
def zone(database) -> Zone:
    return Zone()


def test_everybody_of_the_section_gets_a_booking_by_lot_while_seats_last(zone):
    results = zone.results(zone.draw())

    assert set(results) == set(zone.people)
    won = {i: one for i, one in results.items() if one.seat_id is not None}
    assert sorted(one.seat_code for one in won.values()) == ["18A-001", "18A-002", "18A-003", "18A-004"]
    for person_id, result in won.items():
        (booking,) = zone.bookings(person_id)
        assert (booking.seat_id, booking.how, booking.booked_by_id) == (result.seat_id, How.LOTTERY.value, None)
    lost = set(results) - set(won)
    assert len(lost) == 2 and all(zone.bookings(i) == [] for i in lost)
    assert all(results[i].reasons == [[Why.TOO_FEW, 6, 4]] for i in lost)


def test_who_is_away_by_their_own_word_takes_no_part_and_who_is_away_for_an_hour_does(zone):
    with db.transaction():
        statuses.set_status(
            zone.people[0], StatusKind.LEAVE, make.at("00:00", FRIDAY), make.at("23:59", FRIDAY), "", NOW
        )
        statuses.set_status(
            zone.people[1], StatusKind.TRIP, make.at("10:00", FRIDAY), make.at("11:00", FRIDAY), "", NOW
        )
    results = zone.results(zone.draw())
    assert zone.people[0] not in results
    assert zone.people[1] in results


def test_who_has_a_seat_keeps_it_unless_they_always_take_part_and_nobody_who_wants_no_lottery_is_in_it(zone):
    keeps, gives_up, never = zone.people[:3]
    kept, given_up = zone.book(keeps, "18A-001"), zone.book(gives_up, "18A-006", "13:00", "15:00")
    with db.transaction():
        companions.set_part(gives_up, Part.ALWAYS)
        companions.set_part(never, Part.NEVER)

    results = zone.results(zone.draw())

    assert keeps not in results and never not in results
    assert [one.id for one in zone.bookings(keeps)] == [kept]
    assert zone.seats["18A-001"] not in {one.seat_id for one in results.values()}
    if results[gives_up].seat_id is not None:
        assert [one.seat_id for one in zone.bookings(gives_up)] == [results[gives_up].seat_id]
    else:
        assert [one.id for one in zone.bookings(gives_up)] == [given_up]


def test_what_somebody_gives_up_for_the_lottery_they_keep_when_they_get_nothing(zone):
    given_up = zone.book(zone.people[0], "18A-006", "13:00", "15:00")
    with db.transaction():
        companions.set_part(zone.people[0], Part.ALWAYS)
    seen = set()
    for seed in range(12):
        with suppress(RolledBackError), db.transaction():
            draw_id = draws.draw_day(zone.term(), NOW, "", seed)
            result = next(one for one in lottery_queries.results(draw_id) if one.person_id == zone.people[0])
            held = [
                one.id for one in queries.of_person(zone.people[0], make.at("00:00", FRIDAY), make.at("23:45", FRIDAY))
            ]
            assert (held == [given_up]) == (result.seat_id is None)
            seen.add(result.seat_id is None)
            raise RolledBackError
    assert seen == {True, False}


def test_the_last_seats_are_avoided_as_the_zones_rules_say(zone):
    zone.sat(zone.people[0], "18A-001", make.THURSDAY - timedelta(days=2))
    zone.sat(zone.people[0], "18A-002", make.THURSDAY - timedelta(days=1))
    zone.sat(zone.people[0], "18A-003", make.THURSDAY)
    with db.transaction():
        for other in zone.people[1:]:
            companions.set_part(other, Part.NEVER)
    drawn = set()
    for seed in range(12):
        draw_id = zone.draw(seed)
        drawn.add(zone.results(draw_id)[zone.people[0]].seat_code)
        (booking,) = zone.bookings(zone.people[0])
        with db.transaction():
            service.cancel(booking.id, NOW)
    assert drawn == {"18A-001", "18A-004"}


def test_a_priority_seat_goes_to_who_needs_it_and_to_nobody_else(zone):
    with db.transaction():
        companions.set_needs(zone.people[3], [Equipment.WHEELCHAIR])
    results = zone.results(zone.draw())
    assert results[zone.people[3]].seat_code == "18A-005"
    assert [Why.NEEDS] in results[zone.people[3]].reasons
    for person_id in set(results) - {zone.people[3]}:
        assert Why.NEEDS not in [reason[0] for reason in results[person_id].reasons]


def test_who_went_without_comes_first_the_next_day(zone):
    first = zone.results(zone.draw(seed=4))
    lost = {i for i, one in first.items() if one.seat_id is None}
    tuesday = FRIDAY + timedelta(days=4)
    second = zone.results(zone.draw(seed=4, now=NOW + timedelta(hours=1), day=tuesday))
    assert all(second[i].seat_id is not None and [Why.FIRST, 1] in second[i].reasons for i in lost)
    third = zone.results(zone.draw(seed=4, now=NOW + timedelta(hours=2), day=tuesday + timedelta(days=1)))
    assert all([Why.FIRST, 1] not in third[i].reasons for i in lost)


def test_two_agree_to_sit_beside_each_other_and_do(zone):
    one, other, *_rest = zone.people
    with db.transaction():
        pairing = companions.ask(one, other, Together.TOGETHER, 4, make.THURSDAY)
    with db.reading():
        assert lottery_queries.agreed_pairings([one, other], FRIDAY) == []
    with db.transaction():
        companions.agree(other, pairing, make.THURSDAY)
        companions.set_part(zone.people[4], Part.NEVER)
        companions.set_part(zone.people[5], Part.NEVER)
    codes = [zone.results(draw_id)[i].seat_code for draw_id in [zone.draw(seed=3)] for i in (one, other)]
    assert abs(int(codes[0][-1]) - int(codes[1][-1])) == 1


def test_a_newcomer_draws_a_seat_beside_a_mentor_who_has_booked_one(zone):
    newcomer, mentor, *others = zone.people
    with db.transaction():
        pairing = companions.ask(newcomer, mentor, Together.MENTOR, 20, make.THURSDAY)
        companions.agree(mentor, pairing, make.THURSDAY)
        for i in others:
            companions.set_part(i, Part.NEVER)
    zone.book(mentor, "18A-002")
    result = zone.results(zone.draw())[newcomer]
    assert result.seat_code in ("18A-001", "18A-003") and [Why.BESIDE_MENTOR] in result.reasons


def test_counter_staff_by_their_duties_sit_near_the_counter_and_a_zone_next_door_is_named(zone):
    with db.transaction():
        seats.add_zone(zone.floor, "18P", "窓口", [[8.0, 0.0], [12.0, 0.0], [12.0, 3.0], [8.0, 3.0]], kind="counter")
        clerk = make.person("窓口係")
        people.add_membership(clerk, zone.section, make.DAY, duties="窓口での受付")
        for i in zone.people[2:]:
            companions.set_part(i, Part.NEVER)
    result = zone.results(zone.draw())[clerk]
    assert result.seat_code in ("18A-003", "18A-004") and [Why.NEAR_COUNTER] in result.reasons


def test_the_own_bureau_whose_the_whole_floor_is_is_no_reason_and_its_other_section_is(zone):
    with db.transaction():
        bureau = make.unit("財務局", kind="bureau")
        for section in (zone.section, zone.others):
            db.session.execute(update(Unit).where(Unit.id == section).values(parent_id=bureau))
        shared = seats.add_zone(zone.floor, "18S", "共用", [[0.0, 2.0], [19.0, 2.0], [19.0, 4.0], [0.0, 4.0]])
        seats.own_zone(shared, bureau, make.DAY)
    near = [one[1] for of in zone.results(zone.draw()).values() for one in of.reasons if one[0] == Why.NEAR]
    assert bureau not in near

    with db.transaction():
        seats.own_zone(shared, zone.others, make.DAY)
    with db.reading():
        facts = lottery_round.facts_of(zone.term(), lottery_round.free_seats(zone.term()), [], [], NOW)
    assert {seat.near for seat in facts.seats} <= {zone.others}


def test_the_same_seed_and_the_kept_facts_give_the_same_again_and_the_facts_name_nobody(zone):
    draw_id = zone.draw(seed=20)
    with db.reading():
        kept = db.session.scalars(select(Draw)).one()
        assert kept.seed == 20 and "職員" not in str(kept.facts)
        assert len(draws.redraw(draw_id)) == 6
        assert draws.is_as_drawn(draw_id)


def test_a_second_lottery_for_the_day_is_for_those_who_have_no_seat_yet(zone):
    zone.draw()
    assert zone.refused(lambda: draws.draw_day(zone.term(), NOW, "")) == "no_free_seat"
    winner = next(i for i in zone.people if zone.bookings(i))
    with db.transaction():
        service.cancel(zone.bookings(winner)[0].id, NOW)
    again = zone.results(zone.draw(seed=2))
    assert len(again) == 3 and sum(one.seat_id is not None for one in again.values()) == 1


def test_when_somebody_books_meanwhile_nothing_of_the_lottery_is_booked(zone, monkeypatch):
    drawn = lottery_round.for_day

    def and_then_somebody_books(*given):
        made = drawn(*given)
        wish = Wish(zone.seats["18A-001"], make.at("08:30", FRIDAY), make.at("17:15", FRIDAY))
        service.book(zone.people[0], wish, NOW)
        return made

    monkeypatch.setattr(lottery_round, "for_day", and_then_somebody_books)
    assert zone.refused(lambda: draws.draw_day(zone.term(), NOW, "", 1)) in draws.TAKEN_MEANWHILE
    monkeypatch.undo()
    with db.reading():
        assert db.session.scalar(select(func.count()).select_from(Draw)) == 0
    assert all(zone.bookings(i) == [] for i in zone.people)


@pytest.mark.parametrize(
    ("of", "rules", "code"),
    [
        ({"day": make.THURSDAY + timedelta(days=2)}, {}, "closed_day"),
        ({"day": make.THURSDAY, "starts": "08:30"}, {}, "past"),
        ({"starts": "08:31"}, {}, "not_aligned"),
        ({}, {"ahead_days": 0}, "walk_up_only"),
        ({"day": FRIDAY + timedelta(days=10)}, {"ahead_days": 7}, "too_early"),
        ({}, {"longest_min": 60}, "too_long_here"),
    ],
)
def test_what_the_zones_rules_forbid_is_not_drawn_either(zone, of, rules, code):
    if rules:
        with db.transaction():
            zone.set_rules(**rules)
    assert zone.refused(lambda: draws.draw_day(zone.term(**of), NOW, "")) == code


def test_who_has_used_up_their_quota_is_left_out(zone):
    with db.transaction():
        zone.set_rules(quota_per_week=1)
    zone.sat(zone.people[0], "18A-001", make.THURSDAY)
    assert zone.people[0] not in zone.results(zone.draw())


def test_somebody_who_arrives_draws_one_seat_and_has_it_at_once_p3(zone):
    now = make.at("08:41")
    with db.transaction():
        of = draws.arrival(zone.term(day=make.THURSDAY), now)
        drawn = draws.draw_now(zone.people[0], of, now, 5)
    (booking,) = zone.bookings(zone.people[0], make.THURSDAY)
    assert (booking.id, booking.seat_code) == (drawn.booking_id, drawn.seat.code)
    assert booking.is_confirmed and booking.how == How.LOTTERY and drawn.seat.kind == SeatKind.GROUP
    with db.reading():
        kept = lottery_queries.draw(drawn.draw_id)
        assert kept.drawn_at == booking.starts_at  # the same quarter hour, and no minute more
        assert draws.is_as_drawn(drawn.draw_id)
    assert zone.refused(lambda: draws.draw_now(zone.people[0], of, now)) == "overlap"


def test_others_draw_here_on_arrival_only_when_the_zone_is_open_to_them_and_nothing_when_it_is_full(zone):
    early, late = make.at("08:41"), make.at("09:41")
    assert (
        zone.refused(lambda: draws.draw_now(zone.stranger, draws.arrival(zone.term(day=make.THURSDAY), early), early))
        == "no_free_seat"
    )
    with db.transaction():
        assert draws.draw_now(zone.stranger, draws.arrival(zone.term(day=make.THURSDAY), late), late).seat.code
    for person_id in zone.people[:4]:
        with db.transaction():
            draws.draw_now(person_id, draws.arrival(zone.term(day=make.THURSDAY), late), late)
    assert (
        zone.refused(lambda: draws.draw_now(zone.people[4], draws.arrival(zone.term(day=make.THURSDAY), late), late))
        == "no_free_seat"
    )


def test_going_without_is_not_made_up_for_by_a_seat_drawn_on_arrival(zone):
    lost = next(i for i, one in zone.results(zone.draw()).items() if one.seat_id is None)
    friday = make.at("12:01", FRIDAY)
    winner = next(i for i in zone.people if zone.bookings(i))
    with db.transaction():
        service.cancel(zone.bookings(winner)[0].id, NOW)
        draws.draw_now(lost, draws.arrival(zone.term(), friday), friday)
    with db.reading():
        assert lottery_queries.without(zone.zone, [lost]) == {lost: 1}


def test_only_colleagues_of_ones_section_are_asked_and_only_who_was_asked_agrees(zone):
    one, other, third = zone.people[:3]
    assert zone.refused(lambda: companions.ask(one, zone.stranger, Together.TOGETHER, 4, FRIDAY)) == "not_your_section"
    assert zone.refused(lambda: companions.ask(one, other, Together.TOGETHER, 14, FRIDAY)) == "bad_term"
    with db.transaction():
        pairing = companions.ask(one, other, Together.TOGETHER, 4, FRIDAY)
    assert zone.refused(lambda: companions.ask(other, one, Together.TOGETHER, 4, FRIDAY)) == "asked_already"
    assert zone.refused(lambda: companions.agree(one, pairing, FRIDAY)) == "no_pairing"
    assert zone.refused(lambda: companions.agree(third, pairing, FRIDAY)) == "no_pairing"
    assert zone.refused(lambda: companions.end(third, pairing, FRIDAY)) == "no_pairing"
    with db.transaction():
        companions.agree(other, pairing, FRIDAY)
        companions.end(one, pairing, FRIDAY)
    with db.reading():
        assert lottery_queries.pairings_of(one, FRIDAY) == []


def test_a_zones_rule_draws_the_next_working_days_seats_once_at_its_hour(zone, monkeypatch):
    with db.transaction():
        zone.set_rules(draws_at="15:00", ahead_days=7)

    def at(now: datetime) -> int:
        monkeypatch.setattr(clock, "now", lambda: now)
        lottery_jobs.draw_by_rule("main")
        with db.reading():
            return db.session.scalar(select(func.count()).select_from(Draw))

    assert at(make.at("14:55")) == 0
    assert at(make.at("15:00")) == 1
    assert at(make.at("15:05")) == 1
    assert sum(bool(zone.bookings(i)) for i in zone.people) == 4
    with db.reading():
        (drawn,) = lottery_queries.draws(zone.zone, FRIDAY)
        assert (drawn.day, drawn.drawn_by) == (FRIDAY, "")
    saturday = FRIDAY + timedelta(days=1)
    assert at(make.at("16:00", saturday)) == 1  # nobody draws on a day on which the building is closed
    assert at(make.at("16:00", FRIDAY)) == 2  # for Tuesday: Monday is a holiday
    with db.reading():
        assert lottery_queries.draws(zone.zone, FRIDAY)[0].day == FRIDAY + timedelta(days=4)


def test_whoever_is_given_a_seat_at_an_entrance_or_a_shared_screen_draws_it_with_all_that_holds(zone):
    now = make.at("08:41")
    with db.transaction():
        companions.set_needs(zone.people[0], [Equipment.WHEELCHAIR])
        pairing = companions.ask(zone.people[1], zone.people[2], Together.TOGETHER, 4, make.THURSDAY)
        companions.agree(zone.people[2], pairing, make.THURSDAY)
        service.sit_down(zone.people[2], zone.seats["18A-002"], make.at("17:15"), How.MAP, now)
    floor = zone._floor()
    with db.transaction():
        needing, _until = walk_up.give_a_seat(zone.people[0], floor, How.KIOSK, now)
        beside, _until = walk_up.give_a_seat(zone.people[1], floor, How.CODE, now, zone.zone)
    assert needing.seat.code == "18A-005"
    assert beside.seat.code in ("18A-001", "18A-003")
    with db.reading():
        (told,) = lottery_queries.results_of(zone.people[1], make.THURSDAY)
        assert [Why.BESIDE_EACH_OTHER] in told.reasons


def test_who_needs_what_no_seat_has_is_told_no_more_than_that_none_is_free(zone):
    with db.transaction():
        companions.set_needs(zone.people[0], [Equipment.DOCK])
    now = make.at("08:41")
    given = zone.refused(lambda: walk_up.give_a_seat(zone.people[0], zone._floor(), How.KIOSK, now, zone.zone))
    assert given == "no_free_seat"


def test_results_go_after_90_days_and_pairings_once_they_are_over_p10(zone, monkeypatch):
    zone.draw()
    with db.transaction():
        companions.ask(*zone.people[:2], Together.TOGETHER, 4, make.THURSDAY)

    def forgotten(days: int) -> int:
        monkeypatch.setattr(clock, "now", lambda: make.at("03:00", FRIDAY + timedelta(days=days)))
        return lottery_jobs.forget("main")

    assert forgotten(20) == 0
    assert forgotten(30) == 1
    assert forgotten(90) == 0
    assert forgotten(92) == 1
    with db.reading():
        assert db.session.scalar(select(func.count()).select_from(Draw)) == 0
