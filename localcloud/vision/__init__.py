"""Cloud Vision: text and colours from engines on this machine; what no engine finds is answered empty."""
