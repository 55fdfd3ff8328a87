"""Attributes whose text is no number, out of the headers into a column: audits tell what they could not read."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and fill it from the headers as they are stored."""
    with op.batch_alter_table("objects") as objects:
        objects.add_column(sa.Column("not_numbers", sa.Text()))
    listed = "json_extract(header_json, '$.detail.not_numbers')"
    if op.get_context().dialect.name != "sqlite":
        listed = "CAST(header_json AS JSON) #>> '{detail,not_numbers}'"
    for mark in ('"', "[", "]", " "):
        listed = f"replace({listed}, '{mark}', '')"
    op.execute(f"UPDATE objects SET not_numbers = nullif({listed}, '')")  # noqa: S608 - constants of this file
