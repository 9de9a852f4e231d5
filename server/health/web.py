"""/healthz for whoever watches over the service, /metrics for Prometheus."""

from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST

from server import clock
from server.access import PUBLIC, is_operator, only
from server.fleet.overview import Overview
from server.fleet.rules import Overall
from server.health import metrics
from server.health.report import summary, take
from server.settings import Settings

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@only(PUBLIC)
def health() -> ResponseReturnValue:
    """One word for everybody; the reasons for operators. 503 only when nothing can be shown."""
    overall, reasons = summary(_report())
    code = 503 if overall is Overall.DOWN else 200
    if is_operator(_settings().metrics_token):
        return jsonify(status=overall, reasons=reasons), code
    return jsonify(status=overall), code


@pages.get("/metrics")
def measured() -> ResponseReturnValue:
    """Every metric; also while the database is away, so that the scrape says so."""
    return Response(metrics.rendered(_report()), content_type=CONTENT_TYPE_LATEST)


def _report() -> Overview | None:
    return take(_settings().site, clock.now())


def _settings() -> Settings:
    config: Settings = current_app.extensions["iruka"]
    return config
