"""The form for a call, the pages that show what waits, and who gets to see nothing."""

import re
from datetime import timedelta

import pytest
from watching import Office

from server import clock, db
from server.memos import queries
from server.memos.rules import Recipient
from server.people import queries as people
from server.people.rules import Level, Role
from server.presence import models as presence
from server.presence.rules import StatusKind

BADGE = re.compile(r'id="memo-badge"[^>]*?( hidden)?\n')


@pytest.fixture
def office(app) -> Office:
    return Office()


@pytest.fixture
def as_person(office, signed_in):
    """`as_person(person_id)`: a browser of that person, the same one each time."""
    opened = {}

    def of(person_id):
        if person_id not in opened:
            opened[person_id] = signed_in(person_id=person_id)
        return opened[person_id]

    return of


def take(visitor, to: str, **fields: str):
    given = {"caller": "川崎商事 山田様", "wish": "call_back", "urgency": "normal"} | fields
    return visitor.send("/memos", to=to, **given)


def only_memo(visitor) -> queries.MemoView:
    with db.reading():
        account_id = visitor.signed.account_id
        reader = queries.reader_of(account_id, people.account(account_id).person_id, clock.now().date())
        (memo,) = queries.open_for(reader)
    return memo


def set_leave(person_id: int, kind: str = "leave") -> None:
    now = clock.now()
    with db.transaction():
        db.session.add(
            presence.Status(
                person_id=person_id,
                starts_at=now - timedelta(hours=1),
                ends_at=now + timedelta(hours=1),
                kind=kind,
                set_at=now,
            )
        )


def test_a_call_is_taken_down_and_it_is_said_who_sees_it(office, as_person):
    stranger = as_person(office.stranger)

    saved = take(stranger, f"person:{office.suzuki}", number="０４４－０００－２１１１", matter="見積りの件")

    assert saved.status_code == 302
    assert "読めるのは鈴木 一さんとあなただけです。" in stranger.get(saved.location).text
    memo = only_memo(as_person(office.suzuki))
    assert (memo.caller, memo.number, memo.matter) == ("川崎商事 山田様", "044-000-2111", "見積りの件")
    assert memo.taken_by_name == "田中 一"


def test_a_section_s_memo_says_that_all_of_it_see_it(office, as_person):
    stranger = as_person(office.stranger)

    saved = take(stranger, f"unit:{office.section}")

    assert "財政課の全員に表示されます。" in stranger.get(saved.location).text
    for member in (office.head, office.suzuki, office.sato):
        assert "川崎商事 山田様" in as_person(member).get("/memos").text


@pytest.mark.parametrize("path", ["/", "/me", "/memos/new", "/password"])
def test_what_waits_is_counted_on_every_page_until_it_is_done(office, as_person, path):
    suzuki = as_person(office.suzuki)
    assert BADGE.search(suzuki.get(path).text)[1] == " hidden"
    take(as_person(office.stranger), f"person:{office.suzuki}", urgency="urgent")

    shown = suzuki.get(path).text

    assert BADGE.search(shown)[1] is None
    assert 'aria-label="取次ぎ 1件（うち至急 1件）"' in shown
    suzuki.send(f"/memos/{only_memo(suzuki).id}/handled")
    assert BADGE.search(suzuki.get(path).text)[1] == " hidden"


def test_one_click_on_the_start_page_handles_it_and_another_undoes_it(office, as_person):
    suzuki = as_person(office.suzuki)
    take(as_person(office.stranger), f"person:{office.suzuki}")
    assert "川崎商事 山田様" in suzuki.get("/").text
    memo_id = only_memo(suzuki).id

    done = suzuki.send(f"/memos/{memo_id}/handled", next="/")

    assert done.location.startswith("/?handled=")
    page = suzuki.get(done.location.split("#")[0]).text
    assert "対応済みにしました：川崎商事 山田様" in page
    assert f"/memos/{memo_id}/reopen" in page
    assert suzuki.send(f"/memos/{memo_id}/reopen", next="/").location == "/#memos"
    assert only_memo(suzuki).id == memo_id


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_taker_reads_only_whether_it_is_handled_whatever_the_reader_does_p3(office, as_person, language):
    """P3: asking again and again for one's own memo tells nothing of when somebody is at their screen."""
    stranger, suzuki = as_person(office.stranger), as_person(office.suzuki)
    take(stranger, f"unit:{office.section}")
    plain = re.compile(r'[0-9a-f]{40,}|nonce="[^"]*"|content="[^"]*"|value="[^"]*"')
    pages = ("/memos", "/api/v1/memos?state=taken")
    before = [plain.sub("", stranger.get(f"{path}{'&' if '?' in path else '?'}lang={language}").text) for path in pages]

    for path in ("/", "/memos", "/memos/card", "/api/v1/memos", "/api/v1/memos/count"):
        suzuki.get(path)

    after = [plain.sub("", stranger.get(f"{path}{'&' if '?' in path else '?'}lang={language}").text) for path in pages]
    assert after == before
    assert ("未対応" if language == "ja" else "not handled yet") in after[0]
    suzuki.send(f"/memos/{only_memo(suzuki).id}/handled")
    shown = stranger.get(f"/memos?lang={language}").text
    assert ("対応済み" if language == "ja" else "handled") in shown
    assert "鈴木 一が対応済み" not in shown
    assert "鈴木 一が対応済み" in as_person(office.sato).get("/memos?lang=ja").text


