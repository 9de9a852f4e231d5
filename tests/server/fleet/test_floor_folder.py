"""A floor from a folder: all of it or nothing, and a sentence that says where and what."""

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import make
import pytest
from click.testing import CliRunner

from server import clock, db
from server.cli import main
from server.errors import Misconfigured
from server.fleet import floor_folder
from server.fleet import queries as fleet
from server.places import queries as places

FLOOR: dict[str, Any] = {
    "name": "財務局",
    "name_en": "Finance Bureau",
    "width_m": 20,
    "height_m": 10,
    "portals": [[10, 5]],
    "zones": [
        {
            "id": "18A",
            "name": "A区画",
            "name_en": "Zone A",
            "polygon": [[0, 0], [10, 0], [10, 10], [0, 10]],
            "capacity": 12,
        },
        {"id": "18R", "name": "休憩", "polygon": [[10, 0], [20, 0], [20, 10], [10, 10]], "counts_only": True},
    ],
    "image": {"file": "plan.png", "origin_px": [2, 4], "m_per_px": 0.5},
}


def png(width: int, height: int) -> bytes:
    """The smallest white picture of this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\x00" + b"\xff" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + chunk(
        b"IDAT", rows
    ) + chunk(b"IEND", b"")  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in order."""
    made = tmp_path / "floor"
    made.mkdir()
    (made / "floor.json").write_text(json.dumps(FLOOR), "utf-8")
    (made / "plan.png").write_bytes(png(44, 28))
    (made / "receivers.csv").write_text("receiver_id,x_m,y_m,z_m\nRX-18-01,5,5,2.5\nRX-18-02,15,5,2.5\n")
    (made / "calibration.csv").write_text(
        "point_id,x_m,y_m,t_s,receiver_id,rssi_dbm\n"
        "p1,5,5,0,RX-18-01,-50\np1,5,5,1,RX-18-01,-54\np1,5,5,1,RX-18-02,-70\n"
    )
    return made


def test_a_floor_is_loaded_with_zones_plan_receivers_and_survey(database, folder):
    with db.transaction():
        floor_id = floor_folder.add_floor(floor_folder.read(folder), make.building(), "18", 18, clock.now())

    with db.reading():
        floor = places.floor(floor_id)
        zones = places.zones(floor_id)
        survey = fleet.surveys()[floor_id]
    assert floor is not None
    assert floor.plan is not None
    assert (floor.name_en, floor.portals) == ("Finance Bureau", ((10.0, 5.0),))
    assert (floor.plan.x_m, floor.plan.y_m, floor.plan.width_m, floor.plan.height_m) == (-1.0, -2.0, 22.0, 14.0)
    assert [(zone.code, zone.name_en, zone.capacity, zone.counts_only) for zone in zones] == [
        ("18A", "Zone A", 12, False),
        ("18R", "休憩", 0, True),
    ]
    assert {(one.agent, one.mean_dbm, one.n) for one in survey} == {("RX-18-01", -52.0, 2), ("RX-18-02", -70.0, 1)}


def broken(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """The floor with something wrong in it."""
    copy = json.loads(json.dumps(FLOOR))
    change(copy)
    return copy


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda f: f.update(kind="palace"), "kind must be one of"),
        (lambda f: f.update(portals=[[1]]), "portals"),
        (lambda f: f["zones"][0].update(capacity="many"), "zone 18A: capacity"),
        (lambda f: f["zones"][0].update(capacity=-1), "zone 18A: capacity"),
        (lambda f: f["zones"][1].update(excluded="yes"), "zone 18R: excluded must be true or false"),
        (lambda f: f["zones"][0].update(name_en=7), "zone 18A: name_en"),
        (lambda f: f.pop("width_m"), "width_m"),
        (lambda f: f["image"].pop("m_per_px"), "m_per_px"),
    ],
)
def test_what_is_wrong_in_floor_json_is_told_in_a_sentence(folder, change, told):
    (folder / "floor.json").write_text(json.dumps(broken(change)), "utf-8")

    with pytest.raises(Misconfigured, match=told) as refused:
        floor_folder.read(folder)

    assert "floor.json" in str(refused.value)


def test_a_plan_that_is_no_picture_is_refused(folder):
    (folder / "plan.png").write_bytes(b"GIF89a" + bytes(40))

    with pytest.raises(Misconfigured, match="not a PNG"):
        floor_folder.read(folder)


def test_load_floor_says_what_it_loaded_and_refuses_the_second_time(sqlite_url, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("IRUKA_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("IRUKA_STATE_DIR", str(tmp_path))
    command = ["load-floor", str(folder), "--code", "18", "--level", "18"]

    without_building = CliRunner().invoke(main, command)
    loaded = CliRunner().invoke(main, [*command, "--building-name", "本庁舎"])
    again = CliRunner().invoke(main, command)
    elsewhere = CliRunner().invoke(main, ["load-floor", str(folder), "--code", "17", "--level", "17"])

    assert without_building.exit_code == 2
    assert "--building-name" in without_building.output
    assert loaded.exit_code == 0, loaded.output
    assert "2 zones, 2 receivers, 1 survey points" in loaded.output
    assert again.exit_code == 2
    assert "floor 18 already" in again.output
    assert elsewhere.exit_code == 2
    assert "receiver RX-18-01 already" in elsewhere.output
