"""A real directory, asked about right, wrong and hostile names and passwords."""

import socket
from collections.abc import Iterator
from pathlib import Path

import certificates
import make
import pytest
import slapd

from server import settings
from server.errors import Misconfigured, Refused
from server.people import ldap

TAKANAMI = slapd.person("takanami", "takanami's own password", "000123")
HOSTILE = ("*", "*)(uid=*", "takanami)(|(uid=*", "takanami\\2a", "(", "\\", "\0", "takanami\0", "あ" * 64, "t*")


@pytest.fixture(scope="module")
def directory() -> Iterator[slapd.Directory]:
    """A directory with one person, a namesake twice, and a referral to a port where nobody must knock."""
    slapd.needed()
    with socket.socket() as elsewhere:
        elsewhere.bind(("127.0.0.1", 0))
        elsewhere.listen()
        elsewhere.settimeout(0.0)
        port = elsewhere.getsockname()[1]
        twice = slapd.person("futari", "the same password", "000124")
        again = twice.replace("ou=people,", "", 1)
        lost = slapd.referral("lost", f"ldap://127.0.0.1:{port}")
        with slapd.directory(TAKANAMI, twice, again, lost) as running:
            running.elsewhere = elsewhere  # type: ignore[attr-defined]
            yield running


def given(directory: slapd.Directory, tmp_path: Path, **variables: str) -> settings.Ldap:
    found = make.settings(
        "sqlite:///x.db", tmp_path,
        **{
            "LDAP_URL": directory.ldap, "LDAP_BASE_DN": slapd.BASE, "LDAP_BIND_DN": slapd.READER,
            "LDAP_BIND_PASSWORD": slapd.READER_PASSWORD, **variables,
        },
    ).ldap  # fmt: skip
    assert found is not None
    return found


@pytest.fixture
def asked(directory, tmp_path) -> settings.Ldap:
    """The directory without TLS, on this machine."""
    return given(directory, tmp_path)


@pytest.mark.parametrize(
    "way", [{}, {"LDAP_START_TLS": "1", "LDAP_URL": "ldap://localhost:{port}"}, {"LDAP_URL": "{ldaps}"}],
    ids=["plain on this machine", "StartTLS", "ldaps"],
)  # fmt: skip
def test_the_right_password_tells_the_staff_number_and_a_lasting_name(directory, tmp_path, way):
    way = {name: value.format(port=directory.port, ldaps=directory.ldaps) for name, value in way.items()}
    asked = given(directory, tmp_path, LDAP_CA_FILE=str(directory.ca), **way)

    found = ldap.check(asked, "takanami", "takanami's own password")

    assert found is not None
    assert found.staff_no == "000123"
    assert found.issuer.startswith("ldap:")
    assert "takanami" not in found.subject  # the entry's own name, which stays when it is renamed
    assert ldap.check(asked, "TAKANAMI", "takanami's own password") == found


@pytest.mark.parametrize("password", ["not the password", "", "\0", "takanami's own password\0", "x" * 1_000_000])
def test_any_other_password_opens_nothing_not_even_an_empty_one_sr_12(asked, password):
    """RFC 4513, 5.1.2: this directory, like many, says yes to a name with an empty password."""
    assert ldap.check(asked, "takanami", password) is None
    assert ldap.check(asked, "nobody", password) is None


@pytest.mark.parametrize("login", HOSTILE)
def test_a_name_is_never_a_filter_sr_12(asked, login):
    assert ldap.check(asked, login, "takanami's own password") is None


def test_a_name_that_two_entries_have_opens_nothing(asked):
    assert ldap.check(asked, "futari", "the same password") is None


def test_a_referral_is_not_followed(directory, asked):
    assert ldap.check(asked, "lost", "takanami's own password") is None
    with pytest.raises(BlockingIOError):
        directory.elsewhere.accept()


def test_somebody_may_bind_as_themselves(directory, tmp_path):
    asked = given(
        directory, tmp_path, LDAP_BIND_DN="", LDAP_BIND_PASSWORD="", LDAP_UPN=f"uid={{login}},ou=people,{slapd.BASE}"
    )

    found = ldap.check(asked, "takanami", "takanami's own password")

    assert found is not None
    assert found.staff_no == "000123"
    assert ldap.check(asked, "takanami", "not the password") is None
    assert ldap.check(asked, "takanami,ou=people", "takanami's own password") is None


def test_a_directory_that_is_away_is_told_in_a_sentence(directory, asked):
    directory.stop()
    try:
        with pytest.raises(Refused, match="cannot be reached") as refused:
            ldap.check(asked, "takanami", "takanami's own password")
    finally:
        directory.start()
    assert refused.value.status == 503


def test_a_certificate_of_another_authority_is_not_trusted_sr_12(directory, tmp_path):
    certificates.authority(tmp_path, "other")
    asked = given(directory, tmp_path, LDAP_URL=directory.ldaps, LDAP_CA_FILE=str(tmp_path / "other.pem"))

    with pytest.raises(Refused, match="cannot be reached"):
        ldap.check(asked, "takanami", "takanami's own password")


def test_a_certificate_for_another_host_is_not_trusted_sr_12(directory, tmp_path):
    url = f"ldaps://127.0.0.1:{directory.tls_port}"
    asked = given(directory, tmp_path, LDAP_URL=url, LDAP_CA_FILE=str(directory.ca))

    with pytest.raises(Refused, match="cannot be reached"):
        ldap.check(asked, "takanami", "takanami's own password")


def test_a_reader_the_directory_does_not_know_is_told_in_a_sentence(directory, tmp_path):
    asked = given(directory, tmp_path, LDAP_BIND_PASSWORD="another one")

    with pytest.raises(Refused, match="cannot be reached"):
        ldap.check(asked, "takanami", "takanami's own password")


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({"LDAP_URL": "ldap://dc1.city.example"}, "IRUKA_LDAP_URL"),
        ({"LDAP_URL": "http://dc1.city.example"}, "IRUKA_LDAP_URL"),
        ({"LDAP_URL": "ldaps://dc1:x"}, "IRUKA_LDAP_URL"),
        ({"LDAP_BASE_DN": ""}, "IRUKA_LDAP_BASE_DN"),
        ({"LDAP_BIND_DN": ""}, "IRUKA_LDAP_BIND_DN"),
        ({"LDAP_BIND_PASSWORD": ""}, "IRUKA_LDAP_BIND_PASSWORD"),
        ({"LDAP_BIND_PASSWORD": "changeme"}, "IRUKA_LDAP_BIND_PASSWORD"),
        ({"LDAP_BIND_DN": "", "LDAP_UPN": "city.example"}, "IRUKA_LDAP_UPN"),
        ({"LDAP_FILTER": "(uid=takanami)"}, "IRUKA_LDAP_FILTER"),
        ({"LDAP_STAFF_NO": "a b"}, "IRUKA_LDAP_STAFF_NO"),
        ({"LDAP_CA_FILE": "/nowhere"}, "IRUKA_LDAP_CA_FILE"),
        ({"LDAP_START_TLS": "yes"}, "IRUKA_LDAP_START_TLS"),
    ],
)
def test_a_setting_that_will_not_do_stops_the_start_and_is_named_sr_41(tmp_path, variables, names):
    whole = {
        "LDAP_URL": "ldaps://dc1.city.example", "LDAP_BASE_DN": slapd.BASE, "LDAP_BIND_DN": slapd.READER,
        "LDAP_BIND_PASSWORD": slapd.READER_PASSWORD,
    }  # fmt: skip

    with pytest.raises(Misconfigured, match=names):
        make.settings("sqlite:///x.db", tmp_path, **(whole | variables))
