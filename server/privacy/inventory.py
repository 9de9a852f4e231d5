"""What is held about a person, table by table, why and for how long; a test fails when a table is missing (P10)."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True, slots=True)
class Held:
    """Tables that hold one kind of thing about a person, what it is and when it goes, as the person reads it."""

    tables: tuple[str, ...]
    what: str
    kept: str


INVENTORY: tuple[Held, ...] = (
    Held(("person", "membership"), _l("Name, reading, unit and title"), _l("as long as you work here")),
    Held(
        ("account", "login_session", "sign_in_failure", "identity", "second_factor", "recovery_code", "api_token"),
        _l("Your login"),
        _l("sessions end after 12 hours"),
    ),
    Held(("visibility", "pause"), _l("Who can see your location, and whether it is hidden"), _l("until you change it")),
    Held(("notice_read",), _l("Which version of the notice you have read"), _l("as long as you work here")),
    Held(("tag_carrier",), _l("Which beacon you carry or carried, and since when"), _l("as long as you work here")),
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
        _l("a year after it ends, three months after leaving"),
    ),
    Held(("memo",), _l("Calls that others took for you, and that you took"), _l("30 days after they are done")),
    Held(("protection_request",), _l("That your location is protected, and who decided it"), _l("3 years")),
    Held(("look_up_alert",), _l("That somebody looked you up unusually often"), _l("1 year")),
    Held(("audit_entry",), _l("What was done that has to be accounted for, by you or about you"), _l("3 years")),
    Held(("change",), _l("That something about you changed, so that open pages show it; never what"), _l("1 hour")),
    Held(("look_up",), _l("Who looked you up, when and from which screen; and whom you looked up"), _l("1 year")),
    Held(
        ("booking", "booking_slot", "booking_series", "seat_wait", "kept_answer"),
        _l("Which seats and rooms you have booked, and whether you came; never when you came or left"),
        _l("90 days, then without your name"),
    ),
    Held(("seat_holder",), _l("A seat of your own, if you have one; never why"), _l("as long as it is yours")),
    Held(("seat_report",), _l("Seats that you said are not as described"), _l("90 days after they are put right")),
    Held(
        ("seat_need", "seat_pairing"),
        _l("What your seat must have, and whom you like to sit beside, as you said it"),
        _l("until you change it"),
    ),
    Held(("seat_choice",), _l("What may happen to your seat by itself, as you chose it"), _l("until you change it")),
    Held(("seat_draw_result",), _l("Which seats the lottery gave you, and why"), _l("90 days")),
    Held(("calendar_feed", "letter"), _l("Your calendar address, and mails that wait to be sent"), _l("until you end it")),
)
