"""The command line of Loupe: a client that acts as a phone would, and the developer's tool for the local stack."""
