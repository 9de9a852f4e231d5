"""Telephones walk from the menu of bureaus to the people of a section."""

from base64 import b64encode
from xml.etree import ElementTree

import make
import pytest
from watching import Office

from server import audit, clock, db, limits
from server.people import service as people
from server.people import tokens
from server.people.rules import Scope

BOOK = "/api/v1/phonebook"


class Bureau(Office):
    """財務局 under the city, with 財政課 and 税務課 below it, and its own director."""

    def __init__(self) -> None:
        super().__init__()
        with db.transaction():
            self.city = people.add_unit("0", "潮川市", "city", make.DAY, name_en="Shiokawa City")
            self.bureau = people.add_unit("1", "財務局", "bureau", make.DAY, name_en="Finance", parent_id=self.city)
            self.empty = people.add_unit("2", "空の局", "bureau", make.DAY, parent_id=self.city)
            self.section_a = people.add_unit("3", "契約課", "section", make.DAY, parent_id=self.bureau)
            self.director = make.person("瀬名", "一", unit_id=self.bureau)
            make.extension("24001", person_id=self.director)
            for i in range(40):
                make.extension(f"25{i:03}", person_id=make.person(f"職員{i}", "一", unit_id=self.section_a))


@pytest.fixture
def office(app) -> Bureau:
    return Bureau()


@pytest.fixture
def phone(office, signed_in):
    return signed_in(person_id=office.stranger)


def read(phone, path: str) -> ElementTree.Element:
    answer = phone.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/xml"
    return ElementTree.fromstring(answer.data)  # noqa: S314  our own


def items(root: ElementTree.Element) -> dict[str, str]:
    base = "http://127.0.0.1:8000"
    found = {item.findtext("Name"): item.findtext("URL") for item in root.iter("MenuItem")}
    assert all(url.startswith(f"{base}/api/v1/phonebook/") for url in found.values())
    return {name: url.removeprefix(base) for name, url in found.items()}


@pytest.mark.parametrize(
    ("vendor", "menu", "directory"),
    [
        ("yealink", "YealinkIPPhoneMenu", "YealinkIPPhoneDirectory"),
        ("cisco", "CiscoIPPhoneMenu", "CiscoIPPhoneDirectory"),
    ],
)
def test_a_telephone_walks_from_the_bureaus_to_a_person(office, phone, vendor, menu, directory):
    top = read(phone, f"{BOOK}/{vendor}")
    assert (top.tag, top.findtext("Title")) == (menu, "潮川市")
    assert list(items(top)) == ["財務局"], (
        "units without anybody are left out, and those beside the city are not below it"
    )

    bureau = read(phone, items(top)["財務局"])
    assert (bureau.tag, list(items(bureau))) == (menu, ["財務局", "契約課"])

    own = read(phone, items(bureau)["財務局"])
    assert (own.tag, [one.text for one in own.iter("Telephone")]) == (directory, ["24001"])
    section = read(phone, items(bureau)["契約課"])
    assert section.tag == directory
    assert len(list(section.iter("DirectoryEntry"))) == (40 if vendor == "yealink" else 32)


def test_cisco_s_next_key_leads_to_the_rest(office, phone):
    first = read(phone, f"{BOOK}/cisco/units/{office.section_a}")
    (following,) = [k.findtext("URL") for k in first.iter("SoftKeyItem") if k.findtext("Name") == "次へ"]

    second = read(phone, following.removeprefix("http://127.0.0.1:8000"))

    assert len(list(second.iter("DirectoryEntry"))) == 8
    assert [k.findtext("Name") for k in second.iter("SoftKeyItem")] == ["発信", "戻る"]
    assert phone.get(f"{BOOK}/cisco/units/{office.section_a}/people?page=3").status_code == 404
    assert phone.get(f"{BOOK}/cisco/units/{office.section_a}/people?page=0").status_code == 422


def test_a_protected_person_is_in_no_phone_book_p13(office, phone):
    """P13: and a unit that holds nobody else is not, either."""
    office.protect(office.director)

    root = read(phone, f"{BOOK}/yealink/units/{office.bureau}")

    assert list(items(root)) == ["契約課"]


@pytest.mark.parametrize("unit_id", [99_999, 2**31, 10**30])
def test_a_unit_that_does_not_exist_is_not_found(office, phone, unit_id):
    for path in (f"yealink/units/{unit_id}", f"cisco/units/{unit_id}", f"cisco/units/{unit_id}/people"):
        assert phone.get(f"{BOOK}/{path}").status_code == 404


