"""Databricks: the workspace in which the lakehouse's job runs. The only place that imports its SDK."""
