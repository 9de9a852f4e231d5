"""The pages that find somebody: the box alone, the directory by reading and by unit, a person."""

from flask import Blueprint

pages = Blueprint("directory", __name__, template_folder="templates")
