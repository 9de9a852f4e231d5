"""Places for streams, shared by processes that share nothing else."""

import subprocess
import sys

from server.live_map.slots import Slots

TAKE = """
import sys
from pathlib import Path
from server.live_map.slots import Slots
slots = Slots(Path(sys.argv[1]), 3)
print([slots.take(7) for _ in range(int(sys.argv[2]))], flush=True)
sys.stdin.read()
"""


def worker(directory, wanted: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", TAKE, str(directory), str(wanted)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_an_account_gets_as_many_places_as_there_are(tmp_path):
    slots = Slots(tmp_path, 3)

    assert [slots.take(7) for _ in range(4)] == [True, True, True, False]
    assert slots.take(8)
    slots.give_back(7)
    assert [slots.take(7), slots.take(7)] == [True, False]
    slots.close()


def test_workers_share_the_places_and_a_killed_one_gives_its_back_sr_15(tmp_path):
    """SR-15: eight streams an account means over all workers, whatever becomes of them."""
    slots = Slots(tmp_path, 3)
    assert slots.take(7)

    with worker(tmp_path, 3) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "[True, True, False]\n"
        assert not slots.take(7)
        other.kill()

    assert [slots.take(7), slots.take(7), slots.take(7)] == [True, True, False]
    slots.close()
