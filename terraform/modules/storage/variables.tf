variable "analyze" {
  description = "The IAM member that reads and removes originals and writes derived pictures."
  type        = string
}

variable "bundles" {
  description = "The zips of the functions."
  type        = map(object({ file = string, sha256 = string }))
}

variable "cors_origins" {
  description = "The web origins that may upload and download."
  type        = list(string)
}

variable "delete_protection" {
  description = "Whether buckets that are not empty refuse to be destroyed."
  type        = bool
}

variable "derived_days" {
  description = "After how many days derived pictures are removed."
  type        = number
}

variable "keeper_role" {
  description = "The role that reads, lists and removes, and writes nothing."
  type        = string
}

variable "kms_key" {
  description = "The key for data at rest. Null: Google's."
  type        = string
  default     = null
}

variable "project_id" {
  description = "The project; bucket names begin with it."
  type        = string
}

variable "reader" {
  description = "The IAM member that download URLs of derived pictures are signed as."
  type        = string
}

variable "region" {
  description = "Where the buckets are."
  type        = string
}

variable "uploader" {
  description = "The IAM member that upload URLs are signed as."
  type        = string
}

variable "uploads_days" {
  description = "After how many days originals are removed."
  type        = number
}
