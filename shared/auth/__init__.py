"""Who sent a request: Firebase ID tokens, App Check tokens, and the OIDC tokens of Pub/Sub pushes."""
