"""The operator's commands: what they do, and that every refusal is one sentence and exit code 2."""

import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import make
import pyotp
import pytest
from click.testing import CliRunner, Result
from mqtt_client import until
from watching import Office

from server import audit, clock, db
from server.cli import COMMANDS, main
from server.people import factors, queries, service, sessions
from server.people.rules import Role
from server.presence import queries as presence

ROOT = Path(__file__).resolve().parents[2]
NOTHING_LISTENS = "postgresql://iruka:top-secret@127.0.0.1:1/iruka"


@pytest.fixture
def iruka(database, tmp_path) -> Callable[..., Result]:
    """`iruka("set-role", "takanami", "staff", input="…")` on the test's database."""

    def run(*arguments: str, input: str | None = None, **variables: str) -> Result:
        environment = {"IRUKA_DATABASE_URL": database, "IRUKA_STATE_DIR": str(tmp_path)} | variables
        return CliRunner().invoke(main, arguments, input=input, env=environment, prog_name="iruka")

    return run


def test_an_administrator_is_created_with_a_password_nobody_can_see(iruka):
    done = iruka("create-admin", "Kanri", input=f"{make.PASSWORD}\n{make.PASSWORD}\n")

    assert done.exit_code == 0, done.output
    assert make.PASSWORD not in done.output
    assert "authenticator app" in done.output
    with db.reading():
        account = queries.account_by_login("kanri")
    assert account is not None
    assert account.role is Role.SYSTEM_ADMIN
    with db.reading():
        assert service.verify("kanri", make.PASSWORD) == account.id


def test_a_password_may_come_from_a_pipe(iruka):
    done = iruka("create-admin", "kanri", "--password-stdin", input=f"{make.PASSWORD}\n")

    assert done.exit_code == 0, done.output
    with db.reading():
        assert service.verify("kanri", make.PASSWORD) is not None


def test_no_command_takes_a_password_as_an_argument(iruka):
    for name in ("create-admin", "set-password"):
        assert "PASSWORD" not in iruka(name, "--help").output
        assert iruka(name, "kanri", make.PASSWORD).exit_code == 2


def test_a_weak_password_is_refused_in_a_sentence(iruka):
    done = iruka("create-admin", "kanri", "--password-stdin", input="short\n")

    assert done.exit_code == 2
    assert done.stderr == "A password needs at least 12 characters, not the same few repeated.\n"


def test_another_role_and_another_password_end_the_sessions_sr_07(iruka):
    signed = make.session(Role.STAFF)
    with db.reading():
        login = queries.account(signed.account_id).login

    role = iruka("set-role", login, "facilities")
    password = iruka("set-password", login, "--password-stdin", input="another battery staple\n")

    assert (role.exit_code, password.exit_code) == (0, 0), role.output + password.output
    with db.reading():
        assert queries.account(signed.account_id).role is Role.FACILITIES
        assert service.verify(login, "another battery staple") == signed.account_id
        assert sessions.find(hashlib.sha256(signed.key.encode()).digest(), clock.now(), lambda: None) is None


def test_a_lost_second_factor_is_reset_and_that_is_written_down_sr_19(iruka):
    secret, now = factors.new_secret(), clock.now()
    with db.transaction():
        account_id = make.account("kanri", role=Role.SYSTEM_ADMIN)
        factors.confirm(account_id, secret, pyotp.TOTP(secret).at(now), factors.Seal("x" * 40), now)

    done, again = iruka("reset-factor", "kanri"), iruka("reset-factor", "kanri")

    assert done.exit_code == 0, done.output
    assert "set up anew" in done.output
    assert (again.exit_code, again.stderr) == (2, "This account has no second factor.\n")
    with db.reading():
        assert factors.state(account_id) is None
        assert audit.count("iruka reset-factor", "factor_reset", now) == 1


def test_whoever_gives_the_privacy_officer_s_role_is_written_down_sr_19(iruka):
    with db.transaction():
        make.account("kojin")

    iruka("set-role", "kojin", "privacy_officer")

    with db.reading():
        assert audit.count("iruka set-role", "role_set", make.at("00:00", make.DAY)) == 1


def test_accounts_are_listed_with_their_roles(iruka):
    with db.transaction():
        make.account("takanami")
        make.account("kanri", role=Role.SYSTEM_ADMIN)

    done = iruka("list-accounts")

    assert done.stdout.split() == ["kanri", "system_admin", "takanami", "staff"]


def test_an_unknown_account_is_named_in_a_sentence(iruka):
    done = iruka("set-role", "nobody", "staff")

    assert (done.exit_code, done.stderr) == (2, "There is no account nobody.\n")


def test_a_notice_is_published_from_two_files(iruka, tmp_path):
    (tmp_path / "ja.txt").write_text("職員を探すために使います。\n", "utf-8")
    (tmp_path / "en.txt").write_text("To find colleagues.\n", "utf-8")

    done = iruka(
        "publish-notice",
        *("--ja", str(tmp_path / "ja.txt"), "--en", str(tmp_path / "en.txt"), "--officer", "情報統括責任者"),
        *("--rules-document", "要綱第3号", "--union-consulted-on", "2026-10-01"),
    )

    assert done.exit_code == 0, done.output
    with db.reading():
        notice = queries.newest_notice()
    assert (notice.text_ja, notice.text_en) == ("職員を探すために使います。", "To find colleagues.")
    assert str(notice.union_consulted_on) == "2026-10-01"


