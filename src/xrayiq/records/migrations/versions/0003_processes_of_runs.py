"""The process of a run, by which a later run tells that it is dead."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    with op.batch_alter_table("runs") as runs:
        runs.add_column(sa.Column("process", sa.Text(), nullable=False, server_default=sa.text("''")))
