"""`loupe check`: which files there are, the intake asked about them, and its verdicts as rows of a spreadsheet."""
