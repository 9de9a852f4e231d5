"""Giving numbers out: one holder at a time, whoever asks and however many ask at once."""

import threading
from collections.abc import Callable
from datetime import date, timedelta

import make
import pytest
from sqlalchemy import update

from server import audit, changes, db
from server.changes import Thing
from server.errors import Refused
from server.people.models import Person
from server.phones import queries, service
from server.phones.rules import Holder, Kind
from server.phones.service import NewNumber

NOW = make.at("10:00")
BY = {"actor": "operator", "now": NOW}
MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)


def refused(do: Callable[[], object]) -> Refused:
    """Why it is refused; nothing of it is kept."""
    with pytest.raises(Refused) as found, db.transaction():
        do()
    return found.value


@pytest.fixture
def people(database: str) -> tuple[int, int]:
    """Two people who work here."""
    with db.transaction():
        unit = make.unit()
        return make.person("髙波", "真琴", unit_id=unit), make.person("鈴木", "一", unit_id=unit)


def held_by(day: date = make.DAY) -> dict[str, Holder | None]:
    """Whose each number is that day."""
    return {one.number: one.holder for one in queries.all_numbers(day)}


def test_a_number_has_one_holder_and_the_refusal_says_who(people: tuple[int, int]) -> None:
    first, second = people
    with db.transaction():
        extension = make.extension("24117", person_id=first)
    refusal = refused(lambda: service.give(extension, Holder(person_id=second), MAY, **BY))
    assert (refusal.status, refusal.code) == (409, "number_taken")
    assert "髙波 真琴" in str(refusal)
    assert held_by(MAY) == {"24117": Holder(person_id=first)}


def test_a_number_promised_for_later_is_not_given_for_good_before(people: tuple[int, int]) -> None:
    first, second = people
    with db.transaction():
        extension = make.extension("24117")
        service.give(extension, Holder(person_id=first), JUNE, **BY)
    assert "髙波 真琴" in str(refused(lambda: service.give(extension, Holder(person_id=second), MAY, **BY)))
    with db.transaction():
        service.give(extension, Holder(person_id=second), MAY, valid_to=JUNE, **BY)
    assert held_by(MAY)["24117"] == Holder(person_id=second)
    assert held_by(JUNE)["24117"] == Holder(person_id=first)


def test_a_protected_holder_is_not_named_to_whoever_asks_for_the_number_p13(people: tuple[int, int]) -> None:
    first, second = people
    with db.transaction():
        extension = make.extension("24117", person_id=first)
        db.session.execute(update(Person).where(Person.id == first).values(protected=True))
    refusal = refused(lambda: service.give(extension, Holder(person_id=second), MAY, **BY))
    assert refusal.code == "number_taken"
    assert "髙波" not in str(refusal)


