output "urls" {
  description = "Where the functions answer."
  value       = local.urls
}

output "buckets" {
  description = "The names of the buckets."
  value       = module.storage.buckets
}

output "firebase_config" {
  description = "What initializeApp takes in a web app."
  value       = module.firebase.web_config
}

output "ci" {
  description = "What a pipeline has to know; null without one."
  value       = one(module.ci[*])
}

output "see_it_in_action" {
  description = "What to do now."
  value       = <<-EOT
    1. Try it with one photo:
         loupe doctor --smoke --upload ${local.urls.upload} --status ${local.urls.status} --api-key ${module.firebase.web_config.apiKey}
    2. Watch it: https://console.cloud.google.com/monitoring/dashboards?project=${var.project_id}
    3. Read what it says: https://console.cloud.google.com/logs/query?project=${var.project_id}
    4. Jobs: https://console.firebase.google.com/project/${var.project_id}/firestore
    5. Give your app the output firebase_config, and the URLs of upload and status.
  EOT
}
