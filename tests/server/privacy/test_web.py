"""My page: what I am told, what I decide, and what others see of it from that moment on."""

import html
import json
import re
from datetime import timedelta

import make
import pytest
from watching import Office

from server import clock, db
from server.people import queries as people
from server.people import service
from server.people.rules import Audience, Level, PauseLength, Role, Viewer
from server.presence import queries as presence_queries
from server.presence import service as presence
from server.presence.rules import Shown, State, StatusKind

LEVEL_FIELDS = ("own_section", "managers", "everyone")
FORMS = {
    "/me/visibility": {"everyone": "floor"},
    "/me/pause": {"length": "15min"},
    "/me/resume": {},
    "/me/notice": {"version": "1"},
    "/language": {"language": "en"},
    "/password": {"old": make.PASSWORD, "new": "another battery staple", "again": "another battery staple"},
    "/sign-out": {},
}


@pytest.fixture
def office(app) -> Office:
    return Office()


@pytest.fixture
def suzuki(office, signed_in):
    """鈴木's browser."""
    return signed_in(person_id=office.suzuki)


def text(response) -> str:
    """What a page says, without markup."""
    assert response.status_code == 200, response.text
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.text)))


def looked_up(office, viewer: Viewer):
    """鈴木 as this viewer sees them."""
    with db.transaction():
        return presence.look_up(viewer, None, "誰か", office.suzuki, "map", clock.now())


def viewer(person_id: int) -> Viewer:
    """Who this person is when they look at others."""
    with db.transaction():
        account_id = make.account(f"v{person_id}", person_id=person_id)
        return people.viewer_of(account_id, clock.now().date())


@pytest.mark.parametrize(("language", "purpose"), [("ja", "勤怠には使いません。"), ("en", "Not for attendance.")])
def test_the_notice_is_shown_in_full_with_version_officer_rules_and_consultation_p1(office, suzuki, language, purpose):
    """P1, P17: the text as published, in the reader's language, with who answers for it."""
    japanese, english = (
        ("目的\n" + "あ" * 3000 + "\n勤怠には使いません。"),
        ("Purpose\n" + "x" * 3000 + "\nNot for attendance."),
    )
    with db.transaction():
        service.publish_notice(japanese, english, "情報統括責任者 佐藤", "取扱要綱第3号", clock.now(), make.DAY)

    page = text(suzuki.get(f"/me?lang={language}"))

    assert purpose in page
    assert ("あ" * 3000 if language == "ja" else "x" * 3000) in page
    assert "情報統括責任者 佐藤" in page
    assert "取扱要綱第3号" in page
    assert ("第2版" if language == "ja" else "Version 2") in page
    assert ("2026年4月1日" if language == "ja" else "April 1, 2026") in page


def test_the_notice_cannot_smuggle_markup_into_the_page_p1(office, suzuki):
    with db.transaction():
        service.publish_notice("<script>alert(1)</script>", "x", "<b>x</b>", "x", clock.now())

    page = suzuki.get("/me?lang=ja").text

    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;" in page


def test_nothing_is_recorded_before_the_notice_is_read_and_everything_after_p2(office, signed_in):
    with db.transaction():
        newcomer = make.person("八重樫", "直", unit_id=office.section)
    mine = signed_in(person_id=newcomer)
    office.put(newcomer, office.zone_a)
    with db.reading():
        assert presence_queries.whereabouts([newcomer]) == {}
    assert "あなたの所在はまだ記録されていません" in text(mine.get("/"))
    assert "確認されるまで、ビーコンの情報は使わずに破棄します" in text(mine.get("/me"))

    read = mine.send("/me/notice", version=str(office.notice))

    assert read.status_code == 302
    office.put(newcomer, office.zone_a)
    with db.reading():
        assert presence_queries.whereabouts([newcomer])[newcomer].zone_id == office.zone_a
    assert "にお読みになりました" in text(mine.get("/me"))
    assert "あなたの所在はまだ記録されていません" not in text(mine.get("/"))


