"""What the operator's pages tell can be done as they tell it."""

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from babel.messages.pofile import read_po

from server.cli import COMMANDS, main
from server.fleet import rules, words
from server.fleet.overview import Overview
from server.fleet.queries import ReceiverView
from server.health import metrics
from server.people.rules import Role

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page for page in (ROOT / "docs").glob("*.md") if page.stem in {"broker", "facilities", "operations", "settings"}
)
NOW = datetime(2026, 11, 19, tzinfo=UTC)


def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text("utf-8")


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)
def test_every_command_and_option_that_is_told_exists(file):
    told = re.findall(r"(?:^|`)iruka ([a-z-]+)([^`\n]*)", file.read_text("utf-8"), re.MULTILINE)

    assert {name for name, _arguments in told} <= COMMANDS.keys()
    for name, arguments in told:
        asked = set(re.findall(r"--[a-z-]+", arguments))
        if asked:
            command = main.get_command(click.Context(main), name)
            assert command is not None
            known = {option for parameter in command.params for option in parameter.opts}
            assert asked <= known, name


def test_every_command_is_told():
    assert [name for name in COMMANDS if f"`iruka {name}" not in page("operations")] == []


def test_every_role_is_told():
    assert [role for role in Role if f"`{role}`" not in page("operations")] == []


def test_every_metric_is_told_and_exists():
    receiver = ReceiverView(
        1, "RX-1", 1, "18", 0, 0, 0, True, "online", "ok", "", "", 1.0, 1.0, 0, 0, 0, 0, NOW, NOW
    )  # fmt: skip
    met = [rules.Met("future", 1, 1, NOW, "RX-1"), rules.Met("accepted", 1, 1, NOW, "")]
    look = Overview(NOW, (), rules.Beat(NOW, True, 0, 0, 0.0), [receiver], met, [])

    given = set(re.findall(r"^(iruka_[a-z_]+)[{ ]", metrics.rendered(look).decode(), re.MULTILINE))

    assert given == set(re.findall(r"iruka_[a-z]+(?:_[a-z]+)*", page("operations")))


@pytest.mark.parametrize("code", ["database", "background", "broker", "receivers:18"])
def test_every_reason_is_told_and_has_a_sentence(code):
    assert f"| `{code}` |" in page("operations")
    assert words.reason(code)[0]


def test_every_state_of_a_receiver_is_told():
    said = page("facilities")

    assert [word for word in [*words.STATES.values(), *words.ADAPTERS.values(), "Not in use"] if word not in said] == [
        words.STATES[rules.Health.ADAPTER]  # the adapter's own words are shown instead
    ]


def test_every_japanese_word_that_is_told_is_the_one_on_the_page():
    with (ROOT / "server/translations/ja/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file, locale="ja")
    states = page("facilities").split("| column |")[0]
    told = re.findall(r"^\| ([A-Z][^|…,]*?)(?: since …)? \| ([^|]+) \| ", states, re.MULTILINE)

    assert len(told) >= 6
    assert [(english, catalogue.get(english).string) for english, _japanese in told] == told


def test_the_service_units_are_accepted_by_systemd(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze was not found")
    units = re.findall(
        r"`/etc/systemd/system/(iruka-\w+\.service)`:\n\n```ini\n(.*?)```", page("operations"), re.DOTALL
    )

    assert len(units) == 2
    for name, text in units:
        (tmp_path / name).write_text(text.replace("/opt/iruka/.venv/bin/iruka", "/bin/true"))
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", "--recursive-errors=one", str(tmp_path / name)],
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
