# Planned with a provider that answers nothing but what is made up: names, conditions and what the variables come to.

mock_provider "aws" {}

variables {
  artifact_bucket = "artifacts"
  function_key    = "function/v1/coordinator-arm64.zip"
}

run "defaults" {
  command = plan

  assert {
    condition     = aws_iam_role.function_role.name_prefix == "autospotting-" && length(aws_kms_key.key) == 0 && length(aws_scheduler_schedule.tick) == 1
    error_message = "Without anything said there is no key of our own, an own tick, and no rule of an organization."
  }
  assert {
    condition     = aws_sqs_queue.inbox.sqs_managed_sse_enabled == true && length(aws_sqs_queue.inbox.tags) == 0
    error_message = "The inbox is encrypted by SQS and carries no tags."
  }
}

run "rules_of_an_organization" {
  command = plan

  variables {
    kms_key_arn              = "create"
    organization_id          = "o-abcdefghij"
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/bounds"
    role_path                = "/team/"
    role_name_prefix         = "team-"
    resource_tags            = "CostCenter=42,owner=Team A"
    tick_topic_arn           = "arn:aws:sns:eu-west-1:210987654321:generator"
  }

  assert {
    condition = alltrue([for r in [aws_iam_role.function_role, aws_iam_role.scheduler_role, aws_iam_role.instance_role] :
    r.permissions_boundary == var.permissions_boundary_arn && r.path == "/team/" && r.name_prefix == "team-autospotting-" && r.tags["CostCenter"] == "42"])
    error_message = "Every role has boundary, path, prefix and tags."
  }
  assert {
    condition     = aws_iam_policy.instance_roles_policy.path == "/team/" && aws_iam_instance_profile.instance_profile.path == "/team/"
    error_message = "So have policy and instance profile."
  }
  assert {
    condition     = length(aws_kms_key.key) == 1 && length(aws_scheduler_schedule.tick) == 0 && length(aws_sns_topic_subscription.ticks_to_inbox) == 1
    error_message = "A key is made, and the generator ticks."
  }
  assert {
    condition     = aws_lambda_function.function.environment[0].variables["AUTOSPOTTING_RESOURCE_TAGS"] == var.resource_tags && aws_lambda_function.function.tags["owner"] == "Team A"
    error_message = "The function is tagged, and told to tag."
  }
}

run "what_no_tag_can_hold" {
  command = plan

  variables {
    resource_tags = "CostCenter"
  }

  expect_failures = [var.resource_tags]
}
