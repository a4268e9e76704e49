"""Cloud Storage: buckets and objects over the JSON API, signed URLs over the XML API, notifications to Pub/Sub."""
