"""Memos are for whom they are for, wait until they are done, and are forgotten."""

from datetime import timedelta
from itertools import product

import make
import pytest
from make import at
from sqlalchemy import func, select

from server import changes, db
from server.changes import Thing
from server.errors import Refused
from server.memos import queries, rules, service
from server.memos.models import Memo
from server.memos.rules import Draft, Reader, Recipient, Urgency, Wish
from server.people.rules import Viewer

NOW = at("10:00")
DAY = NOW.date()


class Office:
    """財政課 with its head 髙波 and 鈴木, and 田中 of 税務課; each has an account."""

    def __init__(self) -> None:
        with db.transaction():
            self.bureau = make.unit("財務局", kind="bureau")
            self.section = make.unit("財政課", parent_id=self.bureau)
            self.other_section = make.unit("税務課", parent_id=self.bureau)
            self.chief = make.person("瀬名", unit_id=self.bureau, is_head=True)
            self.head = make.person("髙波", unit_id=self.section, is_head=True)
            self.suzuki = make.person("鈴木", unit_id=self.section)
            self.tanaka = make.person("田中", unit_id=self.other_section)
            people = (self.chief, self.head, self.suzuki, self.tanaka)
            self.accounts = {i: make.account(f"p{i}", person_id=i) for i in people}
            self.operator = make.account("operator")

    def reader(self, person_id: int | None) -> Reader:
        account_id = self.operator if person_id is None else self.accounts[person_id]
        return queries.reader_of(account_id, person_id, DAY)

    def take(self, to: Recipient, by: int, when=NOW, **fields) -> int:
        given = {"caller": "川崎商事", "number": "", "matter": "", "wish": "call_back", "urgency": "normal"} | fields
        with db.transaction():
            return service.take(rules.draft(to, **given), self.accounts[by], "田中 一", when, DAY)


@pytest.fixture
def office(database) -> Office:
    return Office()


@pytest.fixture
def small(sqlite) -> Office:
    return Office()


def test_the_database_asks_for_what_the_rule_allows(office):
    """The SQL narrows as rules.may_read decides."""
    recipients = [Recipient(person_id=i) for i in office.accounts]
    recipients += [Recipient(unit_id=i) for i in (office.bureau, office.section, office.other_section)]
    made = [(office.take(to, by), to, by) for to, by in product(recipients, office.accounts)]

    for person_id in (*office.accounts, None):
        reader = office.reader(person_id)
        for memo_id, to, by in made:
            readable = rules.may_read(reader, to, office.accounts[by])
            assert (queries.memo(memo_id, reader) is not None) is readable, (person_id, to, by)
        mine = {memo_id for memo_id, to, _by in made if rules.is_recipient(reader, to)}
        assert {memo.id for memo in queries.open_for(reader, 100)} == mine
        assert queries.waiting(reader).n == len(mine)


def test_a_manager_sees_neither_the_memos_of_a_person_nor_of_a_section_below(small):
    small.take(Recipient(person_id=small.suzuki), small.tanaka)
    small.take(Recipient(unit_id=small.section), small.tanaka)

    assert queries.open_for(small.reader(small.chief)) == []
    assert [memo.to.unit_id for memo in queries.open_for(small.reader(small.head))] == [small.section]


def test_urgent_ones_come_first_and_of_those_the_oldest(small):
    to = Recipient(person_id=small.suzuki)
    late, early = (small.take(to, small.tanaka, NOW + timedelta(minutes=m), urgency="urgent") for m in (9, 1))
    normal = small.take(to, small.tanaka)
    today = small.take(to, small.tanaka, NOW + timedelta(minutes=20), urgency="today")

    waiting = queries.open_for(small.reader(small.suzuki))

    assert [memo.id for memo in waiting] == [early, late, today, normal]
    assert queries.waiting(small.reader(small.suzuki)) == queries.Waiting(4, 2, today)


