"""What goes out over HTTP: alerts to webhooks, chats and a mail service."""
