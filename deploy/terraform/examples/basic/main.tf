terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}

variable "artifact_bucket" {
  type        = string
  description = "Bucket that spotctl upload has filled"
}

variable "release" {
  type        = string
  description = "Version in it, such as v1.2.0"
}

variable "spotd_sha256" {
  type        = string
  description = "Checksums of its spotd, as spotctl package prints them: amd64=HEX,arm64=HEX,windows-amd64=HEX"
}

# The role of the instances in the groups that are to be served.
data "aws_iam_role" "web" {
  name = "web"
}

module "autospotting" {
  source = "../.."

  artifact_bucket    = var.artifact_bucket
  function_key       = "function/${var.release}/coordinator-arm64.zip"
  release_url        = "https://${var.artifact_bucket}.s3.eu-west-1.amazonaws.com/spotd/${var.release}"
  spotd_sha256       = var.spotd_sha256
  instance_role_arns = [data.aws_iam_role.web.arn]
  keep_on_demand     = "25%"
}

output "dashboard" {
  value = module.autospotting.dashboard_name
}
