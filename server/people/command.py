"""Operator commands about accounts; passwords are asked for, never taken from arguments."""

import sys
from collections.abc import Mapping
from datetime import datetime, timedelta

import click

from server import audit, clock, db, settings
from server.errors import Misconfigured, Refused
from server.people import accounts, local_login, queries, service, sessions
from server.people.queries import AccountView
from server.people.rules import Role, needs_factor
from server.settings import LocalLogin, Settings

password_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from the first line of stdin.")


@click.command()
@click.argument("login")
@password_stdin
def create_admin(login: str, password_stdin: bool) -> None:
    """Create an account LOGIN that may do everything; it sees no more of people's places than anybody."""
    _connect()
    password = _new_password(password_stdin)
    with db.transaction():
        now = clock.now()
        account_id = service.create_account(login, password, Role.SYSTEM_ADMIN, now)
        _record("create-admin", "account_created", account_id, login.strip().lower(), {"role": Role.SYSTEM_ADMIN})
    click.echo(f"{login.strip().lower()} can sign in now.")
    click.echo("The first time an authenticator app is set up: have a phone with one at hand. Nothing opens before.")


@click.command()
@click.argument("login")
@click.argument("role", type=click.Choice([role.value for role in Role]))
def set_role(login: str, role: str) -> None:
    """Give the account LOGIN another ROLE; it is signed out everywhere."""
    _connect()
    with db.transaction():
        account = _account(login)
        service.set_role(account.id, Role(role), clock.now())
        _record("set-role", "role_set", account.id, account.login, {"from": account.role, "to": role})
    click.echo(f"{account.login} is {role} now.")


@click.command()
@click.argument("login")
def close_account(login: str) -> None:
    """Nobody signs in with the account LOGIN any more; it is signed out everywhere."""
    _connect()
    with db.transaction():
        account = _account(login)
        accounts.close(account.id, clock.now())
        _record("close-account", "account_closed", account.id, account.login)
    click.echo(f"{account.login} is closed.")


@click.command()
@click.argument("login")
@password_stdin
def set_password(login: str, password_stdin: bool) -> None:
    """Give the account LOGIN a new password; it is signed out everywhere."""
    _connect()
    with db.reading():
        account = _account(login)
    password = _new_password(password_stdin)
    with db.transaction():
        service.set_password(account.id, password, clock.now())
        _record("set-password", "password_set", account.id, account.login)
    click.echo(f"{account.login} has a new password.")


@click.command()
@click.argument("login")
def reset_factor(login: str) -> None:
    """Take the second factor of the account LOGIN away, when its app is lost; it is signed out everywhere."""
    _connect()
    with db.transaction():
        account = _account(login)
        accounts.reset_factor(account.id, clock.now())
        _record("reset-factor", "factor_reset", account.id, account.login)
    needed = " It is set up anew at the next sign-in." if needs_factor(account.role) else ""
    click.echo(f"{account.login} has no second factor any more.{needed}")


@click.command()
@click.option(
    "--minutes", type=click.IntRange(0, 240), default=30, show_default=True, help="For how long; 0 ends it at once."
)
def allow_local_login(minutes: int) -> None:
    """Let administrators log in with passwords kept here for a while, where IRUKA_LOCAL_LOGIN has closed that door.

    It holds for the web processes of this machine. Logins that began so end with it.
    """
    given = settings.load()
    db.connect(given.database_url)
    now = clock.now()
    if not minutes:
        _end_local_login(given, now)
        click.echo("Passwords kept here open only what IRUKA_LOCAL_LOGIN says.")
        return
    with db.transaction():  # first the line, then the door: nobody comes in unseen
        audit.record("iruka allow-local-login", "local_login_allowed", "", {"minutes": minutes}, now)
    until = now + timedelta(minutes=minutes)
    try:
        local_login.allow(given.state_dir, until)
    except OSError as error:
        raise Misconfigured(f"{given.state_dir} cannot be written: {error.strerror}.") from None
    if given.local_login is LocalLogin.ON:
        click.echo("Nothing was closed: every local account opens, since IRUKA_LOCAL_LOGIN is on.")
    else:
        click.echo(f"Every local account opens for {minutes} minutes, until {until:%H:%M} UTC. Log in now.")


def _end_local_login(given: Settings, now: datetime) -> None:
    """Close the door, and end what began with passwords that open nothing any more."""
    local_login.forbid(given.state_dir)
    with db.transaction():
        still_open = [
            account.id
            for account in queries.accounts()
            if local_login.always_opens(given.local_login, account.role, account.person_id)
        ]
        ended = 0 if given.local_login is LocalLogin.ON else sessions.end_by_password(still_open, now)
        audit.record("iruka allow-local-login", "local_login_ended", "", {"logged_out": ended}, now)


@click.command()
def list_accounts() -> None:
    """Every account with its role, by name."""
    _connect()
    with db.reading():
        found = queries.accounts()
    width = max((len(account.login) for account in found), default=0)
    for account in found:
        click.echo(f"{account.login:{width}}  {account.role.value}{'' if account.active else '  (closed)'}")


def _connect() -> None:
    db.connect(settings.load().database_url)


def _account(login: str) -> AccountView:
    account = queries.account_by_login(login)
    if account is None:
        raise Refused("unknown_account", "There is no account %(login)s.", 404, login=login)
    return account


def _record(
    command: str, action: str, account_id: int, login: str, details: Mapping[str, object] | None = None
) -> None:
    audit.record(f"iruka {command}", action, audit.account(account_id, login), details or {}, clock.now())


def _new_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt="The same again")
    return password
