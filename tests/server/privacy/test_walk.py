"""Every page and every answer there is, for every role: no attendance, nobody else's history, no leak by guessing."""

import re
from collections.abc import Iterator
from datetime import timedelta

import make
import pytest
from every_route import LANGUAGES, MARKS, Answer, Tenants, about_people, everybody, walk
from sqlalchemy import DateTime, select

from server import clock, db
from server.db import Base, UtcDateTime
from server.fleet.models import TagCarrier
from server.people import service as people
from server.people.rules import Audience, Level, Role, Signal
from server.presence import statuses
from server.presence.rules import StatusKind

HISTORY = re.compile(
    r"(^|_)(since|arriv\w*|left|leaving|entered|entry_at|exit\w*|first_\w+|last_seen\w*|duration\w*|dwell\w*|history"
    r"|trail|visits?|late|lateness|attend\w*|absen\w*|present_\w+|hours_worked|minutes|check_(in|out)s?|movements?"
    r"|started_at|set_at|seen_at|read_at)($|_)"
)
ATTENDANCE = re.compile(
    r"出勤|退勤|遅刻|早退|欠勤|勤怠|滞在|在席時間|入退|登庁|退庁|到着|移動履歴"
    r"|\battendance\b|\barriv(?:ed|al)\b|\bdeparture\b|\blate(?:ness)?\b|\babsen(?:t|ce)\b|time at desk",
    re.IGNORECASE,
)
OWN_PAGES = {"privacy.me", "held.page", "held.table", "held.document", "devices.overview"}
# What a person reads of themselves alone; SR-02 is about what others read.
ALLOWED_KEYS = {
    ("fleet.fleet_document", "broker_since"): "how long the server has been connected to its broker",
    ("openapi.describe_api", "absences"): "the description of one's own",
    ("openapi.describe_api", "broker_since"): "its description",
    ("openapi.describe_api", "first_day"): "of a series or an absence that somebody plans for themselves",
    ("openapi.describe_api", "minutes"): "for how long a seat is wished for",
    ("openapi.describe_api", "started_at"): "when a recorded walk of the demo began, which is nobody's",
    ("plans_api.list_absences", "absences"): "one's own, announced by oneself; nobody else's can be asked for",
    ("presence_api.my_statuses", "set_at"): "one's own statuses",
}
TIMES = {
    "account": {"created_at": "when the account was made"},
    "api_token": {
        "created_at": "when the token was made", "expires_at": "its end", "revoked_at": "its end",
        "last_used_at": "overwritten; of a program, shown to its owner (SR-16)",
    },
    "booking": {
        "starts_at": "what was planned; without the person after 90 days", "ends_at": "its end",
        "offered_until": "of an offer, until it is answered",
        "changed_at": "by whoever booked, never by coming or leaving",
    },
    "booking_series": {"asked_at": "when we asked whether it is still needed"},
    "calendar_feed": {"created_at": "when the address was made", "revoked_at": "its end"},
    "change": {"at": "one hour"},
    "dispute": {"until": "one row a person, gone within the hour"},
    "identity": {"linked_at": "when the account was linked"},
    "kept_answer": {"at": "one day, so that a retry books nothing"},
    "letter": {"written_at": "gone when the mail is sent, after a day at most", "due_at": "the same",
               "drop_at": "the same"},
    "login_session": {
        "created_at": "gone after 12 hours; shown to its owner (SR-07)", "used_at": "the same", "ends_at": "the same",
        "admin_until": "the same", "proven_at": "the same", "factor_at": "the same",
    },
    "look_up": {"at": "when somebody asked, shown to the person asked for (P11)"},
    "look_up_alert": {"at": "when somebody asked too often", "handled_at": "when the officer saw to it"},
    "memo": {"taken_at": "when somebody called", "handled_at": "decides when the memo is deleted; shown to nobody"},
    "notice_read": {"read_at": "once a version"},
    "pause": {"since": "one row a person, gone when the pause ends", "until": "its end"},
    "protection_request": {"asked_at": "of officers' work", "decided_at": "of officers' work"},
    "seat_draw": {"starts_at": "of a zone's lottery", "ends_at": "the same", "drawn_at": "the same"},
    "seat_report": {"reported_at": "of a seat that is not as described", "done_at": "when it was put right"},
    "seat_wait": {"starts_at": "what is wished for", "ends_at": "its end", "asked_at": "first come, first served"},
    "second_factor": {"confirmed_at": "when the device was set up"},
    "sign_in_failure": {"at": "one day, by a hash"},
    "status": {"starts_at": "gone the night after", "ends_at": "its end", "set_at": "gone with it"},
    "tag_carrier": {"valid_from": "when a badge was handed over", "valid_to": "when it was given back"},
    "whereabouts": {"heard_at": "one row a person, overwritten, gone at night"},
}  # fmt: skip
ONE_ROW = {"whereabouts": {"person_id"}, "dispute": {"person_id"}, "pause": {"person_id"}}