def test_a_notice_that_has_changed_meanwhile_must_be_read_first_p2(office, suzuki):
    with db.transaction():
        newest = service.publish_notice("新しい目的", "New", "x", "x", clock.now())

    old = suzuki.send("/me/notice", version=str(office.notice))

    assert old.status_code == 409
    assert "「所在情報の取扱いについて」が新しくなりました。新しい版をお読みください。" in old.text
    office.put(office.suzuki, office.zone_a)
    with db.reading():
        assert presence_queries.whereabouts([office.suzuki]) == {}
    assert suzuki.send("/me/notice", version=str(newest)).status_code == 302


@pytest.mark.parametrize("version", ["", "x", "-1", "1.0", "²", "9" * 30, "2147483648"])
def test_a_version_that_is_none_is_refused_in_a_sentence_p2(office, suzuki, version):
    refused = suzuki.send("/me/notice", version=version)

    assert refused.status_code == 409
    assert "「所在情報の取扱いについて」が新しくなりました" in refused.text


def test_without_a_notice_the_page_says_that_nobody_is_recorded_p2(app, signed_in):
    with db.transaction():
        make.building()
        person = make.person()

    page = text(signed_in(person_id=person).get("/me"))

    assert "「所在情報の取扱いについて」はまだ公開されていません。誰の所在も記録していません。" in page


def test_the_form_says_what_each_audience_sees_now_p4(office, suzuki):
    office.put(office.suzuki, office.zone_a)

    suzuki.send("/me/visibility", own_section="zone", managers="floor", everyone="building")
    page = text(suzuki.get("/me"))

    seen = re.findall(r"今の見え方：(.+?)(?= 所属長| ほかの職員| 共用端末| 自分で)", page)
    assert [one.strip() for one in seen] == ["18階 18A区画", "18階のどこか", "庁内", "所在非表示"]


def preview(visitor) -> dict:
    return json.loads(
        re.search(r'<script type="application/json" id="preview">(.*?)</script>', visitor.get("/me").text)[1]
    )


def test_the_preview_says_what_others_would_see_with_every_choice_p4(office, suzuki):
    office.put(office.suzuki, office.zone_a)
    office.say(office.suzuki, StatusKind.MEETING)

    sentences = preview(suzuki)["sentences"]

    assert {beacon: said["hidden"].split(" · ")[0] for beacon, said in sentences.items()} == {
        "hidden": "所在非表示", "building": "庁内", "floor": "18階のどこか", "zone": "18階 18A区画",
        "seat": "18階 18A区画",
    }  # fmt: skip
    has_status = {(b, k): "打合せ中" in said for b, by_booking in sentences.items() for k, said in by_booking.items()}
    assert [choice for choice, shown in has_status.items() if not shown] == [("hidden", "hidden")]


@pytest.mark.parametrize("hide", ["pause", "protect"])
def test_the_preview_says_nothing_while_everything_is_hidden_p5(office, suzuki, hide):
    office.put(office.suzuki, office.zone_a)
    office.say(office.suzuki, StatusKind.TRIP)
    getattr(office, hide)(office.suzuki)

    assert {said for by in preview(suzuki)["sentences"].values() for said in by.values()} == {"所在非表示"}


def test_every_audience_and_signal_is_chosen_apart_p4(office, suzuki):
    suzuki.send("/me/visibility", kiosk="building", booking_kiosk="floor", booking_everyone="hidden", everyone="zone")

    with db.reading():
        choices = people.choices_of([office.suzuki])[office.suzuki]
    assert choices.levels == {Audience.KIOSK: Level.BUILDING, Audience.EVERYONE: Level.ZONE}
    assert choices.booking_levels == {Audience.KIOSK: Level.FLOOR, Audience.EVERYONE: Level.HIDDEN}


