"""What a program is told that sent something wrong."""

import re

import pytest
from apiflask import Schema
from apiflask.fields import AwareDateTime, Boolean, Date, DateTime, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range, Regexp
from flask_babel import force_locale
from marshmallow import ValidationError

from server.bookings.schemas import SOON
from server.openapi.invalid_input import sentence


class Inner(Schema):
    number = Integer()


class Wish(Schema):
    name = String(required=True, validate=Length(max=5))
    floor = Integer(validate=Range(1, 25))
    kind = String(validate=OneOf(["a", "b"]))
    day = Date()
    at = DateTime()
    open = Boolean()
    many = List(Integer())
    inner = Nested(Inner)
    soon = AwareDateTime(validate=SOON)
    clock = String(validate=[Length(5, 5), Regexp(r"^[0-9:]+$")])
    code = String(validate=Length(equal=5))


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({}, "The field “name” is missing."),
        ({"name": None}, "The field “name” may not be empty."),
        ({"name": 1}, "The field “name” must be text."),
        ({"name": "123456"}, "The field “name” may have 5 characters at most."),
        ({"name": "a", "floor": "x"}, "The field “floor” must be a whole number."),
        ({"name": "a", "floor": 26}, "The field “floor” must be from 1 to 25."),
        ({"name": "a", "kind": "c"}, "The field “kind” must be one of: a, b."),
        ({"name": "a", "day": "x"}, "The field “day” must be a date such as 2026-11-23."),
        ({"name": "a", "at": 1}, "The field “at” must be an instant such as 2026-11-23T08:30:00+09:00."),
        ({"name": "a", "open": "x"}, "The field “open” must be true or false."),
        ({"name": "a", "many": 1}, "The field “many” must be a list."),
        ({"name": "a", "many": [1, "x"]}, "The field “many.1” must be a whole number."),
        ({"name": "a", "inner": {"number": "x"}}, "The field “inner.number” must be a whole number."),
        ({"name": "a", "inner": 1}, "The field “inner” must be a JSON object."),
        ({"name": "a", "wings": 2}, "There is no field “wings” here."),
        ([], "Send a JSON object."),
    ],
)
def test_the_sentence_names_the_field_and_what_is_wrong(app, sent, told):
    assert _told(app, sent, "en") == told


def test_it_is_told_in_the_caller_s_language(app):
    assert _told(app, {}, "ja") == "「name」がありません。"


@pytest.mark.parametrize(
    "sent",
    [{"soon": "9999-01-01T00:00:00+00:00"}, {"soon": "2026-11-24T08:30"}, {"clock": "later"}, {"clock": "8:30"},
     {"code": "abc"}, {"floor": 0}, {"floor": 10**400}],
    ids=["year", "no offset", "no clock", "short", "length", "small", "large"],
)  # fmt: skip
def test_nothing_english_is_left_in_a_japanese_sentence(app, sent):
    (name,) = sent
    told = _told(app, {"name": "a"} | sent, "ja")
    assert f"「{name}」" in told
    assert not re.search("[A-Za-z]{4}", told.replace(name, "")), told


def test_no_more_is_told_than_one_can_read(app):
    assert _told(app, {f"x{i}": i for i in range(100)}, "en").count("The field") <= 3
    assert len(_told(app, {"x" * 10_000: 1}, "en")) < 300


def _told(app, sent, language):
    with pytest.raises(ValidationError) as found:
        Wish().load(sent)
    with app.test_request_context(), force_locale(language):
        return sentence({"json": found.value.messages})
