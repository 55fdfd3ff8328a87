"""Checks of headers and the time of the study as columns: audits of headers count them without reading every header.

Headers of earlier stores were not checked when they were stored: NULL until their file is read anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and fill what the stored headers hold."""
    with op.batch_alter_table("objects") as objects:
        objects.add_column(sa.Column("burned_in_annotation", sa.Text()))
        objects.add_column(sa.Column("header_checks", sa.Text()))
        objects.add_column(sa.Column("study_at", sa.DateTime(timezone=False)))
    told = "json_extract(header_json, '$.acquisition.burned_in_annotation')"
    if op.get_context().dialect.name != "sqlite":
        told = "CAST(header_json AS JSON) #>> '{acquisition,burned_in_annotation}'"
    op.execute(f"UPDATE objects SET burned_in_annotation = {told}")  # noqa: S608 - constants of this file
