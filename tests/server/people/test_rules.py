"""How much of a place others may see, how long a pause lasts, and how names sort."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import make
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.people.rules import (
    DEFAULT_LEVELS,
    LEVELS,
    Audience,
    Choices,
    Level,
    PauseLength,
    Signal,
    Viewer,
    kana_key,
    pause_until,
    visible_level,
)

NOW = make.at("10:00")
ME, OTHER = 1, 2
FINANCE, TAX = 10, 20
TOKYO = ZoneInfo("Asia/Tokyo")
DEFAULT = Choices(ME, notice_read=True)
COLLEAGUE = Viewer(OTHER, frozenset({FINANCE}))
HEAD = Viewer(OTHER, frozenset({30}), heads_unit_ids=frozenset({30, FINANCE}))
STRANGER = Viewer(OTHER, frozenset({TAX}))
OPERATOR = Viewer(None)
KIOSK = Viewer(None, kiosk=True)
EVERYBODY_ELSE = (COLLEAGUE, HEAD, STRANGER, OPERATOR, KIOSK)


def level(viewer: Viewer, choices: Choices = DEFAULT, units=frozenset({FINANCE}), at=NOW) -> Level:
    return visible_level(viewer, choices, units, at)


def test_without_a_choice_the_section_sees_the_seat_others_the_zone_and_screens_nothing_p4():
    assert level(COLLEAGUE) is Level.SEAT
    assert level(HEAD) is level(STRANGER) is level(OPERATOR) is Level.ZONE
    assert level(KIOSK) is Level.HIDDEN


def test_each_audience_sees_what_it_was_granted_p4():
    chosen = replace(
        DEFAULT,
        levels={
            Audience.OWN_SECTION: Level.FLOOR, Audience.MANAGERS: Level.ZONE, Audience.EVERYONE: Level.BUILDING,
            Audience.KIOSK: Level.FLOOR,
        },
    )  # fmt: skip

    assert [level(one, chosen) for one in EVERYBODY_ELSE] == [
        Level.FLOOR, Level.ZONE, Level.BUILDING, Level.BUILDING, Level.FLOOR,
    ]  # fmt: skip


def test_each_signal_is_granted_apart_p4():
    chosen = replace(
        DEFAULT,
        levels=dict.fromkeys(Audience, Level.HIDDEN),
        booking_levels={Audience.EVERYONE: Level.FLOOR, Audience.KIOSK: Level.BUILDING},
    )

    def by_booking(viewer: Viewer) -> Level:
        return visible_level(viewer, chosen, {FINANCE}, NOW, Signal.BOOKING)

    assert {level(one, chosen) for one in EVERYBODY_ELSE} == {Level.HIDDEN}
    assert [by_booking(one) for one in EVERYBODY_ELSE] == [
        Level.SEAT, Level.ZONE, Level.FLOOR, Level.FLOOR, Level.BUILDING,
    ]  # fmt: skip


@pytest.mark.parametrize("change", [{"paused": True}, {"protected": True}])
def test_a_pause_hides_bookings_like_the_beacon_p5(change):
    hidden = replace(DEFAULT, booking_levels=dict.fromkeys(Audience, Level.SEAT), **change)

    for viewer in EVERYBODY_ELSE:
        assert visible_level(viewer, hidden, {FINANCE}, NOW, Signal.BOOKING) is Level.HIDDEN


def test_nobody_sees_less_for_being_closer_p4():
    chosen = replace(DEFAULT, levels={Audience.OWN_SECTION: Level.HIDDEN, Audience.MANAGERS: Level.HIDDEN})

    assert level(COLLEAGUE, chosen) is level(HEAD, chosen) is level(STRANGER, chosen) is Level.ZONE


@pytest.mark.parametrize("viewer", EVERYBODY_ELSE, ids=["colleague", "head", "stranger", "operator", "kiosk"])
@pytest.mark.parametrize("until", [None, NOW + timedelta(seconds=1)], ids=["until ended", "until later"])
def test_a_pause_hides_from_everybody_whatever_they_were_granted_p5(viewer, until):
    open_to_all = replace(DEFAULT, levels=dict.fromkeys(Audience, Level.SEAT), paused=True, paused_until=until)

    assert level(viewer, open_to_all) is Level.HIDDEN


def test_a_pause_that_is_over_hides_no_longer_p5():
    paused = replace(DEFAULT, paused=True, paused_until=NOW)

    assert level(STRANGER, paused) is Level.ZONE


@pytest.mark.parametrize("viewer", EVERYBODY_ELSE, ids=["colleague", "head", "stranger", "operator", "kiosk"])
def test_a_protected_person_is_hidden_from_everybody_p13(viewer):
    assert level(viewer, replace(DEFAULT, protected=True)) is Level.HIDDEN


def test_i_see_myself_in_full_whatever_i_chose():
    hidden = Choices(ME, dict.fromkeys(Audience, Level.HIDDEN), paused=True, protected=True)

    assert level(Viewer(ME), hidden) is Level.SEAT


def test_an_account_of_nobody_is_nobodys_self():
    assert level(Viewer(None), replace(DEFAULT, person_id=None, paused=True)) is Level.HIDDEN  # type: ignore[arg-type]


def test_somebody_without_a_post_is_a_stranger_to_all():
    assert level(COLLEAGUE, units=frozenset()) is Level.ZONE


@given(st.dictionaries(st.sampled_from(list(Audience)), st.sampled_from(LEVELS)), st.booleans(), st.booleans())
def test_no_combination_of_choices_shows_more_than_one_of_them_grants_p4(levels, paused, protected):
    chosen = Choices(ME, levels, paused=paused, protected=protected)
    granted = {chosen.level_for(audience) for audience in Audience} | {Level.HIDDEN}

    for viewer in EVERYBODY_ELSE:
        assert level(viewer, chosen) in granted
        assert not (paused or protected) or level(viewer, chosen) is Level.HIDDEN


def test_levels_are_ordered_and_every_audience_has_a_default():
    assert [one.rank for one in LEVELS] == [0, 1, 2, 3, 4]
    assert set(DEFAULT_LEVELS) == set(Audience)


@pytest.mark.parametrize(
    ("length", "clock", "ends"),
    [
        (PauseLength.QUARTER, "10:00", datetime(2026, 11, 19, 1, 15, tzinfo=UTC)),
        (PauseLength.HOUR, "23:30", datetime(2026, 11, 19, 15, 30, tzinfo=UTC)),
        (PauseLength.TODAY, "00:00", datetime(2026, 11, 19, 15, 0, tzinfo=UTC)),
        (PauseLength.TODAY, "23:59:59", datetime(2026, 11, 19, 15, 0, tzinfo=UTC)),
        (PauseLength.UNTIL_ENDED, "10:00", None),
    ],
)
def test_a_pause_ends_when_its_name_says_p5(length, clock, ends):
    assert pause_until(length, make.at(clock), TOKYO) == ends


def test_today_ends_at_midnight_on_the_night_the_clock_is_turned_back_too_p5():
    berlin = ZoneInfo("Europe/Berlin")
    evening = datetime(2026, 10, 24, 20, tzinfo=berlin)

    assert pause_until(PauseLength.TODAY, evening, berlin) == datetime(2026, 10, 24, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "in_order",
    [
        ("あずま いつき", "いりえ がく", "さいき あおい", "ひがし たつき"),
        ("かどう", "かとうご"),
        ("がとう", "かとうご"),  # ゛ is looked at last
        ("しょうじ", "しよつ"),  # small kana are as large ones
        ("ああ", "あーい", "あい"),  # ー is the vowel before it
    ],
)
def test_readings_sort_as_a_japanese_index_does(in_order):
    assert tuple(sorted(in_order, key=kana_key)) == in_order


def test_katakana_and_half_width_sort_with_hiragana():
    plain = kana_key("さいき").split("\u0001")[0]

    assert kana_key("サイキ").split("\u0001")[0] == plain
    assert kana_key("ｻｲｷ").split("\u0001")[0] == plain


@pytest.mark.parametrize(("first", "second"), [("かとう", "がとう"), ("はやし", "ばやし"), ("しよう", "しょう")])
def test_readings_that_differ_in_marks_only_stand_next_to_each_other_and_keep_an_order(first, second):
    assert kana_key(first).split("\u0001")[0] == kana_key(second).split("\u0001")[0]
    assert kana_key(first) != kana_key(second)


def test_a_long_vowel_is_the_vowel_before_it():
    assert kana_key("まりー").split("\u0001")[0] == "まりい"
    assert kana_key("ー").split("\u0001")[0] == ""
