variable "agents" {
  description = "The e-mail addresses of Google's own agents."
  type        = object({ pubsub = string, storage = string })
}

variable "kms_key" {
  description = "The key for messages at rest. Null: Google's."
  type        = string
  default     = null
}

variable "notified" {
  description = "The bucket whose new objects are announced."
  type        = string
}

variable "project_id" {
  description = "The project."
  type        = string
}

variable "publishers" {
  description = "Who publishes, by a name of ours: topic and IAM member."
  type        = map(object({ topic = string, member = string }))
}

variable "pushes" {
  description = "The push subscriptions: where they go, and what their tokens say."
  type = map(object({
    topic       = string
    endpoint    = string
    audience    = string
    filter      = optional(string, "")
    dead_letter = optional(string)
  }))
}

variable "pulls" {
  description = "The subscriptions that keep messages until somebody pulls them: subscription to topic."
  type        = map(string)
}

variable "pusher" {
  description = "The account that pushes are signed for."
  type        = string
}

variable "region" {
  description = "Where messages are kept, and where the scheduler runs."
  type        = string
}

variable "schedule" {
  description = "Tasks that come by themselves: name to cron schedule in UTC."
  type        = map(string)
}

variable "topics" {
  description = "The topics."
  type        = set(string)
}
