"""How lists of people are ordered: the rows of the Japanese index, and who stands before whom in a unit. Pure."""

from collections.abc import Mapping

ROWS: Mapping[str, str] = {
    "あ": "あいうえお",
    "か": "かきくけこ",
    "さ": "さしすせそ",
    "た": "たちつてと",
    "な": "なにぬねの",
    "は": "はひふへほ",
    "ま": "まみむめも",
    "や": "やゆよ",
    "ら": "らりるれろ",
    "わ": "わゐゑをん",
}
OTHER = "他"  # whose reading is unknown, or not written in kana
INDEX = (*ROWS, OTHER)

TITLES = ("局長", "室長", "部長", "担当部長", "課長", "担当課長", "課長補佐", "係長", "主査", "主任", "職員")
# Of the usual city hall, highest first. Titles are free text: the longest that one ends with counts, so that
# 財政課長 stands with 課長; what none of them ends comes last.


def index_row(kana_key: str) -> str:
    """The tab of the index under which somebody stands; the key has neither marks nor small kana."""
    return next((row for row, kana in ROWS.items() if kana_key[:1] and kana_key[0] in kana), OTHER)


def title_rank(title: str) -> int:
    """0 for the highest title there is; larger is lower."""
    ending = max((known for known in TITLES if title.endswith(known)), key=len, default=None)
    return len(TITLES) if ending is None else TITLES.index(ending)
