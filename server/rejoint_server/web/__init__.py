"""HTTP: the process' listener, bodies within bounds, what every answer carries, the app's files."""
