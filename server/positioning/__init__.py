"""Where a tag is, from what fixed receivers hear of it: pure NumPy, values in and values out."""

from server.positioning.belief import Belief
from server.positioning.filter import step
from server.positioning.model import Model, build_model
from server.positioning.types import (
    NOWHERE,
    Fixes,
    Floor,
    Level,
    Motion,
    Options,
    Receiver,
    Survey,
    SurveySample,
    Windows,
    Zone,
)

__all__ = [
    "NOWHERE",
    "Belief",
    "Fixes",
    "Floor",
    "Level",
    "Model",
    "Motion",
    "Options",
    "Receiver",
    "Survey",
    "SurveySample",
    "Windows",
    "Zone",
    "build_model",
    "step",
]
