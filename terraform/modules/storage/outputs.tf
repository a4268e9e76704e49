output "buckets" {
  description = "The names of the buckets: uploads, derived, models, source."
  value       = { for key, bucket in google_storage_bucket.this : key => bucket.name }
}

output "bundles" {
  description = "Where the zip of each function lies."
  value       = { for key, object in google_storage_bucket_object.bundle : key => { bucket = object.bucket, object = object.name } }
}
