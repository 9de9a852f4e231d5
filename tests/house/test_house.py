"""The house checks itself: locks, top level, translations, settings, promises that tests must name."""

import ast
import json
import re
import subprocess
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
TOP_LEVEL = {
    "server", "edge_agent", "firmware_config", "migrations", "tests", "benchmarks", "docs", ".ci", "setup.cfg",
    "pyproject.toml", "Makefile", "package.json", "package-lock.json", ".npmrc", "README.md", "CHANGELOG.md",
    ".gitignore", "requirements.lock", "requirements-dev.lock", "requirements-agent.lock", "requirements-node.lock",
}  # fmt: skip
PRIVACY_RULES = (
    "P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10", "P11", "P12", "P13", "P17", "P19", "P23",
)  # fmt: skip
PROMISES = (
    "RP-01", "RP-02", "RP-03", "RP-04", "RP-06", "RP-09", "RP-10", "RP-11", "RP-12", "RP-13", "RP-16", "RP-17",
    "RP-21",
    "SR-01", "SR-02", "SR-04", "SR-05", "SR-07", "SR-08", "SR-09", "SR-10", "SR-11", "SR-12", "SR-14", "SR-15",
    "SR-16", "SR-18", "SR-19", "SR-30", "SR-31", "SR-33", "SR-34", "SR-39", "SR-41", "SR-42",
)  # fmt: skip


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [Path(name) for name in listing.decode().split("\0") if name]


def test_the_top_level_holds_only_what_the_house_allows():
    assert {path.parts[0] for path in tracked()} <= TOP_LEVEL


@pytest.mark.parametrize("lock", sorted(ROOT.glob("*.lock")), ids=lambda path: path.name)
def test_python_lock_files_pin_by_hash_and_name_no_host(lock: Path):
    text = lock.read_text()

    assert "://" not in text
    for requirement in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in requirement, requirement.splitlines()[0]


def test_the_npm_lock_file_names_no_host_and_keeps_every_checksum():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]

    assert all("resolved" not in package for package in packages.values())
    assert all("integrity" in package for name, package in packages.items() if name)


def test_no_page_asks_another_machine_for_anything():
    outside = re.compile(r"""(?:src|href|url\(|import|from|fetch\()\s*[=(]?\s*["'(]?(?:https?:)?//""")
    own = [p for p in tracked() if p.suffix in {".html", ".js", ".css"} and p.parts[0] == "server"]

    offenders = [str(p) for p in own if outside.search((ROOT / p).read_text())]

    assert own
    assert offenders == []


def test_templates_carry_no_inline_script_or_style():
    inline = re.compile(
        r"<script(?![^>]*\b(?:src|type=\"application/json\"))|\son\w+=\"|\sstyle=\"|<style", re.IGNORECASE
    )

    offenders = [str(p) for p in tracked() if p.suffix == ".html" and inline.search((ROOT / p).read_text())]

    assert offenders == []


def test_every_setting_is_documented():
    from server.settings import Settings

    text = (ROOT / "docs" / "settings.md").read_text()
    source = (ROOT / "server" / "settings.py").read_text()
    variables = set(re.findall(r"IRUKA_[A-Z_]+", source))

    assert fields(Settings)
    assert {name for name in variables if f"`{name}`" not in text} == set()


def test_every_sentence_has_its_japanese_translation():
    method_map = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
    found = extract_from_dir(ROOT / "server", method_map, keywords={
        "_": None, "gettext": None, "lazy_gettext": None, "_l": None, "ngettext": (1, 2), "N_": None,
        "Refused": (2,),
    })  # fmt: skip
    msgids = {message if isinstance(message, str) else message[0] for _file, _line, message, *_rest in found}
    with (ROOT / "server/translations/ja/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file, locale="ja")
    translated = {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue
        if message.id and message.string and not message.fuzzy
    }

    assert sorted(msgids - translated) == []


def test_no_translation_is_left_of_a_sentence_that_is_gone():
    sources = [p for p in tracked() if p.parts[0] == "server" and p.suffix in (".py", ".html")]
    joined = re.compile(r'"\s*\n\s*f?"')  # a sentence over two lines of code
    text = "\n".join(joined.sub("", (ROOT / p).read_text()) for p in sources)
    with (ROOT / "server/translations/ja/LC_MESSAGES/messages.po").open("rb") as file:
        msgids = [m.id if isinstance(m.id, str) else m.id[0] for m in read_po(file, locale="ja") if m.id]

    assert [msgid for msgid in msgids if msgid not in text and msgid.replace('"', '\\"') not in text] == []


@cache
def told_of_tests() -> list[str]:
    """The name and the docstring of every test."""
    told = []
    for path in tracked():
        if path.parts[0] == "tests" and path.name.startswith("test_") and path.parts[1] != "house":
            for node in ast.walk(ast.parse((ROOT / path).read_text())):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                    told.append(f"{node.name}_ {ast.get_docstring(node) or ''}")
    return told


@pytest.mark.parametrize("rule", PRIVACY_RULES + PROMISES)
def test_a_test_names_the_promise(rule: str):
    word = re.compile(rf"\b{rule.replace('-', '[-_ ]?')}\b|_{rule.lower().replace('-', '_?')}_", re.IGNORECASE)

    assert any(word.search(told) for told in told_of_tests()), f"no test names {rule}"


def test_nobody_leaves_unfinished_work_behind():
    words = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    sources = [p for p in tracked() if p.suffix in {".py", ".js", ".html", ".sh"} and p.parts[:2] != ("tests", "house")]

    assert [str(p) for p in sources if words.search((ROOT / p).read_text())] == []
