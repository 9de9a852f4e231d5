"""Where recorded radio lies, which is no part of the project: IRUKA_RECORDINGS, or `data` in a folder beside it."""

import os
from pathlib import Path

MISSING = (
    "there is no recorded radio: neither does IRUKA_RECORDINGS name a folder with tetam/ and uji_lib/, "
    "nor is there one beside the project"
)


def recordings() -> Path | None:
    """The folder that holds `tetam` and `uji_lib`, or None."""
    if named := os.environ.get("IRUKA_RECORDINGS"):
        return Path(named) if (Path(named) / "tetam" / "floor.json").is_file() else None
    for parent in Path(__file__).resolve().parents:
        for found in sorted(parent.glob("*/data/tetam/floor.json")):
            return found.parents[1]
    return None