def test_whoever_takes_a_section_s_memo_handles_it_for_all_and_can_undo_it(office):
    memo_id = office.take(Recipient(unit_id=office.section), office.tanaka)

    with db.transaction():
        service.handle(memo_id, office.reader(office.suzuki), "鈴木 一", NOW)
    with db.transaction():
        service.handle(memo_id, office.reader(office.head), "髙波 一", NOW + timedelta(minutes=1))

    assert queries.open_for(office.reader(office.head)) == []
    (done,) = queries.taken_by(office.reader(office.tanaka))
    assert (done.is_handled, done.handled_by_name) == (True, ""), "who was there to handle it is not the taker's"
    (theirs,) = queries.handled_for(office.reader(office.head))
    assert theirs.handled_by_name == "鈴木 一"

    with db.transaction():
        service.reopen(memo_id, office.reader(office.head), NOW)

    (again,) = queries.open_for(office.reader(office.suzuki))
    assert (again.is_handled, again.handled_by_name) == (False, "")


def test_who_took_a_call_down_cannot_handle_it(small):
    memo_id = small.take(Recipient(person_id=small.suzuki), small.tanaka)
    taker = small.reader(small.tanaka)

    with pytest.raises(Refused, match="no such memo"), db.transaction():
        service.handle(memo_id, taker, "田中 一", NOW)

    (taken,) = queries.taken_by(taker)
    assert (taken.is_handled, taken.is_mine) == (False, False)


CORRECTED = {
    "caller": "幸商事",
    "number": "044-000-2222",
    "matter": "折り返し不要",
    "wish": "information",
    "urgency": "today",
}


def corrected(small) -> Draft:
    return rules.draft(Recipient(person_id=small.suzuki), *CORRECTED.values())


def test_who_took_a_call_down_corrects_it_until_it_is_handled(office):
    memo_id = office.take(Recipient(person_id=office.suzuki), office.tanaka)
    taker = office.reader(office.tanaka)

    with db.transaction():
        service.correct(memo_id, taker, corrected(office), NOW)

    (memo,) = queries.open_for(office.reader(office.suzuki))
    assert (memo.id, memo.caller, memo.number, memo.matter) == (memo_id, "幸商事", "044-000-2222", "折り返し不要")
    assert (memo.wish, memo.urgency) == (Wish.INFORMATION, Urgency.TODAY)
    assert [line.thing_id for line in changes.since(0) if line.thing is Thing.MEMO] == [memo_id] * 2
    with db.transaction():
        service.handle(memo_id, office.reader(office.suzuki), "鈴木 一", NOW)
    with pytest.raises(Refused) as refused, db.transaction():
        service.correct(memo_id, taker, corrected(office), NOW)
    assert (refused.value.code, refused.value.status) == ("memo_handled", 409)


def test_who_took_a_call_down_withdraws_it_until_it_is_handled(office):
    taker = office.reader(office.tanaka)
    first, second = (office.take(Recipient(person_id=office.suzuki), office.tanaka) for _ in range(2))
    with db.transaction():
        service.handle(second, office.reader(office.suzuki), "鈴木 一", NOW)

    with db.transaction():
        service.withdraw(first, taker, NOW)
    with pytest.raises(Refused, match="handled already"), db.transaction():
        service.withdraw(second, taker, NOW)

    assert queries.open_for(office.reader(office.suzuki)) == []
    assert [memo.id for memo in queries.taken_by(taker)] == [second]


@pytest.mark.parametrize("verb", ["correct", "withdraw"])
def test_nobody_else_corrects_or_withdraws_a_memo(small, verb):
    memo_id = small.take(Recipient(person_id=small.suzuki), small.tanaka)
    more = (corrected(small), NOW) if verb == "correct" else (NOW,)

    for who, wanted, answer in (
        (small.head, memo_id, ("no_memo", 404)),
        (small.head, memo_id + 1000, ("no_memo", 404)),
        (small.suzuki, memo_id, ("memo_not_taken", 403)),
    ):
        with pytest.raises(Refused) as refused, db.transaction():
            getattr(service, verb)(wanted, small.reader(who), *more)
        assert (refused.value.code, refused.value.status) == answer
    (memo,) = queries.open_for(small.reader(small.suzuki))
    assert memo.caller != "幸商事"


