variable "build" {
  description = "Who builds the container, and where it is kept."
  type        = object({ service_account = string, repository = string })
}

variable "bundle" {
  description = "The zip in the source bucket."
  type        = object({ bucket = string, object = string })
}

variable "concurrency" {
  description = "Requests that one instance answers at once, each by a thread of its own."
  type        = number
  default     = 1
}

variable "cpu" {
  description = "CPUs of an instance."
  type        = number
  default     = 1
}

variable "description" {
  description = "What the function is for."
  type        = string
}

variable "entry_point" {
  description = "The Python function."
  type        = string
}

variable "environment" {
  description = "Its settings (docs/settings.md)."
  type        = map(string)
}

variable "ingress" {
  description = "Where calls may come from."
  type        = string
  default     = "ALLOW_INTERNAL_ONLY"

  validation {
    condition     = contains(["ALLOW_ALL", "ALLOW_INTERNAL_ONLY", "ALLOW_INTERNAL_AND_GCLB"], var.ingress)
    error_message = "ingress must be ALLOW_ALL, ALLOW_INTERNAL_ONLY or ALLOW_INTERNAL_AND_GCLB."
  }
}

variable "instances" {
  description = "Instances that are kept warm, and at most."
  type        = object({ min = number, max = number })
}

variable "invokers" {
  description = "Who may call it, by a name of ours: IAM members."
  type        = map(string)
}

variable "kms_key" {
  description = "The key that its source and container are encrypted with. Null: Google's."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels of the function."
  type        = map(string)
  default     = {}
}

variable "memory_mib" {
  description = "Memory of an instance in MiB."
  type        = number
  default     = 512
}

variable "name" {
  description = "The name of the function, and of the Cloud Run service beneath it."
  type        = string
}

variable "project_id" {
  description = "The project."
  type        = string
}

variable "region" {
  description = "The region."
  type        = string
}

variable "runtime" {
  description = "The Python runtime."
  type        = string
}

variable "secrets" {
  description = "Variables that come from Secret Manager."
  type        = map(object({ secret = string, version = string }))
  default     = {}
}

variable "service_account" {
  description = "Who it runs as."
  type        = string
}

variable "timeout_seconds" {
  description = "How long a request may take."
  type        = number
  default     = 60
}
