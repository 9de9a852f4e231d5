"""What is held about a person, table by table, why and for how long; a test fails when a table is missing (P10)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask_babel import lazy_gettext as _l

from server.privacy import kept as words_of


@dataclass(frozen=True, slots=True)
class Held:
    """Tables that hold one kind of thing about a person, what it is and when it goes, as the person reads it.

    kept   with a gap named after each term that may be decided about
    """

    tables: tuple[str, ...]
    what: str
    kept: str


AFTER_LEAVING = _l("until %(leavers)s after your last post")
INVENTORY: tuple[Held, ...] = (
    Held(("person", "membership"), _l("Name, reading, unit and title"), AFTER_LEAVING),
    Held(
        ("account", "login_session", "sign_in_failure", "identity", "second_factor", "recovery_code", "api_token"),
        _l("Your login"),
        _l("until %(leavers)s after your last post; sessions end after 12 hours"),
    ),
    Held(("visibility", "pause"), _l("Who can see your location, and whether it is hidden"), _l("until you change it")),
    Held(("notice_read",), _l("Which version of the notice you have read"), AFTER_LEAVING),
    Held(("tag_carrier",), _l("Which beacon you carry or carried, and since when"), AFTER_LEAVING),
    Held(
        ("whereabouts",),
        _l("Your zone or floor, how sure it is, and when you were last heard"),
        _l("overwritten each time, erased at night"),
    ),
    Held(("status",), _l("What you said of your day, such as telework"), _l("until the night after it ends")),
    Held(("dispute",), _l("That you are not where you were shown"), _l("until you are elsewhere, an hour at most")),
    Held(
        ("extension_term",),
        _l("Your extension, and since when it is yours"),
        _l("%(numbers)s after it ends, %(leavers)s after leaving"),
    ),
    Held(
        ("memo",),
        _l("Calls that others took for you, and that you took"),
        _l("%(memos_done)s after they are done, %(memos_open)s when nobody handles them"),
    ),
    Held(("protection_request",), _l("That your location is protected, and who decided it"), "%(protection)s"),
    Held(("look_up_alert",), _l("That somebody looked you up unusually often"), "%(alerts)s"),
    Held(("audit_entry",), _l("What was done that has to be accounted for, by you or about you"), "%(audit)s"),
    Held(("change",), _l("That something about you changed, so that open pages show it; never what"), _l("1 hour")),
    Held(
        ("booking", "booking_slot", "booking_series", "seat_wait", "kept_answer"),
        _l("Which seats and rooms you have booked, and whether you came; never when you came or left"),
        _l("%(bookings)s, then without your name"),
    ),
    Held(("seat_holder",), _l("A seat of your own, if you have one; never why"), _l("as long as it is yours")),
    Held(("seat_report",), _l("Seats that you said are not as described"), _l("90 days after they are put right")),
    Held(
        ("seat_need", "seat_pairing"),
        _l("What your seat must have, and whom you like to sit beside, as you said it"),
        _l("until you change it"),
    ),
    Held(
        ("seat_choice", "lottery_choice"),
        _l("What may happen to your seat by itself, as you chose it"),
        _l("until you change it"),
    ),
    Held(("seat_draw_result",), _l("Which seats the lottery gave you, and why"), "%(bookings)s"),
    Held(
        ("calendar_feed", "mail_choice"),
        _l("Your calendar addresses, and which mails you want"),
        _l("until you end it"),
    ),
    Held(("letter",), _l("Mails to you that wait to be sent"), _l("until they are sent, a day at most")),
    Held(("look_up",), _l("Who looked you up, when and from which screen; and whom you looked up"), "%(look_ups)s"),
)


def in_words() -> Sequence[Held]:
    """The inventory with every term as it is now."""
    words = words_of.words()
    return [replace(held, kept=words_of.said(held.kept, words)) for held in INVENTORY]
