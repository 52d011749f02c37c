"""This package knows the bronze contract: paths, columns, Parquet files, manifests, and how they appear."""