ONE_PLACE = {"whereabouts", "dispute", "extension_term"}
OF_SEATS = {"booking", "booking_series", "seat_wait", "seat_holder", "seat_report", "seat_draw_result"}
# What somebody planned or was given; when they came and left is written down nowhere.


@pytest.fixture
def office(app) -> Tenants:
    return Tenants()


@pytest.fixture
def turn(app):
    """Bring the live map up to date."""
    return lambda: app.extensions["iruka.feed"].turn(clock.now())


def keys_of(document: object) -> Iterator[str]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield str(key)
            yield from keys_of(value)
    elif isinstance(document, list):
        for value in document:
            yield from keys_of(value)


def visible(answer: Answer) -> str:
    """What a page says, without markup and scripts."""
    return re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", answer.text, flags=re.S)


# -- P3: no attendance, no lateness, no movements


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_no_answer_and_no_export_speaks_of_attendance_p3(office, app, signed_in, language):
    """P3: walks every route as every role and as the person; the API's description is one of the answers."""
    found = set()
    visitors = [*everybody(office, signed_in), ("self", signed_in(account_id=office.suzuki_account))]
    for who, visitor in visitors:
        for answer in walk(app, office, visitor, language):
            assert answer.response.status_code < 500, (who, answer.path, answer.text[-3000:])
            if answer.response.status_code != 200 or answer.endpoint in {"openapi.page", "health.measured"}:
                continue
            document = answer.document
            if document is None:
                found |= {(answer.endpoint, word) for word in ATTENDANCE.findall(visible(answer))}
            elif answer.endpoint not in OWN_PAGES:
                found |= {(answer.endpoint, key) for key in keys_of(document) if HISTORY.search(key)}

    assert found - set(ALLOWED_KEYS) == set()


def test_no_table_keeps_a_time_about_a_person_without_a_reason_p3():
    """P3: a new instant in a table about people needs a reason here; dates of posts and numbers have no clock."""
    found = {
        (table, column.name)
        for table in about_people()
        for column in Base.metadata.tables[table].columns
        if isinstance(column.type, UtcDateTime | DateTime)
    }

    assert sorted(found - {(table, name) for table, names in TIMES.items() for name in names}) == []


@pytest.mark.parametrize("table", sorted(ONE_ROW))
def test_no_table_keeps_more_than_one_place_of_a_person_p3(table):
    assert {column.name for column in Base.metadata.tables[table].primary_key.columns} == ONE_ROW[table]


def test_only_whereabouts_denials_and_plans_tie_a_person_to_a_place_p3():
    """P3: a table with a person and a place could be a trail; these have one row a person, or what was planned."""
    both = {
        table.name
        for table in Base.metadata.tables.values()
        if {key.column.table.name for key in table.foreign_keys} & {"person", "account"}
        and {key.column.table.name for key in table.foreign_keys} & {"floor", "zone", "seat", "receiver"}
    }

    assert both == ONE_PLACE | OF_SEATS


def test_a_status_leaves_nothing_behind_when_it_is_over_p3(office):
    with db.transaction():
        statuses.forget_ended(clock.now() + timedelta(days=1))
        assert db.session.execute(select(Base.metadata.tables["status"])).all() == []


