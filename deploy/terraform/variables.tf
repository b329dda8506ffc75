# The parameters of the CloudFormation template, by the same names in Terraform's spelling.

variable "name" {
  type        = string
  default     = "autospotting"
  description = "What everything is called, as the stack's name is with CloudFormation"
}

variable "artifact_bucket" {
  type        = string
  description = "Bucket, in this region, with the function and spotd"
}

variable "function_key" {
  type        = string
  description = "S3 key of the zip of the function"
}

variable "architecture" {
  type        = string
  default     = "arm64"
  description = "What the function is built for"
  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture: want one of arm64, x86_64."
  }
}

variable "release_url" {
  type        = string
  default     = ""
  description = "Prefix of the downloads of spotd, PREFIX/spotd-linux-ARCH; empty leaves spotd off"
}

variable "spotd_sha256" {
  type        = string
  default     = ""
  description = "Checksums of spotd, amd64=HEX,arm64=HEX,windows-amd64=HEX"
}

variable "instance_role_arns" {
  type        = list(string)
  default     = []
  description = "Roles that instances of the groups have; the function may pass these to EC2 and no others"
}

variable "image_parameter_arns" {
  type        = list(string)
  default     = []
  description = "Parameters of Systems Manager that launch templates take their image from, beside those of AWS itself"
}

variable "tick_rate" {
  type        = string
  default     = "rate(5 minutes)"
  description = "How often every group is looked at, as an expression of the Scheduler"
  validation {
    condition     = can(regex("^(rate|cron)\\(.+\\)$", var.tick_rate))
    error_message = "tick_rate: want something like rate(5 minutes)."
  }
}

variable "deficit_period" {
  type        = number
  default     = 300
  description = "Seconds of one period of the alarm on missing capacity, which wants three; not shorter than a tick"
  validation {
    condition     = contains([300, 600, 900, 1800, 3600, 7200], var.deficit_period)
    error_message = "deficit_period: want one of 300, 600, 900, 1800, 3600, 7200."
  }
}

variable "tick_topic_arn" {
  type        = string
  default     = ""
  description = "Topic of a generator in this region that ticks in the place of the own schedule; empty is none"
  validation {
    condition     = can(regex("^$|^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.tick_topic_arn))
    error_message = "tick_topic_arn: want something like the ARN of a topic, or nothing."
  }
}

variable "log_retention_days" {
  type        = number
  default     = 30
  description = "How long the log is kept"
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653], var.log_retention_days)
    error_message = "log_retention_days: want one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653."
  }
}

variable "log_level" {
  type        = string
  default     = "info"
  description = "Least level to log"
  validation {
    condition     = contains(["debug", "info", "warn", "error"], var.log_level)
    error_message = "log_level: want one of debug, info, warn, error."
  }
}

variable "metrics" {
  type        = string
  default     = "emf"
  description = "Metrics of the function; emf-groups has them once more for each group, at a price"
  validation {
    condition     = contains(["emf", "emf-groups", "none"], var.metrics)
    error_message = "metrics: want one of emf, emf-groups, none."
  }
}

