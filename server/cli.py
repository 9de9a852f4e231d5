"""`iruka`: assembles the operator commands of every room. What goes wrong is one sentence on stderr and exit code 2."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import click
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from migrations.upgrade import upgrade
from server import audit, db, settings
from server.errors import Misconfigured, Refused
from server.live_map import workers as workers_of_gunicorn

COMMANDS = {
    "allow-local-login": ("server.people.command:allow_local_login", "Let administrators in for a while by password."),
    "background": ("server.cli:background", "Run the process that turns radio into whereabouts."),
    "broker-acl": ("server.fleet.command:broker_acl", "Write Mosquitto's accounts and access list."),
    "close-account": ("server.people.command:close_account", "Let nobody sign in with an account any more."),
    "create-admin": ("server.people.command:create_admin", "Create an account that may do everything."),
    "demo": ("server.demo.command:demo", "Run an invented city hall on this machine."),
    "evaluate": ("server.positioning.command:evaluate", "Locate recorded tags and say how right that was."),
    "list-accounts": ("server.people.command:list_accounts", "Every account with its role."),
    "load-floor": ("server.fleet.command:load_floor", "Load a floor with its receivers and survey."),
    "migrate": ("server.cli:migrate", "Bring the database to the schema of this version."),
    "publish-notice": ("server.privacy.command:publish_notice", "Publish a new version of the purpose notice."),
    "reset-factor": ("server.people.command:reset_factor", "Take away the second factor of an account."),
    "set-hours": ("server.places.command:set_hours", "Say when the building is open."),
    "set-password": ("server.people.command:set_password", "Give an account a new password."),
    "set-receiver": ("server.fleet.command:set_receiver", "Put a receiver in or out of use."),
    "set-role": ("server.people.command:set_role", "Give an account another role."),
    "status": ("server.health.command:status", "How the system is doing, on one screen."),
    "verify-audit": ("server.privacy.command:verify_audit", "Check that the audit log is whole."),
    "web": ("server.cli:web", "Serve the pages."),
}  # name → where it is, and what the help says of it


class Office(click.Group):
    """Imports a command when it is called, and turns what an operator can mend into a sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command by name."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help; nothing is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (Misconfigured, Refused) as error:
            return _fail(str(error))
        except (DBAPIError, PoolTimeout) as error:
            sentence = _about_the_database(error)
            if sentence is None:
                raise
            return _fail(sentence)


@click.group(cls=Office)
@click.version_option(package_name="iruka")
def main() -> None:
    """Iruka finds colleagues in a building where nobody has a desk of their own.

    Settings are IRUKA_… variables of the environment; see docs/settings.md.
    """
    audit.ship_to(settings.syslog())


@click.command()
def migrate() -> None:
    """Bring the database to the schema of this version; run it after every installation of a new one."""
    given = settings.load()
    engine = db.connect(given.database_url)
    if engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    upgrade()
    click.echo("The database has the schema of this version.")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes; one a core.")
def web(host: str, port: int, workers: int) -> None:
    """Serve the pages; in a building a reverse proxy with TLS stands in front."""
    settings.load()  # a wrong setting is told here, in a sentence, before gunicorn starts
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    workers_of_gunicorn.allow_open_files()
    _replace_by(workers_of_gunicorn.command(where, workers))


@click.command()
def background() -> None:
    """Run the process that turns radio into whereabouts and keeps the hours; exactly one is at work."""
    settings.load()
    _become("server.background")


def _become(module: str) -> NoReturn:
    """Go on as `python -m module`, under our process id."""
    _replace_by([sys.executable, "-m", module])


def _replace_by(command: list[str]) -> NoReturn:
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606  our own modules


def _fail(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    raise click.exceptions.Exit(2)


def _about_the_database(error: DBAPIError | PoolTimeout) -> str | None:
    """The sentence for a database that is away or not migrated; None when the error is ours."""
    if isinstance(error, PoolTimeout):
        return "The database of IRUKA_DATABASE_URL does not answer."
    reason = next(iter(str(error.orig).splitlines()), "").strip()
    if "no such table" in reason or type(error.orig).__name__ in ("UndefinedTable", "UndefinedColumn"):
        return "The database lacks tables of this version. Run `iruka migrate` first."
    if type(error).__name__ in ("OperationalError", "InterfaceError"):
        return f"The database of IRUKA_DATABASE_URL cannot be used: {reason}."
    return None


if __name__ == "__main__":
    main()
