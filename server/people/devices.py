"""How I sign in: my sessions, second factor and API tokens."""

from flask import Blueprint

pages = Blueprint("devices", __name__, template_folder="templates")
