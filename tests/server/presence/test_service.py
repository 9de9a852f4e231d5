"""Keeping whereabouts, forgetting them, and answering for them; on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import make
import pytest
from sqlalchemy import Date, Float, Numeric, inspect

from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.people import queries as people_queries
from server.people import service as people
from server.people.rules import Audience, Level, PauseLength, Viewer
from server.places.models import Floor, Zone
from server.presence import jobs, queries, service
from server.presence.alerts import Crossed, LookedUpTooOften
from server.presence.rules import AWAY, Shown, State, Whereabouts
from server.presence.service import Observation
from server.retention_terms import BOUNDS, Term

NOW = make.at("10:00")


class Office:
    """A floor with two zones, and 髙波 who has read the notice."""

    def __init__(self) -> None:
        with db.transaction():
            self.notice = make.notice()
            self.building = make.building()
            self.floor = make.floor(self.building, "18")
            self.zone_a = make.zone(self.floor, "18A")
            self.zone_b = make.zone(self.floor, "18B", x_m=20)
            self.person = make.person(has_read=self.notice)

    def at(self, zone: int | None = None, *, heard=NOW, state=State.PRESENT, confidence=0.9) -> Whereabouts:
        return Whereabouts(state, self.floor, zone or self.zone_a, confidence, heard)


@pytest.fixture
def office(database) -> Office:
    return Office()


def observe(person: int, where: Whereabouts, now=NOW) -> frozenset[int]:
    with db.transaction():
        return service.observe([Observation(person, where)], now)


def known(person: int) -> Whereabouts | None:
    with db.reading():
        return queries.whereabouts([person]).get(person)


def things() -> list[tuple[Thing, int]]:
    with db.reading():
        return [(line.thing, line.thing_id) for line in changes.since(0) if line.thing != Thing.CHOICES]


def test_a_change_of_place_is_kept_and_told(office):
    changed = observe(office.person, office.at())

    assert changed == {office.person}
    assert known(office.person) == office.at()
    assert things() == [(Thing.PRESENCE, office.person)]


def test_hearing_somebody_again_in_the_same_place_tells_the_floor_only(office):
    observe(office.person, office.at())

    changed = observe(office.person, office.at(heard=NOW + timedelta(seconds=10)), NOW + timedelta(seconds=10))

    assert changed == frozenset()
    assert known(office.person).heard_at == NOW + timedelta(seconds=10)
    assert things() == [(Thing.PRESENCE, office.person), (Thing.HEARD, office.floor)]


def test_ten_thousand_observations_leave_one_row_p10(office):
    with db.transaction():
        for second in range(10_000):
            heard = NOW + timedelta(seconds=second)
            zone = office.zone_a if second // 60 % 2 else office.zone_b
            if second % 50 == 0:
                service.observe([Observation(office.person, office.at(zone, heard=heard))], heard)

    with db.reading():
        assert len(queries.whereabouts()) == 1


def test_no_table_of_presence_holds_a_coordinate_a_beginning_or_a_trail_p9(office):
    columns = {
        table: {column["name"]: column["type"] for column in inspect(db.engine()).get_columns(table)}
        for table in ("whereabouts", "look_up", "map_view")
    }
    key = inspect(db.engine()).get_pk_constraint("whereabouts")["constrained_columns"]

    assert key == ["person_id"]
    assert set(columns["whereabouts"]) == {
        "person_id", "state", "floor_id", "zone_id", "confidence", "source", "heard_at",
    }  # fmt: skip
    numbers = {(t, n) for t, named in columns.items() for n, kind in named.items() if isinstance(kind, Float | Numeric)}
    assert {pair for pair in numbers if pair[1] not in ("id", "count") and not pair[1].endswith("_id")} == {
        ("whereabouts", "confidence")
    }
    assert [n for n, kind in columns["map_view"].items() if isinstance(kind, Date)] == ["day"]


def test_an_older_sighting_never_replaces_a_newer_one_rp_04(office):
    observe(office.person, office.at(office.zone_a))

    changed = observe(office.person, office.at(office.zone_b, heard=NOW - timedelta(seconds=5)))

    assert changed == frozenset()
    assert known(office.person).zone_id == office.zone_a


@pytest.mark.parametrize("minutes", [-11, 3], ids=["eleven minutes old", "three minutes ahead"])
def test_a_sighting_from_another_time_moves_nobody_rp_04(office, minutes):
    assert observe(office.person, office.at(heard=NOW + timedelta(minutes=minutes))) == frozenset()
    assert known(office.person) is None


def test_whoever_is_away_keeps_no_place_and_no_time(office):
    observe(office.person, office.at())

    observe(office.person, AWAY, NOW + timedelta(minutes=20))

    assert known(office.person) == AWAY


def test_nothing_is_recorded_before_the_notice_has_been_read_p2(office):
    with db.transaction():
        unread = make.person("入江")

    assert observe(unread, office.at()) == frozenset()
    assert known(unread) is None


def test_a_new_version_of_the_notice_has_to_be_read_anew_p2(office):
    with db.transaction():
        make.notice(NOW)

    assert observe(office.person, office.at()) == frozenset()


def test_whoever_has_paused_is_neither_recorded_nor_kept_p5(office):
    observe(office.person, office.at())
    with db.transaction():
        people.pause(office.person, PauseLength.HOUR, NOW, ZoneInfo("Asia/Tokyo"))
        service.clear([office.person], NOW)

    assert known(office.person) is None
    assert observe(office.person, office.at(office.zone_b)) == frozenset()
    assert known(office.person) is None
    assert observe(office.person, office.at(heard=NOW + timedelta(minutes=61)), NOW + timedelta(minutes=61))


def test_a_place_that_refuses_presence_is_not_recorded_p8(office):
    with db.transaction() as session:
        session.get(Zone, office.zone_b).excluded = True

    assert observe(office.person, office.at(office.zone_b)) == frozenset()
    assert observe(office.person, office.at(office.zone_a)) == {office.person}


def test_a_floor_that_refuses_presence_is_not_recorded_p8(office):
    with db.transaction() as session:
        session.get(Floor, office.floor).excluded = True

    assert observe(office.person, replace(office.at(), zone_id=None, state=State.FLOOR)) == frozenset()


def test_the_night_forgets_everybody_p10(office):
    observe(office.person, office.at())

    in_the_afternoon = jobs.clear_unless_open("main", make.at("15:00"))
    in_the_evening = jobs.clear_unless_open("main", make.at("20:01"))

    assert (in_the_afternoon, in_the_evening) == (0, 1)
    assert known(office.person) is None
    assert things()[-1] == (Thing.PRESENCE, office.person)


class Colleague:
    """Somebody of another section, with an account."""

    def __init__(self) -> None:
        with db.transaction():
            self.person = make.person("入江", "葵")
            self.account = make.account("irie", person_id=self.person)
        self.viewer = Viewer(self.person)

    def look_up(self, person: int, now=NOW):
        with db.transaction():
            return service.look_up(self.viewer, self.account, "入江 葵", person, "search", now)


def look_ups(person: int):
    with db.reading():
        return queries.look_ups_of(person, NOW - timedelta(days=365))


def test_a_look_up_by_name_is_answered_and_can_be_read_by_the_person_p11(office):
    observe(office.person, office.at())
    colleague = Colleague()

    seen = colleague.look_up(office.person)

    assert (seen.state, seen.zone_id) == (Shown.PRESENT, office.zone_a)
    assert [(line.viewer_name, line.screen, line.at) for line in look_ups(office.person)] == [
        ("入江 葵", "search", NOW)
    ]


def test_looking_for_oneself_is_not_written_down_p11(office):
    colleague = Colleague()

    colleague.look_up(colleague.person)

    assert look_ups(colleague.person) == []


def test_twenty_look_ups_of_one_person_within_a_day_are_enough_p12(office):
    """P12: the next is neither answered nor written down, until the first is a day old; others may be looked up."""
    colleague = Colleague()
    with db.transaction():
        other = make.person("桐生")
    for minute in range(20):
        colleague.look_up(office.person, NOW + timedelta(minutes=minute))
    late = NOW + timedelta(minutes=30)

    with pytest.raises(LookedUpTooOften) as refused:
        colleague.look_up(office.person, late)

    assert (refused.value.status, refused.value.retry_after_s) == (429, 23.5 * 3600)
    assert refused.value.crossed == Crossed("one", colleague.account, "入江 葵", office.person, 20)
    assert len(look_ups(office.person)) == 20
    colleague.look_up(other, late)
    colleague.look_up(office.person, NOW + timedelta(days=1))


def test_sixty_look_ups_within_ten_minutes_are_enough_p12(office):
    """P12: whoever they are of; one's own card is no look-up."""
    colleague = Colleague()
    with db.transaction():
        others = [make.person(f"人{number}") for number in range(20)]
    for person in others * 3:
        colleague.look_up(person)

    with pytest.raises(Refused) as refused:
        colleague.look_up(others[0], NOW + timedelta(minutes=4))

    assert (refused.value.code, refused.value.status, refused.value.retry_after_s) == ("too_many_look_ups", 429, 360)
    for _ in range(70):
        colleague.look_up(colleague.person)
    colleague.look_up(others[0], NOW + timedelta(minutes=10))


