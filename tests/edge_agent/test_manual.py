"""docs/agent.md and firmware_config/ say what the agent does."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from edge_agent import config, wire
from edge_agent.__main__ import main
from edge_agent.beacons import APPLE, EDDYSTONE, families, tag_id

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "agent.md").read_text()
BADGES = ROOT / "firmware_config" / "badges"


def block(language: str) -> str:
    """The first example in a language."""
    found = re.search(rf"```{language}\n(.*?)```", MANUAL, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_settings_file_in_the_manual_is_in_order(tmp_path):
    (tmp_path / "ca.pem").touch()
    (tmp_path / "agent.password").write_text("secret\n")
    file = tmp_path / "agent.toml"
    file.write_text(block("toml").replace("/etc/iruka/ca.pem", str(tmp_path / "ca.pem")))

    assert config.load(file, {}).agent == "RX-18-03"


def test_every_setting_is_in_the_manual_and_no_other():
    keys = {f"{table}.{key}".lstrip(".") for table, names in config.KNOWN.items() for key in names} - set(config.KNOWN)

    assert set(re.findall(r"^\| `([a-z_.]+)` \| (?!fields)", MANUAL, re.MULTILINE)) >= keys
    assert f"`{config.PASSWORD_VARIABLE}`" in MANUAL


def test_every_state_of_an_adapter_is_in_the_manual():
    assert all(f"`{state}`" in MANUAL for state in wire.ADAPTER_STATES if state != "ok")


@pytest.mark.parametrize("command", ["replay", "simulate", "record"])
def test_the_manual_shows_every_option(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help", "--ca-file"}

    assert {option for option in options if option not in MANUAL} == set()


def test_the_service_in_the_manual_is_accepted_by_systemd(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze was not found")
    unit = tmp_path / "iruka-agent.service"
    unit.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", block("ini"), flags=re.MULTILINE))

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=one", str(unit)], capture_output=True, text=True
    )

    assert [line for line in done.stderr.splitlines() if "iruka-agent.service" in line] == []


def on_the_air(badge: dict) -> tuple[dict[int, bytes], dict[str, bytes], wire.Namespace]:
    """What a badge with these settings sends, and the namespace that it belongs to."""
    power = badge["measured_power_dbm"].to_bytes(1, signed=True)
    if badge["format"] == "ibeacon":
        uuid = badge["uuid"].replace("-", "")
        numbers = badge["major"].to_bytes(2) + badge["minor"].to_bytes(2)
        return {APPLE: b"\x02\x15" + bytes.fromhex(uuid) + numbers + power}, {}, wire.Namespace("ibeacon", uuid)
    frame = b"\x00" + power + bytes.fromhex(badge["namespace"] + badge["instance"]) + b"\x00\x00"
    return {}, {EDDYSTONE: frame}, wire.Namespace("eddystone-uid", badge["namespace"])


@pytest.mark.parametrize("file", sorted(BADGES.glob("*.toml")), ids=lambda file: file.stem)
def test_a_badge_with_the_example_settings_has_the_id_that_its_file_names(file):
    text = file.read_text()
    manufacturer, service, namespace = on_the_air(tomllib.loads(text))
    named = re.search(r"here ([a-z])-([0-9a-f-]+);", text)
    assert named is not None

    assert tag_id(manufacturer, service, families({named[1]: namespace})) == f"{named[1]}-{named[2]}"


def test_the_reference_badge_and_the_example_badges_share_one_identifier():
    example = tomllib.loads((BADGES / "ibeacon.toml").read_text())["uuid"]

    assert f"uuid: {example}" in (ROOT / "firmware_config" / "reference_badge" / "floor_18.yaml").read_text()
