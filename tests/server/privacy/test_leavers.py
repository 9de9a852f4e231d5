"""People who left are forgotten after their term; what others' records need stays, without their name (P10)."""

from datetime import date, datetime, timedelta

import make
import pytest
from sqlalchemy import func, insert, select, update
from watching import TOKYO

from server import audit, clock, db, retention_terms, timetable
from server.db import Base
from server.fleet import service as fleet
from server.fleet.models import TagCarrier
from server.memos import service as memos
from server.memos.models import Memo
from server.memos.rules import Recipient, draft
from server.people import personal_data, protection, sessions
from server.people import service as people
from server.people.leavers import left_by
from server.people.models import Account, Identity, Membership, NoticeRead, Pause, Person, Visibility
from server.people.rules import Audience, Level, PauseLength, Role, Viewer
from server.phones.models import ExtensionTerm
from server.presence import models as presence_models
from server.presence import service as presence
from server.privacy import leavers, queries
from server.retention_terms import Term
from server.timetable import JOBS

LAST_DAY = date(2026, 3, 31)
LEFT = LAST_DAY + timedelta(days=1)
FORGOTTEN = LEFT + timedelta(days=90)
JOINED = date(2020, 4, 1)
ABOUT_THEM = (
    Visibility, Pause, NoticeRead, Membership, TagCarrier, ExtensionTerm,
    presence_models.Whereabouts, presence_models.Status, presence_models.Dispute,
)  # fmt: skip


def at(day: date) -> datetime:
    return make.at("03:08", day)


class Hall:
    """髙波, whose last day was 31 March and of whom everything is held, and 佐藤, who works on."""

    def __init__(self) -> None:
        now = at(LAST_DAY)
        with db.transaction():
            self.floor = make.floor(make.building())
            self.section = make.unit("財政課")
            self.notice = make.notice()
            self.gone, self.stays = (
                make.person(name, unit_id=self.section, has_read=self.notice, mail=f"{name}@example.jp")
                for name in ("髙波", "佐藤")
            )
            db.session.execute(update(Membership).values(valid_from=JOINED))
            db.session.execute(update(Person).values(active_from=JOINED))
            make.account("after", role=Role.KIOSK)
            self.account = make.account("takanami", person_id=self.gone)
            self.other_account = make.account("sato", person_id=self.stays)
            sessions.start(b"k" * 32, self.account, {}, now)
            db.session.execute(
                insert(Identity).values(issuer="ldap", subject="s", account_id=self.account, linked_at=now)
            )
            for person in (self.gone, self.stays):
                people.set_visibility(person, {Audience.EVERYONE: Level.FLOOR}, now)
                people.pause(person, PauseLength.UNTIL_ENDED, now, TOKYO)
                fleet.hand_over_tag(fleet.add_tag(f"s-1-{person}"), person, now)
                make.extension(f"2400{person}", person_id=person)
                db.session.add_all(
                    [
                        presence_models.Whereabouts(person_id=person, state="away"),
                        presence_models.Dispute(person_id=person, floor_id=self.floor, until=now),
                        presence_models.Status(
                            person_id=person, starts_at=now, ends_at=now + timedelta(hours=1), kind="leave", set_at=now
                        ),
                    ]
                )
            self.memo(self.gone, self.other_account, "佐藤 真琴")
            self.memo(self.stays, self.account, "髙波 真琴")
            audit.record(audit.account(self.account, "髙波 真琴"), "phone_list_exported", "", {}, now)

    def memo(self, to: int, account: int, name: str) -> None:
        said = draft(Recipient(person_id=to), "川崎商事", "", "", "call_back", "normal")
        memos.take(said, account, name, at(LAST_DAY), LAST_DAY)

    def leave(self, active_to: date | None = LEFT) -> None:
        with db.transaction():
            db.session.execute(update(Membership).where(Membership.person_id == self.gone).values(valid_to=LEFT))
            db.session.execute(update(Person).where(Person.id == self.gone).values(active_to=active_to))


