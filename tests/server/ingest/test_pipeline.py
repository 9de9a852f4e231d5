"""Bytes in, whereabouts out: who moves, who must not, and what is counted."""

import json
import random
from collections.abc import Iterable
from datetime import datetime, timedelta

import air
import make
import pytest

from edge_agent import wire
from server import db
from server.fleet import queries as fleet
from server.ingest import loading
from server.ingest.counts import Met
from server.ingest.inbox import Delivery
from server.ingest.pending import write
from server.ingest.pipeline import Pipeline
from server.people import service as people
from server.people.rules import PauseLength
from server.places.models import Floor, Zone
from server.presence import queries as presence
from server.presence.rules import State

RECEIVERS = {"RX-1": (3.0, 3.0), "RX-2": (9.0, 9.0), "RX-3": (15.0, 3.0), "RX-4": (21.0, 9.0)}
IN_A, IN_B = (4.0, 6.0), (20.0, 6.0)
START = make.at("10:00")


class Office:
    """A floor of 24 × 12 m in two zones under four receivers, and 髙波 with a badge."""

    def __init__(self) -> None:
        with db.transaction():
            self.notice = make.notice()
            self.building = make.building()
            self.floor = make.floor(self.building, "18", width_m=24.0, height_m=12.0)
            self.zone_a = make.zone(self.floor, "18A")
            self.zone_b = make.zone(self.floor, "18B", x_m=12.0)
            for agent, (x, y) in RECEIVERS.items():
                make.receiver(self.floor, agent, x_m=x, y_m=y)
            self.person = make.person(has_read=self.notice)
            self.badge = make.badge(self.person, "s-1-1")
        self.open(START)

    def open(self, now: datetime) -> None:
        """Start ingest, as after a restart."""
        self.now = now
        self.second = 0
        with db.reading():
            self.loaded = loading.load_building("main")
            register = loading.load_register(now, self.loaded.view)
            self.pipeline = Pipeline(self.loaded.site, register, self.loaded.opening, "main")
            clocks = fleet.clock_errors_ms(self.loaded.view.id)
            self.pipeline.restore(presence.whereabouts(), fleet.levels(), clocks, now)

    def learn(self) -> None:
        """Read the building and the register again."""
        with db.reading():
            self.loaded = loading.load_building("main", self.loaded)
            self.pipeline.renew_site(self.loaded.site, self.loaded.opening)
            self.pipeline.renew_register(loading.load_register(self.now, self.loaded.view))

    def deliver(self, messages: Iterable[wire.Sightings | tuple[str, bytes]], *, retained: bool = False) -> set[str]:
        """Messages that arrive now; returns what has to be cleared at the broker."""
        deliveries = []
        for message in messages:
            if isinstance(message, tuple):
                topic, payload = message
            else:
                topic, payload = wire.sightings_topic("main", message.agent), wire.encode(message)
            deliveries.append(Delivery(topic, payload, retained, float(self.second)))
        return self.pipeline.take(deliveries, self.now, float(self.second))

    def tick(self) -> None:
        """Step and write, and let a second pass."""
        self.pipeline.step(self.now, float(self.second))
        pending = self.pipeline.pending(float(self.second))
        with db.transaction():
            write(pending, self.now, self.now.date())
        self.pipeline.written(pending, float(self.second))
        self.now += timedelta(seconds=1)
        self.second += 1

    def sent_ms(self) -> int:
        return int(self.now.timestamp() * 1000) - 20

    def hear(self, place: tuple[float, float] | None, seconds: int = 1, **badges: tuple[float, float]) -> None:
        """Every receiver reports for some seconds with the badge at a place, or nowhere."""
        places = dict(badges) | ({self.badge: place} if place else {})
        for _ in range(seconds):
            self.deliver(air.heard_at(RECEIVERS, places, self.second, sent_ms=self.sent_ms(), noise_db=2.0))
            self.tick()

    def known(self, person: int | None = None):
        with db.reading():
            return presence.whereabouts([person or self.person]).get(person or self.person)

    def counted(self, kind: str) -> int:
        """How often, once everything is written."""
        self.second += 10
        self.tick()
        with db.reading():
            return sum(line.count for line in fleet.counts() if line.kind == kind)


