"""The API's description: the document for programs, and a page for people."""

import hashlib
from typing import cast

import orjson
from apiflask import APIBlueprint, APIFlask, Schema
from apiflask.fields import Dict, List, String
from flask import Response, current_app, render_template, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from server import access
from server.openapi.document import configure
from server.openapi.document import document as made
from server.people.cookies import Sessions

pages = APIBlueprint("openapi", __name__, template_folder="templates", tag="API")


class DocumentOut(Schema):
    """An OpenAPI 3.1 document."""

    openapi = String(metadata={"example": "3.1.0"})
    info = Dict()
    paths = Dict()
    components = Dict()
    servers = List(Dict())
    tags = List(Dict())


@pages.record
def _install(state: BlueprintSetupState) -> None:
    app = cast(APIFlask, state.app)
    configure(app, cast(Sessions, app.session_interface).cookie)


@pages.get("/api/v1/openapi.json")
@pages.output(DocumentOut)
@access.scope()
def describe_api() -> ResponseReturnValue:
    """This description of the API, as OpenAPI 3.1"""
    kept: bytes | None = current_app.extensions.get("iruka.openapi")
    if kept is None:
        kept = orjson.dumps(made(cast(APIFlask, current_app._get_current_object())))  # type: ignore[attr-defined]
        current_app.extensions["iruka.openapi"] = kept
    response = Response(kept, mimetype="application/json")
    response.set_etag(hashlib.sha256(kept).hexdigest()[:32])
    response.headers["Cache-Control"] = "private, no-cache"
    return response.make_conditional(request)


@pages.get("/api/docs")
def page() -> ResponseReturnValue:
    """The API on a page, to read and to try."""
    return render_template("openapi/page.html")
