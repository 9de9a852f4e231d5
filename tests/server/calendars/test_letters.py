"""Mails: written with the change, sent at least once by the background, for those who chose them (RP-22)."""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import time, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import make
import pytest
from aiosmtpd.controller import Controller
from desks import Desks, at_clock
from icalendar import Calendar
from sqlalchemy import func, select, update

from server import db
from server.bookings import checkin, series, service
from server.bookings.models import Booking
from server.bookings.rules import How, State, Wish
from server.calendars import jobs, letters, post
from server.calendars.models import Letter
from server.errors import Misconfigured
from server.people.models import Person
from server.settings import Settings

NOW = make.at("07:00")
TOMORROW = make.THURSDAY + timedelta(days=1)


@dataclass
class Mailroom:
    """A mail server: keeps what it gets, and answers what it is told to."""

    got: list[EmailMessage] = field(default_factory=list)
    to: list[list[str]] = field(default_factory=list)
    says_to_data: str = "250 OK"
    says_to_rcpt: str = "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  aiosmtpd's name
        if self.says_to_rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.says_to_rcpt

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  aiosmtpd's name
        self.got.append(message_from_bytes(envelope.content, policy=policy.default))
        self.to.append(list(envelope.rcpt_tos))
        return self.says_to_data


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def mailroom(port) -> Iterator[Mailroom]:
    room = Mailroom()
    controller = Controller(room, hostname="127.0.0.1", port=port)
    controller.start()
    yield room
    controller.stop()


@pytest.fixture
def config(port, tmp_path) -> Settings:
    return make.settings(
        "sqlite:///x", tmp_path, SMTP_HOST="127.0.0.1", SMTP_PORT=str(port), SMTP_TLS="off",
        SMTP_FROM="iruka@city.example", BASE_URL="https://iruka.city.example",
    )  # fmt: skip


@pytest.fixture
def desks(database, config, monkeypatch) -> Iterator[Desks]:
    at_clock(monkeypatch, NOW)
    made = Desks()
    with db.transaction():
        for person_id, address in ((made.takanami, "takanami@city.example"), (made.suzuki, "suzuki@city.example")):
            db.session.execute(update(Person).where(Person.id == person_id).values(mail=address))
    letters.use(config)
    yield made
    letters._office = None


def choose(person_id: int, *, invitations: bool = False, notices: bool = False) -> None:
    with db.transaction():
        letters.choose(person_id, invitations=invitations, notices=notices)


def change(verb, *args, **more):
    with db.transaction():
        return verb(*args, **more)


def n_waiting() -> int:
    with db.reading():
        return db.session.scalar(select(func.count()).select_from(Letter))


def subjects(person_id: int) -> list[str]:
    with db.reading():
        return list(letters.waiting(person_id))


def calendar_in(mail: EmailMessage) -> Calendar:
    """What a calendar program finds in a mail."""
    (part,) = [one for one in mail.walk() if one.get_content_type() == "text/calendar"]
    calendar = Calendar.from_ical(part.get_content())
    assert part.get_param("method") == str(calendar["method"])
    assert part.get_content_charset() == "utf-8"
    return calendar


def test_nothing_is_written_without_a_mail_server_or_for_whoever_has_not_chosen_it(desks, monkeypatch):
    desks.book(desks.suzuki, desks.seats[1], day=TOMORROW, now=NOW)
    assert n_waiting() == 0
    choose(desks.takanami, invitations=True, notices=True)
    monkeypatch.setattr(letters, "_office", None)
    desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    assert n_waiting() == 0


