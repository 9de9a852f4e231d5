"""The description of the API."""

from importlib.metadata import version
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask

from server.openapi.document import document, operations


@pytest.fixture
def described(app: Flask) -> dict[str, Any]:
    return document(app)  # type: ignore[arg-type]


def test_it_says_what_it_describes_and_under_which_licence(described):
    assert described["openapi"] == "3.1.0"
    assert described["info"]["version"] == version("iruka")
    assert described["info"]["license"] == {"name": "MIT"}


def test_it_describes_every_route_of_the_api_and_nothing_else(app, described):
    routes = {
        (app.view_functions[rule.endpoint], method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/")
    }

    found = list(operations(described))

    assert len(found) == len(routes)
    assert all(path.startswith("/api/v1/") for path, _method, _operation in found)


def test_every_operation_has_a_name_of_its_own_a_summary_a_tag_and_its_errors(described):
    found = list(operations(described))
    tags = {tag["name"] for tag in described["tags"]}

    assert len({operation["operationId"] for _path, _method, operation in found}) == len(found)
    for path, method, operation in found:
        assert operation["summary"], path
        assert set(operation["tags"]) <= tags, path
        assert {"401", "403", "429", "503"} <= operation["responses"].keys(), path
        if method != "get":
            assert {"400", "409", "415", "422"} <= operation["responses"].keys(), path
        if "{" in path:
            assert "404" in operation["responses"], path


def test_sr_16_every_operation_says_how_to_come_in(described):
    for path, method, operation in operations(described):
        browser, *token = operation["security"]
        assert browser == ({"session": []} if method == "get" else {"session": [], "csrf": []}), path
        ways = [way for one in token for way in one]
        assert ways in (["token", "telephone"],) if "/phonebook/" in path else ways in ([], ["token"]), path
    assert described["components"]["securitySchemes"].keys() == {"session", "csrf", "token", "telephone"}


def test_every_reference_leads_somewhere_and_no_schema_is_there_twice(described):
    for reference in _references(described["paths"]) | _references(described["components"]):
        part: Any = described
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]
    shapes = [repr(schema) for schema in described["components"]["schemas"].values()]
    assert not [name for name in described["components"]["schemas"] if name[-1].isdigit()]
    assert len(shapes) == len(described["components"]["schemas"])


def test_every_schema_is_one(described):
    for name, schema in described["components"]["schemas"].items():
        jsonschema_rs.Draft202012Validator(
            {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
        )
        assert schema.get("description") or schema.get("properties") or schema.get("type"), name


def test_p3_no_answer_of_the_api_tells_since_when_or_for_how_long(described):
    fields = {field for schema in described["components"]["schemas"].values() for field in schema.get("properties", ())}

    assert not {f for f in fields if "since" in f and f != "broker_since"}
    assert not {f for f in fields if "arriv" in f or "left_at" in f or "late" in f or "duration" in f}


def _references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(_references(inner) for inner in part.values()))
    if isinstance(part, list):
        return set().union(*(_references(inner) for inner in part))
    return set()
