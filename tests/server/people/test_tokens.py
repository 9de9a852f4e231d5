"""API tokens: shown once, kept as a hash, limited in reach and time (SR-16)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import make
import pytest
from sqlalchemy import text

from server import clock, db
from server.errors import Refused
from server.people import service, tokens
from server.people.rules import Role, Scope

TOKYO = ZoneInfo("Asia/Tokyo")


def zone() -> ZoneInfo:
    return TOKYO


@pytest.fixture
def account_id(database) -> int:
    """An account of somebody who works here."""
    with db.transaction():
        return make.account(person_id=make.person())


def issue(account_id: int, *scopes: Scope, name: str = "掲示板", days: int = 90) -> tuple[int, str]:
    with db.transaction():
        return tokens.issue(account_id, name, scopes or (Scope.READ_DIRECTORY,), days, clock.now())


def test_a_token_opens_its_account_within_its_scopes_sr_16(account_id):
    _id, plain = issue(account_id, Scope.READ_PHONES, Scope.READ_DIRECTORY)

    account, scopes = tokens.find(plain, clock.now(), zone)

    assert (account.account_id, account.name, account.role) == (account_id, "髙波 真琴", Role.STAFF)
    assert scopes == {Scope.READ_PHONES, Scope.READ_DIRECTORY}


def test_a_token_is_long_recognisable_and_stored_as_a_hash_only_sr_16(account_id):
    _id, plain = issue(account_id)

    with db.reading():
        row = db.session.execute(text("SELECT * FROM api_token")).one()
        listed = tokens.listed(account_id, clock.now())

    assert plain.startswith("iruka_")
    assert len(plain) - len("iruka_") >= 160 / 6
    assert not any(plain in str(value) for value in row)
    assert plain.startswith(listed[0].prefix)
    assert len(listed[0].prefix) == 12


@pytest.mark.parametrize(
    "plain", ["", "iruka_", "x" * 49, "iruka_" + "A" * 43, "iruka_" + "\ud800" * 43, "iruka_" + "あ" * 43, "x" * 10_000]
)
def test_what_is_no_token_opens_nothing_sr_16(account_id, plain):
    assert tokens.find(plain, clock.now(), zone) is None


def test_a_token_ends_on_its_day_or_when_it_is_withdrawn_sr_16(account_id):
    first, plain = issue(account_id, days=30)
    now = clock.now()
    assert tokens.find(plain, now + timedelta(days=29), zone) is not None
    assert tokens.find(plain, now + timedelta(days=30, seconds=1), zone) is None

    with db.transaction():
        tokens.revoke(account_id, first, clock.now())

    assert tokens.find(plain, clock.now(), zone) is None
    with db.reading():
        assert tokens.listed(account_id, clock.now()) == []


def test_a_token_ends_with_its_account_sr_16(account_id):
    _id, plain = issue(account_id)

    with db.transaction():
        service.deactivate(account_id, clock.now())

    assert tokens.find(plain, clock.now(), zone) is None


def test_a_token_ends_on_the_day_its_owner_leaves_by_the_building_s_clock_sr_16(database):
    with db.transaction():
        account = make.account(person_id=make.person(active_to=date(2026, 11, 20)))
    _id, plain = issue(account)

    # Issued by the real clock; asked at instants of 2026 when it is valid, so only the day decides.
    last_minute, first_minute = make.at("23:59", date(2026, 11, 19)), make.at("00:00", date(2026, 11, 20))

    assert tokens.find(plain, last_minute, zone) is not None
    assert tokens.find(plain, first_minute, zone) is None
    assert tokens.find(plain, first_minute, lambda: UTC) is not None  # there it is still the day before


def test_the_last_use_is_shown_to_the_minute_and_costs_one_write_a_minute_sr_16(account_id):
    _id, plain = issue(account_id)
    now = clock.now()

    def last_used():
        with db.reading():
            return tokens.listed(account_id, now)[0].last_used_at

    assert last_used() is None
    tokens.find(plain, now, zone)
    tokens.find(plain, now + timedelta(seconds=59), zone)
    assert last_used() == now
    tokens.find(plain, now + timedelta(seconds=60), zone)
    assert last_used() == now + timedelta(seconds=60)


def test_nobody_withdraws_somebody_else_s_token_sr_16(account_id):
    mine, plain = issue(account_id)
    with db.transaction():
        other = make.account("other")

    with pytest.raises(Refused) as refused, db.transaction():
        tokens.revoke(other, mine, clock.now())

    assert refused.value.status == 404
    assert tokens.find(plain, clock.now(), zone) is not None


@pytest.mark.parametrize(
    ("name", "scopes", "days"),
    [
        ("", [Scope.READ_PHONES], 30),
        ("x" * 61, [Scope.READ_PHONES], 30),
        ("a\0b", [Scope.READ_PHONES], 30),
        ("\ud800", [Scope.READ_PHONES], 30),
        ("x", [], 30),
        ("x", [Scope.READ_PHONES], 0),
        ("x", [Scope.READ_PHONES], 366),
    ],
    ids=["no name", "long name", "zero byte", "lone surrogate", "no scope", "no time", "more than a year"],
)
def test_a_token_that_will_not_do_is_refused_in_a_sentence_sr_16(account_id, name, scopes, days):
    with pytest.raises(Refused) as refused, db.transaction():
        tokens.issue(account_id, name, scopes, days, clock.now())

    assert refused.value.status == 422
    with db.reading():
        assert tokens.listed(account_id, clock.now()) == []


def test_an_account_has_twenty_tokens_at_most_sr_16(account_id):
    for number in range(20):
        issue(account_id, name=str(number))

    with pytest.raises(Refused, match="20 tokens"):
        issue(account_id)


def test_of_two_who_make_the_twentieth_token_at_once_one_wins_sr_16(account_id):
    for number in range(19):
        issue(account_id, name=str(number))

    def work(number: int) -> bool:
        try:
            issue(account_id, name=f"at once {number}")
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(work, range(4))) == 1
