"""This package knows what is told of work while it is done: log lines, spans, measures and lineage; not to whom."""
