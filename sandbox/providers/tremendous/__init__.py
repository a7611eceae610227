"""A rewards API with replayed orders and human approval, simulated from `partners/rights.md`, section E4."""
