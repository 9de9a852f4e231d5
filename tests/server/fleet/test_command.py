"""`iruka broker-acl` and a real Mosquitto: an agent writes only its own topics and reads only its own."""

import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import make
import mosquitto
import pytest
from click.testing import CliRunner, Result
from mqtt_client import client, until

from server import db
from server.broker.access_list import RADIO, SERVER
from server.cli import main
from server.fleet.models import Receiver
from server.mqtt import Connection
from server.settings import Broker

A, B = "RX-18-01", "RX-18-02"


def topic(agent: str, channel: str) -> str:
    return f"office/v1/main/agents/{agent}/{channel}"


@pytest.fixture
def office(sqlite) -> int:
    with db.transaction():
        floor = make.floor(make.building())
        make.receiver(floor, A)
        make.receiver(floor, B)
    return floor


@pytest.fixture
def broker_acl(office, sqlite, tmp_path) -> Callable[..., Result]:
    """`broker_acl("--renew", A)` into `tmp_path / "out"`."""

    def run(*arguments: str) -> Result:
        environment = {"IRUKA_DATABASE_URL": sqlite, "IRUKA_STATE_DIR": str(tmp_path / "state")}
        done = CliRunner().invoke(main, ["broker-acl", "--out", str(tmp_path / "out"), *arguments], env=environment)
        db.connect(sqlite)
        return done

    return run


def password(out: Path, user: str) -> str:
    return (out / "credentials" / f"{user}.password").read_text().strip()


def hashes(out: Path) -> dict[str, str]:
    return dict(line.split(":", 1) for line in (out / "iruka.passwd").read_text().splitlines())


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def broker(broker_acl, out) -> Iterator[mosquitto.Server]:
    """A Mosquitto with the written files, on a free port instead of 1883."""
    mosquitto.needed()
    assert broker_acl().exit_code == 0
    settings = (out / "iruka.conf").read_text().replace("listener 1883 127.0.0.1\n", "")
    with mosquitto.server(settings) as running:
        yield running


@pytest.fixture
def enter(broker, out):
    """`with enter(A) as …`: a client with that account's password."""
    return lambda user, **more: client(broker.port, user, password(out, user), **more)


def test_every_active_receiver_and_the_server_get_an_account_of_their_own_sr_30(broker_acl, office, out):
    with db.transaction():
        make.receiver(office, "RX-OFF")
        db.session.query(Receiver).filter_by(agent="RX-OFF").update({"active": False})

    done = broker_acl()

    assert done.exit_code == 0, done.output
    assert set(hashes(out)) == {A, B, SERVER}
    assert len({password(out, user) for user in (A, B, SERVER)}) == 3
    assert all(len(password(out, user)) >= 32 for user in (A, B, SERVER))  # 6 bits a character
    assert done.output.count(password(out, A)) == 0


def test_credentials_are_for_their_owner_only(broker_acl, out):
    broker_acl()

    assert (out / "credentials").stat().st_mode & 0o777 == 0o700
    assert (out / "credentials" / f"{A}.password").stat().st_mode & 0o777 == 0o600
    assert (out / "iruka.passwd").stat().st_mode & 0o777 == 0o640
    assert not [file for file in out.iterdir() if file.name.startswith(".")]


def test_running_again_keeps_passwords_adds_receivers_and_removes_those_that_are_gone(broker_acl, office, out):
    broker_acl()
    before = hashes(out)
    (out / "credentials" / f"{A}.password").unlink()  # taken to its receiver
    with db.transaction():
        make.receiver(office, "RX-18-03")
        db.session.query(Receiver).filter_by(agent=B).delete()

    done = broker_acl()

    assert "2 receivers; 1 new passwords, 1 accounts removed." in done.output
    after = hashes(out)
    assert set(after) == {A, "RX-18-03", SERVER}
    assert (after[A], after[SERVER]) == (before[A], before[SERVER])
    assert sorted(file.stem for file in (out / "credentials").iterdir()) == ["RX-18-03", SERVER]
    assert B not in (out / "iruka.acl").read_text()


def test_a_password_can_be_renewed(broker_acl, out):
    broker_acl()
    before, old = hashes(out), password(out, A)

    done = broker_acl("--renew", A)

    assert done.exit_code == 0, done.output
    assert password(out, A) != old
    assert {user for user, hashed in hashes(out).items() if before[user] != hashed} == {A}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--renew", "RX-99"], "There is no active receiver RX-99."),
        (["--certfile", "x.crt"], "--certfile and --keyfile belong together."),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(broker_acl, arguments, says):
    done = broker_acl(*arguments)

    assert done.exit_code == 2
    assert says in done.stderr


@pytest.mark.parametrize("name", [SERVER, RADIO])
def test_a_receiver_may_not_bear_a_reserved_name_sr_30(broker_acl, office, name, out):
    with db.transaction():
        make.receiver(office, name)

    done = broker_acl()

    assert (done.exit_code, done.stderr) == (2, f"No receiver may be called {name}.\n")
    assert not out.exists()


def test_a_folder_that_cannot_be_written_is_named(broker_acl, tmp_path):
    (tmp_path / "file").write_text("no folder")

    done = broker_acl("--credentials", str(tmp_path / "file" / "below"))

    assert done.exit_code == 2
    assert done.stderr == f"{tmp_path / 'file' / 'below'} cannot be written: Not a directory.\n"


