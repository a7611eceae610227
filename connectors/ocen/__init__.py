"""Loans of a network of lenders, in a dialect shaped after OCEN 4.0."""
