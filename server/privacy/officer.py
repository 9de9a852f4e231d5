"""What the privacy officer reads and decides: alerts, protected people, retention, the audit log."""

from flask import Blueprint

pages = Blueprint("officer", __name__, template_folder="templates")
