output "deployer" {
  description = "The account that deploys."
  value       = google_service_account.deployer.email
}

output "workload_identity_provider" {
  description = "What google-github-actions/auth is given."
  value       = google_iam_workload_identity_pool_provider.github.name
}