def test_the_taker_corrects_a_memo_on_the_same_form(office, as_person):
    stranger, suzuki = as_person(office.stranger), as_person(office.suzuki)
    take(stranger, f"person:{office.suzuki}", number="044-000-2111", matter="見積りの件")
    memo_id = only_memo(suzuki).id
    assert f'href="/memos/{memo_id}/correct"' in stranger.get("/memos").text
    form = stranger.get(f"/memos/{memo_id}/correct?lang=ja").text
    assert f'data-memo="{memo_id}"' in form
    assert all(said in form for said in ("取次ぎの訂正", "鈴木 一", "川崎商事 山田様", "044-000-2111", "見積りの件"))

    bad = stranger.send(f"/memos/{memo_id}/correct?lang=ja", caller="", wish="call_back", urgency="normal", matter="x")
    assert bad.status_code == 422
    assert "どなたからの電話かを入力してください。" in bad.text
    done = stranger.send(f"/memos/{memo_id}/correct", caller="幸商事", wish="information", urgency="urgent")

    assert done.location == f"/memos?saved={memo_id}"
    memo = only_memo(suzuki)
    assert (memo.id, memo.caller, memo.number, memo.urgency) == (memo_id, "幸商事", "", "urgent")


def test_the_taker_withdraws_a_memo(office, as_person):
    stranger, suzuki = as_person(office.stranger), as_person(office.suzuki)
    take(stranger, f"person:{office.suzuki}")
    memo_id = only_memo(suzuki).id
    assert f'action="/memos/{memo_id}/withdraw"' in stranger.get("/memos").text

    done = stranger.send(f"/memos/{memo_id}/withdraw?lang=ja")

    assert "取次ぎを取り消しました。" in stranger.get(f"{done.location}?lang=ja").text
    assert "川崎商事" not in suzuki.get("/memos").text


def test_what_is_handled_is_neither_corrected_nor_withdrawn(office, as_person):
    stranger, suzuki = as_person(office.stranger), as_person(office.suzuki)
    take(stranger, f"person:{office.suzuki}")
    memo_id = only_memo(suzuki).id
    suzuki.send(f"/memos/{memo_id}/handled")

    assert f"/memos/{memo_id}/" not in stranger.get("/memos").text
    for answer in (
        stranger.get(f"/memos/{memo_id}/correct?lang=ja"),
        stranger.send(f"/memos/{memo_id}/correct?lang=ja", caller="x", wish="call_back", urgency="normal"),
        stranger.send(f"/memos/{memo_id}/withdraw?lang=ja"),
    ):
        assert answer.status_code == 409
        assert "この取次ぎは対応済みのため、変更できません。" in answer.text


def test_whoever_guesses_ids_meets_the_same_404_as_for_nothing(office, as_person):
    take(as_person(office.stranger), f"person:{office.suzuki}")
    memo_id = only_memo(as_person(office.suzuki)).id
    head = as_person(office.head)

    for verb in ("handled", "reopen"):
        theirs = head.send(f"/memos/{memo_id}/{verb}")
        nothing = head.send(f"/memos/{memo_id + 1000}/{verb}")
        assert (theirs.status_code, nothing.status_code) == (404, 404)
        cut = re.compile(r"[0-9a-f]{12}|csrf-token.*|csrf_token.*")
        assert cut.sub("", theirs.text) == cut.sub("", nothing.text)
    assert "川崎商事" not in head.get(f"/memos?handled={memo_id}&saved={memo_id}").text
    assert head.send(f"/memos/{2**40}/handled").status_code == 404
    for theirs, nothing in (
        (head.get(f"/memos/{memo_id}/correct"), head.get(f"/memos/{memo_id + 1000}/correct")),
        (head.send(f"/memos/{memo_id}/correct"), head.send(f"/memos/{memo_id + 1000}/correct")),
        (head.send(f"/memos/{memo_id}/withdraw"), head.send(f"/memos/{memo_id + 1000}/withdraw")),
    ):
        assert (theirs.status_code, nothing.status_code) == (404, 404)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"caller": ""}, "どなたからの電話かを入力してください。"),
        ({"caller": "x" * 10_000}, "100文字以内"),
        ({"number": "あとで"}, "電話番号は「044-000-2111」のように"),
        ({"matter": "あ" * 501}, "500文字以内"),
        ({"wish": "coffee"}, "相手の希望と急ぎの度合いを選んでください。"),
        ({"to": ""}, "あて先を選んでください。"),
        ({"to": "person:0x10"}, "あて先を選んでください。"),
    ],
)
def test_what_is_missing_is_said_and_nothing_written_down_is_lost(office, as_person, fields, says):
    given = {"to": f"person:{office.suzuki}", "caller": "川崎商事", "number": "044-1", "matter": "見積り"} | fields
    given |= {"wish": "call_back", "urgency": "today"} | fields

    refused = as_person(office.stranger).send("/memos", **given)

    assert refused.status_code == 422
    assert says in refused.text
    for name in ("caller", "number", "matter"):
        assert name in fields or given[name] in refused.text
    assert 'value="today" checked' in refused.text


