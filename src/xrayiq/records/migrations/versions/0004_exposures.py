"""Which objects are of one exposure, and which of them statistics count."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; objects are classed by the next run, whose plan is a new one."""
    not_classed = sa.text("'not_classed'")
    with op.batch_alter_table("objects") as objects:
        objects.add_column(sa.Column("technique_key", sa.Text()))
        objects.add_column(sa.Column("own_population", sa.Text(), nullable=False, server_default=not_classed))
        objects.add_column(sa.Column("exposure_key", sa.Text(), nullable=False, server_default=sa.text("''")))
        objects.add_column(sa.Column("population", sa.Text(), nullable=False, server_default=not_classed))
    op.execute("UPDATE objects SET exposure_key = subject")
    op.create_index("ix_objects_technique_key", "objects", ["technique_key"])
    op.create_index("ix_objects_exposure_key", "objects", ["exposure_key"])
