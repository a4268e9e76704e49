"""The life of a job: pure decisions in `protocol`, written to Firestore by `store`."""
