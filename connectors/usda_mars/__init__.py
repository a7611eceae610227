"""Prices of American terminal markets, through a dialect shaped after USDA MyMarketNews."""
