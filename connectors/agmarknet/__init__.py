"""Prices of Indian mandis, through a dialect shaped after Agmarknet on data.gov.in."""
