"""The API of search, people and units."""

from apiflask import APIBlueprint

api = APIBlueprint("directory_api", __name__, url_prefix="/api/v1", tag="Directory")