def test_mosquitto_lets_in_whom_it_knows_and_nobody_else_sr_30(broker, enter):
    for user, word in ((None, None), (A, "guessed"), ("stranger", "guessed"), (RADIO, "guessed")):
        with client(broker.port, user, word) as knocking:
            assert knocking.refused, user
    for user in (A, B, SERVER):
        with enter(user) as known:
            assert known.connected


def test_an_agent_on_mosquitto_speaks_for_itself_only_sr_31(enter):
    with enter(SERVER) as server, enter(A) as agent:
        server.subscribe(topic("+", "sightings"), topic("+", "status"))

        agent.publish(topic(B, "sightings"))
        agent.publish(topic(B, "status"), retain=True)
        agent.publish(topic(B, "config"), retain=True)
        agent.publish("office/v1/annex/agents/" + A + "/sightings")
        agent.publish(topic(A, "sightings"))
        agent.publish(topic(A, "status"), b"last")
        until(lambda: (topic(A, "status"), b"last") in server.got)

        assert server.topics() == {topic(A, "sightings"), topic(A, "status")}


def test_an_agent_on_mosquitto_reads_its_own_configuration_only_sr_30(enter):
    with enter(SERVER) as server, enter(A) as agent:
        server.publish(topic(B, "config"), b"before", retain=True)
        for wanted in (topic("+", "config"), topic(B, "config"), topic("+", "status"), "#", topic(A, "config")):
            agent.subscribe(wanted)

        server.publish(topic(B, "config"), b"after")
        server.publish(topic(A, "config"), b"listen", retain=True)
        until(lambda: topic(A, "config") in agent.topics())

        assert agent.topics() == {topic(A, "config")}


def test_a_last_will_on_mosquitto_reaches_own_topics_only_sr_31(enter):
    with enter(SERVER) as server:
        server.subscribe(topic("+", "status"))
        with enter(A, will=topic(B, "status")) as agent:
            agent.vanish()
        with enter(A, will=topic(A, "status")) as agent:
            agent.vanish()
        until(lambda: topic(A, "status") in server.topics())

        assert topic(B, "status") not in server.topics()


def test_nobody_on_mosquitto_takes_another_session_by_its_client_id_sr_30(enter):
    with enter(SERVER, client_id="iruka-main") as server, enter(A, client_id="iruka-main"):
        server.subscribe(topic("+", "status"))
        with enter(B) as agent:
            agent.publish(topic(B, "status"))

        until(lambda: topic(B, "status") in server.topics())
        assert server.connected


def test_the_server_clears_what_an_agent_had_mosquitto_keep_sr_34(enter):
    with enter(A) as agent, enter(SERVER) as server:
        agent.publish(topic(A, "sightings"), b"kept", retain=True)
        server.publish(topic(A, "sightings"), b"", retain=True)
    with enter(SERVER) as again:
        again.subscribe(topic("+", "sightings"))
        again.publish(topic(A, "status"), b"mark")
        again.subscribe(topic("+", "status"))

        assert (topic(A, "sightings"), b"kept") not in again.got


def test_mosquitto_takes_no_message_that_the_server_would_refuse_for_its_size_sr_33(enter):
    with enter(SERVER) as server, enter(B) as other:
        server.subscribe(topic("+", "sightings"))
        with enter(A) as agent:
            agent.paho.publish(topic(A, "sightings"), b"x" * 70_000, qos=1)
            until(lambda: not agent.connected)
        other.publish(topic(B, "sightings"), b"small")
        until(lambda: (topic(B, "sightings"), b"small") in server.got)

        assert server.topics() == {topic(B, "sightings")}


def test_a_receiver_that_was_stolen_is_shut_out_at_the_reload_sr_32(broker, broker_acl, enter, out):
    stolen = password(out, A)
    with enter(SERVER) as server, client(broker.port, A, stolen) as thief:
        server.subscribe(topic("+", "status"))
        with db.transaction():
            db.session.query(Receiver).filter_by(agent=A).update({"active": False})
        assert broker_acl().exit_code == 0
        broker.process.send_signal(signal.SIGHUP)

        until(lambda: _is_refused(broker.port, A, stolen))
        until(lambda: not thief.connected)
        with enter(B) as other:
            other.publish(topic(B, "status"))
        until(lambda: topic(B, "status") in server.topics())


def _is_refused(port: int, user: str, word: str) -> bool:
    with client(port, user, word) as knocking:
        return knocking.refused is not None


@pytest.fixture
def certificate(tmp_path) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself, and its key."""
    cert, key = tmp_path / "broker.crt", tmp_path / "broker.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def test_the_server_reaches_the_broker_over_tls_with_the_written_files_sr_30(broker_acl, out, certificate):
    mosquitto.needed()
    tls_port = free_port()
    cert, key = certificate
    assert broker_acl("--certfile", str(cert), "--keyfile", str(key), "--port", str(tls_port)).exit_code == 0
    settings = (out / "iruka.conf").read_text().replace("listener 1883 127.0.0.1\n", "")

    with mosquitto.server(settings):
        with client(tls_port, SERVER, password(out, SERVER)) as plain:
            assert not plain.connected
        secure = Broker("localhost", tls_port, True, SERVER, password(out, SERVER), str(cert))
        connection = Connection(secure, "iruka-main", [topic("+", "sightings")], lambda *_a, **_k: None)
        connection.start()
        until(lambda: connection.is_connected)
        connection.stop()
