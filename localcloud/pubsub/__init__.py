"""Pub/Sub: topics and subscriptions with pull, streaming pull and push, kept in SQLite."""
