"""Rules of quality, written in Spark's SQL, judged on landed files by DuckDB."""