def test_thirty_different_people_within_ten_minutes_are_enough_p12_sr_04(office):
    """P12, SR-04: the next one must wait; those who were looked up already may be looked up again."""
    colleague = Colleague()
    with db.transaction():
        others = [make.person(f"人{number}") for number in range(31)]
    for minute, person in enumerate(others[:30]):
        colleague.look_up(person, NOW + timedelta(seconds=minute))
    later = NOW + timedelta(minutes=4)

    with pytest.raises(LookedUpTooOften) as refused:
        colleague.look_up(others[30], later)

    assert (refused.value.code, refused.value.status, refused.value.retry_after_s) == ("too_many_people", 429, 360)
    assert refused.value.crossed == Crossed("many", colleague.account, "入江 葵", None, 30)
    colleague.look_up(others[29], later)
    colleague.look_up(colleague.person, later)
    colleague.look_up(others[30], NOW + timedelta(minutes=10))


def test_asking_several_workers_at_once_gets_no_further_than_the_limit_p12(office):
    """P12: the count is exact, whichever process writes."""
    colleague = Colleague()
    for _ in range(17):
        colleague.look_up(office.person)

    def ask(_number: int) -> bool:
        try:
            colleague.look_up(office.person)
        except Refused:
            return False
        finally:
            db.session.remove()
        return True

    with ThreadPoolExecutor(8) as threads:
        answered = list(threads.map(ask, range(16)))

    assert sum(answered) == 3
    assert len(look_ups(office.person)) == 20


