"""Tells spans, measures and lineage to a file, a line of JSON each: on one machine, without a collector."""
