"""find a colleague"""

import sqlalchemy as sa
from alembic import op

from server import db
from server.audit import APPEND_ONLY


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_anchor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_anchor")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=130), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=130), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_action"), ["action"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)

    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
    op.create_table(
        "extension",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("outside_number", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=100), nullable=False),
        sa.Column("retired_on", sa.Date(), nullable=True),
        sa.Column("moved_to_id", sa.Integer(), nullable=True),
        sa.Column("moved_until", sa.Date(), nullable=True),
        sa.CheckConstraint("kind IN ('smartphone', 'section', 'desk', 'fax', 'phs')", name=op.f("ck_extension_kind")),
        sa.CheckConstraint("moved_to_id IS NULL OR moved_to_id <> id", name=op.f("ck_extension_moved")),
        sa.ForeignKeyConstraint(
            ["moved_to_id"], ["extension.id"], name=op.f("fk_extension_moved_to_id_extension"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension")),
        sa.UniqueConstraint("number", name=op.f("uq_extension_number")),
    )
    op.create_table(
        "retention_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job", sa.String(length=80), nullable=False),
        sa.Column("at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("deleted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
    )
    with op.batch_alter_table("retention_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_retention_run_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_retention_run_job"), ["job"], unique=False)

    op.create_table(
        "number_range",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first", sa.String(length=8), nullable=False),
        sa.Column("last", sa.String(length=8), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("use", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=100), nullable=False),
        sa.CheckConstraint("use IN ('assignable', 'reserved', 'retired')", name=op.f("ck_number_range_use")),
        sa.CheckConstraint("length(first) = length(last) AND first <= last", name=op.f("ck_number_range_order")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_number_range_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_range")),
    )
    with op.batch_alter_table("number_range", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_number_range_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "status",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=60), nullable=False),
        sa.Column("set_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('at_work', 'telework', 'trip', 'leave', 'meeting', 'focus', 'counter', 'away')",
            name=op.f("ck_status_kind"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_status_term")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_status_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "starts_at", name=op.f("pk_status")),
    )
    with op.batch_alter_table("status", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_status_ends_at"), ["ends_at"], unique=False)

    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("created_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_api_token_term")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_api_token_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_account_id"), ["account_id"], unique=False)

    op.create_table(
        "identity",
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("linked_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_identity_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identity")),
    )
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_account_id"), ["account_id"], unique=False)

    op.create_table(
        "look_up_alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("viewer_account_id", sa.Integer(), nullable=True),
        sa.Column("viewer_name", sa.String(length=130), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("look_ups", sa.Integer(), nullable=False),
        sa.Column("at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("handled_at", db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("handled_by_name", sa.String(length=130), nullable=False),
        sa.CheckConstraint("kind IN ('one', 'many')", name=op.f("ck_look_up_alert_kind")),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["person.id"], name=op.f("fk_look_up_alert_subject_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["viewer_account_id"],
            ["account.id"],
            name=op.f("fk_look_up_alert_viewer_account_id_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_up_alert")),
    )
    with op.batch_alter_table("look_up_alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_look_up_alert_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_look_up_alert_subject_id"), ["subject_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_look_up_alert_viewer_account_id"), ["viewer_account_id"], unique=False)

    op.create_table(
        "memo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("caller", sa.String(length=100), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("matter", sa.String(length=500), nullable=False),
        sa.Column("wish", sa.String(length=16), nullable=False),
        sa.Column("urgency", sa.String(length=16), nullable=False),
        sa.Column("taken_by_id", sa.Integer(), nullable=True),
        sa.Column("taken_by_name", sa.String(length=130), nullable=False),
        sa.Column("taken_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("is_seen", sa.Boolean(), nullable=False),
        sa.Column("handled_at", db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("handled_by_name", sa.String(length=130), nullable=False),
        sa.CheckConstraint("urgency IN ('normal', 'today', 'urgent')", name=op.f("ck_memo_urgency")),
        sa.CheckConstraint("wish IN ('call_back', 'calls_again', 'information')", name=op.f("ck_memo_wish")),
        sa.CheckConstraint("(person_id IS NULL) <> (unit_id IS NULL)", name=op.f("ck_memo_one_reader")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_memo_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["taken_by_id"], ["account.id"], name=op.f("fk_memo_taken_by_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_memo_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memo")),
    )
    with op.batch_alter_table("memo", schema=None) as batch_op:
        batch_op.create_index("ix_memo_handled_at", ["handled_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_memo_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_memo_taken_by_id"), ["taken_by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_memo_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "protection_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("protect", sa.Boolean(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_by_name", sa.String(length=130), nullable=False),
        sa.Column("asked_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_by_name", sa.String(length=130), nullable=False),
        sa.Column("decided_at", db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> asked_by_id", name=op.f("ck_protection_request_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["account.id"], name=op.f("fk_protection_request_asked_by_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["account.id"],
            name=op.f("fk_protection_request_decided_by_id_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_protection_request_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protection_request")),
    )
    with op.batch_alter_table("protection_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_protection_request_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "uq_protection_request_open",
            ["person_id"],
            unique=True,
            sqlite_where=sa.text("decided_at IS NULL"),
            postgresql_where=sa.text("decided_at IS NULL"),
        )

    op.create_table(
        "recovery_code",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_recovery_code_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "code_hash", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "second_factor",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(length=255), nullable=False),
        sa.Column("confirmed_at", db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_second_factor_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "dispute",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("floor_id", sa.Integer(), nullable=False),
        sa.Column("zone_id", sa.Integer(), nullable=True),
        sa.Column("until", db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["floor_id"], ["floor.id"], name=op.f("fk_dispute_floor_id_floor"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_dispute_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("fk_dispute_zone_id_zone"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_dispute")),
    )
    op.create_table(
        "extension_term",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("extension_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("zone_id", sa.Integer(), nullable=True),
        sa.Column("device", sa.String(length=60), nullable=True),
        sa.Column("is_main", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(CASE WHEN person_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN unit_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN zone_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN device IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_extension_term_one_holder"),
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_extension_term_term")),
        sa.ForeignKeyConstraint(
            ["extension_id"],
            ["extension.id"],
            name=op.f("fk_extension_term_extension_id_extension"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_extension_term_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_extension_term_unit_id_unit")),
        sa.ForeignKeyConstraint(
            ["zone_id"], ["zone.id"], name=op.f("fk_extension_term_zone_id_zone"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension_term")),
    )
    with op.batch_alter_table("extension_term", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_extension_term_extension_id"), ["extension_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_extension_term_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_extension_term_unit_id"), ["unit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_extension_term_zone_id"), ["zone_id"], unique=False)

    op.create_table(
        "seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("zone_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("x_m", sa.Double(), nullable=False),
        sa.Column("y_m", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("fk_seat_zone_id_zone"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
        sa.UniqueConstraint("zone_id", "code", name=op.f("uq_seat_zone_id_code")),
    )
    with op.batch_alter_table("seat", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seat_zone_id"), ["zone_id"], unique=False)

    op.create_table(
        "sensor_ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("floor_id", sa.Integer(), nullable=False),
        sa.Column("zone_id", sa.Integer(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("closed_by_name", sa.String(length=130), nullable=False),
        sa.ForeignKeyConstraint(
            ["floor_id"], ["floor.id"], name=op.f("fk_sensor_ticket_floor_id_floor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["zone_id"], ["zone.id"], name=op.f("fk_sensor_ticket_zone_id_zone"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensor_ticket")),
    )
    with op.batch_alter_table("sensor_ticket", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sensor_ticket_floor_id"), ["floor_id"], unique=False)

    for dialect, statements in db.overlap_guards("extension_term", "extension_id").items():
        if op.get_bind().dialect.name == dialect:
            for statement in statements:
                op.execute(statement)
    op.add_column("login_session", sa.Column("method", sa.String(16), nullable=False, server_default="password"))
    op.add_column("login_session", sa.Column("browser", sa.String(60), nullable=False, server_default=""))
    op.add_column("login_session", sa.Column("proven_at", db.UtcDateTime(timezone=True)))
    op.add_column("login_session", sa.Column("factor_at", db.UtcDateTime(timezone=True)))
    op.add_column("membership", sa.Column("duties", sa.String(200), nullable=False, server_default=""))
    op.add_column("unit", sa.Column("kana", sa.String(100), nullable=False, server_default=""))
    _more_roles()
    op.create_index("ix_look_up_viewer_at", "look_up", ["viewer_account_id", "at"], unique=False)
    _levels_of_each_signal()


ROLES = "role IN ('staff', 'section_admin', 'facilities', 'system_admin', 'privacy_officer', 'kiosk')"
SIGNALS = "signal IN ('beacon', 'booking')"


def _more_roles() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_account_role"), "account", type_="check")
        op.create_check_constraint(op.f("ck_account_role"), "account", ROLES)
        return
    _remade(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=True),
        sa.Column("created_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(ROLES, name=op.f("ck_account_role")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_account_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
        sa.UniqueConstraint("person_id", name=op.f("uq_account_person_id")),
    )


def _levels_of_each_signal() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.add_column("visibility", sa.Column("signal", sa.String(16), nullable=False, server_default="beacon"))
        op.drop_constraint(op.f("pk_visibility"), "visibility", type_="primary")
        op.create_primary_key(op.f("pk_visibility"), "visibility", ["person_id", "audience", "signal"])
        op.create_check_constraint(op.f("ck_visibility_signal"), "visibility", SIGNALS)
        return
    _remade(
        "visibility",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=16), nullable=False),
        sa.Column("signal", sa.String(length=16), nullable=False, server_default="beacon"),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "audience IN ('own_section', 'managers', 'everyone', 'kiosk')", name=op.f("ck_visibility_audience")
        ),
        sa.CheckConstraint(SIGNALS, name=op.f("ck_visibility_signal")),
        sa.CheckConstraint(
            "level IN ('hidden', 'building', 'floor', 'zone', 'seat')", name=op.f("ck_visibility_level")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_visibility_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "audience", "signal", name=op.f("pk_visibility")),
    )


def _remade(table: str, *parts: sa.Column | sa.Constraint) -> None:
    """SQLite cannot change a constraint: make the table anew under its name, with all its rows."""
    before = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)]
    op.create_table(f"{table}_new", *parts)
    kept = ", ".join(before)
    op.execute(f"INSERT INTO {table}_new ({kept}) SELECT {kept} FROM {table}")  # noqa: S608  names of our own
    op.drop_table(table)
    op.rename_table(f"{table}_new", table)


def downgrade() -> None:
    raise RuntimeError("there is no way back before 0002: restore the backup made before the update")
