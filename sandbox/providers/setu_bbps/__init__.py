"""A bill-payment API of asynchronous pairs, simulated from `partners/utility-bills.md`, section A3."""
