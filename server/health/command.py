"""`iruka status`: the system on one screen. Exit code 0 when all is well, 1 when degraded, 2 when down."""

import json
from datetime import datetime

import click

from server import clock, db, settings
from server.fleet import words
from server.fleet.overview import Overview
from server.fleet.queries import ReceiverView
from server.fleet.rules import Health, Met, Overall
from server.health.report import summary, take

EXIT_CODES = {Overall.OK: 0, Overall.DEGRADED: 1, Overall.DOWN: 2}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Say how the system is doing. Exit code 0: all is well, 1: places may be old, 2: nothing works."""
    given = settings.load()
    engine = db.connect(given.database_url)
    report = take(given.site, clock.now())
    overall, reasons = summary(report)
    if as_json:
        document = {"status": overall, "reasons": reasons} | ({} if report is None else _document(report))
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        why = [f"  {_sentence(code)}" for code in reasons]
        click.echo("\n".join([f"Iruka {given.site}: {overall}", *why, *_screen(report, engine.dialect.name)]))
    ctx.exit(EXIT_CODES[overall])


def _screen(report: Overview | None, database: str) -> list[str]:
    if report is None:
        return ["  Look at IRUKA_DATABASE_URL, and run `iruka migrate` if the database is new."]
    rows = [("database", f"ok, {database}"), *_server(report), *_fleet(report), *_messages(report)]
    return [f"  {name:11} {says}" for name, says in rows]


def _server(report: Overview) -> list[tuple[str, str]]:
    beat = report.beat
    if beat is None:
        return [("background", "never heard")]
    health = "silent" if report.beat_is_late else "ok"
    since = "" if beat.broker_since is None else f" for {_age(report.now, beat.broker_since)}"
    return [
        ("background", f"{health}, last sign of life {_age(report.now, beat.at)} ago"),
        ("broker", f"{'connected' if beat.broker_connected else 'not connected'}{since}"),
        ("inbox", f"{beat.inbox} messages"),
        ("step", f"{beat.step_ms:.1f} ms for {beat.tags} badges"),
    ]


def _fleet(report: Overview) -> list[tuple[str, str]]:
    number = len(report.in_use)
    rows = [("receivers", f"{number - len(report.troubled)} of {number} ok")]
    return rows + [("", f"floor {one.floor_code}  {one.agent}  {_trouble(one, report.now)}") for one in report.troubled]


def _trouble(one: ReceiverView, now: datetime) -> str:
    health = one.health(now)
    if health is Health.ADAPTER:
        return words.ADAPTERS.get(one.adapter, words.STATES[health]).lower()
    if health is Health.CLOCK and one.clock_error_ms is not None:
        return f"clock wrong by {one.clock_error_ms / 1000:+.0f} s"
    heard_at = one.heard_at or one.status_at
    if health in (Health.SILENT, Health.OFFLINE) and heard_at is not None:
        return f"{words.STATES[health].lower()} for {_age(now, heard_at)}"
    return words.STATES[health].lower()


def _messages(report: Overview) -> list[tuple[str, str]]:
    rows = [_refused(one) for one in report.refused if one.today]
    return [("not used" if number == 0 else "", row) for number, row in enumerate(rows or ["no message today"])]


def _refused(one: Met) -> str:
    by = f" (last: {one.last_agent})" if one.last_agent else ""
    return f"{one.today:>7} today  {words.KINDS.get(one.kind, one.kind)}{by}"


def _sentence(code: str) -> str:
    sentence, values = words.reason(code)
    return sentence % values if values else sentence


def _age(now: datetime, at: datetime) -> str:
    """How long ago, in the largest unit that fits."""
    seconds = max(0, int((now - at).total_seconds()))
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _document(report: Overview) -> dict[str, object]:
    beat = report.beat
    return {
        "background": None
        if beat is None
        else {
            "age_s": round((report.now - beat.at).total_seconds(), 1),
            "broker_connected": beat.broker_connected,
            "inbox": beat.inbox,
            "step_ms": round(beat.step_ms, 1),
            "tags": beat.tags,
        },
        "receivers": {one.agent: one.health(report.now) for one in report.in_use},
        "refused_today": {one.kind: one.today for one in report.refused if one.today},
    }
