"""The audit log: what is written stays, and what is changed or removed behind our back is found (SR-42)."""

import json
import socket
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import make
import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from server import audit, cli, db, settings
from server.errors import Misconfigured

NOW = make.at("10:00")


def write(n: int = 1, action: str = "list_exported", actor: str = "入江 葵 (account 1)", **details: object) -> None:
    for i in range(n):
        with db.transaction():
            audit.record(actor, action, audit.person(i), details or {"n": i}, NOW + timedelta(minutes=i))


def roll_back() -> None:
    with suppress(ZeroDivisionError), db.transaction():
        audit.record("x", "rolled_back", "", {}, NOW)
        raise ZeroDivisionError


def behind_our_back(statement: str) -> None:
    """As somebody who owns the database could."""
    with db.engine().begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
        else:
            for name in ("audit_entry_stays_as_it_is", "audit_entry_is_not_deleted"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
        connection.execute(text(statement))


def lines(**wanted: str) -> list[audit.EntryView]:
    with db.reading():
        return audit.entries(100, **wanted)


def test_what_was_recorded_is_read_back_newest_first(database):
    write(3)

    newest, *_older = found = lines()

    assert [line.subject for line in found] == ["person 2", "person 1", "person 0"]
    assert (newest.actor, newest.action, newest.details, newest.at) == (
        "入江 葵 (account 1)", "list_exported", {"n": 2}, NOW + timedelta(minutes=2),
    )  # fmt: skip
    assert audit.verify() == audit.Verdict(3)


def test_an_empty_log_is_whole_sr_42(database):
    assert audit.verify() == audit.Verdict(0)


def test_lines_can_be_paged_and_picked(database):
    write(3)
    write(1, "token_issued", "command line")

    assert [line.id for line in lines(action="token_issued")] == [lines()[0].id]
    assert [line.subject for line in lines(actor="入江 葵 (account 1)", subject="person 1")] == ["person 1"]
    with db.reading():
        assert audit.entries(2, before_id=lines()[1].id) == lines()[2:]
        assert audit.actions() == ["list_exported", "token_issued"]
        assert [len(page) for page in audit.everything("list_exported")] == [3]


def test_counting_sees_the_own_transaction_and_only_the_time_asked_for(database):
    write(3)

    with db.transaction():
        audit.record("入江 葵 (account 1)", "list_exported", "", {}, NOW + timedelta(minutes=3))
        assert audit.count("入江 葵 (account 1)", "list_exported", NOW + timedelta(minutes=1)) == 3
        assert audit.count("桐生 葵 (account 2)", "list_exported", NOW) == 0


def test_what_is_rolled_back_is_not_written(database):
    roll_back()

    assert lines() == []


def test_outside_a_transaction_nothing_can_be_recorded_and_that_is_said(database):
    with pytest.raises(RuntimeError, match="in a transaction"):
        audit.record("x", "list_exported", "", {}, NOW)


@pytest.mark.parametrize(
    "odd", ["\0", "\ud800", "😀" * 10_000, "'; DROP TABLE audit_entry; --", "%s%(x)s"], ids=range(5)
)
def test_whatever_the_names_are_a_line_is_written_and_whole(database, odd):
    write(1, actor=odd, note=odd, at=NOW)

    assert audit.verify() == audit.Verdict(1)
    assert lines()[0].details["at"] == str(NOW)


def test_an_account_is_known_by_its_number_however_long_its_name_is():
    assert audit.account(12, "あ" * 200).endswith("あ (account 12)")
    assert len(audit.account(12, "あ" * 200)) == audit.NAME_LENGTH


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE audit_entry SET subject = 'person 9' WHERE id = 3", "line 3 of 2026-11-19 01:02 UTC was changed"),
        ("UPDATE audit_entry SET details = '{}' WHERE id = 3", "line 3 of 2026-11-19 01:02 UTC was changed"),
        ("UPDATE audit_entry SET actor = 'nobody' WHERE id = 5", "line 5 of 2026-11-19 01:04 UTC was changed"),
        ("DELETE FROM audit_entry WHERE id = 3", "a line before line 4 is missing or was changed"),
        ("DELETE FROM audit_entry WHERE id = 1", "a line before line 2 is missing or was changed"),
        ("DELETE FROM audit_entry WHERE id = 5", "the newest line, 5, is missing or was changed"),
        ("DELETE FROM audit_entry", "the newest line, 5, is missing or was changed"),
        ("DELETE FROM audit_anchor", "the newest line, 5, is missing or was changed"),
    ],
)
def test_a_line_that_was_changed_or_deleted_is_found_and_named_sr_42(database, statement, named):
    write(5)

    behind_our_back(statement)

    verdict = audit.verify()
    assert named in verdict.sentence
    assert f"{verdict.broken_id}" in named


def test_a_newest_line_that_was_deleted_is_found_after_more_lines_were_written_sr_42(database):
    write(5)
    behind_our_back("DELETE FROM audit_entry WHERE id = 5")

    write(2)

    assert "a line before line 6 is missing" in audit.verify().sentence


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry", "DELETE FROM audit_entry WHERE id = 2"],
)
def test_the_database_itself_refuses_to_change_or_delete_lines_sr_42(database, statement):
    write(2)

    with pytest.raises(IntegrityError, match="append-only"), db.transaction() as session:
        session.execute(text(statement))

    assert audit.verify() == audit.Verdict(2)


