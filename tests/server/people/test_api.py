"""Who is calling, as programs ask it."""

import make

from server import clock, db
from server.people import tokens
from server.people.rules import Role, Scope


def test_a_browser_reads_whose_it_is(signed_in):
    with db.transaction():
        person_id = make.person("髙波", "真琴", unit_id=make.unit())

    me = signed_in(Role.FACILITIES, person_id).get("/api/v1/me").json

    assert me == {"name": "髙波 真琴", "person_id": person_id, "role": "facilities", "language": None, "scopes": None}


def test_a_program_reads_what_its_token_may_do_sr_16(client):
    with db.transaction():
        _id, plain = tokens.issue(
            make.account("operator"), "script", [Scope.WRITE_STATUS, Scope.READ_MEMOS], 30, clock.now()
        )

    me = client.get("/api/v1/me", headers={"Authorization": f"bearer {plain}"}).json

    assert (me["name"], me["person_id"], me["role"]) == ("operator", None, "staff")
    assert me["scopes"] == ["memos:read", "status:write"]
