"""Sentences of calendars and mails, in a language that is asked for: nobody's browser is there to say which."""

import gettext
from functools import cache
from pathlib import Path

TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"
LANGUAGES = ("ja", "en")


def N_(sentence: str) -> str:  # noqa: N802  the name that catalogues are gathered by
    """Mark a sentence for the catalogue."""
    return sentence


def said(language: str, sentence: str, **values: object) -> str:
    """A marked sentence in that language, with its gaps filled."""
    words = _catalogue(language).gettext(sentence)
    return words % values if values else words


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("messages", TRANSLATIONS, [language], fallback=True)