def test_the_form_is_filled_from_the_address_and_starts_in_the_first_empty_field(office, as_person):
    stranger = as_person(office.stranger)

    for_person = stranger.get(f"/memos/new?for={office.suzuki}&wish=calls_again").text
    for_unit = stranger.get(f"/memos/new?unit={office.section}").text
    for_nobody = stranger.get("/memos/new").text

    assert f'value="person:{office.suzuki}"' in for_person
    assert 'value="calls_again" checked' in for_person
    assert re.search(r'id="caller"[^>]* autofocus', for_person)
    assert f'value="unit:{office.section}"' in for_unit
    assert re.search(r'id="to"[^>]* autofocus', for_nobody)


def test_without_a_script_the_own_section_can_be_chosen(office, as_person):
    form = as_person(office.suzuki).get("/memos/new").text

    offered = set(re.findall(r'<option value="([^"]+)"', form))

    assert offered == {f"unit:{office.section}", f"person:{office.head}", f"person:{office.sato}"}


@pytest.mark.parametrize("address", ["for=99999", "unit=99999", "for=x", "unit=%F0%9F%98%80", "for=" + "9" * 10_000])
def test_a_form_for_nobody_is_not_found(office, as_person, address):
    assert as_person(office.stranger).get(f"/memos/new?{address}").status_code == 404


def test_a_form_for_a_protected_person_is_not_found_either_p13(office, as_person):
    """P13: the same answer as for somebody who does not exist."""
    office.protect(office.suzuki)

    assert as_person(office.stranger).get(f"/memos/new?for={office.suzuki}").status_code == 404
    assert take(as_person(office.stranger), f"person:{office.suzuki}").status_code == 404


@pytest.mark.parametrize(
    ("kind", "level", "told"),
    [("leave", Level.ZONE, True), ("leave", Level.HIDDEN, False), ("focus", Level.ZONE, False)],
)
def test_leave_is_told_to_who_may_see_it_and_nothing_else_is(office, as_person, kind, level, told):
    set_leave(office.suzuki, kind)
    office.show(office.suzuki, everyone=level)
    stranger = as_person(office.stranger)

    saved = take(stranger, f"person:{office.suzuki}")

    assert ("鈴木 一さんは休暇中です。" in stranger.get(saved.location).text) is told


def test_a_paused_person_s_leave_is_told_to_nobody_p5(office, as_person):
    """P5: a pause hides the day, too."""
    set_leave(office.suzuki)
    office.pause(office.suzuki)
    head = as_person(office.head)

    saved = take(head, f"person:{office.suzuki}")

    assert "休暇" not in head.get(saved.location).text


def test_a_shared_screen_takes_no_memos_and_is_shown_none(office, signed_in):
    kiosk = signed_in(Role.KIOSK)

    assert kiosk.get("/memos").status_code == 403
    assert "memo-badge" not in kiosk.get("/memos").text


def test_an_operator_without_a_person_may_take_calls_and_waits_for_none(office, signed_in):
    operator = signed_in(Role.FACILITIES)

    assert take(operator, f"person:{office.suzuki}").status_code == 302
    assert "待っている" not in operator.get("/memos").text


def test_the_page_speaks_english_too(office, as_person):
    take(as_person(office.stranger), f"person:{office.suzuki}", urgency="urgent")

    page = as_person(office.suzuki).get("/memos?lang=en").text

    assert "Please call back" in page
    assert "Taken by 田中 一" in page
    assert "Urgent" in page


def test_markup_in_a_memo_is_text(office, as_person):
    take(as_person(office.stranger), f"person:{office.suzuki}", caller="<b>x</b>", matter="<script>alert(1)</script>")

    page = as_person(office.suzuki).get("/memos").text

    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "<script>alert" not in page


def test_memos_know_nothing_of_recipients_but_their_names(office, as_person):
    take(as_person(office.stranger), f"person:{office.suzuki}")
    memo = only_memo(as_person(office.suzuki))

    assert memo.to == Recipient(person_id=office.suzuki)
    assert not {"handled_at", "seen_at", "place", "zone"} & set(queries.MemoView.__slots__)


def test_an_old_memo_tells_nobody_again_and_again_who_is_on_leave_p11(office, as_person, monkeypatch):
    """P11: the hint comes with the memo, which names its taker; asking later would be a look-up nobody reads of."""
    office.say(office.sato, StatusKind.LEAVE, minutes=600)
    taken = take(as_person(office.stranger), f"person:{office.sato}")
    assert "is on leave now" in as_person(office.stranger).get(f"{taken.location}&lang=en").text

    later = clock.now() + timedelta(minutes=2)
    monkeypatch.setattr(clock, "now", lambda: later)

    assert "is on leave now" not in as_person(office.stranger).get(f"{taken.location}&lang=en").text
