"""The broker connection on a real Mosquitto: windows, retained statuses, sign-in, TLS, and a broker that goes away."""

import gc
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator

import mosquitto
import pytest

from edge_agent import wire
from edge_agent.config import Broker
from edge_agent.outbox import Outbox
from edge_agent.publish import Connection, Retry

BOOT = "00000000000000aa"
TOPIC = wire.sightings_topic("main", "RX-1")
AT_ONCE = Retry(0.05, 0.2)


def put(outbox: Outbox, *tags: str, ago_s: float = 0.0) -> None:
    rows = tuple(wire.Sighting(tag, 1, -70.0, 0.0, -70.0, 0) for tag in tags)
    outbox.put(rows, 1000, time.monotonic() - ago_s)


def status(state: str = "online") -> tuple[str, bytes]:
    said = wire.Status("RX-1", BOOT, state, "ok", 0, 0.0, None, 0, 0, 0, None, 0, "test")
    return wire.status_topic("main", "RX-1"), wire.encode(said)


def plain(port: int, username: str | None = None, password: str | None = None) -> Broker:
    return Broker("127.0.0.1", port, False, username, password)


@pytest.fixture
def outbox() -> Outbox:
    return Outbox("RX-1", BOOT)


@pytest.fixture
def connect() -> Iterator[Callable[..., Connection]]:
    """Connections that are stopped at the end, whatever happens."""
    made: list[Connection] = []

    def start(broker: Broker, outbox: Outbox, **more) -> Connection:
        made.append(Connection(broker, "RX-1", {TOPIC: outbox}, **({"retry": AT_ONCE} | more)))
        made[-1].start()
        return made[-1]

    yield start
    for connection in made:
        connection.stop()


def test_windows_arrive_in_order_and_leave_the_outbox(broker, listener, outbox, connect, until):
    for tag in ("s-1-1", "s-1-2", "s-1-3"):
        put(outbox, tag)

    connect(plain(broker.port), outbox)
    until(lambda: len(listener.windows()) == 3)
    until(lambda: len(outbox) == 0)

    assert [window.seq for window in listener.windows()] == [1, 2, 3]
    assert [window.rows[0].tag for window in listener.windows()] == ["s-1-1", "s-1-2", "s-1-3"]


def test_the_broker_keeps_the_status_and_no_sighting_sr_34(broker, listener, listener_at, outbox, connect, until):
    connection = connect(plain(broker.port), outbox)
    put(outbox, "s-1-1")
    connection.say(*status())
    until(lambda: len(listener.said) == 2)

    late = listener_at(broker.port)
    until(lambda: bool(late.said))
    put(outbox, "s-1-2")
    until(lambda: len(late.said) == 2)

    assert [is_retained for _topic, _message, is_retained in late.said] == [True, False]
    assert late.windows()[0].rows[0].tag == "s-1-2"


def test_a_status_is_retained_and_said_again_to_a_broker_that_forgot_it(
    broker, listener, listener_at, outbox, connect, until
):
    connection = connect(plain(broker.port), outbox)
    connection.say(*status())
    until(lambda: len(listener.statuses()) == 1)
    broker.stop()
    broker.start()
    until(lambda: connection.is_connected)

    late = listener_at(broker.port)
    until(lambda: bool(late.statuses()))

    assert late.statuses()[0].state == "online"


def test_a_clean_stop_says_the_last_word(broker, listener, outbox, connect, until):
    connection = connect(plain(broker.port), outbox, will=status("offline"))
    connection.say(*status())
    until(lambda: bool(listener.statuses()))

    connection.say(*status("offline"))
    connection.stop()
    until(lambda: len(listener.statuses()) == 2)

    assert [said.state for said in listener.statuses()] == ["online", "offline"]


def test_the_configuration_is_read_at_every_connect(broker, listener, outbox, connect, until):
    got: list[tuple[str, bytes]] = []
    listener.configure("main", "RX-1", wire.Config())
    until(lambda: bool(listener.said))

    connect(
        plain(broker.port), outbox, reads=(wire.config_topic("main", "RX-1"),), receive=lambda *said: got.append(said)
    )
    until(lambda: bool(got))

    assert got[0] == (wire.config_topic("main", "RX-1"), wire.encode(wire.Config()))


def test_while_the_broker_is_away_windows_wait_and_then_leave_in_order_with_their_true_ages_rp_04(
    broker, listener, outbox, connect, until
):
    connection = connect(plain(broker.port), outbox)
    put(outbox, "s-1-1")
    until(lambda: len(listener.windows()) == 1 and len(outbox) == 0)
    broker.stop()
    until(lambda: not connection.is_connected)
    listener.forget_connection()
    for _ in range(100):
        put(outbox, "s-1-1", ago_s=5.0)
    assert len(outbox) == 100

    broker.start()
    listener.wait_for_connection()
    until(lambda: listener.windows()[-1].seq == 101)
    until(lambda: len(outbox) == 0)

    late = listener.windows()[1:]
    assert [window.seq for window in late] == list(range(late[0].seq, 102))  # whoever listens late misses the first
    assert all(row.age_ms >= 5000 for window in late for row in window.rows)


