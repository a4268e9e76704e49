output "accounts" {
  description = "The service accounts by name: email and IAM member."
  value       = local.identities
  depends_on  = [google_service_account.this]
}

output "agents" {
  description = "The e-mail addresses of Google's own agents in this project."
  value       = local.agents
  depends_on  = [google_project_service_identity.this, google_project_service.this]
}

output "keeper_role" {
  description = "The role that reads, lists and removes originals."
  value       = "projects/${var.project_id}/roles/${google_project_iam_custom_role.keeper.role_id}"
}

output "kms_key" {
  description = "The key for data at rest; null without one."
  value       = var.cmek ? local.key : null
  depends_on  = [google_kms_crypto_key_iam_member.this]
}

output "firestore_kms_key" {
  description = "The key for Firestore; null without one."
  value       = !var.cmek ? null : local.apart ? local.firestore_only_key : local.key
  depends_on  = [google_kms_crypto_key_iam_member.this, google_kms_crypto_key_iam_member.firestore]
}

output "repository" {
  description = "Where the containers of the functions are kept."
  value       = "projects/${var.project_id}/locations/${var.region}/repositories/${google_artifact_registry_repository.functions.repository_id}"
  depends_on  = [google_artifact_registry_repository_iam_member.build]
}

output "database_grants" {
  description = "What the functions may do with Firestore."
  value       = { for name, grant in google_project_iam_member.database : name => { role = grant.role, expression = grant.condition[0].expression } }
}
