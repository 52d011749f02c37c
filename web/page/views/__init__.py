"""What each page shows, as plain values read from where the JSON API reads."""
