"""The EU agri-food data portal, simulated from `partners/agri-prices.md`, section D1."""