@pytest.fixture
def hall(database) -> Hall:
    return Hall()


def run(monkeypatch, day: date) -> int:
    """The nightly job on that day; returns how many rows the report says it deleted."""
    (job,) = [job for job in JOBS if job.name == "forget people who left"]
    monkeypatch.setattr(clock, "now", lambda: at(day))
    timetable.run(job, "main", TOKYO)
    with db.reading():
        return queries.runs()[job.name].last_deleted


def rows(table: type[Base], person_id: int) -> int:
    with db.reading():
        return db.session.scalar(select(func.count()).select_from(table).where(table.person_id == person_id))


def names(person_id: int) -> str | None:
    with db.reading():
        return db.session.scalar(select(Person.family_name).where(Person.id == person_id))


@pytest.mark.parametrize("active_to", [LEFT, None])
def test_whoever_left_is_forgotten_ninety_days_after_their_last_post_p10(hall, monkeypatch, active_to):
    hall.leave(active_to)
    assert run(monkeypatch, FORGOTTEN - timedelta(days=1)) == 0
    assert names(hall.gone) == "髙波"

    deleted = run(monkeypatch, FORGOTTEN)

    assert deleted >= len(ABOUT_THEM) + 3
    assert names(hall.gone) is None, "nothing points at them, so nothing is left"
    assert {table.__tablename__: rows(table, hall.gone) for table in ABOUT_THEM if rows(table, hall.gone)} == {}
    with db.reading():
        assert db.session.get(Account, hall.account) is None
        assert db.session.scalar(select(func.count()).select_from(Identity)) == 0
        assert [memo.person_id for memo in db.session.scalars(select(Memo))] == [hall.stays]
        everything = [row.__dict__ for table in (Person, Account) for row in db.session.scalars(select(table))]
    assert "髙波" not in str(everything)
    assert "takanami" not in str(everything)


def test_whoever_works_on_keeps_everything_p10(hall, monkeypatch):
    before = {table: rows(table, hall.stays) for table in ABOUT_THEM}
    hall.leave()

    run(monkeypatch, FORGOTTEN)

    assert {table: rows(table, hall.stays) for table in ABOUT_THEM} == before
    assert names(hall.stays) == "佐藤"
    with db.reading():
        (memo,) = db.session.scalars(select(Memo))
        line = next(one for one in audit.entries(5) if one.action == "phone_list_exported")
    assert (memo.taken_by_id, memo.taken_by_name) == (None, "髙波 真琴"), "whom a call was taken by is the reader's"
    assert line.actor == audit.account(hall.account, "髙波 真琴")


@pytest.mark.parametrize("how", ["a new post", "no end any more", "a new post beside the old end"])
def test_whoever_comes_back_before_is_untouched_p10(hall, monkeypatch, how):
    hall.leave(LEFT if how == "a new post beside the old end" else None)
    with db.transaction():
        if how == "no end any more":
            db.session.execute(update(Membership).where(Membership.person_id == hall.gone).values(valid_to=None))
        else:
            people.add_membership(hall.gone, hall.section, FORGOTTEN - timedelta(days=2), valid_to=date(2030, 4, 1))
    before = {table: rows(table, hall.gone) for table in ABOUT_THEM}

    assert run(monkeypatch, FORGOTTEN) == 0

    assert {table: rows(table, hall.gone) for table in ABOUT_THEM} == before
    assert names(hall.gone) == "髙波"


def test_look_ups_about_them_stay_for_their_own_year_and_name_nobody_p10(hall, monkeypatch):
    with db.transaction():
        presence.look_up(Viewer(None), hall.other_account, "佐藤 真琴", hall.gone, "map", at(LAST_DAY))
        presence.look_up(Viewer(None), hall.account, "髙波 真琴", hall.stays, "map", at(LAST_DAY))
    hall.leave()

    run(monkeypatch, FORGOTTEN)

    with db.reading():
        looked = {row.subject_id: row.viewer_name for row in db.session.scalars(select(presence_models.LookUp))}
    assert looked == {hall.gone: "佐藤 真琴", hall.stays: "髙波 真琴"}, "who looked 佐藤 up is 佐藤's to know"
    assert names(hall.gone) == ""
    with db.reading():
        (row,) = personal_data.export(hall.gone)["person"]
    assert (row["staff_no"], row["mail"], row["protected"]) == (f"left {hall.gone}", "", False)
    with db.transaction():
        presence.expire_look_ups(at(LAST_DAY) + timedelta(days=1))
    run(monkeypatch, FORGOTTEN + timedelta(days=300))
    assert names(hall.gone) is None


