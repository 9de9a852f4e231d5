"""The OpenAPI 3.1 document: what APIFlask reads off the routes, and what holds for all of them."""

import re
import warnings
from collections.abc import Callable, Iterator
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, cast

from apiflask import APIFlask
from werkzeug.routing import Rule

from server import access
from server.people.cookies import TELEPHONES

PREFIX = "/api/v1/"
UNSAFE = frozenset({"post", "put", "patch", "delete"})
DESCRIPTION = """\
Finds colleagues, their places and their numbers in an office where nobody has a desk of their own.

Every answer is cut down to what each person lets the caller see at that moment. Whoever is hidden, and whatever is
not the caller's, answers the same 404 as nothing. A look-up by name is written down for the person looked up.

Programs send `Authorization: Bearer iruka_…`; a token is made on the page “My page”. Browsers send their session's
cookie and, with every change, its CSRF token in `X-CSRFToken`. Every field of an answer is always there, null when
there is nothing to say; fields may be added.
"""
TAGS = {
    "Me": "Who the caller is.",
    "Directory": "Search, people and units.",
    "Live map": "Where people are now.",
    "Presence": "What people say of their day.",
    "Phones": "Extensions and who answers them.",
    "Phone books": "XML that telephones on desks read.",
    "Memos": "Calls taken down for others.",
    "Seats": "Free seats, bookings, series, waits and absences.",
    "Fleet": "Receivers, for facilities and administrators.",
    "API": "This document.",
}
ERROR = {
    "type": "object",
    "description": "Why there is no answer: a word for programs, a sentence for people, and a number to quote.",
    "properties": {
        "code": {"type": "string", "examples": ["missing_scope"]},
        "message": {"type": "string", "examples": ["This token may not do that: it lacks phones:read."]},
        "id": {"type": "string", "examples": ["9f1c2d3e4a5b"]},
    },
    "required": ["code", "message", "id"],
    "additionalProperties": False,
}
RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
PROBLEMS: dict[int, tuple[str, dict[str, Any], dict[str, str]]] = {
    400: ("Not JSON, or a browser's form that has expired.", {}, {"code": "bad_json"}),
    401: (
        "Nobody is signed in, or the token is unknown or has ended.",
        {"WWW-Authenticate": {"schema": {"type": "string"}}},
        {"code": "bad_token"},
    ),
    403: ("The role or the token's scopes do not allow it.", {}, {"code": "missing_scope"}),
    404: ("There is no such thing, or it is not for the caller to see.", {}, {"code": "not_found"}),
    409: ("Something else stands in the way; the message says what.", {}, {"code": "taken"}),
    413: ("The body is too large.", {}, {"code": "request_entity_too_large"}),
    415: ("The body is not sent as application/json.", {}, {"code": "not_json"}),
    422: ("A field is missing or not right; the message names it.", {}, {"code": "invalid_input"}),
    429: ("Too many requests.", RETRY_AFTER, {"code": "too_many_requests"}),
    503: ("The database cannot be reached.", RETRY_AFTER, {"code": "database_away"}),
}
RULES = re.compile(r" \((?:P|SR-|RP-)\d+[^)]*\)")  # of the house; a reader of the document does not know them
APIFLASK_SAYS = frozenset(
    {"", "Validation error", "Authentication error", *(HTTPStatus(status).phrase for status in PROBLEMS), "Not found"}
)
ALWAYS = (401, 403, 429, 503)


def configure(app: APIFlask, cookie: str) -> None:
    """Tell APIFlask what the document says of the whole.

    cookie   the name of the session's cookie
    """
    app.title, app.version = "Iruka", version("iruka")
    app.config.update(
        OPENAPI_VERSION="3.1.0",
        DESCRIPTION=DESCRIPTION,
        LICENSE={"name": "MIT"},
        SERVERS=[{"url": "/"}],
        TAGS=[{"name": name, "description": text} for name, text in TAGS.items()],
        SECURITY_SCHEMES={
            "session": {"type": "apiKey", "in": "cookie", "name": cookie, "description": "A signed-in browser."},
            "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRFToken", "description": "The session's token."},
            "token": {"type": "http", "scheme": "bearer", "description": "An API token with the scopes named."},
            "telephone": {
                "type": "http",
                "scheme": "basic",
                "description": "For telephones: any user name, with an API token as the password.",
            },
        },
        VALIDATION_ERROR_SCHEMA=ERROR,
        HTTP_ERROR_SCHEMA=ERROR,
    )