def test_where_somebody_was_before_makes_no_difference_to_any_answer_p3(office, app, signed_in, turn, monkeypatch):
    """P3: a day of walking about, then the same place again: nobody reads anything that was not there before."""
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    visitors = list(everybody(office, signed_in))
    office.put(office.suzuki, office.zone_a, heard_at=now)
    turn()
    before = {(who, one.path): one.text for who, visitor in visitors for one in walk_quietly(app, office, visitor)}

    for zone, floor in ((office.zone_b, office.floor), (office.zone_17, office.other_floor), (office.zone_a, None)):
        office.put(office.suzuki, zone, floor, heard_at=now)
        turn()
    after = {(who, one.path): one.text for who, visitor in visitors for one in walk_quietly(app, office, visitor)}

    assert len(before) > 100
    assert {path for who, path in before if before[who, path] != after[who, path]} == set()


def walk_quietly(app, office, visitor) -> Iterator[Answer]:
    """The answers that do not change because somebody reads them, such as counts of openings and of look-ups."""
    counted = {
        "health.measured", "privacy.me", "officer.log", "officer.desk", "held.document", "held.page", "held.table",
    }  # fmt: skip
    of_exports = ("exports.", "entrance.")  # they say how many lists are left this hour; they hand out a new state
    feed = app.extensions["iruka.feed"]
    feed.turn(clock.now())
    for one in walk(app, office, visitor):
        if one.endpoint not in counted and not one.endpoint.startswith(of_exports):
            yield one
        feed.turn(clock.now())  # else the answers grow stale while the test takes its time


# -- SR-02, SR-05: nobody reads what belongs to another person


def test_no_role_reads_another_persons_history_memos_sessions_or_tokens_sr_02_sr_05(office, app, signed_in):
    """SR-02, SR-05: every role over every route, 0 leaks; administrators of accounts end sessions without reading."""
    leaks = set()
    for who, visitor in everybody(office, signed_in):
        for answer in walk(app, office, visitor):
            leaks |= {(who, answer.endpoint, mark) for mark, word in MARKS.items() if word in answer.text}

    assert leaks == set()


def test_the_person_reads_all_of_it_sr_02(office, app, signed_in):
    mine = signed_in(account_id=office.suzuki_account)

    read = {mark for answer in walk(app, office, mine) for mark, word in MARKS.items() if word in answer.text}

    assert read == set(MARKS)


def test_every_role_is_walked_and_every_route_answers_somebody_sr_05(office, app, signed_in):
    answered = {
        answer.endpoint
        for _who, visitor in [*everybody(office, signed_in), ("self", signed_in(account_id=office.suzuki_account))]
        for answer in walk(app, office, visitor)
        if answer.response.status_code < 400
    }

    unanswered = {
        rule.endpoint for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and rule.endpoint not in answered
    }  # fmt: skip
    reasons = {
        "static", "live_map.stream", "live_map.plan", "health.measured", "devices.picture", "exports.paper",
        "phones_api.get_answering", "memos.correction", "calendars.feed", "calendars.single",
    }  # fmt: skip
    # Files, streams and pictures the office has none of, a number that is a section's, what is for another machine, and
    # a memo that nobody who walks took down; a calendar opens with its own key only, and has no seat taken on the spot.
    left = {one for one in unanswered if not one.startswith(("entrance.", "phonebook_api."))}
    assert left <= reasons


GUESSES = (
    ("GET", "/people/{person}"),
    ("GET", "/people/{person}/now"),
    ("GET", "/people/{person}.vcf"),
    ("GET", "/api/v1/people/{person}?screen=map"),
    ("GET", "/api/v1/people/{person}?screen=search"),
    ("GET", "/memos/new?person={person}"),
    ("GET", "/api/v1/memos/{memo}"),
    ("POST", "/api/v1/memos/{memo}/handled"),
    ("DELETE", "/api/v1/memos/{memo}/handled"),
    ("POST", "/memos/{memo}/handled"),
    ("POST", "/memos/{memo}/reopen"),
    ("POST", "/me/sign-in/tokens/{token}/withdraw"),
    ("POST", "/me/sign-in/sessions/{tag}/end"),
)


