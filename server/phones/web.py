"""Who can answer a number now, for everybody."""

from flask import Blueprint

pages = Blueprint("phones", __name__, template_folder="templates")