def test_of_two_administrators_at_once_one_wins_and_the_other_reads_who_has_it(people: tuple[int, int]) -> None:
    with db.transaction():
        extension = make.extension("24117")
    start, results = threading.Barrier(2), []

    def give(person_id: int) -> None:
        start.wait()
        try:
            with db.transaction():
                service.give(extension, Holder(person_id=person_id), MAY, **BY)
            results.append(None)
        except Refused as refusal:
            results.append(str(refusal))

    threads = [threading.Thread(target=give, args=(person_id,)) for person_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (sentence,) = [one for one in results if one is not None]
    winner = held_by(MAY)["24117"]
    assert winner is not None
    assert ("髙波 真琴" if winner.person_id == people[0] else "鈴木 一") in sentence


def test_two_moves_of_one_number_at_once_do_not_undo_each_other(people: tuple[int, int]) -> None:
    with db.transaction():
        third = make.person("佐藤", "二")
        make.extension("24117", person_id=third)
    (held,) = queries.all_numbers(make.DAY)
    assert held.term_id is not None
    db.session.remove()
    start, results = threading.Barrier(2), []

    def move(person_id: int) -> None:
        start.wait()
        try:
            with db.transaction():
                service.move(held.term_id or 0, Holder(person_id=person_id), MAY, **BY)
            results.append(None)
        except Refused as refusal:
            results.append(refusal.code)

    threads = [threading.Thread(target=move, args=(person_id,)) for person_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results, key=str) == [None, "number_taken"]
    assert held_by()["24117"] == Holder(person_id=third)


def test_moving_a_number_from_a_day_on_leaves_it_with_its_holder_until_then(people: tuple[int, int]) -> None:
    first, second = people
    with db.transaction():
        make.extension("24117", person_id=first)
        (held,) = queries.all_numbers(make.DAY)
        service.move(held.term_id or 0, Holder(person_id=second), JUNE, **BY)
    assert held_by(date(2026, 5, 31))["24117"] == Holder(person_id=first)
    assert held_by(JUNE)["24117"] == Holder(person_id=second)


def test_a_move_keeps_the_end_of_the_term(people: tuple[int, int]) -> None:
    first, second = people
    with db.transaction():
        extension = make.extension("24117")
        term = service.give(extension, Holder(person_id=first), make.DAY, valid_to=JULY, **BY)
        service.move(term, Holder(person_id=second), JUNE, **BY)
    assert held_by(JULY)["24117"] is None


def test_an_ended_number_is_free_and_ending_it_twice_is_refused(people: tuple[int, int]) -> None:
    with db.transaction():
        extension = make.extension("24117")
        term = service.give(extension, Holder(person_id=people[0]), make.DAY, **BY)
        service.end_term(term, MAY, **BY)
    assert held_by(MAY) == {"24117": None}
    assert "24117" not in queries.taken(MAY)
    assert "24117" in queries.taken(date(2026, 4, 30))
    assert refused(lambda: service.end_term(term, JUNE, **BY)).code == "term_ended"


def test_a_retired_number_says_for_three_months_where_it_moved_to(people: tuple[int, int]) -> None:
    with db.transaction():
        extension = make.extension("24117", person_id=people[0])
        make.extension("24118", person_id=people[1])
        service.retire(extension, MAY, moved_to="２４１１８", **BY)
    retired = queries.number("24117", MAY)
    assert retired is not None
    assert (retired.retired, retired.holder, retired.moved_to) == (True, None, "24118")
    assert retired.moved_until == date(2026, 8, 1)
    later = queries.number("24117", date(2026, 8, 1))
    assert later is not None
    assert (later.retired, later.moved_to) == (True, None)
    before = queries.number("24117", date(2026, 4, 30))
    assert before is not None
    assert (before.retired, before.holder) == (False, Holder(person_id=people[0]))


def test_nobody_gets_a_retired_number_until_it_is_taken_back(people: tuple[int, int]) -> None:
    with db.transaction():
        extension = make.extension("24117")
        service.retire(extension, MAY, **BY)
    assert "24117" in queries.taken(JUNE)
    refusal = refused(lambda: service.give(extension, Holder(person_id=people[0]), MAY, **BY))
    assert refusal.code == "number_retired"
    with db.transaction():
        service.restore(extension, **BY)
        service.give(extension, Holder(person_id=people[0]), MAY, **BY)
    assert held_by(MAY)["24117"] == Holder(person_id=people[0])


def test_a_number_promised_to_somebody_is_not_retired_before(people: tuple[int, int]) -> None:
    with db.transaction():
        extension = make.extension("24117")
        service.give(extension, Holder(person_id=people[0]), JUNE, **BY)
    assert refused(lambda: service.retire(extension, MAY, **BY)).code == "number_taken"


@pytest.mark.parametrize("target", ["24117", "99999", "words"])
def test_a_number_moves_only_to_another_one_in_use(database: str, target: str) -> None:
    with db.transaction():
        extension = make.extension("24117")
    assert refused(lambda: service.retire(extension, MAY, moved_to=target, **BY)).status == 422


def test_a_section_has_one_main_number(database: str) -> None:
    with db.transaction():
        unit = make.unit()
        make.extension("24101", "section", unit_id=unit, is_main=True)
        make.extension("24102", "section", unit_id=unit, is_main=True)
    assert [(one.number, one.is_main) for one in queries.numbers_of_units(make.DAY)[unit]] == [
        ("24102", True),
        ("24101", False),
    ]


def test_only_who_works_here_on_the_day_gets_a_number(database: str) -> None:
    with db.transaction():
        extension = make.extension("24117")
        gone = make.person("髙波", "真琴", active_to=MAY)
    assert refused(lambda: service.give(extension, Holder(person_id=gone), MAY, **BY)).code == "holder_not_here"
    for nobody in (Holder(person_id=999), Holder(unit_id=999), Holder(zone_id=999), Holder(device=" ")):
        assert refused(lambda nobody=nobody: service.give(extension, nobody, MAY, **BY)).status == 422


def test_a_place_and_a_device_may_hold_a_number(database: str) -> None:
    with db.transaction():
        zone = make.zone(make.floor(make.building()))
        make.extension("24190", "desk", zone_id=zone)
        service.give(make.extension("24109", "fax"), Holder(device="FAX 18-1"), make.DAY, **BY)
    assert held_by() == {"24109": Holder(device="FAX 18-1"), "24190": Holder(zone_id=zone)}


def test_a_number_that_exists_or_is_none_is_refused(database: str) -> None:
    with db.transaction():
        make.extension("24117")
    assert refused(lambda: service.add_extension("２４１１７", **BY)).code == "number_exists"
    assert refused(lambda: service.add_extension("24%17", **BY)).code == "bad_number"
    assert refused(lambda: service.add_extension("24118", outside_number="call me", **BY)).status == 422
    assert refused(lambda: service.add_extension("24118", kind="pigeon", **BY)).status == 422
    assert refused(lambda: service.add_extension("24118", note="x" * 10_000, **BY)).status == 422
    assert refused(lambda: service.change_extension(999, kind="desk", outside_number="", note="", **BY)).status == 404


def test_every_change_is_written_to_the_audit_log_without_names_sr_42(people: tuple[int, int]) -> None:
    with db.transaction():
        extension = make.extension("24117")
        term = service.give(extension, Holder(person_id=people[0]), make.DAY, **BY)
        term = service.move(term, Holder(person_id=people[1]), MAY, **BY)
        service.end_term(term, JUNE, **BY)
        service.change_extension(extension, kind="desk", outside_number="044-000-2111", note="", **BY)
        service.retire(extension, JULY, **BY)
        service.restore(extension, **BY)
    lines = [one for one in reversed(audit.entries(20)) if one.subject == "extension 24117"]
    assert [line.action for line in lines] == [
        "number_added", "number_given", "number_moved", "number_ended", "number_changed", "number_retired",
        "number_restored",
    ]  # fmt: skip
    assert "髙波" not in str(lines)
    told = [line for line in changes.since(0) if line.thing is Thing.PHONES]
    assert len(told) >= len(lines)


def test_many_numbers_are_laid_out_in_one_go(people: tuple[int, int]) -> None:
    person = Holder(person_id=people[0])
    with db.transaction():
        service.lay_out(
            [
                NewNumber("24117", Kind.SMARTPHONE, person, "044-000-2417"),
                NewNumber("24190", Kind.DESK, retired_on=make.DAY, moved_to="24117", moved_until=MAY),
            ],
            make.DAY,
            **BY,
        )
    moved = queries.number("24190", make.DAY)
    assert moved is not None
    assert moved.moved_to == "24117"
    assert queries.numbers_of_people(make.DAY)[people[0]][0].outside_number == "044-000-2417"


def test_a_leaver_s_number_is_nobody_else_s_until_the_leaver_is_forgotten_p10(database: str) -> None:
    with db.transaction():
        gone = make.person("髙波", "真琴", active_to=MAY)
        make.extension("24117", person_id=gone)
    with db.transaction():
        assert service.forget_holders(date(2027, 5, 1), now=NOW) == 0
    assert held_by(JULY)["24117"] == Holder(person_id=gone)
    with db.transaction():
        assert service.forget_people([gone], NOW) == 1
    assert held_by(JULY)["24117"] is None


def test_who_held_a_number_is_forgotten_once_it_ended_by_then_p10(people: tuple[int, int]) -> None:
    with db.transaction():
        extension = make.extension("24117")
        service.give(extension, Holder(person_id=people[0]), make.DAY, valid_to=MAY, **BY)
        service.give(extension, Holder(person_id=people[1]), MAY, **BY)
        assert service.forget_holders(MAY - timedelta(days=1), now=NOW) == 0
        assert service.forget_holders(MAY, now=NOW) == 1
    assert [term.holder.person_id for term in queries.terms_of(extension, make.DAY)] == [people[1]]
