"""A market news service, simulated from `partners/agri-prices.md`, section D3."""
