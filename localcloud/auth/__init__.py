"""Firebase Authentication: sign-up, sign-in, accounts and tokens, at the paths of the official emulator."""
