"""The local cloud: the Google services that Loupe uses, spoken on the wire by one process on this machine."""
