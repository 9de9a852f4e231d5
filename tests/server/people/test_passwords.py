"""Hashes of passwords in a worker that serves everybody."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
EVERYBODY_COMES = """
from gevent import monkey; monkey.patch_all()
import gevent
from server.people import passwords

sleep = monkey.get_original("time", "sleep")
at_once = []
most = 0

class Hasher:
    def hash(self, password):
        global most
        at_once.append(password)
        most = max(most, len(at_once))
        sleep(0.02)
        at_once.pop()
        return password

passwords._hasher = Hasher()
hashes = [gevent.spawn(passwords.hashed, str(n)) for n in range(12)]
gevent.joinall(hashes)
assert [one.value for one in hashes] == [str(n) for n in range(12)]
print(most)
"""


def test_when_everybody_comes_a_worker_works_out_two_hashes_at_once_and_the_others_wait_rp_16():
    """RP-16: forty threads that hash would leave nothing of two cores to whoever asks for a page."""
    told = subprocess.run([sys.executable, "-c", EVERYBODY_COMES], cwd=ROOT, check=True, capture_output=True, text=True)

    assert told.stdout.split() == ["2"]


TWO_WRITE = """
from gevent import monkey; monkey.patch_all()
import sys
import gevent
from sqlalchemy import text
from server import db
from server.people import passwords

def new_password():
    with db.transaction() as session:
        session.execute(text("SELECT 1"))
        return passwords.hashed("a new password")

def somebody_else():
    with db.transaction() as session:
        return session.execute(text("SELECT 1")).scalar()

db.connect(sys.argv[1])
for one in gevent.joinall([gevent.spawn(new_password), gevent.spawn(somebody_else)]):
    one.get()
"""


def test_who_gets_a_new_password_holds_up_no_other_writer_of_the_worker_rp_12(sqlite_url):
    """RP-12: in one thread a writer that waits for another one would wait in vain, and be refused after ten seconds."""
    subprocess.run([sys.executable, "-c", TWO_WRITE, sqlite_url], cwd=ROOT, check=True)
