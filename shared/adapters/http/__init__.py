"""What goes out over HTTP: alerts to a webhook."""
