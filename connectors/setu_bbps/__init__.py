"""Household bills of India through a dialect shaped after Setu BBPS BillPay."""
