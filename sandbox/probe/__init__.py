"""Calls every connector's mapping without any network, and writes down what each partner offers and how."""
