"""The concurrency harness: seeded writers on a real database beside loads that never stop, and a judge."""
