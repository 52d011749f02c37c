"""Compares what Data Factory landed with what Tidemark did, each reduced to its current state."""
