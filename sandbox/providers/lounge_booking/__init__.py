"""Lounges, airport transfers and health checks to be booked, simulated from `partners/rights.md`, section E5."""
