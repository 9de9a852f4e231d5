"""the first rooms"""

import sqlalchemy as sa
from alembic import op

from server import db


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "building",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("timezone", sa.String(length=40), nullable=False),
        sa.Column("opens_at", sa.String(length=5), nullable=False),
        sa.Column("closes_at", sa.String(length=5), nullable=False),
        sa.Column("open_weekdays", sa.String(length=7), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building")),
        sa.UniqueConstraint("code", name=op.f("uq_building_code")),
    )
    op.create_table(
        "change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("thing", sa.String(length=16), nullable=False),
        sa.Column("thing_id", sa.Integer(), nullable=False),
        sa.Column("at", db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_change_at"), ["at"], unique=False)

    op.create_table(
        "heartbeat",
        sa.Column("process", sa.String(length=32), nullable=False),
        sa.Column("at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("broker_connected", sa.Boolean(), nullable=False),
        sa.Column("broker_since", db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("inbox", sa.Integer(), nullable=False),
        sa.Column("tags", sa.Integer(), nullable=False),
        sa.Column("step_ms", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("process", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "ingest_count",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("agent", sa.String(length=32), nullable=False),
        sa.Column("count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("today", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "agent", name=op.f("pk_ingest_count")),
    )
    op.create_table(
        "notice",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text_ja", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("officer", sa.String(length=200), nullable=False),
        sa.Column("rules_document", sa.String(length=200), nullable=False),
        sa.Column("union_consulted_on", sa.Date(), nullable=True),
        sa.Column("published_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_notice")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_no", sa.String(length=32), nullable=False),
        sa.Column("family_name", sa.String(length=60), nullable=False),
        sa.Column("given_name", sa.String(length=60), nullable=False),
        sa.Column("family_kana", sa.String(length=60), nullable=False),
        sa.Column("given_kana", sa.String(length=60), nullable=False),
        sa.Column("kana_key", sa.String(length=160), nullable=False),
        sa.Column("mail", sa.String(length=100), nullable=False),
        sa.Column("employment", sa.String(length=16), nullable=False),
        sa.Column("active_from", sa.Date(), nullable=False),
        sa.Column("active_to", sa.Date(), nullable=True),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("opens_at", sa.String(length=5), nullable=True),
        sa.Column("closes_at", sa.String(length=5), nullable=True),
        sa.CheckConstraint("active_to IS NULL OR active_to > active_from", name=op.f("ck_person_term")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("staff_no", name=op.f("uq_person_staff_no")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_kana_key"), ["kana_key"], unique=False)

    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("at", db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    with op.batch_alter_table("sign_in_failure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_failure_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_failure_scope"), ["scope"], unique=False)

    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wire_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("level_db", sa.Double(), nullable=False),
        sa.Column("level_sd_db", sa.Double(), nullable=False),
        sa.Column("level_n", sa.Integer(), nullable=False),
        sa.Column("level_at", db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("wire_id", name=op.f("uq_tag_wire_id")),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_unit_term")),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("fk_unit_parent_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("code", "valid_from", name=op.f("uq_unit_code_valid_from")),
    )
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unit_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=True),
        sa.Column("created_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('staff', 'section_admin', 'facilities', 'system_admin')", name=op.f("ck_account_role")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_account_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
        sa.UniqueConstraint("person_id", name=op.f("uq_account_person_id")),
    )
    op.create_table(
        "closed_day",
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_closed_day_building_id_building"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("building_id", "day", name=op.f("pk_closed_day")),
    )
    op.create_table(
        "floor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("width_m", sa.Double(), nullable=False),
        sa.Column("height_m", sa.Double(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("excluded", sa.Boolean(), nullable=False),
        sa.Column("portals", sa.JSON(), nullable=False),
        sa.Column("slab_db", sa.Double(), nullable=False),
        sa.Column("plan_media", sa.String(length=40), nullable=False),
        sa.Column("plan_etag", sa.String(length=64), nullable=False),
        sa.Column("plan_x_m", sa.Double(), nullable=False),
        sa.Column("plan_y_m", sa.Double(), nullable=False),
        sa.Column("plan_width_m", sa.Double(), nullable=False),
        sa.Column("plan_height_m", sa.Double(), nullable=False),
        sa.CheckConstraint("width_m > 0 AND height_m > 0", name=op.f("ck_floor_size")),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_floor_building_id_building"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floor")),
        sa.UniqueConstraint("building_id", "code", name=op.f("uq_floor_building_id_code")),
    )
    with op.batch_alter_table("floor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_floor_building_id"), ["building_id"], unique=False)

    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("is_head", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_membership_term")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_membership_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_membership_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint(
            "person_id", "unit_id", "valid_from", name=op.f("uq_membership_person_id_unit_id_valid_from")
        ),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_membership_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_membership_unit_id"), ["unit_id"], unique=False)
        batch_op.create_index(
            "uq_membership_primary_open",
            ["person_id"],
            unique=True,
            sqlite_where=sa.text("is_primary = 1 AND valid_to IS NULL"),
            postgresql_where=sa.text("is_primary AND valid_to IS NULL"),
        )

    op.create_table(
        "notice_read",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("read_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notice_read_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["version"], ["notice.version"], name=op.f("fk_notice_read_version_notice")),
        sa.PrimaryKeyConstraint("person_id", "version", name=op.f("pk_notice_read")),
    )
    op.create_table(
        "pause",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("since", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_pause_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_pause")),
    )
    op.create_table(
        "tag_carrier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("valid_to", db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_tag_carrier_term")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_tag_carrier_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_tag_carrier_tag_id_tag"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_carrier")),
    )
    with op.batch_alter_table("tag_carrier", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tag_carrier_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tag_carrier_tag_id"), ["tag_id"], unique=False)
        batch_op.create_index(
            "uq_tag_carrier_person_open",
            ["person_id"],
            unique=True,
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )
        batch_op.create_index(
            "uq_tag_carrier_tag_open",
            ["tag_id"],
            unique=True,
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )

    op.create_table(
        "visibility",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=16), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "audience IN ('own_section', 'managers', 'everyone', 'kiosk')", name=op.f("ck_visibility_audience")
        ),
        sa.CheckConstraint(
            "level IN ('hidden', 'building', 'floor', 'zone', 'seat')", name=op.f("ck_visibility_level")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_visibility_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "audience", name=op.f("pk_visibility")),
    )
    op.create_table(
        "floor_plan",
        sa.Column("floor_id", sa.Integer(), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["floor_id"], ["floor.id"], name=op.f("fk_floor_plan_floor_id_floor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("floor_id", name=op.f("pk_floor_plan")),
    )
    op.create_table(
        "login_session",
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("admin_until", db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_login_session_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_login_session")),
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_session_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_login_session_ends_at"), ["ends_at"], unique=False)

    op.create_table(
        "look_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("viewer_account_id", sa.Integer(), nullable=True),
        sa.Column("viewer_name", sa.String(length=130), nullable=False),
        sa.Column("screen", sa.String(length=32), nullable=False),
        sa.Column("at", db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["person.id"], name=op.f("fk_look_up_subject_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["viewer_account_id"],
            ["account.id"],
            name=op.f("fk_look_up_viewer_account_id_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_up")),
    )
    with op.batch_alter_table("look_up", schema=None) as batch_op:
        batch_op.create_index("ix_look_up_at", ["at"], unique=False)
        batch_op.create_index("ix_look_up_subject_at", ["subject_id", "at"], unique=False)

    op.create_table(
        "map_view",
        sa.Column("floor_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["floor_id"], ["floor.id"], name=op.f("fk_map_view_floor_id_floor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("floor_id", "day", name=op.f("pk_map_view")),
    )
    op.create_table(
        "receiver",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent", sa.String(length=32), nullable=False),
        sa.Column("floor_id", sa.Integer(), nullable=False),
        sa.Column("x_m", sa.Double(), nullable=False),
        sa.Column("y_m", sa.Double(), nullable=False),
        sa.Column("z_m", sa.Double(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("adapter", sa.String(length=16), nullable=False),
        sa.Column("boot", sa.String(length=16), nullable=False),
        sa.Column("software", sa.String(length=32), nullable=False),
        sa.Column("pps", sa.Double(), nullable=True),
        sa.Column("ref_pps", sa.Double(), nullable=True),
        sa.Column("queue", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dropped", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("strangers", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("clock_error_ms", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("status_at", db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("heard_at", db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["floor_id"], ["floor.id"], name=op.f("fk_receiver_floor_id_floor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receiver")),
        sa.UniqueConstraint("agent", name=op.f("uq_receiver_agent")),
    )
    with op.batch_alter_table("receiver", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receiver_floor_id"), ["floor_id"], unique=False)

    op.create_table(
        "true_path",
        sa.Column("floor_id", sa.Integer(), nullable=False),
        sa.Column("track", sa.String(length=60), nullable=False),
        sa.Column("points", sa.Text(), nullable=False),
        sa.Column("estimate", sa.Text(), nullable=False),
        sa.Column("started_at", db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["floor_id"], ["floor.id"], name=op.f("fk_true_path_floor_id_floor"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("floor_id", name=op.f("pk_true_path")),
    )
    op.create_table(
        "zone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("floor_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("polygon", sa.JSON(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("excluded", sa.Boolean(), nullable=False),
        sa.Column("counts_only", sa.Boolean(), nullable=False),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_zone_capacity")),
        sa.ForeignKeyConstraint(["floor_id"], ["floor.id"], name=op.f("fk_zone_floor_id_floor"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone")),
        sa.UniqueConstraint("floor_id", "code", name=op.f("uq_zone_floor_id_code")),
    )
    with op.batch_alter_table("zone", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_zone_floor_id"), ["floor_id"], unique=False)

    op.create_table(
        "survey_sample",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("floor_id", sa.Integer(), nullable=False),
        sa.Column("point", sa.String(length=32), nullable=False),
        sa.Column("x_m", sa.Double(), nullable=False),
        sa.Column("y_m", sa.Double(), nullable=False),
        sa.Column("receiver_id", sa.Integer(), nullable=False),
        sa.Column("mean_dbm", sa.Double(), nullable=False),
        sa.Column("var_db2", sa.Double(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["floor_id"], ["floor.id"], name=op.f("fk_survey_sample_floor_id_floor"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["receiver_id"], ["receiver.id"], name=op.f("fk_survey_sample_receiver_id_receiver"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_sample")),
        sa.UniqueConstraint(
            "floor_id", "point", "receiver_id", name=op.f("uq_survey_sample_floor_id_point_receiver_id")
        ),
    )
    with op.batch_alter_table("survey_sample", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_survey_sample_floor_id"), ["floor_id"], unique=False)

    op.create_table(
        "whereabouts",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("floor_id", sa.Integer(), nullable=True),
        sa.Column("zone_id", sa.Integer(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("heard_at", db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('present', 'floor', 'passing', 'silent', 'away')", name=op.f("ck_whereabouts_state")
        ),
        sa.CheckConstraint("confidence >= 0 AND confidence <= 1", name=op.f("ck_whereabouts_confidence")),
        sa.ForeignKeyConstraint(
            ["floor_id"], ["floor.id"], name=op.f("fk_whereabouts_floor_id_floor"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_whereabouts_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["zone_id"], ["zone.id"], name=op.f("fk_whereabouts_zone_id_zone"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_whereabouts")),
    )
    with op.batch_alter_table("whereabouts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_whereabouts_floor_id"), ["floor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_whereabouts_zone_id"), ["zone_id"], unique=False)

    op.create_table(
        "zone_owner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("zone_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_zone_owner_term")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_zone_owner_unit_id_unit")),
        sa.ForeignKeyConstraint(["zone_id"], ["zone.id"], name=op.f("fk_zone_owner_zone_id_zone"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_owner")),
        sa.UniqueConstraint("zone_id", "unit_id", "valid_from", name=op.f("uq_zone_owner_zone_id_unit_id_valid_from")),
    )
    with op.batch_alter_table("zone_owner", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_zone_owner_unit_id"), ["unit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_zone_owner_zone_id"), ["zone_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("zone_owner", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_zone_owner_zone_id"))
        batch_op.drop_index(batch_op.f("ix_zone_owner_unit_id"))

    op.drop_table("zone_owner")
    with op.batch_alter_table("whereabouts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_whereabouts_zone_id"))
        batch_op.drop_index(batch_op.f("ix_whereabouts_floor_id"))

    op.drop_table("whereabouts")
    with op.batch_alter_table("survey_sample", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_survey_sample_floor_id"))

    op.drop_table("survey_sample")
    with op.batch_alter_table("zone", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_zone_floor_id"))

    op.drop_table("zone")
    op.drop_table("true_path")
    with op.batch_alter_table("receiver", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_receiver_floor_id"))

    op.drop_table("receiver")
    op.drop_table("map_view")
    with op.batch_alter_table("look_up", schema=None) as batch_op:
        batch_op.drop_index("ix_look_up_subject_at")
        batch_op.drop_index("ix_look_up_at")

    op.drop_table("look_up")
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_session_ends_at"))
        batch_op.drop_index(batch_op.f("ix_login_session_account_id"))

    op.drop_table("login_session")
    op.drop_table("floor_plan")
    op.drop_table("visibility")
    with op.batch_alter_table("tag_carrier", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_tag_carrier_tag_open",
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )
        batch_op.drop_index(
            "uq_tag_carrier_person_open",
            sqlite_where=sa.text("valid_to IS NULL"),
            postgresql_where=sa.text("valid_to IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_tag_carrier_tag_id"))
        batch_op.drop_index(batch_op.f("ix_tag_carrier_person_id"))

    op.drop_table("tag_carrier")
    op.drop_table("pause")
    op.drop_table("notice_read")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_membership_primary_open",
            sqlite_where=sa.text("is_primary = 1 AND valid_to IS NULL"),
            postgresql_where=sa.text("is_primary AND valid_to IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_membership_unit_id"))
        batch_op.drop_index(batch_op.f("ix_membership_person_id"))

    op.drop_table("membership")
    with op.batch_alter_table("floor", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_floor_building_id"))

    op.drop_table("floor")
    op.drop_table("closed_day")
    op.drop_table("account")
    with op.batch_alter_table("unit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_unit_parent_id"))

    op.drop_table("unit")
    op.drop_table("tag")
    with op.batch_alter_table("sign_in_failure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_failure_scope"))
        batch_op.drop_index(batch_op.f("ix_sign_in_failure_at"))

    op.drop_table("sign_in_failure")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_kana_key"))

    op.drop_table("person")
    op.drop_table("notice")
    op.drop_table("ingest_count")
    op.drop_table("heartbeat")
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_change_at"))

    op.drop_table("change")
    op.drop_table("building")
