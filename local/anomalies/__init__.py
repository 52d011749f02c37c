"""The anomaly suite: every way of losing, doubling or misreading rows that can run here, on Tidemark and on other tools.

A case is a small script of a writer on a real PostgreSQL with some loads in between. After a last
quiet load the source is compared in full with the current state of the copy.
"""
