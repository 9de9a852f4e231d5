"""Phone lists to take away: print, CSV, Excel, vCard, telephones' own phone books; each is written down."""

from flask import Blueprint

pages = Blueprint("exports", __name__, template_folder="templates")
