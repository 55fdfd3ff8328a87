"""How Alembic runs the migrations: on the connection that `xrayiq.records.schema` gives, in its transaction."""

from alembic import context

from xrayiq.records.schema import VERSION_TABLE
from xrayiq.records.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
