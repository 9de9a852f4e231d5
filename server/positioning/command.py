"""`iruka evaluate`: recordings through the code that serves live traffic; estimates to a file, figures to stdout."""

import csv
import math
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from server.positioning.evaluation import Estimate, Run, Summary, Track, run, stayed, summarise, walked
from server.positioning.model import Model, build_model
from server.positioning.recordings import (
    BadRecording,
    Dataset,
    read_dataset,
    read_stays,
    read_survey,
    read_truth,
    read_walk,
)
from server.positioning.types import Options

WALK_COLUMNS = ("t_s", "x_m", "y_m", "zone_id", "zone_p", "settled_zone_id")
STAY_COLUMNS = ("point_id", "t_s", "x_m", "y_m", "zone_id", "zone_p")
FOLDER = click.Path(path_type=Path)
DEFAULTS = Options()


class Finite(click.FloatRange):
    """A number in a range; "nan" compares with nothing and would pass."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


@click.command()
@click.argument("dataset", type=FOLDER)
@click.option("--survey", help="Calibration file to learn from; without it the map comes from positions alone.")
@click.option("--track", help="One walk of sightings/; without it and without --static all walks.")
@click.option("--static", "static_file", help="A calibration file to test on, as pieces of people who sit.")
@click.option("--zones", default="zones", show_default=True, help="The zone set of floor.json.")
@click.option("--tag-height", type=Finite(0.0, 3.0), default=DEFAULTS.tag_height_m, show_default=True, help="m")
@click.option(
    "--tag-level",
    type=click.Choice(["free", "known"]),
    default="free",
    show_default=True,
    help="known: the tag is as strong as the survey's; free: its level is integrated out and learned.",
)
@click.option("--grid", type=Finite(0.25, 5.0), help="Cell size in m; default 1, 1.5 above 800 m².")
@click.option("--temper", type=Finite(0.05, 2.0), default=DEFAULTS.temper, show_default=True)
@click.option("--forget", type=Finite(0.5, 1.0), default=DEFAULTS.forget, show_default=True)
@click.option("--out", type=FOLDER, required=True, help="Where the estimates go.")  # fmt: skip
def evaluate(
    dataset: Path,
    survey: str | None,
    track: str | None,
    static_file: str | None,
    zones: str,
    tag_height: float,
    tag_level: str,
    grid: float | None,
    temper: float,
    forget: float,
    out: Path,
) -> None:
    """Locate recorded tags second by second, causally, and say how right that was.

    DATASET is a folder in the neutral format (docs/evaluate.md).
    """
    if out.exists() and out.resolve().is_relative_to(dataset.resolve()):
        raise click.UsageError("--out must not replace a file of the recording.")
    options = Options(
        cell_m=grid, tag_height_m=tag_height, level_known=tag_level == "known", temper=temper, forget=forget
    )
    if track and static_file:
        raise click.UsageError("--track and --static exclude each other.")
    try:
        folder = read_dataset(dataset, zones)
        samples = read_survey(folder, survey) if survey else []
        model = build_model([folder.floor], folder.receivers, {folder.floor.id: samples}, options)
        if static_file:
            _stays(folder, model, static_file, out)
        else:
            _walks(folder, model, track, out)
    except BadRecording as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(1)  # nobody reads the summary to its end, as with `| head`; the estimates are written
    except OSError as error:
        click.echo(f"{out} cannot be written: {error.strerror}.", err=True)
        sys.exit(2)


def _walks(folder: Dataset, model: Model, track: str | None, out: Path) -> None:
    names = [track] if track else folder.tracks()
    if not names:
        raise BadRecording(f"{folder.folder / 'sightings'} holds no tracks.")
    heard = {name: read_walk(folder, name) for name in names}
    truth = {name: read_truth(folder, name) for name in names}
    result = run(model, heard)
    rows = ((name, one) for name in names for one in result.estimates[name])
    if track:
        _write(out, WALK_COLUMNS, (_walk_row(one) for _name, one in rows))
    else:
        _write(out, ("track", *WALK_COLUMNS), ([name, *_walk_row(one)] for name, one in rows))
    _say(result, summarise(model, [walked(result.estimates[name], truth[name]) for name in names]), folder)


def _stays(folder: Dataset, model: Model, file: str, out: Path) -> None:
    stays = read_stays(folder, file)
    result = run(model, {stay.point: stay.heard for stay in stays})
    rows = (
        [stay.point, one.t_s, f"{one.x_m:.3f}", f"{one.y_m:.3f}", one.zone, f"{one.zone_p:.4f}"]
        for stay in stays
        for one in result.estimates[stay.point]
    )
    _write(out, STAY_COLUMNS, rows)
    tracks: list[Track] = [stayed(result.estimates[stay.point], stay) for stay in stays]
    click.echo(f"pieces                    {len(stays)}")
    last = summarise(model, tracks, last_only=True)
    if last.zone_accuracy is not None:
        click.echo(f"zone accuracy at the end  {last.zone_accuracy:.3f}  (settled {last.settled_accuracy:.3f})")
        click.echo(f"mean error at the end     {last.mean_m:.2f} m  (p95 {last.p95_m:.2f} m)")
    _say(result, summarise(model, tracks), folder)


def _walk_row(one: Estimate) -> list[object]:
    return [one.t_s, f"{one.x_m:.3f}", f"{one.y_m:.3f}", one.zone, f"{one.zone_p:.4f}", one.settled_zone]


def _write(out: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """All or nothing: what stood there before stays until the new file is complete."""
    unfinished = out.with_name(out.name + ".part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)
        os.replace(unfinished, out)
    finally:
        unfinished.unlink(missing_ok=True)


def _say(result: Run, summary: Summary, folder: Dataset) -> None:
    click.echo(f"data set                  {folder.name}")
    click.echo(f"seconds                   {summary.seconds}")
    if summary.zone_accuracy is not None:
        click.echo(f"zone accuracy             {summary.zone_accuracy:.3f}  (settled {summary.settled_accuracy:.3f})")
        click.echo(f"error median mean p95     {summary.median_m:.2f} {summary.mean_m:.2f} {summary.p95_m:.2f} m")
        click.echo(f"calibration error (ECE)   {summary.calibration_error:.3f}")
    true = "" if summary.true_switches_per_min is None else f"  (true {summary.true_switches_per_min:.1f})"
    click.echo(f"switches a minute         {summary.switches_per_min:.1f}{true}")
    click.echo(f"settled switches an hour  {summary.settled_switches_per_hour:.1f}")
    if summary.delay_s is not None:
        click.echo(f"delay                     {summary.delay_s:.1f} s")
    if result.tag_updates:
        click.echo(f"cost                      {1e6 * result.seconds / result.tag_updates:.0f} µs a tag update")
    if result.unknown_receivers:
        click.echo(f"unknown receivers         {result.unknown_receivers} packets passed over")
