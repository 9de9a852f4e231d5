"""The API of what people say of their day."""

from apiflask import APIBlueprint

api = APIBlueprint("presence_api", __name__, url_prefix="/api/v1", tag="Presence")
