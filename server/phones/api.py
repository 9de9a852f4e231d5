"""The API of extensions."""

from apiflask import APIBlueprint

api = APIBlueprint("phones_api", __name__, url_prefix="/api/v1", tag="Phones")
