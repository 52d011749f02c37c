"""This package knows what to say when an order fails or a bound is held back for long, and to whom."""
