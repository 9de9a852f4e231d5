"""The numbering plan, extensions and their holders, for section administrators."""

from flask import Blueprint

pages = Blueprint("numbers", __name__, template_folder="templates")
