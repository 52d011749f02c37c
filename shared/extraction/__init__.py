"""This package knows how rows leave a source: the port that every kind of source implements."""
