# The way of a message: topics, inbox, work. What is why stands in deploy/stack/autospotting.yaml, to which a test keeps this equal.

resource "aws_sns_topic" "reports_topic" {
  name              = "${var.name}-reports"
  display_name      = "AutoSpotting reports"
  kms_master_key_id = local.key_arn
  tags              = local.tags
}

resource "aws_sns_topic_policy" "reports_topic_policy" {
  arn = aws_sns_topic.reports_topic.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AnybodyOfThisAccountReports"
        Effect    = "Allow"
        Principal = { AWS = "*" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.reports_topic.arn
        Condition = { StringEquals = { "aws:PrincipalAccount" = local.account } }
      },
      {
        Sid       = "OnlyEncryptedOnTheWay"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.reports_topic.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "reports_to_inbox" {
  topic_arn           = aws_sns_topic.reports_topic.arn
  protocol            = "sqs"
  endpoint            = aws_sqs_queue.inbox.arn
  filter_policy_scope = "MessageBody"
  filter_policy       = jsonencode({ kind = [{ "anything-but" = local.slow_reports }] })
  redrive_policy      = jsonencode({ deadLetterTargetArn = aws_sqs_queue.inbox_dead_letters.arn })
  depends_on          = [aws_sqs_queue_policy.inbox_policy, aws_sqs_queue_policy.inbox_dead_letters_policy]
}

resource "aws_sns_topic_subscription" "reports_to_changes" {
  topic_arn           = aws_sns_topic.reports_topic.arn
  protocol            = "sqs"
  endpoint            = aws_sqs_queue.changes.arn
  filter_policy_scope = "MessageBody"
  filter_policy       = jsonencode({ kind = local.slow_reports })
  redrive_policy      = jsonencode({ deadLetterTargetArn = aws_sqs_queue.inbox_dead_letters.arn })
  depends_on          = [aws_sqs_queue_policy.changes_policy, aws_sqs_queue_policy.inbox_dead_letters_policy]
}

resource "aws_sns_topic" "events_topic" {
  name              = "${var.name}-events"
  display_name      = "AutoSpotting events"
  kms_master_key_id = local.key_arn
  tags              = local.tags
}

resource "aws_sns_topic_policy" "events_topic_policy" {
  arn = aws_sns_topic.events_topic.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "EventBridgePublishes"
          Effect    = "Allow"
          Principal = { Service = "events.amazonaws.com" }
          Action    = "sns:Publish"
          Resource  = aws_sns_topic.events_topic.arn
        },
        {
          Sid       = "TheSchedulerPublishes"
          Effect    = "Allow"
          Principal = { AWS = aws_iam_role.scheduler_role.arn }
          Action    = "sns:Publish"
          Resource  = aws_sns_topic.events_topic.arn
        },
        {
          Sid       = "NobodyElsePublishes"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sns:Publish"
          Resource  = aws_sns_topic.events_topic.arn
          Condition = {
            ArnNotEquals = { "aws:PrincipalArn" = aws_iam_role.scheduler_role.arn }
            Bool         = { "aws:PrincipalIsAWSService" = "false" }
          }
        },
      ],
      local.has_organization ? [{
        Sid       = "TheOrganizationSubscribes"
        Effect    = "Allow"
        Principal = { AWS = "*" }
        Action    = "sns:Subscribe"
        Resource  = aws_sns_topic.events_topic.arn
        Condition = { StringEquals = { "aws:PrincipalOrgID" = var.organization_id } }
      }] : [],
    )
  })
}

resource "aws_sns_topic_subscription" "events_to_inbox" {
  topic_arn           = aws_sns_topic.events_topic.arn
  protocol            = "sqs"
  endpoint            = aws_sqs_queue.inbox.arn
  filter_policy_scope = "MessageBody"
  filter_policy       = jsonencode({ "detail-type" = [{ "anything-but" = { prefix = "EC2 Instance " } }] })
  redrive_policy      = jsonencode({ deadLetterTargetArn = aws_sqs_queue.inbox_dead_letters.arn })
  depends_on          = [aws_sqs_queue_policy.inbox_policy, aws_sqs_queue_policy.inbox_dead_letters_policy]
}

resource "aws_sns_topic_subscription" "events_to_changes" {
  topic_arn           = aws_sns_topic.events_topic.arn
  protocol            = "sqs"
  endpoint            = aws_sqs_queue.changes.arn
  filter_policy_scope = "MessageBody"
  filter_policy       = jsonencode({ "detail-type" = [{ prefix = "EC2 Instance " }] })
  redrive_policy      = jsonencode({ deadLetterTargetArn = aws_sqs_queue.inbox_dead_letters.arn })
  depends_on          = [aws_sqs_queue_policy.changes_policy, aws_sqs_queue_policy.inbox_dead_letters_policy]
}

