variable "backup_retention_days" {
  description = "How long daily backups are kept; 0 for none."
  type        = number
}

variable "delete_protection" {
  description = "Whether the database refuses to be destroyed."
  type        = bool
}

variable "indexes" {
  description = "firebase/firestore.indexes.json, decoded."
  type        = any
}

variable "kms_key" {
  description = "The key for data at rest. Null: Google's."
  type        = string
  default     = null
}

variable "location" {
  description = "Where the database is."
  type        = string
}

variable "point_in_time_recovery" {
  description = "Whether seven days of history are kept."
  type        = bool
}

variable "project_id" {
  description = "The project."
  type        = string
}

variable "rules" {
  description = "firebase/firestore.rules."
  type        = string
}
