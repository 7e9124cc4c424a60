# A function that places orders, Aurora, and the RDS Proxy between them: the same as the CDK stack.

terraform {
  required_version = ">= 1.5"
  required_providers {
    # 6 has default_auth_scheme.
    aws     = { source = "hashicorp/aws", version = "~> 6.20" }
    archive = { source = "hashicorp/archive", version = "~> 2.7" }
    random  = { source = "hashicorp/random", version = "~> 3.7" }
  }
}

variable "engine" {
  description = "postgres or mysql"
  type        = string
  default     = "postgres"
  validation {
    condition     = contains(["postgres", "mysql"], var.engine)
    error_message = "Expected postgres or mysql."
  }
}

variable "reserved_concurrency" {
  # A new account has a concurrency of 10, of which AWS lets nothing be reserved. How to calculate it: docs/scaling.md.
  description = "The limit of the function's environments, hence of its client connections; -1 for none"
  type        = number
  default     = -1
}

# After destroy and apply all names are new: RDS and Lambda may have left log groups, RDS leaves a snapshot.
resource "random_id" "deployment" {
  byte_length = 4
}

data "aws_availability_zones" "available" {
  state = "available"
}
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  name     = "shop-${var.engine}-${random_id.deployment.hex}"
  database = "shop"
  user     = "app_user"
  engine = {
    postgres = { cluster = "aurora-postgresql", version = "17.7", family = "POSTGRESQL", port = 5432 }
    mysql    = { cluster = "aurora-mysql", version = "8.0.mysql_aurora.3.10.3", family = "MYSQL", port = 3306 }
  }[var.engine]
  db_users = "arn:${data.aws_partition.current.partition}:rds-db:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:dbuser"
}

output "function_name" {
  value = aws_lambda_function.place_order.function_name
}
output "database_arn" {
  value = aws_rds_cluster.database.arn
}
output "admin_secret_arn" {
  value = aws_rds_cluster.database.master_user_secret[0].secret_arn
}
