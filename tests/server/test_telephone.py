"""Telephone numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import telephone

WRITTEN = st.text(st.sampled_from("0149０４+*#-－ー−~〜()（） \u3000.:内線ext\u00ad\ud800あ"), max_size=40)


@pytest.mark.parametrize(
    "text",
    [
        "24117",
        " ２４１１７ ",
        "241-17",
        "241ー17",
        "241−17",
        "内線 24117",
        "内)24117",
        "Ext. 24117",
        "extension: 24117",
        "(24)117",
    ],
)
def test_an_extension_is_read_however_it_is_written(text: str) -> None:
    assert telephone.extension_number(text) == "24117"


@pytest.mark.parametrize("text", ["", "7", "123456789", "24 one", "24%17", "２４_17", "\ud800", "1" * 10_000])
def test_what_is_no_extension_is_none(text: str) -> None:
    assert telephone.extension_number(text) is None


@pytest.mark.parametrize(
    "text",
    ["044-000-2111", "０４４－０００－２１１１", "044‐000‑2111", "044(000)2111", "044 000 2111", "（044）000ー2111"],
)
def test_an_outside_number_is_read_with_any_hyphen_and_width(text: str) -> None:
    assert telephone.outside_number(text) == "044-000-2111"


@pytest.mark.parametrize("text", ["2111", "44-000-2111", "044-000-ABCD", "0" * 16, "😀", "0" * 10_000])
def test_what_is_no_outside_number_is_none(text: str) -> None:
    assert telephone.outside_number(text) is None


def test_no_outside_number_is_none_to_speak_of() -> None:
    assert telephone.outside_number("  ") == ""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", ""),
        ("　", ""),
        ("０４４（０００）２１１１", "044-000-2111"),
        ("内線24117", "24117"),
        ("(+81) 44.000.2111", "+81-44-000-2111"),
        ("*21#", "*21#"),
        ("内線", None),
        ("after 3 p.m.", None),
        ("0" * 61, None),
    ],
)
def test_whatever_can_be_dialled_is_read(text: str, number: str | None) -> None:
    assert telephone.any_number(text) == number


@pytest.mark.parametrize(
    ("text", "digits"), [("２４-1", "241"), ("+81 (44)", "8144"), ("内線24117", ""), ("24a", ""), ("", ""), ("%", "")]
)
def test_the_digits_of_a_number_and_of_nothing_else(text: str, digits: str) -> None:
    assert telephone.digits_of(text) == digits


@given(WRITTEN)
def test_every_reading_of_a_number_has_the_same_digits_and_is_read_again_as_itself(text: str) -> None:
    extension, outside, dialled = (
        read(text) for read in (telephone.extension_number, telephone.outside_number, telephone.any_number)
    )
    if extension is not None:
        assert telephone.extension_number(extension) == extension == telephone.digits_of(dialled or "")
    if outside:
        assert telephone.outside_number(outside) == outside == dialled
    if dialled:
        assert telephone.any_number(dialled) == dialled
