"""The demo city's hall, floor by floor: what is there, how many work there, and in which sections. All invented."""

from dataclasses import dataclass
from typing import NamedTuple

CITY, CITY_EN = "潮川市", "Shiokawa City"
BUILDING, BUILDING_EN = "潮川市役所 本庁舎", "Shiokawa City Hall"


class Section(NamedTuple):
    """A section and its desks' zone; `share` is its part of the floor's staff."""

    name: str
    name_en: str
    zone: str
    share: float


@dataclass(frozen=True, slots=True)
class Storey:
    """A row of the building's table."""

    level: int
    name: str
    name_en: str
    kind: str  # places.rules.FloorKind
    staff: int
    desks: int
    receivers: int
    bureau: str = ""  # the unit at the top; "" continues the bureau of the same name elsewhere or has none
    bureau_en: str = ""
    sections: tuple[Section, ...] = ()

    @property
    def code(self) -> str:
        """What the floor is called in addresses and zone codes."""
        return str(self.level)


def _sections(text: str) -> tuple[Section, ...]:
    """`zone|name|English|share; …`."""
    found = []
    for part in text.split(";"):
        zone, name, name_en, share = (piece.strip() for piece in part.split("|"))
        found.append(Section(name, name_en, zone, float(share)))
    return tuple(found)


