"""What two or more functions need. Nothing here imports a function, and nothing here builds a client at import."""