@pytest.fixture
def office(database) -> Office:
    return Office()


def test_a_badge_that_is_heard_puts_its_carrier_in_the_zone(office):
    office.hear(IN_A, 30)

    found = office.known()
    assert (found.state, found.floor_id, found.zone_id) == (State.PRESENT, office.floor, office.zone_a)
    assert START < found.heard_at <= office.now


def test_somebody_who_walks_over_is_shown_there(office):
    office.hear(IN_A, 20)

    office.hear(IN_B, 40)

    assert office.known().zone_id == office.zone_b


def test_somebody_whose_badge_falls_silent_is_silent_and_later_away(office):
    office.hear(IN_A, 20)

    office.hear(None, 50)
    silent = office.known()
    office.hear(None, 15 * 60)

    assert (silent.state, silent.zone_id) == (State.SILENT, office.zone_a)
    assert office.known().state == State.AWAY


@pytest.mark.parametrize(("asked_s", "kept_s"), [(120, 120), (3600, 900)])
def test_a_badge_that_is_not_heard_is_believed_nowhere_after_the_term_p10(office, asked_s, kept_s):
    office.pipeline.keep_for(asked_s)
    office.hear(IN_A, 20)

    office.hear(None, kept_s - 5)
    followed = office.pipeline.tags
    office.hear(None, 10)

    assert (followed, office.pipeline.tags) == (1, 0)
    office.hear(IN_B, 40)
    assert office.known().zone_id == office.zone_b


def test_while_no_receiver_reports_people_fall_silent_but_nobody_leaves_rp_11(office):
    office.hear(IN_A, 20)

    for _ in range(16 * 60):
        office.tick()

    assert office.known().state == State.SILENT


def test_messages_may_arrive_in_any_order_within_a_step_rp_04(office):
    found = []
    for turn in range(2):
        office.open(START + timedelta(minutes=20 * turn))
        for second in range(25):
            messages = air.heard_at(RECEIVERS, {office.badge: IN_A}, second, sent_ms=office.sent_ms(), noise_db=4.0)
            if turn:
                random.Random(second).shuffle(messages)
            office.deliver(messages)
            office.tick()
        where = office.pipeline.where(office.person)
        found.append((where.state, where.zone_id, round(where.confidence, 6)))

    assert found[0] == found[1]


def test_an_old_message_moves_nobody_rp_04(office):
    office.hear(IN_A, 30)
    before = office.pipeline.where(office.person)

    for age_ms in (3_500, 60_000, 599_000, 601_000, 86_000_000):
        office.deliver(
            [air.sightings("RX-4", office.second, {office.badge: -50.0}, sent_ms=office.sent_ms(), age_ms=age_ms)]
        )
        office.tick()

    assert office.pipeline.where(office.person) == before
    assert office.counted(Met.LATE) == 3
    assert office.counted(Met.OLD) == 2


def test_a_replayed_or_overtaken_message_moves_nobody_rp_04(office):
    office.hear(IN_A, 30)
    before = office.pipeline.where(office.person)

    office.deliver([air.sightings("RX-4", 29, {office.badge: -50.0}, sent_ms=office.sent_ms())])
    office.deliver([air.sightings("RX-4", 5, {office.badge: -50.0}, sent_ms=office.sent_ms())])
    office.tick()

    assert office.pipeline.where(office.person) == before
    assert office.counted(Met.DUPLICATE) == 2