STOREYS: tuple[Storey, ...] = (
    Storey(25, "展望ロビー", "Viewing lobby", "public", 0, 0, 0),
    Storey(24, "議場・傍聴席", "Council chamber", "excluded", 0, 0, 0),
    Storey(23, "議会局・会派控室", "Council secretariat", "excluded", 0, 0, 0),
    Storey(22, "市長室・秘書課・庁議室", "Mayor’s office", "fixed", 38, 38, 3, "市長室", "Mayor’s Office",
           _sections("A|秘書課|Secretariat Section|5; B|市長室広聴課|Public Hearing Section|5")),
    Storey(21, "総合政策局", "General Policy Bureau", "group", 116, 105, 6, "総合政策局", "General Policy Bureau",
           _sections("A|政策企画課|Policy Planning Section|28; B|広報課|Public Relations Section|30;"
                     "C|都市間連携課|Intercity Relations Section|22; D|統計課|Statistics Section|26")),
    Storey(20, "総務人事局", "General Affairs and Personnel Bureau", "group", 132, 119, 6,
           "総務人事局", "General Affairs and Personnel Bureau",
           _sections("A|総務課|General Affairs Section|34; B|人事課|Personnel Section|36;"
                     "C|法制課|Legislation Section|24; D|職員厚生課|Staff Welfare Section|30")),
    Storey(19, "デジタル改革局", "Digital Reform Bureau", "group", 94, 71, 6, "デジタル改革局", "Digital Reform Bureau",
           _sections("A|業務改革課|Process Reform Section|26; B|情報基盤課|Information Infrastructure Section|28;"
                     "C|データ活用課|Data Utilisation Section|20;"
                     "D|ワークスタイル推進担当|Workstyle Promotion Office|14")),
    Storey(18, "財務局 財政部・管財部", "Finance Bureau", "group", 104, 94, 6, "財務局", "Finance Bureau",
           _sections("A|財政課|Finance Section|24; A|資金課|Funds Section|14; B|予算第一課|First Budget Section|18;"
                     "C|予算第二課|Second Budget Section|16; D|資産活用課|Asset Utilisation Section|17;"
                     "D|契約課|Contracts Section|15")),
    Storey(17, "財務局 税務部", "Finance Bureau, Tax Department", "group", 128, 122, 6, "財務局", "Finance Bureau",
           _sections("A|市民税課|Residents’ Tax Section|38; B|資産税課|Property Tax Section|34;"
                     "C|収納課|Collection Section|32; D|税制課|Tax Policy Section|20")),
    Storey(16, "市民共創局", "Civic Co-creation Bureau", "group", 108, 98, 6, "市民共創局", "Civic Co-creation Bureau",
           _sections("A|区政連携課|Ward Liaison Section|28; B|文化振興課|Culture Section|26;"
                     "C|市民活動課|Civic Activity Section|26; D|人権共生課|Human Rights Section|22")),
    Storey(15, "産業みなと局", "Industry and Port Bureau", "group", 106, 91, 6,
           "産業みなと局", "Industry and Port Bureau",
           _sections("A|港湾計画課|Port Planning Section|30; B|商業振興課|Commerce Section|26;"
                     "C|ものづくり支援課|Manufacturing Support Section|24; D|観光課|Tourism Section|20")),
    Storey(14, "環境みどり局", "Environment and Greenery Bureau", "group", 124, 106, 6,
           "環境みどり局", "Environment and Greenery Bureau",
           _sections("A|資源循環課|Resource Circulation Section|34; B|公園管理課|Parks Section|32;"
                     "C|脱炭素推進課|Decarbonisation Section|26; D|環境保全課|Environmental Protection Section|26")),
    Storey(13, "健康ふくし局 福祉部・障害支援部", "Health and Welfare Bureau (1)", "group", 130, 124, 6,
           "健康ふくし局", "Health and Welfare Bureau",
           _sections("A|障害福祉課|Disability Welfare Section|36; B|生活支援課|Livelihood Support Section|34;"
                     "C|地域福祉課|Community Welfare Section|30; D|福祉総務課|Welfare Affairs Section|24")),
    Storey(12, "健康ふくし局 保健部・医療政策部", "Health and Welfare Bureau (2)", "group", 118, 107, 6,
           "健康ふくし局", "Health and Welfare Bureau",
           _sections("A|地域包括ケア課|Community Care Section|32; B|介護給付課|Care Benefits Section|32;"
                     "C|医療政策課|Medical Policy Section|24; D|健康増進課|Health Promotion Section|26")),
    Storey(11, "こどもみらい局", "Children’s Future Bureau", "group", 128, 116, 6,
           "こどもみらい局", "Children’s Future Bureau",
           _sections("A|保育運営課|Nursery Section|40; B|青少年支援課|Youth Support Section|28;"
                     "C|子育て企画課|Child Policy Section|28; D|児童家庭課|Family Section|26")),
    Storey(10, "まちづくり局 計画部・住宅部", "Urban Development Bureau", "group", 122, 104, 6,
           "まちづくり局", "Urban Development Bureau",
           _sections("A|都市計画課|City Planning Section|34; B|住宅政策課|Housing Section|30;"
                     "C|交通政策課|Transport Section|26; D|景観課|Landscape Section|26")),
    Storey(9, "まちづくり局 建築指導部（窓口）", "Building permits (counter)", "counter", 112, 112, 4,
           "まちづくり局", "Urban Development Bureau",
           _sections("A|建築審査課|Building Review Section|32; B|建築管理課|Building Control Section|28;"
                     "C|開発指導課|Development Guidance Section|26; D|宅地企画課|Housing Land Section|22")),
    Storey(8, "道路河川局", "Roads and Rivers Bureau", "group", 134, 108, 6, "道路河川局", "Roads and Rivers Bureau",
           _sections("A|道路維持課|Road Maintenance Section|38; B|河川課|Rivers Section|30;"
                     "C|道路計画課|Road Planning Section|32; D|用地課|Land Acquisition Section|28")),
    Storey(7, "上下水道企業局", "Waterworks Bureau", "group", 120, 102, 6, "上下水道企業局", "Waterworks Bureau",
           _sections("A|水道計画課|Water Planning Section|32; B|下水道課|Sewerage Section|30;"
                     "C|給水装置課|Water Supply Section|28; D|経営企画課|Management Planning Section|24")),
    Storey(6, "教育委員会事務局", "Board of Education secretariat", "group", 138, 125, 6,
           "教育委員会事務局", "Board of Education Secretariat",
           _sections("A|学事課|School Affairs Section|38; B|教職員課|Teaching Staff Section|36;"
                     "C|指導課|Guidance Section|32; D|生涯学習課|Lifelong Learning Section|26")),
    Storey(5, "会計室・監査・人事委員会・選挙管理委員会", "Accounting, audit, commissions", "group", 82, 78, 6,
           "会計室ほか", "Accounting and Commissions",
           _sections("A|会計室|Accounting Office|28; B|監査事務局|Audit Office|20;"
                     "C|人事委員会事務局|Personnel Commission Office|16;"
                     "D|選挙管理委員会事務局|Election Commission Office|16")),
    Storey(4, "危機管理局・災害対策本部室", "Crisis Management Bureau", "fixed", 58, 58, 3,
           "危機管理局", "Crisis Management Bureau",
           _sections("A|初動対策課|First Response Section|28; B|地域防災課|Community Disaster Prevention Section|28")),
    Storey(3, "共用会議室・研修室・職員食堂", "Shared rooms, canteen", "shared", 0, 0, 4),
    Storey(2, "総合窓口・情報プラザ・健康管理室", "Counters, information plaza", "counter", 34, 34, 4,
           "総務人事局", "General Affairs and Personnel Bureau",
           _sections("A|総合窓口担当|General Counter Office|18; B|情報公開室|Information Disclosure Office|16")),
    Storey(1, "アトリウム・総合案内", "Atrium, reception", "counter", 6, 6, 4,
           "総務人事局", "General Affairs and Personnel Bureau", _sections("A|庁舎案内担当|Reception Office|6")),
)  # fmt: skip

PEOPLE = sum(storey.staff for storey in STOREYS)
