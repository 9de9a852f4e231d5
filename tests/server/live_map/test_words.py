"""What the scripts say and what they are given to say are the same sentences."""

import re
from pathlib import Path

import pytest

from server.live_map.words import SENTENCES

SCRIPTS = sorted((Path(__file__).resolve().parents[3] / "server/static/js").glob("*.js"))
CALLED = re.compile(r'(?<![\w.])t\(\s*"((?:[^"\\]|\\.)*)"')
TABLED = re.compile(r'"((?:[^"\\]|\\.)*)"')
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
REASONS = {"database", "background", "broker"}  # codes of the status, not sentences
TABLES = re.compile(
    r"const (?:DIRECTIONS|SENTENCES) = \[(.*?)\];", re.DOTALL
)  # sentences that t() is given from a list


def said() -> set[str]:
    found: set[str] = set()
    for script in SCRIPTS:
        text = script.read_text("utf-8")
        found |= set(CALLED.findall(text))
        for table in TABLES.findall(text):
            found |= {sentence for sentence in TABLED.findall(table) if sentence not in REASONS}
    return found


def test_every_sentence_of_the_scripts_is_given_to_them():
    assert sorted(said() - set(SENTENCES)) == []


def test_no_sentence_is_given_to_the_scripts_that_they_never_say():
    assert sorted(set(SENTENCES) - said()) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_says_anything_in_japanese_by_itself(script):
    """It would be there in both languages."""
    code = COMMENT.sub("", script.read_text("utf-8"))

    assert re.findall(r"[ぁ-んァ-ヶ一-龠]+", code) == []
