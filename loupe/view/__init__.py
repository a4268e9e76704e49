"""What a person sees: on the terminal by rich, and in the demo's page."""
