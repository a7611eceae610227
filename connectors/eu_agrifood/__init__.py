"""Prices of farm products in the European Union, through a dialect shaped after its agri-food data portal."""