def test_a_look_up_of_somebody_hidden_answers_nothing_and_is_written_down_too_p11_p4(office):
    observe(office.person, office.at())
    colleague = Colleague()
    with db.transaction():
        people.set_visibility(office.person, {Audience.EVERYONE: Level.HIDDEN}, NOW)

    seen = colleague.look_up(office.person)

    assert (seen.state, seen.floor_id, seen.zone_id, seen.heard_at) == (Shown.HIDDEN, None, None, None)
    assert len(look_ups(office.person)) == 1


def test_a_zone_that_never_shows_names_does_not_answer_with_its_floor_either(office):
    observe(office.person, office.at())
    with db.transaction() as session:
        session.get(Zone, office.zone_a).counts_only = True

    seen = Colleague().look_up(office.person)

    assert (seen.state, seen.zone_id, seen.floor_id) == (Shown.BUILDING, None, None)


def test_after_closing_time_a_look_up_finds_nobody_though_the_place_is_still_kept_p7(office):
    observe(office.person, office.at())
    colleague = Colleague()

    assert colleague.look_up(office.person, make.at("19:59")).state is Shown.PRESENT
    assert colleague.look_up(office.person, make.at("20:01")).state is Shown.AWAY
    assert known(office.person) == office.at()


def test_look_ups_are_forgotten_after_a_year_p10(office):
    Colleague().look_up(office.person, NOW - timedelta(days=366))

    with db.transaction():
        service.expire_look_ups(NOW - BOUNDS[Term.LOOK_UPS].default)

    with db.reading():
        assert queries.look_ups_of(office.person, NOW - timedelta(days=999)) == []


def test_opening_a_map_is_counted_and_not_listed_p11(office):
    with db.transaction():
        for _ in range(3):
            service.count_map_view(office.floor, NOW.date())

    with db.reading():
        assert queries.map_views(NOW.date(), NOW.date()) == {office.floor: 3}


def test_people_of_a_floor_are_found_together(office):
    observe(office.person, office.at())

    with db.reading():
        assert queries.on_floor(office.floor) == {office.person: office.at()}
        assert people_queries.choices_of([office.person])[office.person].notice_read