@pytest.mark.parametrize(
    ("clock_ms", "kind"),
    [(86_400_000, Met.FUTURE), (7.2e12, Met.FUTURE), (-86_400_000, Met.CLOCK_BEHIND), (-1.7e12, Met.CLOCK_BEHIND)],
    ids=["a day ahead", "in the year 2254", "a day behind", "in 1970"],
)
def test_a_receiver_whose_clock_is_far_off_is_quarantined_and_others_are_not_rp_13(office, clock_ms, kind):
    for _ in range(30):
        messages = air.heard_at(RECEIVERS, {office.badge: IN_A}, office.second, sent_ms=office.sent_ms(), noise_db=2.0)
        wrong = air.sightings(
            "RX-4", office.second, {office.badge: -40.0}, sent_ms=max(0, office.sent_ms() + int(clock_ms))
        )
        office.deliver([*messages[:3], wrong])
        office.tick()

    assert office.known().zone_id == office.zone_a
    assert office.counted(kind) == 30


def test_the_clock_error_of_a_receiver_is_written_with_its_status_rp_13(office):
    wrong = air.sightings("RX-1", 1, {}, sent_ms=office.sent_ms() + 45_000)
    office.deliver([wrong, status(office)])
    office.tick()

    with db.reading():
        shown = {one.agent: one.clock_error_ms for one in fleet.receivers()}["RX-1"]
    assert 44_000 < shown < 46_000


def status(office: Office, agent: str = "RX-1", **changed) -> tuple[str, bytes]:
    fields = {
        "agent": agent, "boot": air.BOOT, "state": "online", "adapter": "ok", "sent_ms": office.sent_ms(), "pps": 200.0,
        "ref_pps": None, "queue": 0, "dropped": 0, "strangers": 7, "clock_error_ms": None, "uptime_s": 5,
        "software": "0.1.0",
    }  # fmt: skip
    return wire.status_topic("main", agent), wire.encode(wire.Status(**(fields | changed)))


def test_absurd_numbers_in_a_status_block_nobody_rp_09(office):
    office.deliver(
        [status(office, queue=2**53, dropped=2**53, strangers=2**53, clock_error_ms=-(2**53), uptime_s=2**53)]
    )
    office.hear(IN_A, 25)

    assert office.known().zone_id == office.zone_a


def test_a_receiver_that_only_speaks_in_old_numbers_is_not_called_heard(office):
    """As when somebody sends in its name, or two machines bear it: its true messages are refused, and that shows."""
    office.hear(IN_A, 5)
    forged = wire.Sightings("RX-1", "f" * 16, 10**6, office.sent_ms(), 1000, ())
    office.deliver([forged])
    office.counted("accepted")
    with db.reading():
        before = next(one.heard_at for one in fleet.receivers(office.loaded.view.id) if one.agent == "RX-1")

    office.hear(IN_A, 10)
    office.counted("accepted")

    with db.reading():
        after = next(one.heard_at for one in fleet.receivers(office.loaded.view.id) if one.agent == "RX-1")
    assert after == before
    assert office.counted("out_of_order") >= 10


def test_outside_working_hours_messages_are_dropped_unread_and_counted_p7(office):
    office.open(make.at("19:59:40"))
    office.hear(IN_A, 19)
    assert office.known() is not None

    office.hear(IN_A, 10)

    assert office.known() is None
    assert office.counted(Met.OUTSIDE_HOURS) > 0


def test_on_a_holiday_nothing_is_read_p7(office):
    office.open(START + timedelta(days=2))  # a Saturday

    office.hear(IN_A, 20)

    assert office.known() is None


def test_outside_their_own_hours_somebody_is_not_recorded_p7(sqlite):
    office = Office()
    with db.transaction():
        part_time = make.person("入江", has_read=office.notice, opens_at="10:01", closes_at="15:00")
        badge = make.badge(part_time, "s-1-2")
    office.open(START)

    office.hear(IN_A, 50, **{badge: IN_A})
    early = office.known(part_time)
    office.hear(IN_A, 30, **{badge: IN_A})

    assert early is None
    assert office.known(part_time).zone_id == office.zone_a
    assert office.counted("withheld") == 4 * 60


