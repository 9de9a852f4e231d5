"""seats"""

import secrets

import sqlalchemy as sa
from alembic import op

from server import db


revision = '0004'
down_revision = "0003"
branch_labels = None
depends_on = None

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def upgrade() -> None:
    op.add_column('building', sa.Column('keeps_holidays', sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_table('house_rule',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('scope', sa.String(length=24), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('settings', sa.JSON(), nullable=False),
    sa.Column('set_by', sa.String(length=130), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_house_rule')),
    sa.UniqueConstraint('scope', 'kind', 'valid_from', name=op.f('uq_house_rule_scope_kind_valid_from'))
    )
    op.create_table('calendar_feed',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('key_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('language', sa.String(length=5), nullable=False),
    sa.Column('created_at', db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_calendar_feed_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_feed')),
    sa.UniqueConstraint('key_hash', name=op.f('uq_calendar_feed_key_hash'))
    )
    with op.batch_alter_table('calendar_feed', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_calendar_feed_person_id'), ['person_id'], unique=False)

    op.create_table('mail_choice',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('invitations', sa.Boolean(), nullable=False),
    sa.Column('notices', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_mail_choice_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_mail_choice'))
    )
    op.create_table('letter',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.String(length=100), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('calendar', sa.Text(), nullable=False),
    sa.Column('method', sa.String(length=16), nullable=False),
    sa.Column('written_at', db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('due_at', db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('drop_at', db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_letter_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter')),
    sa.UniqueConstraint('message_id', name=op.f('uq_letter_message_id')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('letter', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_letter_due_at'), ['due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_letter_person_id'), ['person_id'], unique=False)

    op.create_table('lottery_choice',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('part', sa.String(length=16), nullable=False),
    sa.CheckConstraint("part IN ('without_seat', 'always', 'never')", name=op.f('ck_lottery_choice_part')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_lottery_choice_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_lottery_choice'))
    )
    op.create_table('seat_need',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('equipment', sa.String(length=16), nullable=False),
    sa.CheckConstraint("equipment IN ('monitor', 'standing', 'dock', 'wheelchair', 'quiet', 'no_confidential')", name=op.f('ck_seat_need_equipment')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_seat_need_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', 'equipment', name=op.f('pk_seat_need'))
    )
    op.create_table('seat_pairing',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('other_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('is_agreed', sa.Boolean(), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.CheckConstraint("kind IN ('together', 'mentor')", name=op.f('ck_seat_pairing_kind')),
    sa.CheckConstraint('last_day >= first_day', name=op.f('ck_seat_pairing_term')),
    sa.CheckConstraint('person_id <> other_id', name=op.f('ck_seat_pairing_two')),
    sa.ForeignKeyConstraint(['other_id'], ['person.id'], name=op.f('fk_seat_pairing_other_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_seat_pairing_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seat_pairing')),
    sa.UniqueConstraint('person_id', 'other_id', 'kind', name=op.f('uq_seat_pairing_person_id_other_id_kind'))
    )
    with op.batch_alter_table('seat_pairing', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_seat_pairing_other_id'), ['other_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_seat_pairing_person_id'), ['person_id'], unique=False)

    op.create_table('seat_choice',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('leaves_by_itself', sa.Boolean(), nullable=False),
    sa.Column('is_asked', sa.Boolean(), nullable=False),
    sa.Column('may_kiosk', sa.Boolean(), nullable=False),
    sa.Column('is_nudged', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_seat_choice_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_seat_choice'))
    )
    op.create_table('kept_answer',
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=100), nullable=False),
    sa.Column('asked', sa.LargeBinary(length=32), nullable=False),
    sa.Column('status', sa.Integer(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('at', db.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_kept_answer_account_id_account'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', 'key', name=op.f('pk_kept_answer'))
    )
    with op.batch_alter_table('kept_answer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_kept_answer_at'), ['at'], unique=False)

    op.create_table('fixation_month',
    sa.Column('zone_id', sa.Integer(), nullable=False),
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('n_people', sa.Integer(), nullable=False),
    sa.Column('n_days', sa.Integer(), nullable=False),
    sa.Column('used', sa.Double(), nullable=True),
    sa.Column('expected', sa.Double(), nullable=True),
    sa.Column('index', sa.Double(), nullable=True),
    sa.ForeignKeyConstraint(['zone_id'], ['zone.id'], name=op.f('fk_fixation_month_zone_id_zone'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('zone_id', 'month', name=op.f('pk_fixation_month'))
    )
    op.create_table('unmet_search',
    sa.Column('zone_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.CheckConstraint('n > 0', name=op.f('ck_unmet_search_n')),
    sa.ForeignKeyConstraint(['zone_id'], ['zone.id'], name=op.f('fk_unmet_search_zone_id_zone'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('zone_id', 'day', name=op.f('pk_unmet_search'))
    )
    op.create_table('seat_draw',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('zone_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('starts_at', db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ends_at', db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('seed', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('drawn_at', db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('drawn_by', sa.String(length=130), nullable=False),
    sa.Column('is_arrival', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['zone_id'], ['zone.id'], name=op.f('fk_seat_draw_zone_id_zone'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seat_draw'))
    )
    with op.batch_alter_table('seat_draw', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_seat_draw_zone_id'), ['zone_id'], unique=False)

    op.create_table('seat_wait',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('floor_id', sa.Integer(), nullable=False),
    sa.Column('zone_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('equipment', sa.String(length=100), nullable=False),
    sa.Column('starts_at', db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ends_at', db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('booking_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('asked_at', db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('waiting', 'offered', 'taken', 'over')", name=op.f('ck_seat_wait_state')),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_seat_wait_term')),
    sa.ForeignKeyConstraint(['floor_id'], ['floor.id'], name=op.f('fk_seat_wait_floor_id_floor'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_seat_wait_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['zone_id'], ['zone.id'], name=op.f('fk_seat_wait_zone_id_zone'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seat_wait'))
    )
    with op.batch_alter_table('seat_wait', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_seat_wait_floor_id'), ['floor_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_seat_wait_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_seat_wait_zone_id'), ['zone_id'], unique=False)

    op.create_table('booking_series',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('booked_by_id', sa.Integer(), nullable=True),
    sa.Column('seat_id', sa.Integer(), nullable=False),
    sa.Column('weekdays', sa.String(length=7), nullable=False),
    sa.Column('starts', sa.String(length=5), nullable=False),
    sa.Column('ends', sa.String(length=5), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('made_until', sa.Date(), nullable=False),
    sa.Column('answered_on', sa.Date(), nullable=False),
    sa.Column('asked_at', db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('is_over', sa.Boolean(), nullable=False),
    sa.Column('subject', sa.String(length=100), nullable=False),
    sa.CheckConstraint('last_day >= first_day', name=op.f('ck_booking_series_term')),
    sa.ForeignKeyConstraint(['booked_by_id'], ['person.id'], name=op.f('fk_booking_series_booked_by_id_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_booking_series_person_id_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['seat_id'], ['seat.id'], name=op.f('fk_booking_series_seat_id_seat')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_booking_series'))
    )
    with op.batch_alter_table('booking_series', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_booking_series_booked_by_id'), ['booked_by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_booking_series_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_booking_series_seat_id'), ['seat_id'], unique=False)

    op.create_table('booking_slot',
    sa.Column('seat_id', sa.Integer(), nullable=False),
    sa.Column('quarter', sa.Integer(), nullable=False),
    sa.Column('booking_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('exclusive', sa.String(length=8), nullable=True),
    sa.ForeignKeyConstraint(['seat_id'], ['seat.id'], name=op.f('fk_booking_slot_seat_id_seat')),
    sa.PrimaryKeyConstraint('seat_id', 'quarter', name=op.f('pk_booking_slot')),
    sa.UniqueConstraint('person_id', 'quarter', 'exclusive', name=op.f('uq_booking_slot_person_id_quarter_exclusive'))
    )
    op.create_table('seat_draw_result',
    sa.Column('draw_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('seat_id', sa.Integer(), nullable=True),
    sa.Column('ticket', sa.Integer(), nullable=False),
    sa.Column('reasons', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['draw_id'], ['seat_draw.id'], name=op.f('fk_seat_draw_result_draw_id_seat_draw'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_seat_draw_result_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['seat_id'], ['seat.id'], name=op.f('fk_seat_draw_result_seat_id_seat')),
    sa.PrimaryKeyConstraint('draw_id', 'person_id', name=op.f('pk_seat_draw_result')),
    sa.UniqueConstraint('draw_id', 'seat_id', name=op.f('uq_seat_draw_result_draw_id_seat_id'))
    )
    op.create_table('seat_equipment',
    sa.Column('seat_id', sa.Integer(), nullable=False),
    sa.Column('equipment', sa.String(length=16), nullable=False),
    sa.CheckConstraint("equipment IN ('monitor', 'standing', 'dock', 'wheelchair', 'quiet', 'no_confidential')", name=op.f('ck_seat_equipment_equipment')),
    sa.ForeignKeyConstraint(['seat_id'], ['seat.id'], name=op.f('fk_seat_equipment_seat_id_seat'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('seat_id', 'equipment', name=op.f('pk_seat_equipment'))
    )
    op.create_table('seat_holder',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('seat_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to IS NULL OR valid_to > valid_from', name=op.f('ck_seat_holder_term')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_seat_holder_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['seat_id'], ['seat.id'], name=op.f('fk_seat_holder_seat_id_seat'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seat_holder'))
    )
    with op.batch_alter_table('seat_holder', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_seat_holder_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_seat_holder_seat_id'), ['seat_id'], unique=False)

    op.create_table('seat_outage',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('seat_id', sa.Integer(), nullable=False),
    sa.Column('starts_at', db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ends_at', db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.String(length=100), nullable=False),
    sa.Column('set_by', sa.String(length=130), nullable=False),
    sa.CheckConstraint('ends_at IS NULL OR ends_at > starts_at', name=op.f('ck_seat_outage_term')),
    sa.ForeignKeyConstraint(['seat_id'], ['seat.id'], name=op.f('fk_seat_outage_seat_id_seat'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seat_outage'))
    )
    with op.batch_alter_table('seat_outage', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_seat_outage_seat_id'), ['seat_id'], unique=False)

    op.create_table('seat_report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('seat_id', sa.Integer(), nullable=False),
    sa.Column('what', sa.String(length=16), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('reported_by_id', sa.Integer(), nullable=True),
    sa.Column('reported_at', db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=True),
    sa.Column('done_at', db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('answer', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['person.id'], name=op.f('fk_seat_report_owner_id_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['reported_by_id'], ['person.id'], name=op.f('fk_seat_report_reported_by_id_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['seat_id'], ['seat.id'], name=op.f('fk_seat_report_seat_id_seat'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seat_report'))
    )
    with op.batch_alter_table('seat_report', schema=None) as batch_op:
        batch_op.create_index('ix_seat_report_done_at', ['done_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_seat_report_owner_id'), ['owner_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_seat_report_reported_by_id'), ['reported_by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_seat_report_seat_id'), ['seat_id'], unique=False)

    op.create_table('booking',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('seat_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('booked_by_id', sa.Integer(), nullable=True),
    sa.Column('starts_at', db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ends_at', db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('how', sa.String(length=16), nullable=False),
    sa.Column('is_confirmed', sa.Boolean(), nullable=False),
    sa.Column('is_warned', sa.Boolean(), nullable=False),
    sa.Column('is_for_absence', sa.Boolean(), nullable=False),
    sa.Column('offered_until', db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('series_id', sa.Integer(), nullable=True),
    sa.Column('party_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('subject', sa.String(length=100), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('changed_at', db.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("how IN ('map', 'find', 'walk_up', 'code', 'kiosk', 'lottery', 'series', 'offer', 'behalf', 'api')", name=op.f('ck_booking_how')),
    sa.CheckConstraint("state IN ('offered', 'booked', 'in_use', 'cancelled', 'released', 'left')", name=op.f('ck_booking_state')),
    sa.CheckConstraint('ends_at > starts_at', name=op.f('ck_booking_term')),
    sa.ForeignKeyConstraint(['booked_by_id'], ['person.id'], name=op.f('fk_booking_booked_by_id_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_booking_person_id_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['seat_id'], ['seat.id'], name=op.f('fk_booking_seat_id_seat')),
    sa.ForeignKeyConstraint(['series_id'], ['booking_series.id'], name=op.f('fk_booking_series_id_booking_series'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_booking')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('booking', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_booking_booked_by_id'), ['booked_by_id'], unique=False)
        batch_op.create_index('ix_booking_open', ['starts_at'], unique=False, sqlite_where=sa.text("state IN ('booked', 'offered')"), postgresql_where=sa.text("state IN ('booked', 'offered')"))
        batch_op.create_index(batch_op.f('ix_booking_party_id'), ['party_id'], unique=False)
        batch_op.create_index('ix_booking_person_id_starts_at', ['person_id', 'starts_at'], unique=False)
        batch_op.create_index('ix_booking_seat_id_starts_at', ['seat_id', 'starts_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_booking_series_id'), ['series_id'], unique=False)

    with op.batch_alter_table("seat", schema=None) as batch_op:
        batch_op.add_column(sa.Column("table_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("capacity", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("is_priority", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("short_code", sa.String(length=8), nullable=True))
        batch_op.add_column(sa.Column("retired_on", sa.Date(), nullable=True))
        batch_op.create_index(batch_op.f("ix_seat_table_id"), ["table_id"], unique=False)
        batch_op.create_unique_constraint(batch_op.f("uq_seat_short_code"), ["short_code"])
        batch_op.create_foreign_key(
            batch_op.f("fk_seat_table_id_seat"), "seat", ["table_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_check_constraint(batch_op.f("ck_seat_capacity"), "capacity >= 1")
        batch_op.create_check_constraint(batch_op.f("ck_seat_table"), "table_id IS NULL OR table_id <> id")
    with op.batch_alter_table("zone", schema=None) as batch_op:
        batch_op.add_column(sa.Column("short_code", sa.String(length=8), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_zone_short_code"), ["short_code"])
    for table in ("seat", "zone"):
        _give_short_codes(table)
    for dialect, statements in db.overlap_guards("seat_holder", "seat_id").items():
        if op.get_bind().dialect.name == dialect:
            for statement in statements:
                op.execute(statement)


def _give_short_codes(table: str) -> None:
    """Every seat and zone that is there gets the code of its sign."""
    rows = sa.table(table, sa.column("id", sa.Integer), sa.column("short_code", sa.String))
    bind = op.get_bind()
    ids = list(bind.scalars(sa.select(rows.c.id)))
    codes: set[str] = set()
    while len(codes) < len(ids):
        codes.add("".join(secrets.choice(LETTERS) for _ in range(6)))
    for row_id, code in zip(ids, codes, strict=True):
        bind.execute(rows.update().where(rows.c.id == row_id).values(short_code=code))


def downgrade() -> None:
    raise RuntimeError("there is no way back before 0004: restore the backup made before the update")