def test_a_notice_published_on_the_command_line_forgets_every_place_as_the_page_does_p2(iruka, tmp_path):
    """P2: nobody has read the new version, so nothing is kept of anybody."""
    office = Office()
    office.put(office.suzuki, office.zone_a)
    (tmp_path / "text.txt").write_text("目的\n", "utf-8")
    text = str(tmp_path / "text.txt")

    done = iruka("publish-notice", *("--ja", text, "--en", text, "--officer", "総務課長", "--rules-document", "要綱"),
                 "--union-consulted-on", "2026-10-01")  # fmt: skip

    assert done.exit_code == 0, done.output
    with db.reading():
        assert presence.whereabouts() == {}
        (line,) = audit.entries(1)
    assert (line.actor, line.action, line.details) == (
        "iruka publish-notice", "notice_published", {"version": office.notice + 1}
    )  # fmt: skip


@pytest.mark.parametrize(("content", "says"), [("髙".encode("cp932"), "not text in UTF-8"), (b" \n", "is empty")])
def test_a_notice_that_cannot_be_read_is_refused(iruka, tmp_path, content, says):
    file = tmp_path / "ja.txt"
    file.write_bytes(content)

    done = iruka("publish-notice", *("--ja", str(file), "--en", str(file), "--officer", "x", "--rules-document", "x"),
                 "--union-consulted-on", "2026-04-01")  # fmt: skip

    assert done.exit_code == 2
    assert says in done.stderr
    with db.reading():
        assert queries.newest_notice() is None


@pytest.mark.parametrize("command", ["list-accounts", "web", "background", "migrate", "broker-acl", "status"])
def test_a_wrong_setting_is_named_in_a_sentence(iruka, tmp_path, command):
    arguments = ["--out", str(tmp_path)] if command == "broker-acl" else []

    done = iruka(command, *arguments, IRUKA_SITE="本庁舎")

    assert done.exit_code == 2
    assert done.stderr == "IRUKA_SITE must be 1 to 32 letters, digits, hyphens or underscores.\n"


@pytest.mark.parametrize("command", ["list-accounts", "migrate"])
def test_a_database_that_is_away_is_told_without_its_password(iruka, command):
    done = iruka(command, IRUKA_DATABASE_URL=NOTHING_LISTENS)

    assert done.exit_code == 2
    assert done.stderr.startswith("The database of IRUKA_DATABASE_URL cannot be used: ")
    assert done.stderr.count("\n") == 1
    assert "top-secret" not in done.stderr


def test_migrate_makes_the_database_that_other_commands_need(iruka, tmp_path):
    fresh = f"sqlite:///{tmp_path / 'new' / 'folder' / 'iruka.db'}"
    missing = iruka("list-accounts", IRUKA_DATABASE_URL=f"sqlite:///{tmp_path / 'empty.db'}")
    assert (missing.exit_code, missing.stderr) == (
        2,
        "The database lacks tables of this version. Run `iruka migrate` first.\n",
    )

    made = iruka("migrate", IRUKA_DATABASE_URL=fresh)

    assert made.exit_code == 0, made.output
    assert iruka("list-accounts", IRUKA_DATABASE_URL=fresh).exit_code == 0


def test_the_help_names_every_command_without_importing_one():
    program = (
        "import sys; from click.testing import CliRunner; from server.cli import main; "
        "print(CliRunner().invoke(main, ['--help']).output); "
        "print([m for m in ('flask', 'numpy', 'paho', 'server.people') if m in sys.modules])"
    )

    output = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True).stdout

    assert [name for name in COMMANDS if f"  {name} " not in output] == []
    assert output.rstrip().endswith("[]")


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - {"demo", "load-floor"}))
def test_every_command_explains_itself(name):
    done = CliRunner().invoke(main, [name, "--help"], prog_name="iruka")

    assert done.exit_code == 0
    assert f"Usage: iruka {name}" in done.output


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def test_web_serves_pages_until_it_is_told_to_stop(sqlite, tmp_path, unused_port):
    process = subprocess.Popen(
        [sys.executable, "-m", "server.cli", "web", "--port", str(unused_port), "--workers", "1"],
        env={**os.environ, "IRUKA_DATABASE_URL": sqlite, "IRUKA_STATE_DIR": str(tmp_path)},
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: _answers(unused_port))
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/sign-in")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [("--officer", "課" * 201, "officer has at most 200 characters."),
     ("--rules-document", "綱" * 201, "rules_document has at most 200 characters."),
     ("--officer", "課長\udcff", "The text contains characters that cannot be kept.")],
)  # fmt: skip
def test_a_notice_with_a_name_that_no_column_holds_is_refused_p17(iruka, tmp_path, field, value, says):
    (tmp_path / "text.txt").write_text("目的\n", "utf-8")
    text, names = str(tmp_path / "text.txt"), {"--officer": "課長", "--rules-document": "要綱"} | {field: value}

    done = iruka("publish-notice", "--ja", text, "--en", text, *(word for pair in names.items() for word in pair),
                 "--union-consulted-on", "2026-10-01")  # fmt: skip

    assert (done.exit_code, done.stderr) == (2, f"{says}\n")
    with db.reading():
        assert queries.newest_notice() is None