resource "aws_sns_topic_subscription" "ticks_to_inbox" {
  count          = local.has_tick_topic ? 1 : 0
  topic_arn      = var.tick_topic_arn
  protocol       = "sqs"
  endpoint       = aws_sqs_queue.inbox.arn
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.inbox_dead_letters.arn })
  depends_on     = [aws_sqs_queue_policy.inbox_policy, aws_sqs_queue_policy.inbox_dead_letters_policy]
}

resource "aws_sqs_queue" "inbox" {
  name                       = "${var.name}-inbox"
  visibility_timeout_seconds = 40
  redrive_policy             = jsonencode({ deadLetterTargetArn = aws_sqs_queue.inbox_dead_letters.arn, maxReceiveCount = 5 })
  sqs_managed_sse_enabled    = local.has_key ? null : true
  kms_master_key_id          = local.key_arn
  tags                       = local.tags
}

resource "aws_sqs_queue" "changes" {
  name                       = "${var.name}-changes"
  visibility_timeout_seconds = 40
  redrive_policy             = jsonencode({ deadLetterTargetArn = aws_sqs_queue.inbox_dead_letters.arn, maxReceiveCount = 5 })
  sqs_managed_sse_enabled    = local.has_key ? null : true
  kms_master_key_id          = local.key_arn
  tags                       = local.tags
}

resource "aws_sqs_queue" "work" {
  name                        = "${var.name}-work.fifo"
  fifo_queue                  = true
  content_based_deduplication = false
  deduplication_scope         = "messageGroup"
  fifo_throughput_limit       = "perMessageGroupId"
  visibility_timeout_seconds  = 40
  redrive_policy              = jsonencode({ deadLetterTargetArn = aws_sqs_queue.work_dead_letters.arn, maxReceiveCount = 5 })
  sqs_managed_sse_enabled     = local.has_key ? null : true
  kms_master_key_id           = local.key_arn
  tags                        = local.tags
}

resource "aws_sqs_queue" "inbox_dead_letters" {
  name                      = "${var.name}-inbox-dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = local.has_key ? null : true
  kms_master_key_id         = local.key_arn
  tags                      = local.tags
}

resource "aws_sqs_queue" "work_dead_letters" {
  name                      = "${var.name}-work-dead-letters.fifo"
  fifo_queue                = true
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = local.has_key ? null : true
  kms_master_key_id         = local.key_arn
  tags                      = local.tags
}

resource "aws_sqs_queue_policy" "inbox_policy" {
  queue_url = aws_sqs_queue.inbox.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "BothTopicsDeliver"
        Effect    = "Allow"
        Principal = { Service = "sns.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.inbox.arn
        Condition = {
          ArnEquals = {
            "aws:SourceArn" = concat(
              [aws_sns_topic.reports_topic.arn, aws_sns_topic.events_topic.arn],
              local.has_tick_topic ? [var.tick_topic_arn] : [],
            )
          }
        }
      },
      {
        Sid       = "TheInterruptionRuleDelivers"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.inbox.arn
        Condition = {
          ArnEquals = { "aws:SourceArn" = "arn:${local.partition}:events:${local.region}:${local.account}:rule/${var.name}-interruption" }
        }
      },
    ]
  })
}

resource "aws_sqs_queue_policy" "changes_policy" {
  queue_url = aws_sqs_queue.changes.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "BothTopicsDeliver"
        Effect    = "Allow"
        Principal = { Service = "sns.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.changes.arn
        Condition = { ArnEquals = { "aws:SourceArn" = [aws_sns_topic.reports_topic.arn, aws_sns_topic.events_topic.arn] } }
      },
    ]
  })
}

resource "aws_sqs_queue_policy" "inbox_dead_letters_policy" {
  queue_url = aws_sqs_queue.inbox_dead_letters.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TopicsLeaveWhatTheyCannotDeliver"
        Effect    = "Allow"
        Principal = { Service = "sns.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.inbox_dead_letters.arn
        Condition = {
          ArnEquals = {
            "aws:SourceArn" = concat(
              [aws_sns_topic.reports_topic.arn, aws_sns_topic.events_topic.arn],
              local.has_tick_topic ? [var.tick_topic_arn] : [],
            )
          }
        }
      },
      {
        Sid       = "RulesLeaveWhatTheyCannotDeliver"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.inbox_dead_letters.arn
        Condition = {
          ArnLike = {
            "aws:SourceArn" = "arn:${local.partition}:events:${local.region}:${local.account}:rule/${var.name}-*"
          }
        }
      },
    ]
  })
}
