"""`iruka demo`: a city hall, or a recording, on this machine until Ctrl-C."""

import re
import sys
from pathlib import Path

import click

from server.demo.runner import run_city, run_recording
from server.errors import Misconfigured

DEFAULT_START = "08:20"


def _time_of_day(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"([01]?[0-9]|2[0-3]):[0-5][0-9]", value):
        raise click.BadParameter("must be a time of the day such as 09:30.")
    return value


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="Replay a recording from this folder instead.")
@click.option("--track", help="Which of its walks.")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Where the pages are served; default 8000 or the next free one."
)
@click.option(
    "--at",
    "at",
    default=DEFAULT_START,
    callback=_time_of_day,
    show_default=True,
    metavar="HH:MM",
    help="When the simulated day begins.",
)
@click.option(
    "--state", type=click.Path(path_type=Path), default=Path("var"), show_default=True, help="Where it is kept."
)
def demo(data: Path | None, track: str | None, port: int | None, at: str, state: Path) -> None:
    """Build and run a demo building: broker, background, web and a simulated day of radio."""
    if (data is None) != (track is None):
        raise click.UsageError("--data and --track belong together, such as --data recordings/office --track walk_01.")
    try:
        if data is not None and track is not None:
            run_recording(state.absolute() / "demo-recording", data.absolute(), track, port)
        else:
            run_city(state.absolute() / "demo", port, at)
    except Misconfigured as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(f"The demo cannot be kept in {state}: {error.strerror}.", err=True)
        sys.exit(2)
