"""Passwords that a directory knows (LDAP, Active Directory): whose they are, or that it cannot be reached."""

import secrets
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ldap3 import NONE, SUBTREE, Connection, Server, Tls
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars
from ldap3.utils.dn import escape_rdn

from server.errors import Refused
from server.people import passwords
from server.people.linking import Outsider
from server.settings import Ldap

PATIENCE_S = 5
OWN_NAMES = ("entryUUID", "objectGUID")  # what stays when an entry is renamed or moved


class _Tls(Tls):  # type: ignore[misc]  # the library has no types
    """TLS as Python's own defaults have it: a certificate of an authority we trust, for the host we asked for."""

    def wrap_socket(self, connection: Connection, do_handshake: bool = False) -> None:
        context = ssl.create_default_context(cafile=self.ca_certs_file)
        connection.socket = context.wrap_socket(connection.socket, server_hostname=connection.server.host)


def check(given: Ldap, login: str, password: str) -> Outsider | None:
    """Whom this name and password belong to; None when to nobody. Refused when the directory cannot be asked.

    An unknown name costs as many questions as a known one. An empty password is never sent: a directory takes it for
    a visit without a name and says yes (RFC 4513, 5.1.2).
    """
    if not passwords.is_usable(password) or not login.isprintable():
        return None
    try:
        if given.principal is not None:
            return _as_themselves(given, login, password)
        return _by_search(given, login, password)
    except (LDAPException, OSError, ssl.SSLError):
        raise Refused(
            "directory_away",
            "The directory with everybody’s passwords cannot be reached. An administrator can still log in.",
            503,
            retry_after_s=60,
        ) from None


def _by_search(given: Ldap, login: str, password: str) -> Outsider | None:
    with _bound(given, given.bind_dn or "", given.bind_password) as searcher:
        if searcher is None:
            raise OSError("the directory does not accept IRUKA_LDAP_BIND_DN")
        entry = _entry(given, searcher, login)
    dn = entry["dn"] if entry is not None else f"cn={secrets.token_hex(8)},{given.base_dn}"
    with _bound(given, dn, password) as themselves:
        return None if themselves is None or entry is None else _outsider(given, entry)


def _as_themselves(given: Ldap, login: str, password: str) -> Outsider | None:
    principal = (given.principal or "").replace("{login}", login)
    if "=" in principal:
        principal = (given.principal or "").replace("{login}", escape_rdn(login))
    with _bound(given, principal, password) as themselves:
        if themselves is None:
            return None
        entry = _entry(given, themselves, login)
        return None if entry is None else _outsider(given, entry)


@contextmanager
def _bound(given: Ldap, name: str, password: str) -> Iterator[Connection | None]:
    """A connection that is bound, None when the directory does not accept the password."""
    server = Server(
        given.host,
        given.port,
        use_ssl=given.tls,
        tls=_Tls(ca_certs_file=given.ca_file),
        get_info=NONE,
        connect_timeout=PATIENCE_S,
    )
    connection = Connection(
        server, name, password, auto_referrals=False, receive_timeout=PATIENCE_S, read_only=True, check_names=False
    )
    try:
        connection.open()
        if given.start_tls and not connection.start_tls():
            raise OSError("the directory offers no StartTLS")
        yield connection if connection.bind() else None
    finally:
        connection.unbind()
        if connection.socket is not None:  # the library keeps one that never connected
            connection.socket.close()


def _entry(given: Ldap, searcher: Connection, login: str) -> dict[str, Any] | None:
    """The one entry of this name; None when there is none, or more than one."""
    wanted = given.filter.replace("{login}", escape_filter_chars(login))
    searcher.search(
        given.base_dn, wanted, SUBTREE, attributes=[given.staff_no, *OWN_NAMES], size_limit=2, time_limit=PATIENCE_S
    )
    found = [one for one in searcher.response or [] if one.get("type") == "searchResEntry"]
    return found[0] if len(found) == 1 else None


def _outsider(given: Ldap, entry: dict[str, Any]) -> Outsider:
    values = {name.lower(): held for name, held in entry["raw_attributes"].items() if held}
    own = next((values[name.lower()][0].hex() for name in OWN_NAMES if name.lower() in values), None)
    staff_no = values.get(given.staff_no.lower(), [b""])[0].decode(errors="replace").strip()
    return Outsider(given.issuer, (own or str(entry["dn"]).lower())[:255], staff_no)
