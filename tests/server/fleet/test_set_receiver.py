"""A receiver is put out of use, and back."""

import make
from click.testing import CliRunner

from server import db
from server.cli import main
from server.fleet import queries


def test_a_receiver_out_of_use_is_not_active_until_it_is_back(sqlite_url, tmp_path, monkeypatch):
    monkeypatch.setenv("IRUKA_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("IRUKA_STATE_DIR", str(tmp_path))
    db.connect(sqlite_url)
    with db.transaction():
        building = make.building()
        make.receiver(make.floor(building), "RX-18-01")

    out = CliRunner().invoke(main, ["set-receiver", "RX-18-01", "out-of-use"])
    with db.reading():
        assert [one.active for one in queries.receivers(building)] == [False]
    back = CliRunner().invoke(main, ["set-receiver", "RX-18-01", "in-use"])
    with db.reading():
        assert [one.active for one in queries.receivers(building)] == [True]

    assert out.output == "RX-18-01 is out of use now.\n"
    assert back.exit_code == 0
    assert CliRunner().invoke(main, ["set-receiver", "RX-1", "in-use"]).exit_code == 2
