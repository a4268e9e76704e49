"""Anybody's ONNX model, run safely: registered with a manifest, verified before it is loaded, and named in results."""
