"""The lottery's pages: drawing for a day and on arrival, who reads which name, needs, neighbours and taking part."""

import re
from datetime import timedelta

import make
import pytest
from sqlalchemy import update
from watching import TOKYO, Office

from server import audit, clock, db
from server.bookings import queries
from server.people import service as people
from server.people.rules import Audience, Level, Role, Signal
from server.places import service as places
from server.places.models import Zone
from server.seating import draws, lottery_queries, lottery_web
from server.seating.lottery import Together
from server.seating.lottery_queries import Part
from server.seating.models import Draw


class Hall(Office):
    """Zone 18A of 財政課, whose three people are 髙波, 鈴木 and 佐藤, has two seats; 髙波 looks after it."""

    def __init__(self) -> None:
        super().__init__()
        with db.transaction():
            self.seats = [make.seat(self.zone_a, f"18A-{i:03}", x_m=1.4 * i) for i in (1, 2)]
            places.own_zone(self.zone_a, self.section, make.DAY)
        self.today = clock.now().astimezone(TOKYO).date()
        self.tomorrow = self.today + timedelta(days=1)

    def form(self, **more: str) -> dict[str, str]:
        return {"day": self.tomorrow.isoformat(), "from": "08:30", "to": "17:15", **more}

    def with_seats(self) -> list[int]:
        """Who has one tomorrow."""
        with db.reading():
            found = queries.of_floor(self.floor, clock.now(), clock.now() + timedelta(days=2))
        return [one.person_id for one in found]


@pytest.fixture
def hall(app) -> Hall:
    return Hall()


@pytest.fixture
def keeper(hall, signed_in):
    return signed_in(Role.SECTION_ADMIN, person_id=hall.head)


def test_the_section_administrator_sees_who_takes_part_and_draws_for_tomorrow(database, hall, keeper):
    page = keeper.get("/zones/18A/lottery", query_string={"day": hall.tomorrow.isoformat()}).text
    assert "<dt>参加する人</dt><dd>3</dd>" in page and "<dt>空席</dt><dd>2</dd>" in page

    answer = keeper.send("/zones/18A/lottery", **hall.form())

    assert answer.status_code == 302 and len(hall.with_seats()) == 2
    page = keeper.get(answer.location).text
    assert "3人のうち2人の席が決まりました。" in page and "18A-001" in page
    with db.reading():
        (entry,) = [one for one in audit.entries(10) if one.action == "seats_drawn"]
        assert entry.details == {"day": hall.tomorrow.isoformat()}


def test_once_drawn_the_page_says_so_and_nothing_that_contradicts_it(hall, keeper):
    page = keeper.get(keeper.send("/zones/18A/lottery", **hall.form()).location).text
    assert "この日のくじは引き終わり、残っている席はありません。" in page
    assert "空席はありません" not in page


def test_nobody_else_draws_for_a_day(hall, signed_in):
    for role, person_id in ((Role.STAFF, hall.suzuki), (Role.SECTION_ADMIN, hall.stranger), (Role.SYSTEM_ADMIN, None)):
        visitor = signed_in(role, person_id=person_id)
        assert visitor.send("/zones/18A/lottery", **hall.form()).status_code == 403
        assert "予約する</button>" not in visitor.get("/zones/18A/lottery").text
    assert hall.with_seats() == []


def test_the_list_names_people_as_far_as_they_show_their_bookings_and_never_who_went_without_p4(
    hall, keeper, signed_in
):
    with db.transaction():
        for hidden in (hall.suzuki, hall.sato, hall.head):
            people.set_visibility(hidden, {Audience.OWN_SECTION: Level.ZONE}, clock.now(), Signal.BOOKING)
        people.set_visibility(hall.suzuki, {Audience.OWN_SECTION: Level.SEAT}, clock.now(), Signal.BOOKING)
    keeper.send("/zones/18A/lottery", **hall.form())
    names = {hall.head: "髙波", hall.suzuki: "鈴木", hall.sato: "佐藤"}
    listed = listing(keeper.get("/zones/18A/lottery").text)
    shown = {names[i] for i in hall.with_seats() if i in (hall.suzuki, hall.head)}  # the reader is 髙波
    assert {name for name in names.values() if name in listed} == shown
    assert listing(signed_in(person_id=hall.stranger).get("/zones/18A/lottery").text) == ""


def test_in_a_zone_that_only_counts_the_list_names_nobody(hall, keeper):
    keeper.send("/zones/18A/lottery", **hall.form())
    names = ("髙波", "鈴木", "佐藤")
    assert any(name in listing(keeper.get("/zones/18A/lottery").text) for name in names)

    with db.transaction():
        db.session.execute(update(Zone).where(Zone.code == "18A").values(counts_only=True))

    listed = listing(keeper.get("/zones/18A/lottery").text)
    assert "18A-" in listed and not any(name in listed for name in names)


def listing(page: str) -> str:
    found = re.search(r'<section class="lottery-wall".*?</section>', page, re.S)
    return found[0] if found else ""


def test_everybody_reads_their_own_result_with_its_reasons_and_gives_the_seat_back(hall, keeper, signed_in):
    keeper.send("/zones/18A/lottery", **hall.form())
    winner = hall.with_seats()[0]
    (loser,) = {hall.head, hall.suzuki, hall.sato} - set(hall.with_seats())

    def as_(person_id: int):
        return keeper if person_id == hall.head else signed_in(person_id=person_id)

    lost = as_(loser).get("/lottery").text
    assert "今回は席がありません" in lost and "参加3人に対して空席は2席でした。次回は優先されます。" in lost.replace(
        " ", ""
    )
    visitor = as_(winner)
    page = visitor.get("/lottery").text
    assert "18A-00" in page
    path = re.search(r'action="(/seats/bookings/\d+/cancel)"', page)[1]
    assert visitor.send(path, next="/lottery").location == "/lottery"
    assert winner not in hall.with_seats()
    assert "この席はもうありません" in visitor.get("/lottery").text


