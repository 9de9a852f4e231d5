"""`iruka load-floor`: a floor from a folder. `iruka broker-acl`: the receivers' accounts for Mosquitto."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from server import clock, db, settings
from server.broker import mosquitto
from server.broker.access_list import RESERVED, SERVER
from server.errors import Misconfigured
from server.fleet import floor_folder, queries, service
from server.places import queries as places
from server.places import service as place_services

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True)
class Accounts:
    """What becomes of a password file."""

    hashes: Mapping[str, str]  # user → hash, of everybody who may sign in from now on
    new: Mapping[str, str]  # user → password, of those who need to be told
    gone: frozenset[str]


@click.command()
@click.option("--out", type=FOLDER, required=True, help="The folder for iruka.passwd, iruka.acl and iruka.conf.")
@click.option("--credentials", type=FOLDER, help="The folder for new passwords; OUT/credentials when not given.")
@click.option("--renew", multiple=True, metavar="NAME", help="Give this account a new password; may be repeated.")
@click.option("--certfile", type=FILE, help="The broker's certificate; without it only this machine may connect.")
@click.option("--keyfile", type=FILE, help="The key of the certificate.")
@click.option("--port", type=click.IntRange(1, 65535), default=8883, show_default=True, help="Where TLS is spoken.")
def broker_acl(
    out: Path,
    credentials: Path | None,
    renew: tuple[str, ...],
    certfile: Path | None,
    keyfile: Path | None,
    port: int,
) -> None:
    """Write Mosquitto's password file, access list and listeners for the receivers in the database.

    Each active receiver gets an account of its own name, the server one called iruka-server. Running it again keeps
    the passwords there are, adds new receivers and removes those that are gone or switched off. Passwords are
    written once, each to a file that only you can read; take it to its receiver and delete it.
    """
    if (certfile is None) != (keyfile is None):
        raise click.UsageError("--certfile and --keyfile belong together.")
    certificate = None if certfile is None or keyfile is None else mosquitto.Certificate(certfile, keyfile)
    given = settings.load()
    db.connect(given.database_url)
    users = _users(given.site)
    if unknown := sorted(set(renew) - users):
        raise Misconfigured(f"There is no active receiver {unknown[0]}.")
    out, secret = out.absolute(), (credentials or out / "credentials").absolute()
    try:
        accounts = _accounts(out / "iruka.passwd", users, frozenset(renew))
        _tell(secret, accounts)
        _write(out / "iruka.acl", mosquitto.access_list(given.site, users), 0o640)
        _write(out / "iruka.passwd", mosquitto.passwords(accounts.hashes), 0o640)
        listeners = mosquitto.configuration(out / "iruka.passwd", out / "iruka.acl", port, certificate)
        _write(out / "iruka.conf", listeners, 0o640)
    except OSError as error:
        raise Misconfigured(f"{error.filename or out} cannot be written: {error.strerror}.") from None
    click.echo(f"{len(users) - 1} receivers; {len(accounts.new)} new passwords, {len(accounts.gone)} accounts removed.")
    if accounts.new:
        click.echo(f"The new passwords are in {secret}.")
    click.echo("Mosquitto reads them when it is reloaded: systemctl reload mosquitto")


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--code", required=True, help="What the floor is called, such as 18.")
@click.option("--level", type=int, required=True, help="Its order from below; the ground floor is 1.")
@click.option("--survey", help="The survey in the folder; calibration.csv when there is one.")
@click.option(
    "--building-name", default="", help="Creates the building of IRUKA_SITE under this name if there is none."
)
def load_floor(folder: Path, code: str, level: int, survey: str | None, building_name: str) -> None:
    """Load a new floor from FOLDER: zones and plan of floor.json, receivers.csv, and the survey.

    Nothing is changed unless all of it is in order (docs/facilities.md).
    """
    config = settings.load()
    db.connect(config.database_url)
    found = floor_folder.read(folder, survey)
    with db.transaction():
        building = places.building(config.site)
        if building is None and not building_name:
            raise Misconfigured(f"There is no building {config.site} yet; name it with --building-name.")
        building_id = place_services.add_building(config.site, building_name) if building is None else building.id
        if places.floor_by_code(building_id, code) is not None:
            raise Misconfigured(f"The building has a floor {code} already.")
        taken = {one.agent for one in queries.receivers(building_id)} & {one.id for one in found.dataset.receivers}
        if taken:
            raise Misconfigured(f"Another floor has a receiver {min(taken)} already.")
        floor_folder.add_floor(found, building_id, code, level, clock.now())
    receivers, points = len(found.dataset.receivers), len({sample.point for sample in found.survey})
    click.echo(
        f"Floor {code}: {len(found.dataset.floor.zones)} zones, {receivers} receivers, {points} survey points loaded."
    )


@click.command()
@click.argument("name")
@click.argument("use", type=click.Choice(["in-use", "out-of-use"]))
def set_receiver(name: str, use: str) -> None:
    """Put the receiver NAME in or out of use; run `iruka broker-acl` afterwards, so that its account follows."""
    db.connect(settings.load().database_url)
    with db.transaction():
        if not service.set_in_use(name, use == "in-use", clock.now()):
            raise Misconfigured(f"There is no receiver {name}.")
    click.echo(f"{name} is {use.replace('-', ' ')} now.")


def _users(site: str) -> frozenset[str]:
    """Everybody who needs an account."""
    with db.reading():
        building = places.building(site)
        if building is None:
            raise Misconfigured(f"There is no building {site}; IRUKA_SITE names it.")
        agents = {receiver.agent for receiver in queries.receivers(building.id) if receiver.active}
    if taken := sorted(agents & RESERVED):
        raise Misconfigured(f"No receiver may be called {taken[0]}.")
    return frozenset(agents | {SERVER})


def _accounts(password_file: Path, users: frozenset[str], renew: frozenset[str]) -> Accounts:
    try:
        before = mosquitto.parse_passwords(password_file.read_text("utf-8"))
    except FileNotFoundError:
        before = {}
    kept = {user: hashed for user, hashed in before.items() if user in users and user not in renew}
    new = {user: mosquitto.new_password() for user in users - kept.keys()}
    hashes = kept | {user: mosquitto.password_hash(password) for user, password in new.items()}
    return Accounts(hashes, new, frozenset(before.keys() - users))


def _tell(folder: Path, accounts: Accounts) -> None:
    """New passwords come before the hashes: a run that dies in between leaves nobody with a password unknown to all."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for user, password in accounts.new.items():
        _write(folder / f"{user}.password", f"{password}\n", 0o600)
    for user in accounts.gone:
        (folder / f"{user}.password").unlink(missing_ok=True)


def _write(file: Path, text: str, mode: int) -> None:
    """All or nothing, and readable by nobody else at any moment."""
    file.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
            os.fchmod(out.fileno(), mode)
        os.replace(unfinished, file)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
