"""The numbering plan on pages."""

import pytest
from exchange import Exchange
from visitor import Visitor
from werkzeug.test import TestResponse

from server.phones import queries


def saved(answer: TestResponse) -> bool:
    """Whether the page said so."""
    return answer.status_code == 302


def test_only_system_administrators_change_the_plan(exchange: Exchange, clerk: Visitor, operator: Visitor) -> None:
    data = {"first": "２５０００", "last": "25999", "use": "assignable", "unit": exchange.bureau, "note": "新館"}
    assert clerk.send("/numbers/plan", **data).status_code == 403
    assert saved(operator.send("/numbers/plan", **data))
    one = next(one for one in queries.ranges() if one.first == "25000")
    assert "25000" in clerk.get("/numbers/plan").text
    assert "23000" not in clerk.get("/numbers/plan").text
    assert clerk.get(f"/numbers/plan/{one.id}").status_code == 404
    assert saved(operator.send(f"/numbers/plan/{one.id}", **(data | {"last": "25099"})))
    assert saved(operator.send(f"/numbers/plan/{one.id}/remove"))
    assert operator.send(f"/numbers/plan/{'9' * 20}/remove").status_code == 404
    assert one.id not in [left.id for left in queries.ranges()]
    assert operator.get(f"/numbers/plan/{one.id}").status_code == 404


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"first": "24500"}, 409),
        ({"last": "1"}, 422),
        ({"use": "pigeons"}, 422),
        ({"unit": "999999"}, 422),
        ({"unit": "9" * 20}, 422),
        ({"unit": "everybody"}, 422),
    ],
)
def test_a_range_that_will_not_do_is_refused_with_what_was_typed(
    exchange: Exchange, operator: Visitor, fields: dict[str, str], status: int
) -> None:
    data = {"first": "25000", "last": "25999", "use": "assignable", "unit": "", "note": "新館"} | fields
    answer = operator.send("/numbers/plan?lang=en", **data)
    assert answer.status_code == status
    assert 'value="新館"' in answer.text
    assert len(queries.ranges()) == 3