def test_whoever_has_come_draws_a_seat_with_one_press(database, hall, signed_in):
    if clock.now().astimezone(TOKYO).strftime("%H:%M") >= "23:30":
        pytest.skip("no quarter of today is left")
    visitor = signed_in(person_id=hall.suzuki)
    answer = visitor.send("/zones/18A/lottery/mine")
    assert answer.location == "/lottery"
    assert "の席になりました" in visitor.get("/lottery").text
    assert hall.with_seats() == [hall.suzuki]
    again = visitor.send("/zones/18A/lottery/mine")
    assert again.status_code == 409 and hall.with_seats() == [hall.suzuki]


def test_a_draw_is_repeated_when_somebody_took_a_seat_meanwhile(hall, keeper, monkeypatch):
    drawn, tries = draws.draw_day, []

    def second_time(*given):
        tries.append(1)
        if len(tries) == 1:
            raise lottery_web.Refused("seat_taken", "Someone else booked this seat first. Choose another seat.")
        return drawn(*given)

    monkeypatch.setattr(draws, "draw_day", second_time)
    assert keeper.send("/zones/18A/lottery", **hall.form()).status_code == 302
    assert len(tries) == 2 and len(hall.with_seats()) == 2


@pytest.mark.parametrize(
    "bad", [{"day": "gestern"}, {"from": "x" * 10_000}, {"to": "08:00"}, {"from": "08:31"}, {"day": "2020-01-06"}]
)
def test_bad_input_gets_a_sentence_and_nothing_is_drawn(hall, keeper, bad):
    answer = keeper.send("/zones/18A/lottery", **hall.form(**bad))
    assert answer.status_code in (409, 422) and 'role="alert"' in answer.text
    with db.reading():
        assert db.session.query(Draw).count() == 0


@pytest.mark.parametrize("code", ["18U", "99Z", "\u0007", "%F0%9F%90%AC", "x" * 3000])
def test_an_excluded_zone_looks_like_none(hall, signed_in, code):
    visitor = signed_in(person_id=hall.suzuki)
    assert visitor.get(f"/zones/{code}/lottery").status_code == 404


def test_needs_are_kept_and_shown_to_nobody_else(hall, signed_in, keeper):
    visitor = signed_in(person_id=hall.suzuki)
    visitor.post("/lottery/needs", data={"csrf_token": visitor.token, "has": ["wheelchair", "quiet"]},
                 headers={"Origin": "http://localhost"})  # fmt: skip
    with db.reading():
        assert queries.needs([hall.suzuki]) == {hall.suzuki: {"wheelchair", "quiet"}}
    assert re.search(r'value="wheelchair" checked', visitor.get("/lottery").text)
    for path in ("/lottery", "/zones/18A/lottery"):
        assert not re.search(r'value="wheelchair" checked', keeper.get(path).text)
    assert visitor.send("/lottery/needs", has="a sofa").status_code == 422
    visitor.send("/lottery/needs")
    with db.reading():
        assert queries.needs([hall.suzuki]) == {}


def test_two_agree_on_their_pages_and_either_ends_it(hall, signed_in):
    one, other, third = (signed_in(person_id=i) for i in (hall.suzuki, hall.sato, hall.head))
    one.send("/lottery/pairings", who=str(hall.sato), kind="together", weeks="4")
    page = other.get("/lottery").text
    path = re.search(r"/lottery/pairings/\d+/agree", page)[0]
    assert "鈴木" in page
    assert third.send(path).status_code == 404 and one.send(path).status_code == 404
    other.send(path)
    with db.reading():
        (pairing,) = lottery_queries.agreed_pairings([hall.suzuki], hall.tomorrow)
        assert pairing.kind == Together.TOGETHER
    one.send(path.replace("agree", "end"))
    assert other.send(path).status_code == 404
    with db.reading():
        assert lottery_queries.pairings_of(hall.suzuki, hall.tomorrow) == []


@pytest.mark.parametrize("bad", [{"who": ""}, {"who": "9" * 30}, {"kind": "marriage"}, {"weeks": "0"}, {"weeks": "53"}])
def test_a_wish_that_makes_no_sense_is_refused_with_a_sentence(hall, signed_in, bad):
    visitor = signed_in(person_id=hall.suzuki)
    given = {"who": str(hall.sato), "kind": "together", "weeks": "4"} | bad
    answer = visitor.send("/lottery/pairings", **given)
    assert answer.status_code in (404, 422) and 'role="alert"' in answer.text


def test_whether_i_take_part_is_mine_to_choose(hall, signed_in, keeper):
    visitor = signed_in(person_id=hall.suzuki)
    assert visitor.send("/lottery/part", part="perhaps").status_code == 422
    visitor.send("/lottery/part", part="never")
    with db.reading():
        assert lottery_queries.parts([hall.suzuki]) == {hall.suzuki: Part.NEVER}
    keeper.send("/zones/18A/lottery", **hall.form())
    assert hall.suzuki not in hall.with_seats()


def test_a_lottery_can_be_drawn_again_on_its_page_to_check_it(hall, keeper):
    keeper.send("/zones/18A/lottery", **hall.form())
    page = keeper.get("/zones/18A/lottery", query_string={"day": hall.tomorrow.isoformat(), "check": "1"}).text
    assert "もう一度引いた結果も同じです。" in page
