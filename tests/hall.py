"""A small city hall as a browser sees it: a floor with a plan, five zones and two dozen people, most of them in."""

from datetime import datetime, timedelta

import make
from watching import Office

from server import clock, db
from server.fleet import service as fleet
from server.people import service as people
from server.people.rules import Role
from server.places import service as places

PLAN = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 32" width="960" height="640">
<rect x="0.1" y="0.1" width="47.8" height="31.8" fill="#fff" stroke="#4d4d4d" stroke-width="0.2"/>
<rect x="18" y="12" width="12" height="8" fill="#ededed" stroke="#8c8c8c" stroke-width="0.1"/></svg>"""
IN_ZONE_A = (
    ("𠮷留", "光太郎", "よしとめ"),
    ("グエン・ティ・ラン", "", "ぐえん・てぃ・らん"),
    ("菊川", "結衣", "きくかわ"),
    ("菊川", "航", "きくかわ"),
    ("小鳥遊", "葵", "たかなし"),
)
IN_ZONE_B = (
    ("雲類鷲", "凪", "うるわし"),
    ("入江", "岳", "いりえ"),
    ("榎並", "紬", "えなみ"),
    ("大砂", "蓮", "おおすな"),
    ("柏倉", "樹", "かしわくら"),
    ("楠瀬", "直", "くすせ"),
)
IN_ZONE_C = (("林", "一", "はやし"), ("東", "樹", "あずま"), ("東", "樹", "ひがし"))
ON_FLOOR_17 = (("月岡", "航", "つきおか"), ("苗場", "葵", "なえば"), ("灘岡", "岳", "なだおか"))
AWAY = (("八重樫", "直", "やえがし"), ("帆足", "凪", "ほあし"))


class Hall(Office):
    """A ground for browser tests; 財政課 is at home in zone 18A, 税務課 on floor 17.

    On floor 18: A 8 people (with 髙波, who heads 財政課, 鈴木 and 佐藤), B 6, C 3, one in the refresh corner, which
    names nobody but counts, and 田中 of 税務課 somewhere. Floor 17 holds 3 people. The council's floor is excluded.
    """

    def __init__(self) -> None:
        now = clock.now()
        self._accounts: dict[tuple[int | None, Role], int] = {}
        with db.transaction():
            self.notice = people.publish_notice(
                "目的\n職員どうしが互いの居場所を探すため。", "Purpose\nSo that colleagues find each other.",
                "情報管理責任者", "取扱要綱", make.at("07:00", make.DAY), make.DAY,
            )  # fmt: skip
            self.building = make.building(**make.ALWAYS)
            self.council = self._floor("24", "議場", "Council chamber", kind="excluded", excluded=True)
            self.floor = self._floor("18", "財務局", "Finance Bureau", kind="group", portals=[[24, 16]])
            self.other_floor = self._floor("17", "税務部", "Tax Department", kind="group")
            places.set_plan(self.floor, PLAN, "image/svg+xml", now, width_m=48.0, height_m=32.0)
            self.zone_a = self._zone("18A", "A区画（南西）", "Zone A (south-west)", 0, 20, capacity=12)
            self.zone_b = self._zone("18B", "B区画（南東）", "Zone B (south-east)", 30, 20, capacity=6)
            self.zone_c = self._zone("18C", "C区画（北東）", "Zone C (north-east)", 30, 0, capacity=20)
            self.refresh = self._zone(
                "18R", "リフレッシュスペース", "Refresh space", 0, 0, kind="refresh", counts_only=True
            )
            self.toilets = self._zone("18W", "化粧室", "Toilets", 19, 13, size=5.0, kind="room", excluded=True)
            self.zone_17 = make.zone(self.other_floor, "17A", capacity=30)
            bureau = people.add_unit("21", "財務局", "bureau", make.DAY, name_en="Finance Bureau")
            self.section = self._section("財政課", "Fiscal Section", bureau, self.zone_a)
            self.other_section = self._section("税務課", "Tax Section", bureau, self.zone_17)
            self.head = self.somebody("髙波", "たかなみ", self.section, is_head=True, title="課長")
            self.suzuki = self.somebody("鈴木", "すずき", self.section)
            self.sato = self.somebody("佐藤", "さとう", self.section)
            self.stranger = self.somebody("田中", "たなか", self.other_section)
            a, b, c, elsewhere, away = (
                [self.somebody(family, kana, unit, given=given) for family, given, kana in names]
                for names, unit in (
                    (IN_ZONE_A, self.section),
                    (IN_ZONE_B, self.other_section),
                    (IN_ZONE_C, self.other_section),
                    (ON_FLOOR_17, self.other_section),
                    (AWAY, self.section),
                )
            )
            self.in_zone_a, self.in_zone_b, self.in_zone_c, self.away = a, b, c, away
            self.resting = self.somebody("瀬名", "せな", self.other_section)
            make.receiver(self.floor, "RX-18-01")
        for zone_id, inside in ((self.zone_a, [self.head, self.suzuki, self.sato, *a]), (self.zone_b, b)):
            for person_id in inside:
                self.put(person_id, zone_id)
        for person_id in c:
            self.put(person_id, self.zone_c, confidence=0.7)
        for person_id in elsewhere:
            self.put(person_id, self.zone_17, self.other_floor)
        self.put(self.resting, self.refresh)
        self.put(self.stranger, None)
        self.live()

    def live(self) -> None:
        """Background process and receivers are well for the time of a test: their last word lies an hour ahead."""
        ahead = clock.now() + timedelta(hours=1)
        self.beats(ahead)
        with db.transaction():
            fleet.record_heard({"RX-18-01": ahead})

    def beats(self, at: datetime) -> None:
        """The background process gave its last sign of life then."""
        given = {"broker_connected": True, "broker_since": None, "inbox": 0, "tags": 20, "step_ms": 3.0}
        with db.transaction():
            fleet.record_beat("background", at, **given)  # type: ignore[arg-type]

    def somebody(self, family: str, kana: str, unit_id: int, **fields: object) -> int:
        """A person with a post, who has read the notice."""
        given, title = fields.pop("given", "一"), fields.pop("title", "主任")
        is_head = bool(fields.pop("is_head", False))
        person_id = make.person(family, str(given), has_read=self.notice, family_kana=kana, **fields)
        people.add_membership(person_id, unit_id, make.DAY, title=str(title), is_head=is_head)
        return person_id

    def account(self, person_id: int | None = None, role: Role = Role.STAFF) -> int:
        """The account of a person, or of nobody with this role; its password is make.PASSWORD."""
        if (person_id, role) not in self._accounts:
            login = f"{role.value}-{person_id or 'nobody'}"
            with db.transaction():
                self._accounts[person_id, role] = make.account(login, role=role, person_id=person_id)
        return self._accounts[person_id, role]

    def _floor(self, code: str, name: str, name_en: str, **fields: object) -> int:
        given = {"width_m": 48.0, "height_m": 32.0, "name_en": name_en} | fields
        return places.add_floor(self.building, code, int(code), name, **given)

    def _zone(
        self, code: str, name: str, name_en: str, x_m: float, y_m: float, *, size: float = 12.0, **fields: object
    ) -> int:
        corners = [[x_m, y_m], [x_m + size, y_m], [x_m + size, y_m + size], [x_m, y_m + size]]
        return places.add_zone(self.floor, code, name, corners, name_en=name_en, **fields)

    def _section(self, name: str, name_en: str, bureau: int, zone_id: int) -> int:
        unit = people.add_unit(f"S-{name_en[:3]}", name, "section", make.DAY, name_en=name_en, parent_id=bureau)
        places.own_zone(zone_id, unit, make.DAY)
        return unit
