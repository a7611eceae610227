"""Gift cards by OAuth 2 and JSON, simulated from `partners/rights.md`, section E3."""