def test_invitations_follow_a_booking_over_its_life(desks, mailroom):
    choose(desks.takanami, invitations=True)
    booking = desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    change(service.move, booking, Wish(desks.seats[1], make.at("09:00", TOMORROW), make.at("12:00", TOMORROW)), NOW)
    change(service.cancel, booking, NOW)
    jobs.send_letters("main")

    found = [calendar_in(mail) for mail in mailroom.got]
    assert [str(one["method"]) for one in found] == ["REQUEST", "REQUEST", "CANCEL"]
    events = [one.events[0] for one in found]
    assert {str(one["uid"]) for one in events} == {f"booking-{booking}@iruka.city.example"}
    assert [one["sequence"] for one in events] == [0, 1, 2]
    assert [str(one["status"]) for one in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert {str(one["organizer"]) for one in events} == {"mailto:iruka@city.example"}
    assert {str(one["attendee"]) for one in events} == {"mailto:takanami@city.example"}
    assert {one["attendee"].params["RSVP"] for one in events} == {"FALSE"}
    assert mailroom.to == [["takanami@city.example"]] * 3
    assert n_waiting() == 0


def test_a_mail_says_that_no_person_wrote_it_and_reads_in_plain_text(desks, mailroom):
    choose(desks.takanami, invitations=True)
    desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    jobs.send_letters("main")
    (mail,) = mailroom.got
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["From"].addresses[0].addr_spec == "iruka@city.example"
    assert mail["To"].addresses[0].display_name == "髙波 真琴"
    assert "18A-001" in mail["Subject"]
    text = mail.get_body(("plain",)).get_content()
    assert "https://iruka.city.example/seats" in text
    assert "18A-001" in text


def test_what_others_do_is_a_notice_and_what_i_do_is_not(desks):
    choose(desks.takanami, notices=True)
    mine = desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    wish = Wish(desks.seats[0], make.at("09:00", TOMORROW), make.at("12:00", TOMORROW))
    change(service.move, mine, wish, NOW, by_id=desks.takanami)
    assert subjects(desks.takanami) == []
    change(service.cancel, mine, NOW, by_id=desks.suzuki)
    desks.book(desks.takanami, desks.seats[1], day=TOMORROW, now=NOW, booked_by_id=desks.suzuki)
    found = subjects(desks.takanami)
    assert [one.split("：")[0] for one in found] == ["予約が取り消されました", "予約しました"]
    with db.reading():
        bodies = list(db.session.scalars(select(Letter.body).order_by(Letter.id)))
    assert "鈴木 真琴さんが取り消しました。" in bodies[0]
    assert "鈴木 真琴さんが代理で予約しました。" in bodies[1]


def test_a_warning_a_release_an_offer_and_a_question_are_notices(desks):
    choose(desks.takanami, notices=True)
    missed = desks.book(desks.takanami, desks.seats[0], now=NOW)
    change(checkin.warn, [missed], make.at("09:00"))
    change(checkin.release, [missed], make.at("09:30"))
    change(
        service.book, desks.takanami, Wish(desks.seats[1], make.at("10:00"), make.at("12:00"), How.OFFER),
        make.at("09:30"), state=State.OFFERED.value, offered_until=make.at("09:45"),
    )  # fmt: skip
    days = frozenset({TOMORROW.weekday()})
    plan = series.Plan(desks.seats[2], days, time(8, 30), time(12), TOMORROW, TOMORROW)
    weekly = change(series.make, desks.takanami, plan, NOW)
    change(series.ask, [weekly], NOW)
    found = subjects(desks.takanami)
    assert [one[:6] for one in found] == ["着席の確認を", "席が空きに戻", "空きが出まし", "毎週の予約（"]


def test_an_offer_that_is_not_taken_cancels_nothing_in_a_calendar(desks):
    choose(desks.takanami, invitations=True)
    offer = change(
        service.book, desks.takanami, Wish(desks.seats[1], make.at("10:00"), make.at("12:00"), How.OFFER),
        NOW, state=State.OFFERED.value, offered_until=make.at("07:15"),
    )  # fmt: skip
    change(service.cancel, offer.id, NOW)
    assert subjects(desks.takanami) == []


def test_a_seat_taken_on_the_spot_is_no_invitation_and_leaving_is_told_to_nobody_p3(desks):
    choose(desks.takanami, invitations=True, notices=True)
    seat = change(service.sit_down, desks.takanami, desks.seats[0], make.at("12:00"), How.WALK_UP, make.at("08:40"))
    change(service.leave, seat.id, make.at("09:40"))
    assert n_waiting() == 0


def test_a_change_that_is_rolled_back_leaves_no_letter(desks):
    choose(desks.takanami, invitations=True)

    def book_and_fail() -> None:
        make.booking(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        change(book_and_fail)
    assert n_waiting() == 0


def test_a_mail_server_that_is_away_holds_up_no_booking_and_gets_the_letter_later_rp_22(
    desks, config, port, monkeypatch
):
    choose(desks.takanami, invitations=True)
    booking = desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    tried = []
    for minutes in (0, 0, 1, 2, 3, 60, 130):
        at_clock(monkeypatch, NOW + timedelta(minutes=minutes))
        jobs.send_letters("main")
        with db.reading():
            tried.append(db.session.scalar(select(Letter.tries)))
    assert tried == [1, 1, 2, 2, 3, 4, 5]

    room = Mailroom()
    controller = Controller(room, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        at_clock(monkeypatch, NOW + timedelta(hours=4))
        jobs.send_letters("main")
    finally:
        controller.stop()
    assert desks.state(booking) is State.BOOKED
    assert len(room.got) == 1
    assert n_waiting() == 0


def test_a_letter_sent_twice_has_one_message_id_rp_22(desks, mailroom, monkeypatch):
    choose(desks.takanami, invitations=True)
    desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)

    class Killed(BaseException):
        pass

    def die(_letter_id: int) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(letters, "done", die)  # the process dies between sending and writing that down
        with pytest.raises(Killed):
            jobs.send_letters("main")
    at_clock(monkeypatch, NOW + timedelta(minutes=2))
    jobs.send_letters("main")
    assert len(mailroom.got) == 2
    assert len({mail["Message-ID"] for mail in mailroom.got}) == 1
    assert n_waiting() == 0


def test_a_mailbox_that_is_busy_is_tried_again_and_one_that_is_none_is_not_rp_22(desks, mailroom, monkeypatch):
    choose(desks.takanami, invitations=True)
    desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    mailroom.says_to_rcpt = "451 4.3.0 later"
    jobs.send_letters("main")
    assert n_waiting() == 1
    mailroom.says_to_rcpt, mailroom.says_to_data = "250 OK", "452 4.3.1 later"
    at_clock(monkeypatch, NOW + timedelta(minutes=1))
    jobs.send_letters("main")
    assert n_waiting() == 1
    mailroom.says_to_rcpt = "550 5.1.1 no such mailbox"
    at_clock(monkeypatch, NOW + timedelta(minutes=3))
    jobs.send_letters("main")
    assert n_waiting() == 0


def test_one_letter_that_is_refused_does_not_hold_up_the_next(desks, mailroom):
    for person_id in (desks.takanami, desks.suzuki):
        choose(person_id, invitations=True)
    desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    desks.book(desks.suzuki, desks.seats[1], day=TOMORROW, now=NOW)
    mailroom.says_to_data = "554 5.6.0 no"
    jobs.send_letters("main")
    assert len(mailroom.got) == 2
    assert n_waiting() == 0


def test_a_mail_server_that_hangs_is_given_up_and_tried_later_rp_22(desks, config, port, monkeypatch):
    """It takes the connection and never says a word; bookings go on meanwhile."""
    choose(desks.takanami, invitations=True)
    desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    booked = []

    def book_meanwhile(self: post.Counter):
        booked.append(desks.book(desks.sato, desks.seats[2], day=TOMORROW, now=NOW))
        return opened(self)

    opened = post.Counter._opened
    monkeypatch.setattr(post.Counter, "_opened", book_meanwhile)
    monkeypatch.setattr(jobs, "Counter", lambda given: post.Counter(given, timeout_s=0.2))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", port))
        silent.listen()
        jobs.send_letters("main")
    assert len(booked) == 1
    assert n_waiting() == 1


def test_a_letter_is_given_up_after_a_day(desks, mailroom, monkeypatch):
    choose(desks.takanami, invitations=True)
    desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    at_clock(monkeypatch, NOW + timedelta(hours=24))
    assert jobs.forget_letters("main") == 1
    assert n_waiting() == 0
    assert mailroom.got == []


def test_a_warning_of_an_hour_ago_is_not_sent(desks, mailroom, monkeypatch):
    choose(desks.takanami, notices=True)
    missed = desks.book(desks.takanami, desks.seats[0], now=NOW)
    change(checkin.warn, [missed], make.at("08:40"))
    at_clock(monkeypatch, make.at("09:41"))
    jobs.send_letters("main")
    assert (mailroom.got, n_waiting()) == ([], 0)


def test_who_has_left_or_changed_their_mind_gets_nothing(desks, mailroom, monkeypatch):
    for person_id in (desks.takanami, desks.suzuki):
        choose(person_id, invitations=True)
    desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    desks.book(desks.suzuki, desks.seats[1], day=TOMORROW, now=NOW)
    choose(desks.suzuki)
    assert n_waiting() == 1
    with db.transaction():
        db.session.execute(update(Person).where(Person.id == desks.takanami).values(active_to=make.THURSDAY))
    jobs.send_letters("main")
    assert (mailroom.got, n_waiting()) == ([], 0)


@pytest.mark.parametrize(
    "address", ["a@b.example\r\nBcc: all@city.example", "a@b.example,all@city.example", "<a@b.example>", "a b@c", ""]
)
def test_no_address_of_a_person_becomes_a_header_or_a_second_receiver(desks, mailroom, address):
    choose(desks.takanami, invitations=True)
    desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)
    with db.transaction():
        db.session.execute(update(Person).where(Person.id == desks.takanami).values(mail=address))
    desks.book(desks.takanami, desks.seats[1], day=TOMORROW + timedelta(days=4), now=NOW)
    jobs.send_letters("main")
    assert (mailroom.got, n_waiting()) == ([], 0)


def test_no_name_and_no_subject_becomes_a_header(desks, mailroom):
    choose(desks.takanami, invitations=True)
    with db.transaction():
        db.session.execute(
            update(Person)
            .where(Person.id == desks.takanami)
            .values(family_name="髙\r\nBcc: x@y.example", given_name='"')
        )
        room = make.seat(desks.zone, "18-M1", kind="room")
    booking = desks.book(desks.takanami, room, "10:00", "11:00", day=TOMORROW, now=NOW)
    with db.transaction():
        db.session.execute(update(Booking).values(subject="a\r\nBcc: all@city.example\r\n\r\nhello\u2028"))
    wish = Wish(room, make.at("09:00", TOMORROW), make.at("12:00", TOMORROW))
    change(service.move, booking, wish, NOW)
    jobs.send_letters("main")
    assert len(mailroom.got) == 2
    for mail in mailroom.got:
        assert mail["Bcc"] is None
        (event,) = calendar_in(mail).events
        assert set(event) & {"BCC", "X"} == set()
    assert mailroom.to == [["takanami@city.example"]] * 2


def test_two_at_once_send_a_letter_once_while_both_are_well(desks, mailroom):
    choose(desks.takanami, invitations=True)
    desks.book(desks.takanami, desks.seats[0], day=TOMORROW, now=NOW)

    async def both() -> None:
        await asyncio.gather(*(asyncio.to_thread(_send_and_let_go) for _ in range(2)))

    asyncio.run(both())
    assert len(mailroom.got) == 1


def _send_and_let_go() -> None:
    try:
        jobs.send_letters("main")
    finally:
        db.session.remove()


def test_the_password_is_read_from_its_file_and_shown_nowhere(tmp_path):
    secret = tmp_path / "smtp-password"
    secret.write_text("tr0ub4dor & more\n")
    config = make.settings(
        "sqlite:///x", tmp_path, SMTP_HOST="mail.city.example", SMTP_FROM="iruka@city.example", SMTP_USER="iruka",
        SMTP_PASSWORD_FILE=str(secret),
    )  # fmt: skip
    assert config.smtp is not None
    assert (config.smtp.password, config.smtp.port, config.smtp.start_tls) == ("tr0ub4dor & more", 587, True)
    assert "tr0ub4dor" not in repr(config)


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"SMTP_HOST": "mail city"}, "IRUKA_SMTP_HOST"),
        ({"SMTP_HOST": "mail.city.example"}, "IRUKA_SMTP_FROM"),
        ({"SMTP_HOST": "mail.city.example", "SMTP_FROM": "a@b.example\nBcc: c@d.example"}, "IRUKA_SMTP_FROM"),
        ({"SMTP_HOST": "mail.city.example", "SMTP_FROM": "a@b.example", "SMTP_TLS": "off"}, "IRUKA_SMTP_TLS"),
        ({"SMTP_HOST": "mail.city.example", "SMTP_FROM": "a@b.example", "SMTP_TLS": "yes"}, "IRUKA_SMTP_TLS"),
        ({"SMTP_HOST": "mail.city.example", "SMTP_FROM": "a@b.example", "SMTP_PORT": "0"}, "IRUKA_SMTP_PORT"),
        ({"SMTP_HOST": "mail.city.example", "SMTP_FROM": "a@b.example", "SMTP_USER": "a"}, "IRUKA_SMTP_USER"),
        (
            {"SMTP_HOST": "m.example", "SMTP_FROM": "a@b.example", "SMTP_USER": "a", "SMTP_PASSWORD_FILE": "/nowhere"},
            "IRUKA_SMTP_PASSWORD_FILE",
        ),
    ],
)
def test_a_wrong_setting_is_said_at_the_start(tmp_path, variables, named):
    with pytest.raises(Misconfigured, match=named):
        make.settings("sqlite:///x", tmp_path, **variables)