def test_decided_requests_to_protect_them_stay_for_their_term_p10(hall, monkeypatch):
    with db.transaction():
        officers = [make.account(f"officer-{i}", role=Role.PRIVACY_OFFICER) for i in range(2)]
        request = protection.ask(hall.gone, officers[0], "入江", at(LAST_DAY), protect=True)
        protection.decide(request, officers[1], "原", at(LAST_DAY), granted=True)
        protection.ask(hall.gone, officers[0], "入江", at(LAST_DAY), protect=False)
    hall.leave()

    run(monkeypatch, FORGOTTEN)

    with db.reading():
        (left,) = personal_data.export(hall.gone)["protection_request"]
        assert left["granted"] is True
    assert names(hall.gone) == ""


def test_their_number_is_free_and_their_staff_number_too_p10(hall, monkeypatch):
    hall.leave()
    with db.reading():
        staff_no = db.session.scalar(select(Person.staff_no).where(Person.id == hall.gone))
    with db.transaction():
        presence.look_up(Viewer(None), hall.other_account, "佐藤 真琴", hall.gone, "map", at(LAST_DAY))

    run(monkeypatch, FORGOTTEN)

    with db.transaction():
        again = people.add_person(staff_no, "髙波", "真琴", FORGOTTEN)
        assert people.create_account("takanami", make.PASSWORD, Role.STAFF, at(FORGOTTEN), again) != hall.account
    assert again != hall.gone


def test_the_newest_id_is_not_given_out_again_since_the_audit_log_names_it_p10(hall, monkeypatch):
    with db.transaction():
        newest = make.person("最後", unit_id=hall.section)
        account = make.account("saigo", person_id=newest)
        db.session.execute(
            update(Membership).where(Membership.person_id == newest).values(valid_from=JOINED, valid_to=LEFT)
        )
        db.session.execute(update(Person).where(Person.id == newest).values(active_from=JOINED, active_to=LEFT))

    run(monkeypatch, FORGOTTEN)

    assert names(newest) == ""
    with db.reading():
        row = db.session.get(Account, account)
        assert (row.login, row.person_id, row.active) == (f"left {account}", None, False)
    with db.transaction():
        assert make.person("次") != newest
        assert make.account("tsugi") != account
    run(monkeypatch, FORGOTTEN + timedelta(days=1))
    assert names(newest) is None
    with db.reading():
        assert db.session.get(Account, account) is None


def test_the_term_may_be_another_one_p10(hall, monkeypatch):
    hall.leave()
    with db.transaction():
        retention_terms.decide(Term.LEAVERS, timedelta(days=10), "", is_officer=False, decided_by="x", now=at(LAST_DAY))

    assert run(monkeypatch, LEFT + timedelta(days=9)) == 0
    assert run(monkeypatch, LEFT + timedelta(days=10)) > 0


def test_who_has_no_post_but_no_end_either_has_not_left_p10(hall):
    with db.transaction():
        nobody = make.person("兼務")
        db.session.execute(update(Person).where(Person.id == nobody).values(active_from=JOINED))

    assert left_by(date(2030, 1, 1)) == []


def test_forgetting_twice_deletes_nothing_more_p10(hall):
    hall.leave()
    with db.transaction():
        assert leavers.forget_leavers(LEFT, at(FORGOTTEN)) > 0
    with db.transaction():
        assert leavers.forget_leavers(LEFT, at(FORGOTTEN)) == 0
