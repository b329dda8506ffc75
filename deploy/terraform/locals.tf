data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  # What of spotd only tells how something stands (deploy/stack/autospotting.yaml, Changes).
  slow_reports = ["hello", "started", "ready", "can-drain"]
  account      = data.aws_caller_identity.current.account_id
  partition    = data.aws_partition.current.partition
  region       = data.aws_region.current.region
  suffix       = data.aws_partition.current.dns_suffix

  has_key              = var.kms_key_arn != ""
  makes_key            = var.kms_key_arn == "create"
  key_arn              = local.has_key ? (local.makes_key ? aws_kms_key.key[0].arn : var.kms_key_arn) : null
  has_tick_topic       = var.tick_topic_arn != ""
  own_tick             = !local.has_tick_topic
  has_organization     = var.organization_id != ""
  has_image_parameters = length(var.image_parameter_arns) > 0
  updates_spotd        = var.spotd_updates == "true"
  alarm_actions        = var.alarm_topic_arn == "" ? null : [var.alarm_topic_arn]

  role_prefix = "${var.role_name_prefix}${var.name}-"
  role_path   = var.role_path == "" ? null : var.role_path
  boundary    = var.permissions_boundary_arn == "" ? null : var.permissions_boundary_arn
  tags        = { for pair in compact(split(",", var.resource_tags)) : split("=", pair)[0] => split("=", pair)[1] }

  # The tag by which groups opt in, or out.
  tag_parts    = split("=", "${var.tag}==")
  tag_key      = var.tag == "" ? "spot-enabled" : local.tag_parts[0]
  tag_value    = var.tag == "" ? (var.scope == "opt-out" ? "false" : "true") : local.tag_parts[1]
  tag_operator = var.scope == "opt-out" ? "StringNotEquals" : "StringEquals"

  groups       = "arn:${local.partition}:autoscaling:${local.region}:${local.account}:autoScalingGroup:*:autoScalingGroupName/*"
  group_change = ["autoscaling:AttachInstances", "autoscaling:SetDesiredCapacity", "autoscaling:SetInstanceProtection", "autoscaling:TerminateInstanceInAutoScalingGroup", "autoscaling:UpdateAutoScalingGroup"]
  opted_in     = { (local.tag_operator) = { ("autoscaling:ResourceTag/${local.tag_key}") = local.tag_value } }
  marked       = { StringLike = { "autoscaling:ResourceTag/autospotting:status" = "?*" } }
  only_status  = { "ForAllValues:StringEquals" = { "aws:TagKeys" = ["autospotting:status"] }, Null = { "aws:TagKeys" = "false" } }
  groups_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "ServeGroups", Effect = "Allow", Action = local.group_change, Resource = local.groups, Condition = local.opted_in },
      { Sid = "TellOwners", Effect = "Allow", Action = ["autoscaling:CreateOrUpdateTags", "autoscaling:DeleteTags"], Resource = local.groups, Condition = merge(local.opted_in, local.only_status) },
      { Sid = "LeaveGroups", Effect = "Allow", Action = local.group_change, Resource = local.groups, Condition = local.marked },
      { Sid = "LeaveNoTag", Effect = "Allow", Action = "autoscaling:DeleteTags", Resource = local.groups, Condition = merge(local.marked, local.only_status) },
    ]
  })
}