@pytest.mark.parametrize(
    ("state", "says"),
    [(State.PRESENT, "18階 18A区画"), (State.FLOOR, "18階のどこか"), (None, "所在の情報なし")],
    ids=["zone", "floor", "unknown"],
)
def test_the_form_says_so_whatever_is_known_p4(office, suzuki, state, says):
    if state is not None:
        office.put(office.suzuki, office.zone_a if state is State.PRESENT else None)

    assert f"今の見え方：{says}" in text(suzuki.get("/me"))


def test_what_is_chosen_is_what_others_see_p4(office, suzuki):
    office.put(office.suzuki, office.zone_a)
    colleague, manager, stranger = (viewer(one) for one in (office.sato, office.head, office.stranger))

    saved = suzuki.send("/me/visibility", own_section="floor", managers="zone", everyone="hidden")

    assert saved.location == "/me#visibility"
    assert looked_up(office, colleague).state is Shown.FLOOR
    assert looked_up(office, manager).zone_id == office.zone_a
    assert looked_up(office, stranger).state is Shown.HIDDEN
    with db.reading():
        levels = people.choices_of([office.suzuki])[office.suzuki].levels
    assert levels == {
        Audience.OWN_SECTION: Level.FLOOR, Audience.MANAGERS: Level.ZONE, Audience.EVERYONE: Level.HIDDEN,
    }  # fmt: skip
    page = suzuki.get("/me").text
    assert [re.search(rf'id="level-{one}".*?value="(\w+)" selected', page, re.S)[1] for one in LEVEL_FIELDS] == [
        "floor", "zone", "hidden",
    ]  # fmt: skip


def test_one_audience_alone_may_be_changed_p4(office, suzuki):
    suzuki.send("/me/visibility", everyone="floor")

    with db.reading():
        assert people.choices_of([office.suzuki])[office.suzuki].levels == {Audience.EVERYONE: Level.FLOOR}


@pytest.mark.parametrize("level", ["", "everything", "ZONE", "0"])
def test_a_level_that_is_none_is_refused_in_a_sentence_and_changes_nothing_p4(office, suzuki, level):
    refused = suzuki.send("/me/visibility", own_section="floor", everyone=level)

    assert refused.status_code == 422
    assert "その公開範囲はありません。" in refused.text
    with db.reading():
        assert people.choices_of([office.suzuki])[office.suzuki].levels == {}


@pytest.mark.parametrize("length", list(PauseLength), ids=str)
def test_a_pause_of_every_length_hides_at_once_and_ends_when_it_should_p5(office, suzuki, length):
    began = clock.now()

    paused = suzuki.send("/me/pause", length=length.value, next="/")

    assert paused.location == "/"
    with db.reading():
        choices = people.choices_of([office.suzuki])[office.suzuki]
    assert choices.is_paused(clock.now())
    ends = {
        PauseLength.QUARTER: timedelta(minutes=15),
        PauseLength.HOUR: timedelta(hours=1),
        PauseLength.TODAY: timedelta(days=1),
    }.get(length)
    if ends is None:
        assert choices.paused_until is None
        assert "所在表示を停止中です（自分で再開するまで）。" in text(suzuki.get("/me"))
    else:
        assert timedelta(0) <= choices.paused_until - began <= ends + timedelta(seconds=30)
        assert "所在表示を停止中です（" in text(suzuki.get("/me"))
        assert not choices.is_paused(choices.paused_until)
    assert "所在表示を停止中です" in text(suzuki.get("/"))


def test_my_page_says_that_a_corner_that_only_counts_names_me_to_nobody_p4(office, suzuki):
    office.put(office.suzuki, office.refresh)

    assert text(suzuki.get("/me")).count("今の見え方：庁内") == 3


def test_during_a_pause_nobody_sees_anything_not_even_the_manager_and_nothing_is_kept_p5(office, suzuki):
    office.put(office.suzuki, office.zone_a)
    others = [viewer(one) for one in (office.sato, office.head, office.stranger)]

    suzuki.send("/me/pause", length="1h")

    assert [looked_up(office, one).state for one in others] == [Shown.HIDDEN] * 3
    with db.reading():
        assert presence_queries.whereabouts([office.suzuki]) == {}
    office.put(office.suzuki, office.zone_b)
    with db.reading():
        assert presence_queries.whereabouts([office.suzuki]) == {}
    assert text(suzuki.get("/me")).count("今の見え方：所在非表示") == 4


