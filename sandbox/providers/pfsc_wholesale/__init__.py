"""Wholesale prices of farm produce in China, simulated from `partners/agri-prices.md`, section D4."""
