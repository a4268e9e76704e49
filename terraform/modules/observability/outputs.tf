output "dashboard" {
  description = "The id of the dashboard."
  value       = google_monitoring_dashboard.this.id
}

output "notification_channels" {
  description = "Where alerts go."
  value       = [for channel in google_monitoring_notification_channel.email : channel.id]
}
