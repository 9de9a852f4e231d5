"""Statuses in words."""

from datetime import datetime, timedelta, tzinfo

from babel.dates import format_skeleton
from flask_babel import format_time, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.presence.lengths import Length
from server.presence.rules import StatusKind

KINDS = {
    StatusKind.AT_WORK: _l("At work"),
    StatusKind.TELEWORK: _l("Telework"),
    StatusKind.TRIP: _l("Business trip"),
    StatusKind.LEAVE: _l("On leave"),
    StatusKind.MEETING: _l("In a meeting"),
    StatusKind.FOCUS: _l("Focus time"),
    StatusKind.COUNTER: _l("Serving at the counter"),
    StatusKind.AWAY: _l("Away from seat"),
}
CLOCK = "H:mm"
LENGTHS = {
    Length.USUAL: _l("as usual for it"),
    Length.QUARTER: _l("for 15 minutes"),
    Length.HALF_HOUR: _l("for 30 minutes"),
    Length.HOUR: _l("for an hour"),
    Length.NOON: _l("until noon"),
    Length.DAY: _l("until the end of today"),
}


def status_words(kind: StatusKind, ends_at: datetime, now: datetime, zone: tzinfo) -> str:
    """ "Telework until 17:15"; the last day when it ends at another day's midnight, nothing more when at today's."""
    name = str(KINDS[kind])
    end, today = ends_at.astimezone(zone), now.astimezone(zone).date()
    last = (end - timedelta(microseconds=1)).date()
    if last != today:
        day = format_skeleton("MMMEd", last, locale=get_locale())
        return str(_("%(status)s until %(time)s", status=name, time=day))
    if end.date() != today:
        return name
    return str(_("%(status)s until %(time)s", status=name, time=format_time(ends_at, CLOCK)))
