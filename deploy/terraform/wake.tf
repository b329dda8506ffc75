# What wakes it: EventBridge and the Scheduler.

resource "aws_cloudwatch_event_rule" "interruption_rule" {
  name        = "${var.name}-interruption"
  description = "AWS takes a spot instance in two minutes, or recommends to leave it"
  event_pattern = jsonencode({
    source        = ["aws.ec2"]
    "detail-type" = ["EC2 Spot Instance Interruption Warning", "EC2 Instance Rebalance Recommendation"]
  })
  tags = local.tags
}

resource "aws_cloudwatch_event_target" "interruption_rule" {
  rule      = aws_cloudwatch_event_rule.interruption_rule.name
  target_id = "inbox"
  arn       = aws_sqs_queue.inbox.arn
  retry_policy {
    maximum_event_age_in_seconds = 300
    maximum_retry_attempts       = 185
  }
  dead_letter_config {
    arn = aws_sqs_queue.inbox_dead_letters.arn
  }
  depends_on = [aws_sqs_queue_policy.inbox_policy, aws_sqs_queue_policy.inbox_dead_letters_policy]
}

resource "aws_cloudwatch_event_rule" "state_change_rule" {
  name          = "${var.name}-state-change"
  description   = "An instance starts, runs, stops or ends"
  event_pattern = jsonencode({ source = ["aws.ec2"], "detail-type" = ["EC2 Instance State-change Notification"] })
  tags          = local.tags
}

resource "aws_cloudwatch_event_target" "state_change_rule" {
  rule      = aws_cloudwatch_event_rule.state_change_rule.name
  target_id = "events"
  arn       = aws_sns_topic.events_topic.arn
  retry_policy {
    maximum_event_age_in_seconds = 300
    maximum_retry_attempts       = 185
  }
  dead_letter_config {
    arn = aws_sqs_queue.inbox_dead_letters.arn
  }
  depends_on = [aws_sns_topic_policy.events_topic_policy, aws_sns_topic_subscription.events_to_inbox, aws_sns_topic_subscription.events_to_changes]
}

resource "aws_cloudwatch_event_rule" "auto_scaling_rule" {
  name        = "${var.name}-auto-scaling"
  description = "A group launches or terminates, or waits in a lifecycle hook"
  event_pattern = jsonencode({
    source = ["aws.autoscaling"]
    "detail-type" = [
      "EC2 Instance Launch Successful",
      "EC2 Instance Launch Unsuccessful",
      "EC2 Instance Terminate Successful",
      "EC2 Instance Terminate Unsuccessful",
      "EC2 Instance-launch Lifecycle Action",
      "EC2 Instance-terminate Lifecycle Action",
    ]
  })
  tags = local.tags
}

resource "aws_cloudwatch_event_target" "auto_scaling_rule" {
  rule      = aws_cloudwatch_event_rule.auto_scaling_rule.name
  target_id = "events"
  arn       = aws_sns_topic.events_topic.arn
  retry_policy {
    maximum_event_age_in_seconds = 300
    maximum_retry_attempts       = 185
  }
  dead_letter_config {
    arn = aws_sqs_queue.inbox_dead_letters.arn
  }
  depends_on = [aws_sns_topic_policy.events_topic_policy, aws_sns_topic_subscription.events_to_inbox, aws_sns_topic_subscription.events_to_changes]
}

resource "aws_scheduler_schedule" "tick" {
  # checkov:skip=CKV_AWS_297:A tick says nothing that a key could hide
  count               = local.own_tick ? 1 : 0
  name                = "${var.name}-tick"
  description         = "Lets every group that has something to do be looked at"
  schedule_expression = var.tick_rate
  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = aws_sns_topic.events_topic.arn
    role_arn = aws_iam_role.scheduler_role.arn
    input    = "{\"version\":\"0\",\"id\":\"<aws.scheduler.execution-id>\",\"detail-type\":\"Scheduled Event\",\"source\":\"aws.scheduler\",\"account\":\"${local.account}\",\"time\":\"<aws.scheduler.scheduled-time>\",\"region\":\"${local.region}\",\"resources\":[\"<aws.scheduler.schedule-arn>\"],\"detail\":{}}"
    retry_policy {
      maximum_event_age_in_seconds = 300
      maximum_retry_attempts       = 10
    }
    dead_letter_config {
      arn = aws_sqs_queue.inbox_dead_letters.arn
    }
  }
  depends_on = [aws_sns_topic_policy.events_topic_policy, aws_sns_topic_subscription.events_to_inbox]
}
