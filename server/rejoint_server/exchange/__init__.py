"""`POST /sync`: all that a device has to tell and to hear, in one request."""
