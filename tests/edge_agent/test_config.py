"""The agent's settings file: what it may say, and sentences for everything else."""

from pathlib import Path

import pytest

from edge_agent import config
from edge_agent.__main__ import main
from edge_agent.config import Broker, Misconfigured, Settings

GOOD = """
agent = "RX-18-03"
site = "main"

[broker]
url = "mqtts://broker.city.example"
ca_file = "{folder}/ca.pem"
password_file = "password"

[radio]
adapter = "hci1"
reference_tag = "s-0-1"

[outbox]
keep_s = 120
"""


@pytest.fixture
def file(tmp_path) -> Path:
    (tmp_path / "ca.pem").write_text("a certificate\n")
    (tmp_path / "password").write_text("correct horse\nnot this line\n")
    path = tmp_path / "agent.toml"
    path.write_text(GOOD.format(folder=tmp_path))
    return path


def mistakes(file: Path, text: str, environment: dict[str, str] | None = None) -> list[str]:
    """What the program says about a file, without the file's name."""
    file.write_text(text)
    with pytest.raises(Misconfigured) as wrong:
        config.load(file, environment or {})
    assert all(sentence.startswith(f"{file}: ") and sentence.endswith(".") for sentence in wrong.value.sentences)
    return [sentence.removeprefix(f"{file}: ") for sentence in wrong.value.sentences]


def test_a_file_with_everything_is_read(file):
    ca_file = str(file.parent / "ca.pem")

    assert config.load(file, {}) == Settings(
        agent="RX-18-03",
        site="main",
        broker=Broker("broker.city.example", 8883, True, "RX-18-03", "correct horse", ca_file),
        adapter="hci1",
        reference_tag="s-0-1",
        keep_s=120.0,
    )


def test_a_short_file_is_enough_and_the_password_may_come_from_the_environment(file):
    file.write_text('agent = "RX-1"\n[broker]\nurl = "mqtt://127.0.0.1"\n')

    settings = config.load(file, {"IRUKA_AGENT_PASSWORD": "secret"})

    assert settings == Settings("RX-1", "main", Broker("127.0.0.1", 1883, False, "RX-1", "secret"), None, None, 300.0)


def test_all_mistakes_are_told_at_once(file):
    told = mistakes(
        file, 'agent = "RX 18"\nsiet = "main"\n[broker]\nurl = "mqtt://broker.example"\n[radio]\nadapter = 1\n'
    )

    assert told == [
        "siet is no setting; there are agent, site, broker, radio, outbox.",
        "agent must be 1 to 32 letters, digits, hyphens or underscores.",
        "broker.url must begin with mqtts:// unless the broker is on this machine.",
        "radio.adapter must be an adapter's name such as hci0.",
    ]


BROKER = '[broker]\nurl = "mqtts://broker.example"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(BROKER, "agent must be 1 to 32 letters", id="no name"),
        pytest.param('agent = "RX-1"\n', "broker.url must be text such as mqtts://", id="no broker"),
        pytest.param(f'agent = "RX-1"\nradio = 5\n{BROKER}', "radio must be a table", id="a radio that is no table"),
        pytest.param('agent = "RX-1"\n[broker]\nurl = 5\n', "broker.url must be text", id="an address that is no text"),
        pytest.param('agent = "RX-1"\n[broker]\nurl = "http://x"\n', "must look like mqtts://", id="no MQTT"),
        pytest.param('agent = "RX-1"\n[broker]\nurl = "mqtts://x:99999"\n', "a port from 1 to 65535", id="no port"),
        pytest.param(
            'agent = "RX-1"\n[broker]\nurl = "mqtts://a:b@x"\n', "no name or password", id="password in address"
        ),
        pytest.param(f'agent = "RX-1"\n{BROKER}ca_file = "/no/ca.pem"\n', "which is not there", id="no certificate"),
        pytest.param(f'agent = "RX-1"\n{BROKER}ca_file = 5\n', "broker.ca_file must be", id="certificate no text"),
        pytest.param(f'agent = "RX-1"\n{BROKER}password_file = "nope"\n', "cannot be read", id="no password file"),
        pytest.param(f'agent = "RX-1"\n{BROKER}password_file = 5\n', "broker.password_file must be", id="file no text"),
        pytest.param(f'agent = "RX-1"\n{BROKER}user = "x"\n', "broker.user is no setting", id="an unknown key"),
        pytest.param(f'agent = "RX-1"\n{BROKER}[outbox]\nkeep_s = 5\n', "from 10 to 600", id="too short a time"),
        pytest.param(f'agent = "RX-1"\n{BROKER}[outbox]\nkeep_s = true\n', "outbox.keep_s must be", id="no number"),
        pytest.param(f'agent = "RX-1"\n{BROKER}[radio]\nreference_tag = "高波"\n', "a tag's id", id="no tag"),
    ],
)
def test_each_mistake_is_a_sentence_with_file_and_key(file, text, told):
    (sentence,) = mistakes(file, text)

    assert told in sentence


def test_an_empty_password_file_is_no_password(file):
    (file.parent / "password").write_text("\n")

    (sentence,) = mistakes(file, f'agent = "RX-1"\n{BROKER}password_file = "password"\n')

    assert sentence.endswith("which holds no password.")


@pytest.mark.parametrize("text", ["agent = ", "\udcff"], ids=["no TOML", "no UTF-8"])
def test_a_file_that_is_no_toml_is_refused(file, text):
    file.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(Misconfigured, match=r"is not a TOML file"):
        config.load(file)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "[::1]"])
def test_plain_mqtt_is_for_this_machine_only_sr_30(host):
    assert not config.broker_at(f"mqtt://{host}").tls


@pytest.mark.parametrize("host", ["broker.example", "10.0.0.1", "localhost.example", "[::2]"])
def test_plain_mqtt_over_the_network_is_refused_sr_30(host):
    with pytest.raises(Misconfigured, match="mqtts://"):
        config.broker_at(f"mqtt://{host}")


def test_the_command_says_that_a_file_is_in_order(file, capsys):
    assert main(["check-config", str(file)]) == 0
    assert "is in order: RX-18-03 of main, broker broker.city.example." in capsys.readouterr().out


@pytest.mark.parametrize("command", ["check-config", "run"])
def test_the_commands_end_with_2_and_a_sentence_when_a_file_is_wrong(command, tmp_path, capsys):
    assert main([command, str(tmp_path / "nowhere.toml")]) == 2
    assert capsys.readouterr().err == f"{tmp_path / 'nowhere.toml'} cannot be read: No such file or directory.\n"