@pytest.mark.parametrize(("method", "address"), GUESSES, ids=[f"{one} {two}" for one, two in GUESSES])
def test_guessing_what_is_hidden_answers_as_for_nothing_sr_05(office, app, signed_in, turn, method, address):
    """SR-05, P13: a protected person, somebody else's memo, token or session look like ids that were never given."""
    from server.people import sessions

    office.protect(office.suzuki)
    turn()
    with db.reading():
        (listed,) = sessions.listed(office.suzuki_account, None, clock.now())
    ids = {"person": office.suzuki, "memo": office.memo, "token": office.token, "tag": listed.tag}
    nothing = {"person": 999_999, "memo": 999_999, "token": 999_999, "tag": "0" * len(listed.tag)}
    stranger = signed_in(person_id=office.stranger)

    hidden, absent = (_ask(stranger, method, address.format(**these)) for these in (ids, nothing))

    assert hidden.response.status_code == absent.response.status_code
    if address != "/memos/new?person={person}":
        assert absent.response.status_code == 404, absent.text
    swapped = hidden.text.replace(address.format(**ids), address.format(**nothing))
    assert "鈴木" not in hidden.text
    assert swapped == absent.text


def _ask(visitor, method: str, address: str) -> Answer:
    if method == "GET":
        return Answer("", address, visitor.get(address, headers={"Accept-Language": "ja"}))
    if address.startswith("/api/"):
        return Answer("", address, visitor.send_json(address, {}, method=method))
    return Answer("", address, visitor.send(address))


# -- P6: nothing is lost by opting out


def test_whoever_carries_no_badge_and_shows_nothing_can_use_everything_p6(office, app, signed_in):
    """P6: without a badge, hidden from everybody, the notice unread: every page opens that opens for colleagues."""
    with db.transaction():
        opted_out = make.person("不参加", unit_id=office.section)
        everybody_else = dict.fromkeys((Audience.OWN_SECTION, Audience.MANAGERS, Audience.EVERYONE), Level.HIDDEN)
        people.set_visibility(opted_out, everybody_else, clock.now())
        assert db.session.scalars(select(TagCarrier).where(TagCarrier.person_id == opted_out)).all() == []
    without, badge = signed_in(person_id=opted_out), signed_in(person_id=office.sato)

    theirs = {answer.path: answer.response.status_code for answer in walk(app, office, without)}

    assert theirs == {answer.path: answer.response.status_code for answer in walk(app, office, badge)}
    assert "鈴木 一" in without.get("/directory/units/" + str(office.section)).text
    assert without.get("/api/v1/search?q=鈴木").json["results"] != []
    assert without.get(f"/api/v1/people/{office.suzuki}?screen=map").json["zone"]["code"] == "18A"
    with db.transaction():
        now = clock.now()
        statuses.set_status(opted_out, StatusKind.TELEWORK, now, now + timedelta(hours=1), "", now)
    memo = {"person": opted_out, "caller": "市民", "number": "", "matter": "件", "wish": "call_back"}
    assert without.send_json("/api/v1/memos", memo | {"urgency": "normal"}).status_code in (200, 201, 422)
    assert without.get("/numbers/4711").status_code == 200
    assert without.get("/directory/print").status_code in (200, 302, 429)


def test_a_look_up_of_somebody_who_opted_out_is_an_answer_and_no_error_p6(office, signed_in, turn):
    with db.transaction():
        opted_out = make.person("不参加", unit_id=office.section)
    turn()

    answer = signed_in(person_id=office.stranger).get(f"/api/v1/people/{opted_out}?screen=map")

    assert answer.status_code == 200
    assert answer.json["zone"] is None


def test_system_administrators_see_no_more_of_a_place_than_staff_sr_02(office, signed_in, turn):
    with db.transaction():
        for signal in Signal:
            people.set_visibility(office.suzuki, {Audience.EVERYONE: Level.BUILDING}, clock.now(), signal)
    turn()
    address = f"/api/v1/people/{office.suzuki}?screen=map"

    seen = {role: signed_in(role).get(address).json for role in (Role.STAFF, Role.SYSTEM_ADMIN, Role.PRIVACY_OFFICER)}

    assert seen[Role.SYSTEM_ADMIN] == seen[Role.PRIVACY_OFFICER] == seen[Role.STAFF]
    assert seen[Role.STAFF]["zone"] is None
