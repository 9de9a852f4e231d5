"""What the fleet tells programs, as the API's document describes it; instants are Unix seconds."""

from apiflask import Schema
from apiflask.fields import Boolean, Float, Integer, List, Nested, String
from apiflask.validators import OneOf

from server.fleet.rules import Health, Overall


class BackgroundOut(Schema):
    """The background process."""

    at = Integer()
    broker_connected = Boolean()
    broker_since = Integer(allow_none=True)
    inbox = Integer()
    step_ms = Float(allow_none=True)
    tags = Integer()


class ReceiverOut(Schema):
    """One receiver."""

    agent = String(metadata={"example": "RX-18-01"})
    floor = String(metadata={"example": "18"})
    active = Boolean()
    state = String(validate=OneOf([health.value for health in Health]))
    adapter = String(allow_none=True)
    software = String(allow_none=True)
    packets_per_s = Float(allow_none=True)
    reference_packets_per_s = Float(allow_none=True)
    queue = Integer(allow_none=True)
    dropped = Integer(allow_none=True)
    strangers = Integer(allow_none=True)
    clock_error_ms = Float(allow_none=True)
    heard_at = Integer(allow_none=True)
    status_at = Integer(allow_none=True)


class MessageOut(Schema):
    """Messages of one kind."""

    kind = String()
    count = Integer()
    today = Integer()
    last_at = Integer(allow_none=True)
    last_agent = String(allow_none=True)


class FleetOut(Schema):
    """Receivers, messages and processes."""

    as_of = Integer(metadata={"example": 1764000000})
    state = String(validate=OneOf([overall.value for overall in Overall]))
    reasons = List(String())
    background = Nested(BackgroundOut, allow_none=True)
    receivers = List(Nested(ReceiverOut))
    messages = List(Nested(MessageOut))
