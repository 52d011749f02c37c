"""This package knows what to say when an order fails, and to whom."""
