"""Azure's services behind our ports: Data Lake Storage Gen2 and Table Storage."""
