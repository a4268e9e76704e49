"""One module per command. Importing one is cheap: what a command needs, it imports when it runs."""
