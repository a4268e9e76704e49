"""What each row of the matrix does, by what it is about."""
