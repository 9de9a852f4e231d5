"""Taking a memo down, reading and handling mine."""

from flask import Blueprint

pages = Blueprint("memos", __name__, template_folder="templates")
