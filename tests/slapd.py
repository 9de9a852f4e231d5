"""A throw-away directory: Debian's slapd with TLS by an authority made here, and a handful of entries."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import certificates
import pytest

BASE = "dc=city,dc=example"
READER, READER_PASSWORD = f"cn=iruka,{BASE}", "the reader of the directory"
ENTRIES = f"""\
dn: {BASE}
objectClass: dcObject
objectClass: organization
dc: city
o: 高輪市

dn: {READER}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: iruka
userPassword: {READER_PASSWORD}

dn: ou=people,{BASE}
objectClass: organizationalUnit
ou: people
"""


def _binary(name: str) -> str | None:
    return shutil.which(name) or next((p for p in (f"/usr/sbin/{name}",) if os.path.exists(p)), None)


def needed() -> None:
    """Skip the test where there is no slapd, or fail when the run asked for everything."""
    if _binary("slapd") is None:
        if os.environ.get("IRUKA_TEST_REQUIRE_ALL") == "1":
            pytest.fail("slapd was not found, and IRUKA_TEST_REQUIRE_ALL=1 asks for it")
        pytest.skip("slapd was not found")


def person(uid: str, password: str, staff_no: str) -> str:
    """An entry of somebody, to be added to a directory."""
    return (
        f"dn: uid={uid},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: {uid}\n"
        f"employeeNumber: {staff_no}\nuserPassword: {password}\n"
    )


def referral(uid: str, url: str) -> str:
    """An entry that says: ask over there."""
    return (
        f"dn: uid={uid},ou=people,{BASE}\nobjectClass: referral\nobjectClass: extensibleObject\nuid: {uid}\n"
        f"ref: {url}/uid={uid},ou=people,{BASE}\n"
    )


@dataclass
class Directory:
    """A running directory, reached by `ldap` without and by `ldaps` with TLS; `ca` signed its certificate."""

    port: int
    tls_port: int
    ca: Path
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def ldap(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def ldaps(self) -> str:
        return f"ldaps://localhost:{self.tls_port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        binary = _binary("slapd")
        assert binary is not None
        urls = f"ldap://127.0.0.1:{self.port}/ ldaps://127.0.0.1:{self.tls_port}/"
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [binary, "-d", "0", "-h", urls, "-f", str(self.folder / "slapd.conf")], stderr=log, stdout=log
            )
        deadline = time.monotonic() + 20
        for port in (self.port, self.tls_port):
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if time.monotonic() > deadline or self.process.poll() is not None:
                        raise
                    time.sleep(0.02)

    def stop(self) -> None:
        """Stop it."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)


@contextmanager
def directory(*entries: str) -> Iterator[Directory]:
    """A directory with these entries for the time of the block."""
    with tempfile.TemporaryDirectory(prefix="slapd.") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        ports = []
        for _ in range(2):
            free = stack.enter_context(socket.socket())
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])
        stack.close()
        authority = certificates.authority(folder, "ca")
        certificates.server(folder, "server", authority, "localhost")
        (folder / "data").mkdir()
        schema = "\n".join(f"include /etc/ldap/schema/{one}.schema" for one in ("core", "cosine", "inetorgperson"))
        (folder / "slapd.conf").write_text(
            f"{schema}\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile {folder}/pid\n"
            f"TLSCACertificateFile {folder}/ca.pem\nTLSCertificateFile {folder}/server.pem\n"
            f"TLSCertificateKeyFile {folder}/server.key\nTLSVerifyClient never\n"
            "allow bind_anon_cred bind_anon_dn\n"  # as lax as some directories are: our own refusal must do
            f'database mdb\nmaxsize 10485760\nsuffix "{BASE}"\ndirectory {folder}/data\n'
            f'access to attrs=userPassword by anonymous auth\naccess to * by dn.exact="{READER}" read by users read\n'
        )
        ldif = folder / "entries.ldif"
        ldif.write_text("\n".join((ENTRIES, *entries)), "utf-8")
        slapadd = _binary("slapadd")
        assert slapadd is not None
        subprocess.run(
            [slapadd, "-q", "-f", str(folder / "slapd.conf"), "-l", str(ldif)], check=True, capture_output=True
        )
        running = Directory(ports[0], ports[1], folder / "ca.pem", folder)
        running.start()
        try:
            yield running
        finally:
            running.stop()
