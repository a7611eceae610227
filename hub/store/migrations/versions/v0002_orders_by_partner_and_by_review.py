"""orders are found by partner and by review."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_orders_tenant_partner_order_id"), ["tenant", "partner", "order_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_orders_tenant_review_order_id"), ["tenant", "review", "order_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_orders_tenant_review_order_id"))
        batch_op.drop_index(batch_op.f("ix_orders_tenant_partner_order_id"))
