"""What the scripts say and what they are given to say are the same sentences."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from server.bookings.words import SENTENCES as OF_SEATS
from server.live_map.words import SENTENCES

SCRIPTS = sorted((Path(__file__).resolve().parents[3] / "server/static/js").glob("*.js"))
CALLED = re.compile(r'(?<![\w.])t\(\s*"((?:[^"\\]|\\.)*)"')
CHOSEN = re.compile(r'(?<![\w.])t\([^()\n]*? \? "((?:[^"\\]|\\.)*)" :')  # t(is ? "one" : other)
TABLED = re.compile(r'"((?:[^"\\]|\\.)*)"')
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
CODES = {"database", "background", "broker"}  # of the status, not sentences
TABLES = re.compile(
    r"const (?:DIRECTIONS|SENTENCES|STATES|REASONS) = [\[{](.*?)[\]}];", re.DOTALL
)  # sentences that t() is given from a list
ON_A_FLOOR_ONLY = {"map.js", "seats.js", "seats-bar.js"}  # the page that is given the words of both


def said(scripts: Iterable[Path]) -> set[str]:
    found: set[str] = set()
    for script in scripts:
        text = script.read_text("utf-8")
        found |= set(CALLED.findall(text)) | set(CHOSEN.findall(text))
        for table in TABLES.findall(text):
            found |= {sentence for sentence in TABLED.findall(table) if sentence not in CODES}
    return found


def test_every_sentence_of_the_scripts_is_given_to_them():
    everywhere = [script for script in SCRIPTS if script.name not in ON_A_FLOOR_ONLY]

    assert sorted(said(everywhere) - set(SENTENCES)) == []
    assert sorted(said(SCRIPTS) - set(SENTENCES) - set(OF_SEATS)) == []


def test_no_sentence_is_given_to_the_scripts_that_they_never_say():
    assert sorted((set(SENTENCES) | set(OF_SEATS)) - said(SCRIPTS)) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_says_anything_in_japanese_by_itself(script):
    """It would be there in both languages."""
    code = COMMENT.sub("", script.read_text("utf-8"))

    assert re.findall(r"[ぁ-んァ-ヶ一-龠]+", code) == []
