"""Household bills through a dialect shaped after Reloadly Utilities."""