def test_a_pause_looks_like_every_other_reason_to_hide_p5(office, suzuki, signed_in):
    manager = signed_in(person_id=office.head)
    office.show(office.suzuki, own_section=Level.HIDDEN, managers=Level.HIDDEN, everyone=Level.HIDDEN)
    hidden = manager.get(f"/api/v1/people/{office.suzuki}?screen=map").json
    office.show(office.suzuki, own_section=Level.ZONE, managers=Level.ZONE, everyone=Level.ZONE)

    suzuki.send("/me/pause", length="until_ended")

    assert manager.get(f"/api/v1/people/{office.suzuki}?screen=map").json == hidden


@pytest.mark.parametrize(
    "path", ["/", "/floors/18", "/directory", "/find", "/memos", "/me", "/notice", "/directory/export"]
)
def test_hiding_and_showing_are_one_click_away_on_every_page_p5(office, suzuki, path):
    shown = suzuki.get(path).text
    menu = shown[shown.index('id="pause-menu"') : shown.index("</details>", shown.index('id="pause-menu"'))]
    suzuki.send("/me/pause", length="1h", next=path)
    hidden = suzuki.get(path).text

    at_once, lengths = menu.split("<details")
    assert re.findall(r'name="length" value="(\w+)"', at_once) == [PauseLength.HOUR]
    assert re.findall(r'name="length" value="(\w+)"', lengths) == list(PauseLength)
    assert menu.count(f'name="next" value="{path}"') == 2
    assert "pause--on" not in shown
    assert "pause--on" in hidden
    assert 'action="/me/resume"' in hidden[hidden.index('id="pause-menu"') : hidden.index("<details")]
    assert suzuki.send("/me/resume", next=path).location == path


@pytest.mark.parametrize(
    ("length", "said"),
    [("15min", r"\d+:\d\dまで停止中"), ("today", "今日は停止中"), ("until_ended", "停止中")],
    ids=["a quarter", "today", "until ended"],
)
def test_every_page_says_until_when_i_am_hidden_p5(suzuki, length, said):
    suzuki.send("/me/pause", length=length)

    state = re.search(r'class="pause__state"[^>]*>([^<]*)<', suzuki.get("/directory").text)

    assert state is not None
    assert re.fullmatch(said, state[1])


@pytest.mark.parametrize("role", [Role.KIOSK, Role.SYSTEM_ADMIN])
def test_who_has_no_place_has_nothing_to_hide_p5(office, signed_in, role):
    assert "pause-menu" not in signed_in(role).get("/directory").text


def test_resuming_shows_as_much_as_was_chosen_p5(office, suzuki):
    suzuki.send("/me/visibility", everyone="floor")
    suzuki.send("/me/pause", length="until_ended")

    resumed = suzuki.send("/me/resume", next="/")

    assert resumed.location == "/"
    office.put(office.suzuki, office.zone_a)
    assert looked_up(office, viewer(office.stranger)).state is Shown.FLOOR
    assert "所在表示を停止中です" not in text(suzuki.get("/me"))


@pytest.mark.parametrize("length", ["", "2h", "15", "forever"])
def test_a_length_that_is_none_is_refused_in_a_sentence_p5(office, suzuki, length):
    refused = suzuki.send("/me/pause", length=length)

    assert refused.status_code == 422
    assert "所在表示を止める時間を選んでください。" in refused.text
    with db.reading():
        assert not people.choices_of([office.suzuki])[office.suzuki].paused


def test_no_reason_is_asked_for_a_pause_p5(office, suzuki):
    page = suzuki.get("/me").text

    forms = re.findall(r'<form[^>]* action="/me/pause">.*?</form>', page, re.S)
    assert len(forms) == 3
    assert {name for form in forms for name in re.findall(r'name="(\w+)"', form)} == {"csrf_token", "length", "next"}


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_a_pause_leads_back_to_our_own_pages_only(office, suzuki, target):
    assert suzuki.send("/me/pause", length="1h", next=target).location in ("/", "/me")


