output "topics" {
  description = "The full names of the topics."
  value       = { for name, topic in google_pubsub_topic.this : name => "projects/${var.project_id}/topics/${topic.name}" }
}

output "subscriptions" {
  description = "The full names of all subscriptions."
  value       = { for name, subscription in merge(google_pubsub_subscription.push, google_pubsub_subscription.pull) : name => "projects/${var.project_id}/subscriptions/${subscription.name}" }
}
