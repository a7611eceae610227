"""Agmarknet on an open-data platform, simulated from `partners/agri-prices.md`, section D2."""