def test_whoever_looked_me_up_is_listed_with_time_and_screen_newest_first_p11(office, suzuki, signed_in):
    assert "あなたの所在を名前で調べた人はいません" in text(suzuki.get("/me"))
    for person, screen in ((office.stranger, "map"), (office.head, "list"), (office.sato, "home")):
        signed_in(person_id=person).get(f"/api/v1/people/{office.suzuki}?screen={screen}")

    page = text(suzuki.get("/me"))

    rows = re.findall(r"\d+/\d+/\d+ (\S+ 一) 1 \d+:\d+ (\S+)", page)
    assert rows == [("佐藤 一", "トップページ"), ("髙波 一", "フロアの一覧"), ("田中 一", "フロアマップ")]


def test_opening_a_map_and_looking_at_oneself_is_nobodys_look_up_p11(office, suzuki, signed_in):
    office.put(office.suzuki, office.zone_a)
    stranger = signed_in(person_id=office.stranger)
    stranger.get("/floors/18")
    stranger.get("/api/v1/floors/18")
    suzuki.get(f"/api/v1/people/{office.suzuki}?screen=home")

    assert "あなたの所在を名前で調べた人はいません" in text(suzuki.get("/me"))


def test_my_page_says_how_often_maps_were_opened_today_and_not_by_whom_p11(office, suzuki, signed_in):
    colleague = signed_in(person_id=office.sato)
    for _time in range(3):
        colleague.get("/floors/18")

    assert "本日、庁内で開かれたフロアマップ：3回" in text(suzuki.get("/me"))


def test_only_i_can_read_who_looked_me_up_p11(office, signed_in):
    signed_in(person_id=office.stranger).get(f"/api/v1/people/{office.suzuki}?screen=map")

    for other in (signed_in(person_id=office.head), signed_in(Role.SYSTEM_ADMIN)):
        assert "田中" not in text(other.get("/me"))


def test_nobody_pushes_others_out_of_sight_p11(office, suzuki):
    """P11: a day and viewer is one line with all its times, and every page of the last year can be reached."""
    someone, now = viewer(office.stranger), make.at("12:00", clock.now().date() - timedelta(days=1))
    with db.transaction():
        presence.look_up(someone, None, "最初の人", office.suzuki, "list", now - timedelta(days=363))
        for day in range(60):
            for number in range(10):
                at = now - timedelta(days=day, seconds=number)
                presence.look_up(someone, None, "何度もの人", office.suzuki, "map", at)
        presence.look_up(someone, None, "昔の人", office.suzuki, "map", now - timedelta(days=366))

    first, second, beyond = (suzuki.get(f"/me?page={number}") for number in ("1", "2", "9"))

    assert "601回（調べた記録の保存期間は" in text(first)
    assert (first.text.count("何度もの人"), second.text.count("何度もの人")) == (50, 10)
    assert (first.text.count(" フロアマップ"), second.text.count(" フロアマップ")) == (500, 100)
    assert re.search(r'rel="next" href="/me\?page=2#look-ups"', first.text)
    assert re.search(r'rel="prev" href="/me\?page=1#look-ups"', second.text)
    assert "最初の人" in second.text
    assert "昔の人" not in first.text + second.text
    assert beyond.text.count("何度もの人") == 10


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 40])
def test_a_page_that_is_none_shows_the_nearest_p11(office, suzuki, signed_in, number):
    signed_in(person_id=office.stranger).get(f"/api/v1/people/{office.suzuki}?screen=map")

    assert "田中 一" in text(suzuki.get(f"/me?page={number}"))


