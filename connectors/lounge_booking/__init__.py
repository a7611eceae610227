"""Lounges, airport transfers and health checks through a dialect shaped after public models of booking."""
