"""The API of who is calling."""

from apiflask import APIBlueprint, Schema
from apiflask.fields import Integer, List, String
from apiflask.validators import OneOf
from flask.typing import ResponseReturnValue

from server import access
from server.people.login import current_account, current_session
from server.people.rules import Role, Scope

api = APIBlueprint("people_api", __name__, url_prefix="/api/v1", tag="Me")


class MeOut(Schema):
    """The caller."""

    name = String(metadata={"example": "髙波 真琴"})
    person_id = Integer(
        allow_none=True, metadata={"description": "Null for an account that is nobody's own.", "example": 123}
    )
    role = String(validate=OneOf([role.value for role in Role]), metadata={"example": "staff"})
    language = String(
        allow_none=True, metadata={"description": "Chosen for the account; null when none was.", "example": "ja"}
    )
    scopes = List(
        String(validate=OneOf([scope.value for scope in Scope])),
        allow_none=True,
        metadata={"description": "What the token may do; null for a browser.", "example": ["directory:read"]},
    )


@api.get("/me")
@api.output(MeOut)
@access.scope()
def whoami() -> ResponseReturnValue:
    """Who am I? Tells a program whether its token works, and for what"""
    account, scopes = current_account(), current_session().scopes
    return {
        "name": account.name,
        "person_id": account.person_id,
        "role": account.role.value,
        "language": account.language,
        "scopes": None if scopes is None else sorted(scopes),
    }
