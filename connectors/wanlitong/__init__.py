"""Loans through a supermarket of mainland China: 撞库 → 授权 → 进件, shaped after 万利通 and its like."""
