"""A small Databricks workspace on loopback, for development and tests. Never deployed.

It serves the part of the Jobs API 2.2 that Tidemark calls with the real SDK, and carries a job run
out by starting processes.
"""
