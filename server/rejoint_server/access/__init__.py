"""What the server knows of circles and of who asks: memberships, logins, notes beside a circle."""
