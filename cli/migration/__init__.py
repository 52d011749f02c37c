"""What makes a move from Azure Data Factory: reading its files, judging its choices, comparing lakes."""
