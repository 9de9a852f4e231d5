"""The drawn plans: pictures and nothing else, small, and alike on every machine."""

from xml.etree import ElementTree

import pytest

from server.demo.city import STOREYS
from server.demo.geometry import HEIGHT_M, WIDTH_M, layout
from server.demo.plan import SCALE, plan

SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {"svg", "style", "defs", "rect", "path", "circle", "use"}


@pytest.mark.parametrize("storey", STOREYS, ids=lambda storey: storey.code)
def test_a_plan_is_an_svg_of_lines_without_text_script_or_reference_elsewhere(storey):
    picture = plan(layout(storey))

    root = ElementTree.fromstring(picture)  # noqa: S314  our own drawing
    assert root.attrib["viewBox"] == f"0 0 {WIDTH_M * SCALE:g} {HEIGHT_M * SCALE:g}"
    assert {one.tag.removeprefix(SVG) for one in root.iter()} <= SHAPES
    assert {value for one in root.iter() for name, value in one.attrib.items() if name.endswith("href")} <= {"#s"}
    assert not [name for one in root.iter() for name in one.attrib if name.startswith("on")]
    assert "url(" not in picture.decode()
    assert "".join(one.text or "" for one in root.iter() if one.tag != f"{SVG}style").strip() == ""


@pytest.mark.parametrize("storey", STOREYS, ids=lambda storey: storey.code)
def test_a_plan_loads_fast(storey):
    assert len(plan(layout(storey))) < 100_000


def test_a_floor_with_desks_draws_as_many_seats_as_it_has():
    (eighteenth,) = (storey for storey in STOREYS if storey.code == "18")
    built = layout(eighteenth)
    with_chairs = [area for area in built.areas if not area.code.endswith("G")]  # booths have benches

    seats = plan(built).decode().count('<use href="#s"')

    assert seats >= sum(len(area.spots) for area in with_chairs)
