"""What I say of my own day, and that I am not there."""

from flask import Blueprint

pages = Blueprint("presence", __name__, template_folder="templates")