def test_nothing_is_recorded_of_whoever_has_not_read_the_notice_p2(office):
    with db.transaction():
        unread = make.person("入江")
        badge = make.badge(unread, "s-1-2")
    office.learn()

    office.hear(IN_A, 20, **{badge: IN_A})

    assert office.known(unread) is None
    assert office.pipeline.where(unread) is None
    assert office.counted("withheld") == 80


def test_a_pause_ends_the_recording_and_clears_the_place_p5(office):
    office.hear(IN_A, 20)
    with db.transaction():
        people.pause(office.person, PauseLength.HOUR, office.now, office.loaded.view.zone)
    office.learn()

    office.hear(IN_A, 5)

    assert office.known() is None
    assert office.pipeline.tags == 0


def test_after_a_pause_the_person_is_shown_again_p5(office):
    with db.transaction():
        people.pause(office.person, PauseLength.QUARTER, START, office.loaded.view.zone)
    office.open(START + timedelta(minutes=14, seconds=50))

    office.hear(IN_A, 8)
    paused = office.known()
    office.hear(IN_A, 30)

    assert paused is None
    assert office.known().zone_id == office.zone_a


def test_a_zone_that_refuses_presence_leaves_the_last_place_to_age_p8(office):
    with db.transaction() as session:
        session.get(Zone, office.zone_b).excluded = True
    office.learn()
    office.hear(IN_A, 20)
    last = office.known()

    office.hear(IN_B, 30)

    found = office.known()
    assert found.zone_id == office.zone_a
    assert found.heard_at - last.heard_at < timedelta(seconds=15)
    assert office.counted(Met.EXCLUDED) > 0


def test_on_a_floor_that_refuses_presence_nobody_is_recorded_p8(office):
    with db.transaction() as session:
        session.get(Floor, office.floor).excluded = True
    office.learn()

    office.hear(IN_A, 20)

    assert office.known() is None


def test_a_receiver_is_who_its_topic_says_and_nobody_else_sr_31(office):
    forged = air.sightings("RX-1", 1, {office.badge: -40.0}, sent_ms=office.sent_ms())

    for _ in range(20):
        office.deliver([(wire.sightings_topic("main", "RX-4"), wire.encode(forged))])
        office.tick()

    assert office.known() is None
    with db.reading():
        assert {(c.kind, c.agent) for c in fleet.counts()} >= {("foreign", "RX-4")}


def test_a_retained_sighting_is_refused_and_cleared_sr_34(office):
    messages = air.heard_at(RECEIVERS, {office.badge: IN_A}, 1, sent_ms=office.sent_ms())

    to_clear = office.deliver(messages, retained=True)
    office.tick()

    assert to_clear == {wire.sightings_topic("main", agent) for agent in RECEIVERS}
    assert office.known() is None
    assert office.counted(Met.RETAINED) == 4


def test_strangers_badges_leave_a_number_and_nothing_else_sr_39(office):
    before = database_rows()

    for number in range(50):
        rows = {f"s-9-{number * 2000 + i}": -60.0 for i in range(2000)}
        office.deliver([air.sightings("RX-1", number, dict(list(rows.items())[:1000]), sent_ms=office.sent_ms())])
        office.tick()

    assert office.counted(Met.UNKNOWN_TAG) == 50_000
    assert office.pipeline.tags == 0
    after = database_rows()
    assert {table for table in after if after[table] != before[table]} <= {"ingest_count"}


def database_rows() -> dict[str, int]:
    with db.engine().connect() as connection:
        return {
            table.name: connection.exec_driver_sql(f"SELECT count(*) FROM {table.name}").scalar_one()  # noqa: S608
            for table in db.Base.metadata.sorted_tables
        }


def test_an_unknown_receiver_is_counted_under_no_name(office):
    office.deliver([air.sightings("GHOST", 1, {office.badge: -40.0}, sent_ms=office.sent_ms())])
    office.tick()

    assert office.known() is None
    assert office.counted(Met.UNKNOWN_AGENT) == 1
    with db.reading():
        assert [(c.kind, c.agent) for c in fleet.counts()] == [(Met.UNKNOWN_AGENT, "")]


