"""This package knows silver and gold: what is made of bronze, on Databricks and on Sail alike."""
