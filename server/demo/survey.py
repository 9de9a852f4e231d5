"""Surveys the simulated hall as a facilities team would: a known tag stands at marked points for a while."""

import csv
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from server import db
from server.demo.city import STOREYS
from server.demo.geometry import CORE, HEIGHT_M, WIDTH_M, layout
from server.errors import Misconfigured
from server.fleet import service as fleet
from server.fleet.queries import SampleView

COLUMNS, ROWS = 10, 6
STAND_S, WALK_S = 20, 15  # at a point; and from the one before, which is not used
BEGINS_AT, BEGINS_S = "09:00", 9 * 3600


def survey(
    scenario: Mapping[str, Any], floor_ids: Mapping[str, int], folder: Path, progress: Callable[[int, int], None]
) -> None:
    """Walk every floor that has receivers, one surveyor each, and store what was heard at every point.

    floor_ids   floor code → key
    """
    points = _points()
    codes = [storey.code for storey in STOREYS if layout(storey).receivers]
    heard = _heard({**scenario, **_walks(codes, points)}, len(points), folder)
    for done, code in enumerate(codes, 1):
        with db.transaction():
            fleet.add_survey(floor_ids[code], _samples(heard.get(f"survey-{code}", {}), points))
        progress(done, len(codes))


def _points() -> list[tuple[float, float]]:
    """A grid over the floor without the core, row by row and back, as one walks it."""
    found = []
    for row in range(ROWS):
        columns = range(COLUMNS) if row % 2 == 0 else reversed(range(COLUMNS))
        for column in columns:
            x, y = (column + 0.5) * WIDTH_M / COLUMNS, (row + 0.5) * HEIGHT_M / ROWS
            if not (CORE.x < x < CORE.x + CORE.w and CORE.y < y < CORE.y + CORE.h):
                found.append((round(x, 2), round(y, 2)))
    return found


def _walks(codes: list[str], points: list[tuple[float, float]]) -> dict[str, object]:
    step_s = STAND_S + WALK_S
    return {
        "tags": [{"id": f"survey-{code}", "level_db": 0.0, "interval_s": 0.5} for code in codes],
        "people": [
            {
                "tag": f"survey-{code}",
                "stops": [[BEGINS_S + i * step_s, code, x, y, "survey"] for i, (x, y) in enumerate(points)],
            }
            for code in codes
        ],
    }


def _heard(scenario: Mapping[str, Any], points: int, folder: Path) -> dict[str, dict[tuple[int, str], list[float]]]:
    """Tag → (point, receiver) → levels, of the seconds the surveyor stood still."""
    plan, recording = folder / "survey.json", folder / "survey.csv"
    plan.write_text(json.dumps(scenario, ensure_ascii=False), "utf-8")
    step_s = STAND_S + WALK_S
    arguments = ["edge_agent", "record", str(plan), "--out", str(recording), "--at", BEGINS_AT]
    done = subprocess.run(  # noqa: S603  our own module
        [sys.executable, "-m", *arguments, "--seconds", str(points * step_s)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Misconfigured(f"The survey could not be walked: {done.stderr.strip()}")
    levels: defaultdict[str, defaultdict[tuple[int, str], list[float]]] = defaultdict(lambda: defaultdict(list))
    with recording.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            point, within_s = divmod(float(row["t_s"]), step_s)
            if within_s >= WALK_S:
                levels[row["tag_id"]][int(point), row["receiver_id"]].append(float(row["rssi_dbm"]))
    recording.unlink()
    plan.unlink()
    return {tag: dict(found) for tag, found in levels.items()}


def _samples(heard: Mapping[tuple[int, str], list[float]], points: list[tuple[float, float]]) -> list[SampleView]:
    return [
        SampleView(str(point), *points[point], receiver, float(np.mean(levels)), float(np.var(levels)), len(levels))
        for (point, receiver), levels in sorted(heard.items())
    ]
