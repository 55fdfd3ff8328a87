"""Counters of the detector's exposures as columns: audits of repeats hold them against the images stored.

Headers of earlier stores were read without them: NULL until their file is read anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; no stored header holds a counter."""
    with op.batch_alter_table("objects") as objects:
        for name in ("exposures_since_calibration", "exposures_since_manufacture"):
            objects.add_column(sa.Column(name, sa.Double()))
