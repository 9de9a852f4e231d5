"""The document and its page as they are asked for."""

from server.people.rules import Role


def test_the_document_is_for_whoever_is_signed_in_and_is_asked_for_once(signed_in, client):
    me = signed_in()

    first = me.get("/api/v1/openapi.json")

    assert client.get("/api/v1/openapi.json").status_code == 401
    assert first.json["openapi"] == "3.1.0"
    again = me.get("/api/v1/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_page_reads_in_both_languages_and_holds_no_script_of_its_own(signed_in):
    me = signed_in()
    english, japanese = me.get("/api/docs?lang=en").text, me.get("/api/docs?lang=ja").text

    assert "Programs may ask" in english
    assert "トークン" in japanese
    assert "<script>" not in english
    assert "style=" not in english


def test_a_stranger_is_sent_from_the_page_to_the_sign_in_and_a_kiosk_nowhere(signed_in, client):
    assert client.get("/api/docs").status_code == 302
    assert signed_in(Role.KIOSK).get("/api/docs").status_code == 403
