"""What goes out by SMTP: alerts as e-mail."""
