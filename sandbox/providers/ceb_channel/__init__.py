"""The HTTP channel of a bank's bill-payment cloud, simulated from `partners/utility-bills.md`, section A2."""
