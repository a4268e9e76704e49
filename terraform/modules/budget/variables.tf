variable "billing_account" {
  description = "The billing account."
  type        = string
}

variable "monthly_budget" {
  description = "What the project may cost a month."
  type        = number
}

variable "notification_channels" {
  description = "Who is told besides the billing account's administrators."
  type        = list(string)
}

variable "prefix" {
  description = "What the budget is called by."
  type        = string
}

variable "project_number" {
  description = "The project's number."
  type        = string
}

variable "topic" {
  description = "Where the state of the budget is published: analyze reads it and turns paid providers off."
  type        = string
}