def test_after_a_restart_the_last_place_stands_and_the_long_absent_are_away_rp_06(office):
    office.hear(IN_A, 20)
    last = office.known()

    office.open(office.now + timedelta(seconds=20))
    office.tick()
    soon = office.known()
    office.open(office.now + timedelta(minutes=15))
    office.tick()

    assert soon == last
    assert office.known().state == State.AWAY


def hostile(number: int, office: Office) -> tuple[str, bytes]:
    """One of many kinds of rubbish."""
    noise = random.Random(number)
    agent = noise.choice([*RECEIVERS, "GHOST"])
    good = json.loads(wire.encode(air.sightings(agent, office.second, {office.badge: -50.0}, sent_ms=office.sent_ms())))
    match number % 10:
        case 0:
            payload = noise.randbytes(noise.randrange(0, 300))
        case 1:
            payload = json.dumps(good).encode()[: noise.randrange(1, 100)]
        case 2:
            payload = json.dumps(good | {"v": noise.choice([0, 2, "1", None, 1.0, True])}).encode()
        case 3:
            payload = json.dumps(good | {"s": [["s-1-1", 4, float("nan"), 1.0, -40, 1]]}).encode()
        case 4:
            payload = json.dumps(good | {"agent": "RX-9"}).encode()
        case 5:
            payload = json.dumps(
                good | {noise.choice(list(good)): noise.choice([None, [], {}, "x", -1, 1e400])}
            ).encode()
        case 6:
            payload = json.dumps(good | {"sent_ms": office.sent_ms() + 10**10}).encode()
        case 7:
            payload = json.dumps(good | {"s": [["s-1-1", 4, -50, 1.0, -40, 1]] * 2}).encode()
        case 8:
            payload = b'{"v":1,"x":"' + b"a" * 66_000 + b'"}'
        case _:
            payload = json.dumps(good | {"seq": 2**53 - noise.randrange(1000), "s": []}).encode()
    topics = [wire.sightings_topic("main", agent), wire.status_topic("main", agent), "office/v1/main/agents/x/y/z"]
    return topics[0] if number % 10 == 9 else noise.choices(topics, [8, 1, 1])[0], payload


def test_ten_thousand_bad_messages_cost_no_correct_one_sr_33_rp_09(office):
    for second in range(26):
        good = air.heard_at(RECEIVERS, {office.badge: IN_A}, second, sent_ms=office.sent_ms(), noise_db=2.0)
        bad = [hostile(second * 400 + i, office) for i in range(400)]
        office.deliver([*bad[:200], *good[:2], *bad[200:], *good[2:]] if second else good)
        office.tick()

    assert office.known().zone_id == office.zone_a
    assert office.counted(Met.ACCEPTED) == 26 * 4
    with db.reading():
        lines = [line for line in fleet.counts() if line.kind != Met.ACCEPTED]
    assert sum(line.count for line in lines) == 25 * 400
    assert {line.kind for line in lines} >= {
        "topic", "too_large", "not_utf8", "not_json", "version", "not_finite", "foreign", "duplicate_tag", "type",
        "future", "seq_jump", "unknown_agent",
    }  # fmt: skip


def test_what_the_database_could_not_take_is_written_when_it_is_back_rp_10(office):
    office.hear(IN_A, 20)
    for _ in range(30):
        messages = air.heard_at(RECEIVERS, {office.badge: IN_B}, office.second, sent_ms=office.sent_ms(), noise_db=2.0)
        office.deliver([*messages, ("nonsense", b"")])
        office.pipeline.step(office.now, float(office.second))
        office.pipeline.not_written(office.pipeline.pending(float(office.second)))
        office.now += timedelta(seconds=1)
        office.second += 1

    office.tick()

    assert office.known().zone_id == office.zone_b
    assert office.counted("topic") == 30
