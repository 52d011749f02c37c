"""This package knows silver: the current state and the history of every table, and row rules."""
