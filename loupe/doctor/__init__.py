"""What can be wrong with this machine or this stack: each check a function, each finding with its remedy."""
