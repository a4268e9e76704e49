output "database" {
  description = "The name of the database."
  value       = google_firestore_database.this.name
}
