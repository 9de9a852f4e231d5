"""What calendars hold about a person (P23)."""

import make

from server import db
from server.calendars import feeds, letters, personal_data


def test_everything_held_is_handed_out_but_no_key(database):
    with db.transaction():
        person = make.person()
        _id, key = feeds.issue(person, "Outlook", "ja", make.at("08:00"))
        letters.choose(person, invitations=True, notices=False)
    with db.reading():
        found = personal_data.export(person)
    assert [row["name"] for row in found["calendar_feed"]] == ["Outlook"]
    assert found["mail_choice"] == [{"invitations": True, "notices": False}]
    assert found["letter"] == []
    assert key not in repr(found)
