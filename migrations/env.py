"""Alembic's entry: migrates the database `server.db` is connected to, or the one of the settings."""

from alembic import context
from sqlalchemy.engine import Connection

import migrations.tables  # noqa: F401  registers every room's tables
from server import db


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=db.Base.metadata,
        render_as_batch=True,
        compare_type=True,
        compare_server_default=False,
        user_module_prefix="db.",
    )
    with context.begin_transaction():
        context.run_migrations()


connection = context.config.attributes.get("connection")
if connection is not None:
    _run(connection)
else:
    from server import settings

    engine = db.connect(settings.load().database_url)
    with engine.connect() as own:
        _run(own)
        own.commit()