def test_reading_a_phone_book_is_written_down_once_an_hour(office, phone):
    for path in ("yealink", "cisco", f"cisco/units/{office.section_a}"):
        read(phone, f"{BOOK}/{path}")

    with db.reading():
        (line,) = audit.entries(10, action="phone_book_read")
    assert line.details == {"path": f"{BOOK}/yealink"}


@pytest.mark.parametrize(("reach", "status"), [(Scope.READ_PHONES, 200), (Scope.READ_MEMOS, 403)])
def test_a_telephone_comes_with_a_token_that_may_read_phones_sr_16(office, app, reach, status):
    """SR-16: and with no other."""
    with db.transaction():
        account_id = make.account("telephones")
        _id, token = tokens.issue(account_id, "電話機", [reach], 30, clock.now())
    telephone = app.test_client()

    for path in ("yealink", "cisco", f"yealink/units/{office.section_a}", f"cisco/units/{office.section_a}/people"):
        answer = telephone.get(f"{BOOK}/{path}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status
    assert telephone.get(f"{BOOK}/yealink").status_code == 401


def basic(password: str, name: str = "phone") -> dict[str, str]:
    """What a telephone sends that was given a name and a password."""
    return {"Authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


def a_token(reach: Scope) -> tuple[int, str]:
    with db.transaction():
        account_id = make.account("telephones")
        return account_id, tokens.issue(account_id, "電話機", [reach], 30, clock.now())[1]


@pytest.mark.parametrize(("reach", "status"), [(Scope.READ_PHONES, 200), (Scope.READ_MEMOS, 403)])
@pytest.mark.parametrize("name", ["phone", "", "電話"])
def test_a_telephone_shows_its_token_as_a_password_under_any_name_sr_16(office, app, reach, status, name):
    """SR-16: within the same scopes; the account that the token is of stands in the audit log."""
    account_id, token = a_token(reach)
    telephone = app.test_client()

    for path in ("yealink", "cisco", f"yealink/units/{office.section_a}", f"cisco/units/{office.section_a}/people"):
        answer = telephone.get(f"{BOOK}/{path}", headers=basic(token, name))
        assert answer.status_code == status
        assert "Set-Cookie" not in answer.headers

    with db.reading():
        lines = audit.entries(10, action="phone_book_read")
    assert [line.actor for line in lines] == ([audit.account(account_id, "telephones")] if status == 200 else [])


@pytest.mark.parametrize(
    "path", ["/api/v1/me", "/api/v1/extensions", "/api/v1/phonebook", "/directory/export", "/numbers/1"]
)
def test_a_token_is_a_password_for_phone_books_only_sr_16(office, app, path):
    _account_id, token = a_token(Scope.READ_PHONES)

    answer = app.test_client().get(path, headers=basic(token))

    assert answer.status_code in (302, 401, 404)
    assert "Basic" not in answer.headers.get("WWW-Authenticate", "")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Basic",
        "Basic !!!",
        "Basic " + b64encode(b"no colon").decode(),
        "Basic " + b64encode(b"\xff\xfe:\xff").decode(),
        "Basic " + "A" * 10_000,
        basic("")["Authorization"],
        basic("iruka_" + "A" * 43)["Authorization"],
    ],
)
def test_without_a_right_password_a_telephone_is_asked_for_one_sr_16(office, app, header):
    answer = app.test_client().get(f"{BOOK}/yealink", headers={} if header is None else {"Authorization": header})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="iruka"')


def test_a_wrong_password_opens_nothing_even_beside_a_session_sr_16(office, phone):
    assert phone.get(f"{BOOK}/yealink", headers=basic("wrong")).status_code == 401


def test_a_token_that_was_revoked_is_no_password_any_more_sr_16(office, app):
    account_id, token = a_token(Scope.READ_PHONES)
    with db.transaction():
        (listed,) = tokens.listed(account_id, clock.now())
        tokens.revoke(account_id, listed.id, clock.now())

    assert app.test_client().get(f"{BOOK}/yealink", headers=basic(token)).status_code == 401


def test_a_telephone_counts_as_its_token_does_sr_18(office, app, monkeypatch):
    """SR-18: one count, whether the token is shown as a bearer's or as a password."""
    monkeypatch.setattr(limits.Counters, "wait_s", lambda _self, *asked: seen.append(asked[:2]) or None)
    seen: list[tuple[object, ...]] = []
    account_id, token = a_token(Scope.READ_PHONES)

    for headers in (basic(token), {"Authorization": f"Bearer {token}"}):
        assert app.test_client().get(f"{BOOK}/yealink", headers=headers).status_code == 200

    assert seen == [(account_id, limits.Lane.TOKEN_READS)] * 2


def test_a_phone_book_speaks_english_when_asked(office, phone):
    assert list(items(read(phone, f"{BOOK}/yealink?lang=en"))) == ["Finance"]
