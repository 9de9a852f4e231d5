"""How long things are kept: the rule's terms, and what may be decided instead (P10)."""

from datetime import timedelta

import make
import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from server import db, retention_terms
from server.errors import Refused
from server.retention_terms import BOUNDS, DAY, LONGEST, MINUTE, YEAR, RetentionTerm, Term

NOW = make.at("10:00")
WATCHING = [term for term in Term if BOUNDS[term].watches]
OTHERS = [term for term in Term if not BOUNDS[term].watches and term is not Term.RADIO]


def decide(term: Term, length: timedelta, reason: str = "", *, is_officer: bool = False) -> timedelta:
    with db.transaction():
        return retention_terms.decide(
            term, length, reason, is_officer=is_officer, decided_by="入江 葵 (account 1)", now=NOW
        )


def test_until_somebody_decides_every_term_is_the_rule_s_p10(database):
    with db.reading():
        assert retention_terms.terms() == {
            Term.RADIO: timedelta(minutes=15), Term.MEMOS_DONE: timedelta(days=30), Term.MEMOS_OPEN: timedelta(days=90),
            Term.NUMBERS: YEAR, Term.BOOKINGS: timedelta(days=90), Term.LEAVERS: timedelta(days=90),
            Term.LOOK_UPS: YEAR,
            Term.ALERTS: YEAR,
            Term.PROTECTION: 3 * YEAR, Term.AUDIT: 3 * YEAR, Term.REPORT: 3 * YEAR,
        }  # fmt: skip
        assert retention_terms.decisions() == {}


@pytest.mark.parametrize("term", OTHERS)
def test_anybody_who_may_decide_shortens_a_term_without_a_reason_p10(database, term):
    assert decide(term, DAY) == BOUNDS[term].default

    with db.reading():
        assert retention_terms.keep(term) == DAY
        assert retention_terms.terms()[term] == DAY
        assert not retention_terms.decisions()[term].is_longer


@pytest.mark.parametrize("term", [*OTHERS, *WATCHING])
def test_only_a_privacy_officer_lengthens_a_term_and_says_why_p10(database, term):
    longer = BOUNDS[term].default + DAY
    for length, reason, is_officer, code in (
        (longer, "監査", False, "term_watches" if term in WATCHING else "term_officer_only"),
        (longer, " \n", True, "term_reason_missing"),
        (longer, "x" * 301, True, "term_reason"),
        (longer, "x" * 10_000, True, "term_reason"),
        (longer, "a\0b", True, "unreadable"),
        (longer, "\ud83d", True, "unreadable"),
        (LONGEST + DAY, "監査", True, "term_too_long"),
        (timedelta(0), "", True, "term_too_short"),
        (-DAY, "", True, "term_too_short"),
    ):
        with pytest.raises(Refused) as refused:
            decide(term, length, reason, is_officer=is_officer)
        assert refused.value.code == code
    with db.reading():
        assert retention_terms.decisions() == {}

    decide(term, longer, " 情報公開請求の\n審査のため ", is_officer=True)

    with db.reading():
        decision = retention_terms.decisions()[term]
    assert (decision.keep, decision.reason, decision.is_longer) == (longer, "情報公開請求の 審査のため", True)
    assert (decision.decided_by, decision.decided_at) == ("入江 葵 (account 1)", NOW)


@pytest.mark.parametrize("term", WATCHING)
def test_whom_a_log_watches_does_not_shorten_it_p10_sr_42(database, term):
    """SR-42: a system administrator could else make what they did disappear."""
    with pytest.raises(Refused) as refused:
        decide(term, DAY)
    assert (refused.value.code, refused.value.status) == ("term_watches", 403)

    decide(term, DAY, is_officer=True)

    with db.reading():
        assert retention_terms.keep(term) == DAY


def test_a_shorter_term_needs_no_reason_and_keeps_none_of_an_earlier_one_p10(database):
    decide(Term.LOOK_UPS, 2 * YEAR, "調査のため", is_officer=True)

    assert decide(Term.LOOK_UPS, YEAR, "もう要らない", is_officer=False) == 2 * YEAR

    with db.reading():
        assert retention_terms.decisions()[Term.LOOK_UPS].reason == ""


def test_radio_is_never_kept_for_longer_than_a_quarter_of_an_hour_whoever_asks_p10(database):
    for is_officer in (True, False):
        with pytest.raises(Refused, match="never kept for longer than 15 minutes"):
            decide(Term.RADIO, 16 * MINUTE, "理由", is_officer=is_officer)

    decide(Term.RADIO, MINUTE)

    with db.reading():
        assert retention_terms.keep(Term.RADIO) == MINUTE


@pytest.mark.parametrize(("name", "minutes"), [("radio", 16), ("look_ups", 0), ("look_ups", -1)])
def test_the_database_itself_refuses_what_no_rule_allows_p10(database, name, minutes):
    row = {"name": name, "keep_minutes": minutes, "reason": "", "decided_by": "x", "decided_at": NOW}

    with pytest.raises(IntegrityError), db.transaction():
        db.session.execute(insert(RetentionTerm).values(row))
