"""The words that every part of Loupe uses for the same thing: kinds, states, jobs, photos, findings."""
