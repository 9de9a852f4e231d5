"""Accounts and their sessions, for system administrators."""

from flask import Blueprint

pages = Blueprint("accounts", __name__, template_folder="templates")
