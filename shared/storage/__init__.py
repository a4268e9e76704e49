"""Cloud Storage: URLs that let a client put one photo of one size in one place, once, or read one picture."""