def test_without_any_broker_memory_stays_bounded_and_losses_are_counted(outbox, connect):
    connection = connect(plain(9), outbox)
    for _ in range(1000):
        put(outbox)

    assert (len(outbox), outbox.dropped) == (300, 700)
    assert not connection.is_connected


def test_a_broker_that_restarts_is_not_stormed_and_has_all_agents_back_within_a_minute_rp_08():
    retry = Retry()
    firsts = [retry.pause_s(0) for _agent in range(150)]
    seconds = Counter(int(pause_s) for pause_s in firsts)
    longest = [retry.pause_s(failures) for failures in range(1000)]

    assert max(firsts) - min(firsts) > 9
    assert max(seconds.values()) <= 30
    assert max(longest) <= 30


PASSWORDS = """allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl
use_username_as_clientid true
"""
ACL = """user listener
topic read #
pattern write office/v1/+/agents/%u/sightings
pattern write office/v1/+/agents/%u/status
pattern read office/v1/+/agents/%u/config
"""


@pytest.fixture
def guarded(tmp_path) -> Iterator[mosquitto.Server]:
    """A broker as in a building: passwords, and each agent writes under its own name only."""
    mosquitto.needed()
    tool = shutil.which("mosquitto_passwd")
    if tool is None:
        if os.environ.get("IRUKA_TEST_REQUIRE_ALL") == "1":
            pytest.fail("mosquitto_passwd was not found, and IRUKA_TEST_REQUIRE_ALL=1 asks for it")
        pytest.skip("mosquitto_passwd was not found")
    passwords = tmp_path / "passwords"
    passwords.touch(0o600)
    for name in ("RX-1", "RX-2", "listener"):
        subprocess.run([tool, "-b", str(passwords), name, f"secret of {name}"], check=True, capture_output=True)
    (tmp_path / "acl").write_text(ACL)
    (tmp_path / "acl").chmod(0o600)
    with mosquitto.server(PASSWORDS.format(folder=tmp_path)) as running:
        yield running


def test_an_agent_signs_in_with_its_own_name_sr_30(guarded, listener_at, outbox, connect, until):
    listener = listener_at(guarded.port, "listener", "secret of listener")
    put(outbox, "s-1-1")

    connect(plain(guarded.port, "RX-1", "secret of RX-1"), outbox)
    until(lambda: len(listener.windows("RX-1")) == 1)

    assert listener.windows()[0].rows[0].tag == "s-1-1"


def test_an_agent_cannot_speak_in_anothers_name_sr_30_sr_31(guarded, listener_at, outbox, connect, until):
    listener = listener_at(guarded.port, "listener", "secret of listener")
    own = Outbox("RX-2", BOOT)
    put(outbox, "s-1-1")
    put(own, "s-1-2")
    both = Connection(
        plain(guarded.port, "RX-2", "secret of RX-2"),
        "RX-2",
        {TOPIC: outbox, wire.sightings_topic("main", "RX-2"): own},
        retry=AT_ONCE,
    )
    both.start()
    try:
        until(lambda: len(listener.windows("RX-2")) == 1)
    finally:
        both.stop()

    assert listener.windows("RX-1") == []


def test_with_a_wrong_password_nothing_is_sent_and_windows_wait_sr_30(guarded, outbox, connect, until, caplog):
    put(outbox, "s-1-1")

    connection = connect(plain(guarded.port, "RX-1", "guessed"), outbox)
    until(lambda: "broker refused us" in caplog.text)

    assert not connection.is_connected
    assert len(outbox) == 1


TLS = """
listener {port} 127.0.0.1
certfile {folder}/server.pem
keyfile {folder}/server.key
allow_anonymous true
"""


@pytest.fixture
def certificates(tmp_path):
    """An authority and a broker's certificate for localhost."""
    openssl = shutil.which("openssl")
    if openssl is None:
        if os.environ.get("IRUKA_TEST_REQUIRE_ALL") == "1":
            pytest.fail("openssl was not found, and IRUKA_TEST_REQUIRE_ALL=1 asks for it")
        pytest.skip("openssl was not found")

    def run(*arguments: str) -> None:
        subprocess.run([openssl, *arguments], cwd=tmp_path, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    (tmp_path / "names").write_text("subjectAltName=DNS:localhost\n")
    authority = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
    run("req", "-x509", *key, "-subj", "/CN=test authority", *authority, "-keyout", "ca.key", "-out", "ca.pem")
    run("req", *key[:-2], "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
    run(
        *("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
        *("-days", "2", "-extfile", "names", "-out", "server.pem"),
    )
    return tmp_path


@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")  # paho leaves it to the collector
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_over_tls_a_broker_must_prove_its_name_sr_30(certificates, outbox, connect, until, caplog, host):
    mosquitto.needed()
    put(outbox, "s-1-1")
    with mosquitto.server() as spare:
        port = spare.port
    settings = TLS.format(port=port, folder=certificates)

    with mosquitto.server(settings):
        connection = connect(Broker(host, port, True, ca_file=str(certificates / "ca.pem")), outbox)
        if host == "localhost":
            until(lambda: len(outbox) == 0)
        else:
            until(lambda: "certificate verify failed" in caplog.text)
            assert not connection.is_connected
        connection.stop()
    caplog.clear()
    gc.collect()
