"""A utility-payment API in OAuth 2 and JSON, simulated from `partners/utility-bills.md`, section A4."""