def test_postgresql_refuses_to_empty_the_table_sr_42(postgres_url):
    db.connect(postgres_url)
    write(2)

    with pytest.raises(IntegrityError, match="append-only"), db.transaction() as session:
        session.execute(text("TRUNCATE audit_entry"))


def test_tables_made_without_migrations_are_guarded_as_well_sr_42(tmp_path):
    db.connect(f"sqlite:///{tmp_path / 'fresh.db'}")
    db.Base.metadata.create_all(db.engine())
    write(1)

    with pytest.raises(IntegrityError, match="append-only"), db.transaction() as session:
        session.execute(text("DELETE FROM audit_entry"))
    db.disconnect()


def test_old_lines_are_forgotten_and_the_rest_is_still_whole_sr_42_p10(database):
    write(5)

    with db.transaction():
        assert audit.expire(NOW + timedelta(minutes=3)) == 3
    with db.transaction():
        assert audit.expire(NOW + timedelta(minutes=3)) == 0
    write(1)

    assert [line.subject for line in lines()] == ["person 0", "person 4", "person 3"]
    assert audit.verify() == audit.Verdict(3)
    behind_our_back("DELETE FROM audit_entry WHERE id = 4")
    assert audit.verify().broken_id == 5


def test_when_every_line_is_old_the_next_one_still_follows_sr_42(database):
    write(2)
    with db.transaction():
        assert audit.expire(NOW + timedelta(days=1)) == 2
    assert audit.verify() == audit.Verdict(0)

    write(1)

    assert audit.verify() == audit.Verdict(1)


def test_many_writers_at_once_make_one_chain_sr_42(database):
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for i in range(10):
                with db.transaction():
                    audit.record(f"writer {number}", "tried", str(i), {}, NOW)
                    audit.record(f"writer {number}", "tried_again", str(i), {}, NOW)
        except BaseException as error:
            failed.append(error)

    writers = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert failed == []
    assert audit.verify() == audit.Verdict(120)


@pytest.fixture
def office_command(database, monkeypatch, tmp_path):
    monkeypatch.setenv("IRUKA_DATABASE_URL", database)
    monkeypatch.setenv("IRUKA_STATE_DIR", str(tmp_path))
    return lambda: CliRunner().invoke(cli.main, ["verify-audit"])


def test_the_command_says_that_the_log_is_whole_or_which_line_is_not_sr_42(office_command):
    write(4)

    whole = office_command()
    behind_our_back("UPDATE audit_entry SET action = 'nothing' WHERE id = 2")
    broken = office_command()

    assert (whole.exit_code, whole.stdout) == (0, "The audit log is whole: 4 lines.\n")
    assert (broken.exit_code, broken.stderr) == (
        1, "The audit log is broken: line 2 of 2026-11-19 01:01 UTC was changed.\n",
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _ship_nowhere():
    yield
    audit.ship_to(None)


def test_lines_are_sent_to_syslog_once_they_are_committed_sr_42(sqlite):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(5)
        audit.ship_to(f"localhost:{daemon.getsockname()[1]}/udp")
        roll_back()

        write(1)

        priority, _, line = daemon.recv(10_000).decode().partition("iruka-audit: ")
    assert priority == "<86>"  # authpriv.info
    assert json.loads(line)["action"] == "list_exported"


def test_a_unix_socket_is_found_again_after_the_daemon_was_restarted(sqlite, tmp_path: Path):
    path = tmp_path / "log"
    audit.ship_to(str(path))
    write(1)  # nobody listens yet

    for _restart in range(2):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
            daemon.bind(str(path))
            daemon.settimeout(5)
            write(2)
            assert b"iruka-audit" in daemon.recv(10_000)
        path.unlink()

    assert audit.verify() == audit.Verdict(5)


def test_a_daemon_that_reads_nothing_holds_up_nobody(sqlite, tmp_path: Path):
    path = tmp_path / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.bind(str(path))
        audit.ship_to(str(path))

        write(1)
        with db.transaction():
            for i in range(2000):
                audit.record("x", "flood", str(i), {}, NOW)

    assert audit.verify() == audit.Verdict(2001)


def test_a_host_without_an_address_is_said_at_the_start():
    with pytest.raises(Misconfigured, match=r"IRUKA_SYSLOG names nowhere\.invalid"):
        audit.ship_to("nowhere.invalid:514/udp")


@pytest.mark.parametrize("address", ["/dev/log", "log.city.example:514/udp", "[::1]:514", "192.0.2.1:514"])
def test_an_address_of_a_syslog_daemon_is_taken(address):
    assert settings.syslog({"IRUKA_SYSLOG": address}) == address


@pytest.mark.parametrize("address", ["log", "log:", "log:514/tcp", "udp://log:514", "a b:514"])
def test_what_is_no_address_of_a_syslog_daemon_is_refused_in_a_sentence(address):
    with pytest.raises(Misconfigured, match="IRUKA_SYSLOG must be a path such as /dev/log"):
        settings.syslog({"IRUKA_SYSLOG": address})