@pytest.mark.parametrize("verb", ["handle", "reopen"])
def test_somebody_else_s_memo_is_refused_like_one_that_does_not_exist(small, verb):
    memo_id = small.take(Recipient(person_id=small.suzuki), small.tanaka)
    answers = []
    for wanted in (memo_id, memo_id + 1000):
        arguments = (small.reader(small.head), "x", NOW) if verb == "handle" else (small.reader(small.head), NOW)
        with pytest.raises(Refused) as refused, db.transaction():
            getattr(service, verb)(wanted, *arguments)
        answers.append((refused.value.code, refused.value.status, refused.value.sentence))

    assert answers[0] == answers[1] == ("no_memo", 404, "There is no such memo.")


def test_a_protected_person_gets_no_memo_like_somebody_who_does_not_exist_p13(small):
    """P13: not even the form tells that they work here."""
    from sqlalchemy import update

    from server.people.models import Person

    with db.transaction():
        db.session.execute(update(Person).where(Person.id == small.suzuki).values(protected=True))

    for person_id in (small.suzuki, 99_999):
        with pytest.raises(Refused, match="no such person"):
            small.take(Recipient(person_id=person_id), small.tanaka)
    assert small.suzuki not in {one.to.person_id for one in queries.colleagues(small.reader(small.head), DAY)}


def test_every_step_is_told_to_open_pages(small):
    memo_id = small.take(Recipient(person_id=small.suzuki), small.tanaka)
    with db.transaction():
        service.handle(memo_id, small.reader(small.suzuki), "鈴木 一", NOW)
    with db.transaction():
        service.reopen(memo_id, small.reader(small.suzuki), NOW)

    lines = [line.thing_id for line in changes.since(0) if line.thing is Thing.MEMO]

    assert lines == [memo_id] * 3


def test_memos_are_deleted_30_days_after_they_are_done_or_90_after_nobody_handled_them_p10(office):
    """P10: the job deletes what rules.is_over says is over, and nothing else."""
    to, old = Recipient(person_id=office.suzuki), NOW - timedelta(days=200)
    kept = {office.take(to, office.tanaka, NOW - timedelta(days=89))}
    office.take(to, office.tanaka, NOW - timedelta(days=90))
    for days, stays in ((29, True), (30, False)):
        memo_id = office.take(to, office.tanaka, old)
        with db.transaction():
            service.handle(memo_id, office.reader(office.suzuki), "鈴木 一", NOW - timedelta(days=days))
        kept |= {memo_id} if stays else set()

    with db.transaction():
        assert service.expire(NOW) == 2

    assert set(db.session.scalars(select(Memo.id))) == kept
    with db.transaction():
        assert service.expire(NOW) == 0


def test_memos_go_with_the_person_and_stay_without_the_taker_s_account(office):
    from sqlalchemy import delete

    from server.people.models import Account, Person

    memo_id = office.take(Recipient(person_id=office.suzuki), office.tanaka)
    with db.transaction():
        db.session.execute(delete(Account).where(Account.id == office.accounts[office.tanaka]))
    (memo,) = queries.open_for(office.reader(office.suzuki))
    assert (memo.id, memo.taken_by_id, memo.taken_by_name) == (memo_id, None, "田中 一")

    with db.transaction():
        db.session.execute(delete(Person).where(Person.id == office.suzuki))

    assert db.session.scalar(select(func.count()).select_from(Memo)) == 0


def test_a_stranger_to_everybody_is_told_nothing_of_leave(small):
    assert not service.is_on_leave(Viewer(small.tanaka), small.suzuki, NOW, DAY)
