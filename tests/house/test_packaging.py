"""What is installed is all that runs: the wheel holds every file that the programs open."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_INSTALLED = (".ci", "tests", "benchmarks", "docs", "firmware_config")


def test_the_wheel_holds_every_file_of_the_programs(tmp_path):
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    tracked = [Path(name) for name in listing.decode().split("\0") if name]
    source = tmp_path / "source"
    for file in tracked:
        if file.parts[0] not in NOT_INSTALLED and (ROOT / file).is_file():
            (source / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, source / file)

    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", tmp_path, source],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("iruka-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())

    wanted = {str(file) for file in tracked if file.parts[0] in ("server", "edge_agent", "migrations")}
    assert wanted - held == {"migrations/script.py.mako"}  # only for writing new migrations
    assert not [name for name in held if name.startswith(NOT_INSTALLED)]
