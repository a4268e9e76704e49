variable "alert_emails" {
  description = "Who is told."
  type        = list(string)
}

variable "daily_budget_usd" {
  description = "What paid calls may cost a day."
  type        = number
}

variable "delete_protection" {
  description = "Whether the archive refuses to be destroyed."
  type        = bool
}

variable "hosts" {
  description = "The host names whose health is asked from outside, by function. Empty: none."
  type        = map(string)
}

variable "kms_key" {
  description = "The key of the archive. Null: Google's."
  type        = string
  default     = null
}

variable "log_archive_days" {
  description = "How long the archive keeps what is sent there; 0 for no archive."
  type        = number
}

variable "prefix" {
  description = "What names of metrics and alerts begin with."
  type        = string
}

variable "project_id" {
  description = "The project."
  type        = string
}

variable "region" {
  description = "Where the archive is."
  type        = string
}

variable "runbooks_url" {
  description = "Where runbooks are read; empty for the repository."
  type        = string
}

variable "services" {
  description = "The Cloud Run services by what they are: upload, status, analyze-high …"
  type        = map(string)
}

variable "subscriptions" {
  description = "The names of the subscriptions that push to analyze."
  type        = list(string)
}
