# What works: function, ledger, log.

resource "aws_dynamodb_table" "ledger" {
  name         = "autospotting-ledger"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "asg"
  attribute {
    name = "asg"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
  dynamic "server_side_encryption" {
    for_each = local.has_key ? [local.key_arn] : []
    content {
      enabled     = true
      kms_key_arn = server_side_encryption.value
    }
  }
  tags = local.tags
}

resource "aws_cloudwatch_log_group" "log" {
  # checkov:skip=CKV_AWS_338:log_retention_days says how long, which is the owner's to decide
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.key_arn
  tags              = local.tags
}

resource "aws_lambda_function" "function" {
  # checkov:skip=CKV_AWS_115:Concurrency that is set aside is taken from the account, and too little of it holds back notices; the throttles have an alarm
  # checkov:skip=CKV_AWS_116:It is called by its queues, which have dead-letter queues themselves
  # checkov:skip=CKV_AWS_117:It calls the APIs of AWS alone, and a VPC would need a way out for each
  # checkov:skip=CKV_AWS_272:Lambda signs zips with AWS Signer profiles of one account; releases are signed with keys of their own (docs/releases.md)
  # checkov:skip=CKV_AWS_50:The log and the metrics tell of every run; tracing would need rights that the function does not have
  function_name = var.name
  description   = "AutoSpotting ${split("/", "${var.function_key}//")[1]}"
  runtime       = "provided.al2023"
  handler       = "bootstrap"
  architectures = [var.architecture]
  role          = aws_iam_role.function_role.arn
  timeout       = 30
  memory_size   = 512
  s3_bucket     = var.artifact_bucket
  s3_key        = var.function_key
  kms_key_arn   = local.key_arn
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.log.name
  }
  environment {
    variables = {
      AUTOSPOTTING_INBOX_URL                 = aws_sqs_queue.inbox.url
      AUTOSPOTTING_CHANGES_URL               = aws_sqs_queue.changes.url
      AUTOSPOTTING_WORK_URL                  = aws_sqs_queue.work.url
      AUTOSPOTTING_TABLE                     = aws_dynamodb_table.ledger.name
      AUTOSPOTTING_REPORTS_TOPIC             = aws_sns_topic.reports_topic.arn
      AUTOSPOTTING_EVENTS_TOPIC              = aws_sns_topic.events_topic.arn
      AUTOSPOTTING_TICK_TOPIC                = var.tick_topic_arn
      AUTOSPOTTING_TAG                       = var.tag
      AUTOSPOTTING_SCOPE                     = var.scope
      AUTOSPOTTING_RELEASE_URL               = var.release_url
      AUTOSPOTTING_SPOTD_SHA256              = var.spotd_sha256
      AUTOSPOTTING_SPOTD_UPDATE_CHANNEL      = local.updates_spotd ? var.update_channel : ""
      AUTOSPOTTING_SPOTD_UPDATE_KEYS         = var.update_keys
      AUTOSPOTTING_INSTANCE_PROFILE          = aws_iam_instance_profile.instance_profile.arn
      AUTOSPOTTING_RESOURCE_TAGS             = var.resource_tags
      AUTOSPOTTING_LOG_LEVEL                 = var.log_level
      AUTOSPOTTING_METRICS                   = var.metrics
      AUTOSPOTTING_KEEP_ON_DEMAND            = var.keep_on_demand
      AUTOSPOTTING_SWAPS_AT_ONCE             = var.swaps_at_once
      AUTOSPOTTING_ALLOWED_INSTANCE_TYPES    = var.allowed_instance_types
      AUTOSPOTTING_DISALLOWED_INSTANCE_TYPES = var.disallowed_instance_types
      AUTOSPOTTING_ALLOW_BURSTABLE           = var.allow_burstable
      AUTOSPOTTING_CURRENT_GENERATION_ONLY   = var.current_generation_only
      AUTOSPOTTING_MARGIN                    = var.margin
      AUTOSPOTTING_GRACE                     = var.grace
      AUTOSPOTTING_PROBE                     = var.probe
      AUTOSPOTTING_SPOTD                     = var.spotd
      AUTOSPOTTING_BOOT_LIMIT                = var.boot_limit
      AUTOSPOTTING_DRAIN                     = var.drain
      AUTOSPOTTING_DWELL                     = var.dwell
      AUTOSPOTTING_CRON_SCHEDULE             = var.cron_schedule
      AUTOSPOTTING_CRON_TIMEZONE             = var.cron_timezone
      AUTOSPOTTING_CRON_SCHEDULE_STATE       = var.cron_schedule_state
      AUTOSPOTTING_ALLOW_MAX_SIZE_ONE        = var.allow_max_size_one
      AUTOSPOTTING_SKIP_LAUNCH_HOOKS         = var.skip_launch_hooks
      AUTOSPOTTING_ATTACH                    = var.attach
      AUTOSPOTTING_DRAIN_WITH                = var.drain_with
      AUTOSPOTTING_ACCEPT                    = var.accept
      AUTOSPOTTING_GP2_CONVERSION_THRESHOLD  = var.gp2_conversion_threshold
      AUTOSPOTTING_MINIMAL_PROFILE           = var.minimal_profile
      AUTOSPOTTING_STATUS_TAG                = var.status_tag
    }
  }
  tags = local.tags
  lifecycle {
    precondition {
      condition     = var.update_channel == "" || var.update_keys != ""
      error_message = "update_channel needs update_keys."
    }
  }
}

resource "aws_lambda_event_source_mapping" "inbox_mapping" {
  function_name           = aws_lambda_function.function.arn
  event_source_arn        = aws_sqs_queue.inbox.arn
  batch_size              = 10
  function_response_types = ["ReportBatchItemFailures"]
  tags                    = local.tags
  depends_on              = [aws_iam_role_policy.function_role_own_parts]
}

resource "aws_lambda_event_source_mapping" "changes_mapping" {
  function_name                      = aws_lambda_function.function.arn
  event_source_arn                   = aws_sqs_queue.changes.arn
  batch_size                         = 1000
  maximum_batching_window_in_seconds = 5
  function_response_types            = ["ReportBatchItemFailures"]
  tags                               = local.tags
  scaling_config {
    maximum_concurrency = 5
  }
  depends_on = [aws_iam_role_policy.function_role_own_parts]
}

resource "aws_lambda_event_source_mapping" "work_mapping" {
  function_name           = aws_lambda_function.function.arn
  event_source_arn        = aws_sqs_queue.work.arn
  batch_size              = 1
  function_response_types = ["ReportBatchItemFailures"]
  tags                    = local.tags
  scaling_config {
    maximum_concurrency = 100
  }
  depends_on = [aws_iam_role_policy.function_role_own_parts]
}
