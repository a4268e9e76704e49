"""A phone's part: sign in, ask for URLs, send photos, watch a document, read results."""
