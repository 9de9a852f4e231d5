"""The API of memos."""

from apiflask import APIBlueprint

api = APIBlueprint("memos_api", __name__, url_prefix="/api/v1", tag="Memos")
