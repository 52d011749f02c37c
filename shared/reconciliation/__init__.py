"""This package knows how a table's copy is compared with its source, and what repairs it."""
