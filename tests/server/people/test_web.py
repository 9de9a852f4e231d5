"""Signing in and out, and what a stranger meets instead."""

import make

from server import db


def test_a_person_signs_in_and_out(database, client):
    with db.transaction():
        make.account("takanami")

    came_in = client.sign_in("Takanami ", make.PASSWORD, next="/password")

    assert came_in.status_code == 302
    assert came_in.location == "/password"
    assert client.get("/password").status_code == 200


def test_a_copied_cookie_ends_with_the_sign_out_sr_07(database, app, signed_in):
    mine = signed_in()
    thief = app.test_client()
    thief.take_session(mine.signed)
    assert thief.get("/password").status_code == 200

    mine.send("/sign-out")

    assert thief.get("/password").status_code == 302
