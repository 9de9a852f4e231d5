"""Writes down what the receivers of a simulated building hear, as fast as the machine can, without a broker."""

import csv
import os
from collections.abc import Callable
from pathlib import Path

from edge_agent.scenario import Scenario
from edge_agent.simulate import Simulation

COLUMNS = ("t_s", "receiver_id", "tag_id", "rssi_dbm")  # of a recording's sightings
WINDOW_S = 1.0


def record(scenario: Scenario, file: Path, starts_at_s: float, seconds: int, report: Callable[[str], None]) -> int:
    """Write every packet of so many seconds of the simulated day; the file appears when it is complete.

    Returns the number of packets.
    """
    passed_s = 0.0
    simulation = Simulation(
        scenario, starts_at_s=starts_at_s, window_ms=round(WINDOW_S * 1000), clock_s=lambda: passed_s
    )
    unfinished = file.with_name(file.name + ".part")
    packets = 0
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(COLUMNS)
            for second in range(seconds):
                heard = [
                    (round(second + WINDOW_S - packet.age_s, 3), receiver, packet.tag, round(packet.rssi_dbm))
                    for receiver, some in simulation.step().items()
                    for packet in some
                ]
                writer.writerows(sorted(heard))
                packets += len(heard)
                passed_s = second + 1.0
                report(f"{second + 1} of {seconds} s recorded")
        os.replace(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)
    return packets