@pytest.mark.parametrize("language", ["ja", "en"])
def test_everything_held_about_me_is_listed_with_how_long_p10(office, suzuki, language):
    page = text(suzuki.get(f"/me?lang={language}"))

    for what, kept in (
        [
            ("閲覧した人、日時、画面", "1年"),
            ("いるゾーンまたは階", "夜間に消去"),
            ("ビーコンとその期間", "最後の在職から90日"),
        ]
        if language == "ja"
        else [
            ("Who looked you up", "1 year"),
            ("Your zone or floor", "erased at night"),
            ("Which beacon", "until 90 days after your last post"),
        ]
    ):
        assert re.search(f"{what}.{{0,80}}?{kept}", page)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.KIOSK], ids=str)
def test_an_account_of_nobody_reads_the_notice_and_has_nothing_to_choose(office, signed_in, role):
    operator = signed_in(role)

    page = operator.get("/me")

    assert "目的" in text(page)
    assert "実施責任者：情報統括" in text(page)
    assert "/me/pause" not in page.text
    assert "/me/visibility" not in page.text
    assert "/me/notice" not in page.text
    assert 'action="/sign-out"' in page.text


@pytest.mark.parametrize("path", ["/me/visibility", "/me/pause", "/me/resume", "/me/notice"])
def test_an_account_of_nobody_that_posts_anyway_is_told_so_in_a_sentence(office, signed_in, path):
    refused = signed_in().send(path, **FORMS[path])

    assert refused.status_code == 404
    assert "このアカウントは職員のものではないため、表示するものがありません。" in refused.text


@pytest.mark.parametrize("path", sorted(FORMS))
def test_no_form_works_without_its_token_or_from_another_site_sr_09(office, suzuki, path):
    """SR-09: the token of the session, and our own origin."""
    token = suzuki.token
    before = suzuki.get("/me").text
    for headers, fields in (
        ({"Origin": "http://localhost"}, {}),
        ({"Origin": "http://localhost"}, {"csrf_token": "x"}),
        ({"Origin": "https://evil.example"}, {"csrf_token": token}),
        ({"Sec-Fetch-Site": "cross-site"}, {"csrf_token": token}),
    ):
        refused = suzuki.post(path, data={**FORMS[path], **fields}, headers=headers)
        assert refused.status_code in (400, 403), (path, headers, fields)
        assert re.search("この画面の有効期限が切れました|ほかのサイトからの要求", refused.text)

    same = r'name="csrf[-_]token" (content|value)="[^"]*"'
    assert re.sub(same, "", suzuki.get("/me").text) == re.sub(same, "", before)


def test_every_form_of_the_pages_carries_the_token_sr_09(office, suzuki):
    """SR-09: checked on the markup, so that a new form cannot forget it."""
    suzuki.send("/me/pause", length="1h")
    for path in ("/", "/me", "/password", "/floors/18"):
        forms = re.findall(r'<form method="post".*?</form>', suzuki.get(path).text, re.S)
        assert forms
        assert [form for form in forms if 'name="csrf_token" value="' not in form] == []


@pytest.mark.parametrize("path", ["/me/visibility", "/me/pause", "/me/resume", "/me/notice"])
def test_a_visitor_is_led_to_the_sign_in_page(office, client, path):
    answer = client.send(path, **FORMS[path])

    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in")


def test_the_chosen_language_stays_with_the_account(office, suzuki, signed_in):
    suzuki.send("/language", language="en", next="/me")
    assert "Hide my location" in text(suzuki.get("/me"))

    elsewhere = signed_in(account_id=suzuki.signed.account_id)

    assert "Hide my location" in text(elsewhere.get("/me", headers={"Accept-Language": "ja"}))
    assert elsewhere.send("/language", language="fr").status_code == 422


def test_two_colleagues_choices_do_not_touch_each_other_p4_p5(office, suzuki, signed_in):
    sato = signed_in(person_id=office.sato)

    suzuki.send("/me/pause", length="1h")
    suzuki.send("/me/visibility", everyone="hidden")

    with db.reading():
        choices = people.choices_of([office.sato])[office.sato]
    assert (choices.paused, choices.levels) == (False, {})
    assert "所在表示を停止中です" not in text(sato.get("/me"))