def document(app: APIFlask) -> dict[str, Any]:
    """The document, complete."""
    with warnings.catch_warnings():
        # APIFlask registers a schema again that it has met inside another one; `_merge_copies` undoes it.
        warnings.simplefilter("ignore", UserWarning)
        made = cast(dict[str, Any], app.spec)
    _merge_copies(made)
    rules = {(_path(rule), method.lower()): rule for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    made["paths"] = {path: methods for path, methods in sorted(made["paths"].items()) if path.startswith(PREFIX)}
    for path, method, operation in operations(made):
        rule = rules[path, method]
        _complete(operation, method, rule, app.view_functions[rule.endpoint], app.blueprints)
    used = {tag for _path, _method, operation in operations(made) for tag in operation["tags"]}
    made["tags"] = [tag for tag in made["tags"] if tag["name"] in used]
    schemas = made["components"].setdefault("schemas", {})
    for name in ("HTTPError", "ValidationError"):
        schemas.pop(name, None)
    made["components"]["responses"] = {_name(status): _problem(status) for status in PROBLEMS}
    _answers_are_whole(made)
    schemas["Error"] = ERROR
    kept = _reachable(made, made["paths"]) | {"Error"}
    made["components"]["schemas"] = {name: schema for name, schema in sorted(schemas.items()) if name in kept}
    _give_examples(made["components"]["schemas"])
    _give_examples(made["paths"])
    return made


def operations(made: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of every operation of a document."""
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _path(rule: Rule) -> str:
    return re.sub(r"<(?:[^<:>]+:)?([^<>]+)>", r"{\1}", rule.rule)


def _complete(
    operation: dict[str, Any], method: str, rule: Rule, view: Callable[..., object], blueprints: dict[str, Any]
) -> None:
    """What follows from the route's own declarations and holds for every operation."""
    room, _, name = rule.endpoint.rpartition(".")
    operation["operationId"] = name
    operation["summary"] = RULES.sub("", operation["summary"]).rstrip(".")
    operation.setdefault("tags", [getattr(blueprints.get(room), "tag", None) or room])
    writes, scopes = method in UNSAFE, access.scopes_needed(view)
    browser: dict[str, list[str]] = {"session": [], "csrf": []} if writes else {"session": []}
    operation["security"] = [browser]
    if scopes is None:
        note = "For browsers only."
    else:
        ways = ("token", "telephone") if rule.rule.startswith(TELEPHONES) else ("token",)
        operation["security"] += [{way: sorted(map(str, scopes))} for way in ways]
        named = ", ".join(f"`{scope}`" for scope in sorted(scopes))
        note = f"A token needs the scopes: {named}." if named else "Any token may ask this."
    operation["description"] = "\n\n".join(part for part in (operation.get("description"), note) if part)
    for parameter in operation["parameters"]:
        if parameter["in"] == "path" and re.search(rf"<int[^<>]*:{parameter['name']}>", rule.rule):
            parameter["schema"] = {"type": "integer", "minimum": 0}  # APIFlask knows no `int(max=…)`
    asks = any(parameter["in"] == "query" for parameter in operation["parameters"])
    if not operation["parameters"]:
        del operation["parameters"]
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
    due = {*ALWAYS}
    due |= {404} if rule.arguments else set()
    due |= {400, 404, 409, 413, 415, 422} if writes else set()
    due |= {422} if asks else set()
    responses = operation["responses"]
    due |= {int(status) for status in responses if int(status) in PROBLEMS}
    for status in due:
        told = responses.get(str(status), {}).get("description", "")
        common = {"$ref": f"#/components/responses/{_name(status)}"}
        responses[str(status)] = common if told in APIFLASK_SAYS else _problem(status) | {"description": told}
    for empty in ("204", "304"):
        responses.get(empty, {}).pop("content", None)
    operation["responses"] = dict(sorted(responses.items()))


def _problem(status: int) -> dict[str, Any]:
    description, headers, example = PROBLEMS[status]
    shown = {**example, "message": description, "id": "9f1c2d3e4a5b"}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}, "example": shown}}
    answer = {"description": description, "content": content}
    return answer | ({"headers": headers} if headers else {})


def _name(status: int) -> str:
    return f"Problem{status}"


def _answers_are_whole(made: dict[str, Any]) -> None:
    """Every field of an answer is always there, unless it says otherwise with `x-optional`."""
    schemas = made["components"]["schemas"]
    asked = _reachable(made, [operation.get("requestBody") for _path, _method, operation in operations(made)])
    told = _reachable(made, [operation["responses"] for _path, _method, operation in operations(made)])
    for name in told - asked:
        properties = schemas[name].get("properties", {})
        whole = sorted(field for field, schema in properties.items() if not schema.pop("x-optional", False))
        if whole:
            schemas[name]["required"] = whole
        schemas[name].pop("additionalProperties", None)  # fields may be added


def _merge_copies(made: dict[str, Any]) -> None:
    """One name for schemas that are the same: `MemoOut1` is `MemoOut`."""
    schemas = made["components"]["schemas"]
    while copies := {
        f"#/components/schemas/{name}": f"#/components/schemas/{first}"
        for name in schemas
        if (first := name.rstrip("0123456789")) != name and schemas.get(first) == schemas[name]
    }:
        for copy in copies:
            del schemas[copy.rpartition("/")[2]]
        _rename(made, copies)


def _rename(part: Any, names: dict[str, str]) -> None:
    if isinstance(part, dict):
        if part.get("$ref") in names:
            part["$ref"] = names[part["$ref"]]
        for inner in part.values():
            _rename(inner, names)
    elif isinstance(part, list):
        for inner in part:
            _rename(inner, names)


def _reachable(made: dict[str, Any], start: object) -> set[str]:
    """The schemas named by a part of the document, and by those in turn."""
    schemas, found, waiting = made["components"]["schemas"], set[str](), [start]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            reference = part.get("$ref")
            name = reference.rpartition("/")[2] if isinstance(reference, str) else ""
            if name in schemas and name not in found:
                found.add(name)
                waiting.append(schemas[name])
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return found


def _give_examples(part: Any) -> None:
    """`example` of a schema is `examples` in OpenAPI 3.1."""
    if isinstance(part, dict):
        if "example" in part and ("type" in part or "$ref" in part):
            part["examples"] = [part.pop("example")]
        for inner in part.values():
            _give_examples(inner)
    elif isinstance(part, list):
        for inner in part:
            _give_examples(inner)
