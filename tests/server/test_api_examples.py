"""The examples of docs/api.md, as they are written there."""

import re
import shlex
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import make
import pytest
from hall import Hall
from watching import TOKYO

from server import clock, db
from server.memos import rules as memos
from server.memos import service
from server.memos.rules import Recipient
from server.people import tokens
from server.people.rules import Scope

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = [
    line.partition("  #")[0]
    for block in BLOCKS
    for line in block.replace("\\\n", " ").splitlines()
    if line.startswith("ask ")
]


def test_the_page_has_an_example_of_every_family():
    families = {re.search(r"/api/v1/(\w+)", line)[1] for line in EXAMPLES}

    assert families >= {"search", "people", "units", "extensions", "floors", "team", "statuses", "memos", "phonebook"}
    assert families >= {"seats", "bookings", "series", "absences", "waits"}


def test_the_examples_work_one_after_the_other(app, client):
    hall = Hall()
    known = _known(hall)
    _id, token = known.pop("token")

    for example in EXAMPLES:
        method, path, body, headers = _read(example)
        for name, value in known.items():
            path, body = (text.replace(name, str(value)) for text in (path, body))
        given = {"data": body} if body else {}

        answer = client.open(path, method=method, headers={"Authorization": f"Bearer {token}"} | headers, **given)

        assert answer.status_code in (200, 201, 204), f"{example}: {answer.status_code} {answer.text}"


@pytest.mark.parametrize("scope", Scope)
def test_every_scope_is_explained(scope):
    assert f"`{scope}`" in PAGE


def _read(example: str) -> tuple[str, str, str, dict[str, str]]:
    """Method, path with query, body and headers of a call of curl."""
    words = iter(shlex.split(example)[1:])
    method, path, body, asked, in_query = "GET", "", "", [], False
    headers: dict[str, str] = {}
    for word in words:
        match word:
            case "-G":
                in_query = True
            case "-X":
                method = next(words)
            case "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            case "--data-urlencode":
                asked.append(tuple(next(words).split("=", 1)))
            case "-d" if in_query:
                asked.append(tuple(next(words).split("=", 1)))
            case "-d":
                body = next(words)
            case _:
                path = word.removeprefix("$IRUKA")
    assert body == "" or headers["Content-Type"] == "application/json", example
    return method, f"{path}?{urlencode(asked)}" if asked else path, body, headers


def _known(hall: Hall) -> dict[str, object]:
    """What stands for the numbers of the page here; `token` is for the caller."""
    account_id, taker = hall.account(hall.head), hall.account(hall.suzuki)
    now = clock.now()
    day = now.astimezone(TOKYO).date() + timedelta(days=1)
    call = memos.draft(Recipient(hall.head, None), "川崎商事 山田様", "044-000-2111", "見積り", "call_back", "normal")
    with db.transaction():
        make.extension("24101", unit_id=hall.section, is_main=True)
        memo_id = service.take(call, taker, "鈴木 一", now, make.DAY)
        token = tokens.issue(account_id, "examples", list(Scope), 1, now)
        seat_id = make.seat(hall.zone_a)
    return {
        "token": token,
        "/people/123": f"/people/{hall.suzuki}",
        '"person_id": 123': f'"person_id": {hall.suzuki}',
        "/units/12?page=2": f"/units/{hall.section}?page=1",
        "/memos/7/": f"/memos/{memo_id}/",
        "/memos/8": f"/memos/{memo_id + 1}",  # the one that the page has just taken down
        "2026-12-01T17:15:00+09:00": (now + timedelta(hours=1)).isoformat(),
        "2026-12-01": day,
        "2026-12-02": day,
        "2026-12-31": day + timedelta(days=29),
        "2027-01-13": day + timedelta(weeks=6),
        '"seat_id": 456': f'"seat_id": {seat_id}',
        "/bookings/9": "/bookings/1",  # the one that the page has just made
    }
