"""retention terms"""

import sqlalchemy as sa
from alembic import op

from server import db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JOBS = {
    "forget look-ups older than a year": "forget old look-ups",
    "forget alerts about look-ups older than a year": "forget old alerts about look-ups",
    "forget requests to protect somebody older than three years": "forget old requests to protect somebody",
    "forget lines of the audit log older than three years": "forget old lines of the audit log",
    "forget what these jobs did more than three years ago": "forget what these jobs did long ago",
}
# Their terms can be changed now, so their names tell none; what they did stays theirs.


def upgrade() -> None:
    op.create_table(
        "retention_term",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("keep_minutes", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("decided_by", sa.String(length=130), nullable=False),
        sa.Column("decided_at", db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("keep_minutes > 0", name=op.f("ck_retention_term_some")),
        sa.CheckConstraint("name <> 'radio' OR keep_minutes <= 15", name=op.f("ck_retention_term_radio")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_retention_term")),
    )
    with op.batch_alter_table("memo") as memo:
        memo.drop_column("is_seen")  # whoever took a call down could watch for it, and so learn who is at work (P3)
    runs = sa.table("retention_run", sa.column("job", sa.String))
    for old, new in JOBS.items():
        op.execute(runs.update().where(runs.c.job == old).values(job=new))


def downgrade() -> None:
    raise RuntimeError("there is no way back before 0003: restore the backup made before the update")