variable "kms_key_arn" {
  type        = string
  default     = ""
  description = "Key for topics, queues, ledger, log and function, with the policy of docs/iam.md; create makes one; empty leaves it to the services"
  validation {
    condition     = can(regex("^$|^create$|^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn: want something like the ARN of a key, create, or nothing."
  }
}

variable "organization_id" {
  type        = string
  default     = ""
  description = "Organization whose accounts may subscribe to the events topic; empty is nobody outside"
  validation {
    condition     = can(regex("^$|^o-[a-z0-9]{10,32}$", var.organization_id))
    error_message = "organization_id: want something like o-a1b2c3d4e5, or nothing."
  }
}

# Rules of the organization for roles and tags (docs/organization.md).

variable "permissions_boundary_arn" {
  type        = string
  default     = ""
  description = "Policy that bounds what every role made here may do; empty is none"
  validation {
    condition     = can(regex("^$|^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn: want something like the ARN of a policy, or nothing."
  }
}

variable "role_path" {
  type        = string
  default     = ""
  description = "IAM path of roles, policy and instance profile, such as /team/; empty is /"
  validation {
    condition     = can(regex("^$|^/([A-Za-z0-9_.,+@=-]+/)+$", var.role_path))
    error_message = "role_path: want something like /team/, or nothing."
  }
}

variable "role_name_prefix" {
  type        = string
  default     = ""
  description = "What the names of roles, policy and instance profile begin with, before name"
  validation {
    condition     = can(regex("^[A-Za-z0-9_.+@-]{0,24}$", var.role_name_prefix))
    error_message = "role_name_prefix: want at most 24 letters, digits and _.+@-."
  }
}

variable "resource_tags" {
  type        = string
  default     = ""
  description = "KEY=VALUE,KEY=VALUE on all that is made here, and on the launch templates that the function makes"
  validation {
    condition     = can(regex("^$|^[A-Za-z0-9_.:/+@ -]+=[A-Za-z0-9_.:/+@ -]*(,[A-Za-z0-9_.:/+@ -]+=[A-Za-z0-9_.:/+@ -]*)*$", var.resource_tags))
    error_message = "resource_tags: want something like KEY=VALUE,KEY=VALUE, or nothing."
  }
}

variable "alarm_topic_arn" {
  type        = string
  default     = ""
  description = "Topic that alarms tell; empty is none"
}

variable "update_channel" {
  type        = string
  default     = ""
  description = "Release channel that spotd follows if spotd_updates is true, s3://BUCKET/channel/stable.json or https://..."
  validation {
    condition     = can(regex("^$|^(s3|https)://[A-Za-z0-9.-]+/([A-Za-z0-9./_-]+/)?channel/[A-Za-z0-9._-]+\\.json$", var.update_channel))
    error_message = "update_channel: want something like s3://BUCKET/channel/stable.json, or nothing."
  }
}

variable "update_keys" {
  type        = string
  default     = ""
  description = "Public keys by which a release of that channel is believed"
  validation {
    condition     = can(regex("^$|^[A-Za-z0-9+/=]{44}(,[A-Za-z0-9+/=]{44})*$", var.update_keys))
    error_message = "update_keys: want something like public keys of 44 characters, with commas between, or nothing."
  }
}

variable "spotd_updates" {
  type        = string
  default     = "false"
  description = "Let spotd on what is launched follow that channel by itself as well"
  validation {
    condition     = contains(["false", "true"], var.spotd_updates)
    error_message = "spotd_updates: want one of false, true."
  }
}

variable "tag" {
  type        = string
  default     = ""
  description = "KEY=VALUE by which a group opts in, or out; empty is spot-enabled=true, or false"
  validation {
    condition     = can(regex("^$|^[A-Za-z0-9_.:/+@ -]+=[A-Za-z0-9_.:/+@ -]*$", var.tag))
    error_message = "tag: want something like KEY=VALUE, or nothing."
  }
}

variable "scope" {
  type        = string
  default     = "opt-in"
  description = "opt-in serves the groups with the tag, opt-out all but those"
  validation {
    condition     = contains(["opt-in", "opt-out"], var.scope)
    error_message = "scope: want one of opt-in, opt-out."
  }
}

variable "keep_on_demand" {
  type        = string
  default     = ""
  description = "How many instances stay on-demand"
}

variable "swaps_at_once" {
  type        = string
  default     = ""
  description = "How many gradual replacements may be under way together"
}

variable "allowed_instance_types" {
  type        = string
  default     = ""
  description = "What may be launched"
}

variable "disallowed_instance_types" {
  type        = string
  default     = ""
  description = "What may not be launched"
}

variable "allow_burstable" {
  type        = string
  default     = ""
  description = "Accept burstable types for an instance that is not"
}

variable "current_generation_only" {
  type        = string
  default     = ""
  description = "Refuse types of a previous generation in the place of one of the current"
}

variable "margin" {
  type        = string
  default     = ""
  description = "The least saving that is worth a swap"
}

variable "grace" {
  type        = string
  default     = ""
  description = "How long an application that nobody probes is given to come up"
}

variable "probe" {
  type        = string
  default     = ""
  description = "How spotd asks whether the application is up"
}

variable "spotd" {
  type        = string
  default     = ""
  description = "Put spotd on what is launched (on), or leave the user data as it is (off)"
}

variable "boot_limit" {
  type        = string
  default     = ""
  description = "How long after the grace a replacement that is not ready is terminated"
}

variable "drain" {
  type        = string
  default     = ""
  description = "How long a group behind a load balancer is given to drain an instance that AWS takes"
}

variable "dwell" {
  type        = string
  default     = ""
  description = "The least time on on-demand after spot had no capacity"
}

variable "cron_schedule" {
  type        = string
  default     = ""
  description = "When gradual replacement may begin"
}

variable "cron_timezone" {
  type        = string
  default     = ""
  description = "The time zone of the schedule"
}

variable "cron_schedule_state" {
  type        = string
  default     = ""
  description = "Replace inside the schedule (on) or outside it (off)"
}

variable "allow_max_size_one" {
  type        = string
  default     = ""
  description = "Serve groups whose MaxSize is 1"
}

variable "skip_launch_hooks" {
  type        = string
  default     = ""
  description = "Serve groups with launching lifecycle hooks"
}

variable "attach" {
  type        = string
  default     = ""
  description = "When a replacement becomes a member: auto, ready or running."
}

variable "drain_with" {
  type        = string
  default     = ""
  description = "How running work ends before an instance is retired: auto, none, ecs, hook or command."
}

variable "accept" {
  type        = string
  default     = ""
  description = "Needs of user data that do not refuse a group, such as kubernetes,worker."
}

variable "gp2_conversion_threshold" {
  type        = string
  default     = ""
  description = "gp2 volumes smaller than so many GiB become gp3"
}

variable "minimal_profile" {
  type        = string
  default     = ""
  description = "Give instances without an instance profile the one of this stack"
}

variable "status_tag" {
  type        = string
  default     = ""
  description = "Write what is done, or why not, to the tag autospotting:status"
}
