"""Readings and duties of the demo city's units."""

import random
import re

from server.demo.city import CITY, STOREYS
from server.demo.duties import READINGS, duties


def test_every_unit_has_a_reading_in_hiragana():
    units = {CITY} | {storey.bureau for storey in STOREYS if storey.sections}
    units |= {section.name for storey in STOREYS for section in storey.sections}

    assert units <= READINGS.keys()
    assert [kana for kana in READINGS.values() if not re.fullmatch("[ぁ-ゖー]+", kana)] == []


def test_duties_fit_their_column_and_say_what_a_head_does():
    rng = random.Random(1)
    said = {duties(name, title, rng) for name in READINGS for title in ("課長", "係長", "主任", "職員")}

    assert max(map(len, said)) <= 200
    assert [duty for duty in said if "の総括の" in duty] == []
    assert duties("財政課", "課長", rng) == "課の総括"
