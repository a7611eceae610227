"""Prices of Chinese wholesale markets, through a dialect shaped after the page of pfsc.agri.cn."""
