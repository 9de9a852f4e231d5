"""Every operation of the API, asked with what its description allows and with what it does not."""

import copy
import os
from datetime import time, timedelta
from typing import Any

import make
import pytest
import schemathesis
from flask import Flask
from hall import Hall
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from visitor import Visitor
from watching import TOKYO

from server import clock, db
from server.app import create_app
from server.bookings import series, waits
from server.bookings.series import Plan
from server.memos import rules as memos
from server.memos import service
from server.memos.rules import Recipient
from server.openapi.document import document
from server.people import tokens
from server.people.rules import Role, Scope
from server.places import queries as places

EXAMPLES = int(os.environ.get("IRUKA_FUZZ_EXAMPLES", "6"))  # of each kind, operation and caller; `make fuzz`: many
SEED = int(os.environ.get("IRUKA_FUZZ_SEED", "1"))
ENDLESS = {"stream"}  # an answer that does not end; tests/server/live_map/test_stream.py reads it
PLAIN = {"Accept-Encoding": "identity"}  # the test's client does not unpack


@pytest.mark.parametrize(
    ("by", "database_url"),
    [("browser", "sqlite_url"), ("program", "postgres_url"), ("nobody", "sqlite_url")],
    ids=["browser", "program", "account of nobody"],
)
def test_every_operation_answers_as_it_is_described_sr_05_sr_16(by, database_url, request, tmp_path):
    url = request.getfixturevalue(database_url)
    request.addfinalizer(db.disconnect)
    app = create_app(make.settings(url, tmp_path, READS_PER_MINUTE="60000", WRITES_PER_MINUTE="60000"))
    app.test_client_class = Visitor
    hall = Hall()
    known = _known(hall)
    schema = _schema(app, known)
    if by == "program":
        caller = _program(hall)
    else:
        caller = _browser(app, hall.account(None, Role.FACILITIES) if by == "nobody" else hall.account(hall.head))
    wrong: list[str] = []

    for result in schema.get_all_operations():
        operation = result.ok()
        name = operation.definition.raw["operationId"]
        if name in ENDLESS:
            continue
        named = {p["name"] for p in operation.definition.raw.get("parameters", ()) if p["in"] == "path"}
        real = {key: value for key, value in known.items() if key in named}
        wrong += _ask(operation.as_strategy(GenerationMode.POSITIVE), caller, CHECKS)
        wrong += _ask(operation.as_strategy(GenerationMode.NEGATIVE), caller, [*CHECKS, negative_data_rejection])
        if real:
            wrong += _ask(operation.as_strategy(path_parameters=real), caller, CHECKS)

    assert wrong == []


def _ask(strategy: Any, caller: dict[str, Any], checks: list[Any]) -> list[str]:
    """What is wrong with the answers, with a command that asks the same again."""

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=strategy)
    def ask(case: Case) -> None:
        case.call_and_validate(checks=checks, **caller)

    try:
        ask()
    except Unsatisfiable:  # every text is a floor's code: there is nothing to ask wrongly
        return []
    except (FailureGroup, Failure) as found:
        return [str(found)]
    return []


def _known(hall: Hall) -> dict[str, Any]:
    """Names of path parameters and fields, and something that is there for each."""
    taker = hall.account(hall.suzuki)
    call = memos.draft(Recipient(hall.head, None), "川崎商事 山田様", "044-000-2111", "見積り", "call_back", "normal")
    now = clock.now()
    day = now.astimezone(TOKYO).date() + timedelta(days=1)
    starts_at, ends_at = make.at("10:00", day), make.at("11:00", day)
    with db.transaction():
        make.extension("2101", unit_id=hall.section, is_main=True)
        memo_id = service.take(call, taker, "鈴木 一", now, make.DAY)
        seat_id = make.seat(hall.zone_a)
        booking_id = make.booking(hall.head, seat_id, "08:30", "09:30", day=day, now=now)
        plan = Plan(seat_id, frozenset({day.weekday()}), time(13), time(14), day, day + timedelta(weeks=3))
        series_id = series.make(hall.head, plan, now)
        floor = places.floor_by_code(hall.building, "18")
        wait_id = waits.ask(hall.head, floor, make.at("15:00", day), make.at("16:00", day), now)
    return {
        "code": "18",
        "person_id": hall.suzuki,
        "unit_id": hall.section,
        "number": "2101",
        "memo_id": memo_id,
        "seat_id": seat_id,
        "booking_id": booking_id,
        "series_id": series_id,
        "wait_id": wait_id,
        "floor": "18",
        "starts_at": starts_at.isoformat(),
        "ends_at": ends_at.isoformat(),
    }


def _is_let_in(_ctx: schemathesis.CheckContext, response: schemathesis.Response, _case: Case) -> None:
    assert response.status_code != 401


CHECKS = [
    _is_let_in,
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def _schema(app: Flask, known: dict[str, Any]) -> Any:
    """The document, read strictly: an answer holds no field that is not described, and questions name what there is."""
    with app.test_request_context():
        made = copy.deepcopy(document(app))  # type: ignore[arg-type]
    for name, part in made["components"]["schemas"].items():
        if "properties" not in part:
            continue
        part.setdefault("additionalProperties", False)
        if name.endswith("In"):
            for field in known.keys() & part["properties"].keys():
                part["properties"][field]["enum"] = [known[field], None]
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
    schema = schemathesis.openapi.from_dict(made, config=config)
    schema.app = app
    return schema


def _browser(app: Flask, account_id: int) -> dict[str, Any]:
    signed = make.session(account_id=account_id)
    visitor = app.test_client()
    visitor.take_session(signed)
    told = {"X-CSRFToken": visitor.token, "Origin": "http://localhost"}
    return {"headers": PLAIN | told, "cookies": {"iruka": signed.key}}


def _program(hall: Hall) -> dict[str, Any]:
    account_id = hall.account(hall.head)
    with db.transaction():
        _id, plain = tokens.issue(account_id, "fuzz", list(Scope), 1, clock.now())
    return {"headers": PLAIN | {"Authorization": f"Bearer {plain}"}}
