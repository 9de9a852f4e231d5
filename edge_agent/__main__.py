"""`iruka-agent run | check-config | replay | simulate | record`."""

import argparse
import asyncio
import logging
import os
import re
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from edge_agent import agent, config, wire
from edge_agent.config import Broker, Misconfigured
from edge_agent.replay import Replay

WRONG_USE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when it went well, 2 when something has to be mended first."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=options.log_level, format="%(levelname)s %(message)s", stream=sys.stderr)
    try:
        code: int = options.command(options)
    except Misconfigured as wrong:
        for sentence in wrong.sentences:
            print(sentence, file=sys.stderr)
        return WRONG_USE
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="iruka-agent", description="Hears badges and tells the server over MQTT.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="listen to this machine's Bluetooth adapter")
    run.add_argument("config", type=Path, metavar="CONFIG", help="settings, see docs/agent.md")
    run.set_defaults(command=_run, log_level=logging.INFO)

    check = commands.add_parser("check-config", help="say what is wrong with a settings file")
    check.add_argument("config", type=Path, metavar="CONFIG")
    check.set_defaults(command=_check_config, log_level=logging.INFO)

    replay = commands.add_parser("replay", help="send a recording as if its receivers heard it now")
    replay.add_argument("dataset", type=Path, metavar="DATASET", help="folder with receivers.csv and sightings/")
    replay.add_argument("--track", required=True, metavar="NAME", help="the recording: sightings/NAME.csv")
    replay.add_argument("--speed", type=_positive, default=1.0, metavar="X", help="times as fast as it was")
    replay.add_argument("--site", type=_site, default="main", help="the building's code in topics (default: main)")
    replay.add_argument("--tag", metavar="ID", help="only this tag; OLD=NEW sends it under another id")
    replay.add_argument("--loop", action="store_true", help="begin again at the end")
    replay.add_argument("--window-ms", type=_window_ms, default=1000, metavar="MS", help="length of a window")
    _add_broker(replay)
    replay.set_defaults(command=_replay, log_level=logging.WARNING)

    simulate = commands.add_parser("simulate", help="send what receivers of a simulated building hear")
    simulate.add_argument("scenario", type=Path, metavar="SCENARIO", help="JSON file, see docs/agent.md")
    simulate.add_argument("--at", type=_time_of_day, metavar="HH:MM", help="begin at this time of the day")
    simulate.add_argument("--speed", type=_positive, default=1.0, metavar="X", help="the day passes X times as fast")
    _add_broker(simulate)
    simulate.set_defaults(command=_simulate, log_level=logging.WARNING)

    record = commands.add_parser("record", help="write down what receivers of a simulated building hear")
    record.add_argument("scenario", type=Path, metavar="SCENARIO", help="JSON file, see docs/agent.md")
    record.add_argument("--out", type=Path, required=True, metavar="FILE", help="CSV as in a recording's sightings/")
    record.add_argument("--at", type=_time_of_day, default=0.0, metavar="HH:MM", help="begin at this time of the day")
    record.add_argument("--seconds", type=_seconds, required=True, metavar="N", help="how long")
    record.set_defaults(command=_record, log_level=logging.WARNING)
    return parser


def _add_broker(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--broker", default="mqtt://127.0.0.1:1883", metavar="URL", help="mqtt:// or mqtts://")
    parser.add_argument("--ca-file", metavar="FILE", help="certificate of the authority that signed the broker's")
    parser.add_argument("--username", help="an account that may publish for every receiver")
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="its password, in the first line")
    parser.add_argument("--shared-connection", action="store_true", help="one connection for all receivers")


def _run(options: argparse.Namespace) -> int:
    settings = config.load(options.config)

    async def listen() -> None:
        await agent.run(settings, agent.stopped_by_signals())

    asyncio.run(listen())
    return 0


def _check_config(options: argparse.Namespace) -> int:
    settings = config.load(options.config)
    print(f"{options.config} is in order: {settings.agent} of {settings.site}, broker {settings.broker.host}.")
    return 0


def _replay(options: argparse.Namespace) -> int:
    source = Replay(
        options.dataset,
        options.track,
        window_ms=options.window_ms,
        speed=options.speed,
        tag=options.tag,
        loops=options.loop,
    )
    return _play(source, options.site, options)


def _simulate(options: argparse.Namespace) -> int:
    _need_numpy()
    from edge_agent import scenario
    from edge_agent.simulate import Simulation

    building = scenario.load(options.scenario)
    source = Simulation(building, starts_at_s=options.at, day_speed=options.speed)
    return _play(source, building.site, options)


def _record(options: argparse.Namespace) -> int:
    _need_numpy()
    from edge_agent import scenario
    from edge_agent.record import record

    report = _Report()
    try:
        record(scenario.load(options.scenario), options.out, options.at, options.seconds, report.line)
    except OSError as error:
        raise Misconfigured(f"{options.out} cannot be written: {error.strerror}.") from None
    report.end()
    return 0


def _need_numpy() -> None:
    """Receivers on Raspberry Pis have no NumPy, and need none for anything but a simulated building."""
    if find_spec("numpy") is None:
        raise Misconfigured("The simulated building needs NumPy; install iruka[demo].")


def _play(source: agent.Source, site: str, options: argparse.Namespace) -> int:
    broker = _broker(options)
    report = _Report()

    async def play() -> None:
        stop = agent.stopped_by_signals()
        await agent.play(source, site, broker, stop, shared=options.shared_connection, report=report.line)

    asyncio.run(play())
    report.end()
    return 0


def _broker(options: argparse.Namespace) -> Broker:
    password = os.environ.get(config.PASSWORD_VARIABLE) or None
    if options.password_file is not None:
        try:
            password = config.password_in(options.password_file)
        except Misconfigured as wrong:
            raise Misconfigured(f"--password-file {wrong.sentences[0]}.") from None
    try:
        return config.broker_at(options.broker, options.username, password, options.ca_file)
    except Misconfigured as wrong:
        raise Misconfigured(f"--broker {wrong.sentences[0]}.") from None


class _Report:
    """Progress on stderr: one line that changes on a terminal, else a line now and then and the last one."""

    EVERY = 15

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._lines = 0
        self._due = ""

    def line(self, text: str) -> None:
        self._due = text
        if self._is_terminal:
            print(f"\r{text}   ", end="", file=sys.stderr, flush=True)
        elif self._lines % self.EVERY == 0:
            self.end()
        self._lines += 1

    def end(self) -> None:
        if self._due:
            print("" if self._is_terminal else self._due, file=sys.stderr, flush=True)
        self._due = ""


def _positive(text: str) -> float:
    value = float(text)
    if not 0.01 <= value <= 1000:
        raise argparse.ArgumentTypeError("must be from 0.01 to 1000")
    return value


def _seconds(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 86_400:
        raise argparse.ArgumentTypeError("must be from 1 to 86400")
    return value


def _window_ms(text: str) -> int:
    value = int(text)
    if not 100 <= value <= 60_000:
        raise argparse.ArgumentTypeError("must be from 100 to 60000")
    return value


def _site(text: str) -> str:
    if not wire.NAME.fullmatch(text):
        raise argparse.ArgumentTypeError("must be 1 to 32 letters, digits, hyphens or underscores")
    return text


def _time_of_day(text: str) -> float:
    match = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text)
    if match is None:
        raise argparse.ArgumentTypeError("must be a time of the day such as 09:30")
    return int(match[1]) * 3600.0 + int(match[2]) * 60.0


if __name__ == "__main__":
    sys.exit(main())
