"""Kind `skin_lesion`: what a classifier says of photos of a lesion, held to a safety policy. Not a medical device."""
