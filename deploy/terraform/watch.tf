# What people look at.

resource "aws_cloudwatch_metric_alarm" "inbox_dead_letters_alarm" {
  alarm_name          = "${var.name}-inbox-dead-letters"
  alarm_description   = "Something was lost on its way to the coordinator, or crashes it: spotctl dead-letters says what"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.inbox_dead_letters.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "work_dead_letters_alarm" {
  alarm_name          = "${var.name}-work-dead-letters"
  alarm_description   = "A group's reconcile crashes: spotctl dead-letters says whose"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.work_dead_letters.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "inbox_age_alarm" {
  alarm_name          = "${var.name}-inbox-age"
  alarm_description   = "Messages wait longer than a notice lasts"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = aws_sqs_queue.inbox.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  threshold           = 120
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "work_age_alarm" {
  alarm_name          = "${var.name}-work-age"
  alarm_description   = "Groups wait to be reconciled longer than a notice lasts"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = aws_sqs_queue.work.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  threshold           = 120
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "errors_alarm" {
  alarm_name          = "${var.name}-errors"
  alarm_description   = "The function crashes or runs out of time"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.function.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "throttles_alarm" {
  alarm_name          = "${var.name}-throttles"
  alarm_description   = "The account's concurrency leaves the function no room"
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = aws_lambda_function.function.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "orphans_alarm" {
  alarm_name          = "${var.name}-orphans"
  alarm_description   = "Instances of ours that no record wanted were terminated"
  namespace           = "AutoSpotting"
  metric_name         = "OrphansTerminated"
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "capacity_deficit_alarm" {
  alarm_name          = "${var.name}-capacity-deficit"
  alarm_description   = "Groups have fewer instances than they want, at three ticks in a row"
  namespace           = "AutoSpotting"
  metric_name         = "CapacityDeficit"
  statistic           = "Maximum"
  period              = var.deficit_period
  evaluation_periods  = 3
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "debt_age_alarm" {
  alarm_name          = "${var.name}-debt-age"
  alarm_description   = "A raised desired capacity is not paid back for an hour"
  namespace           = "AutoSpotting"
  metric_name         = "OldestDebtAge"
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 3600
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "lease_age_alarm" {
  alarm_name          = "${var.name}-lease-age"
  alarm_description   = "A raised MaxSize is not given back for an hour"
  namespace           = "AutoSpotting"
  metric_name         = "OldestLeaseAge"
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 3600
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = local.tags
}

resource "aws_cloudwatch_dashboard" "dashboard" {
  dashboard_name = "${var.name}-${local.region}"
  dashboard_body = <<-JSON
    {"widgets":[
      {"type":"metric","x":0,"y":0,"width":8,"properties":{"title":"Saved by a group, USD an hour, on average","region":"${local.region}","stat":"Average","period":300,"metrics":[["AutoSpotting","SavingsPerHour"]]}},
      {"type":"metric","x":8,"y":0,"width":8,"properties":{"title":"Swaps","region":"${local.region}","stat":"Sum","period":300,"metrics":[["AutoSpotting","SwapsStarted"],["AutoSpotting","SwapsFinished"]]}},
      {"type":"metric","x":16,"y":0,"width":8,"properties":{"title":"Notices and what was asked for them","region":"${local.region}","stat":"Sum","period":300,"metrics":[["AutoSpotting","NoticesHeard"],["AutoSpotting","ReplacementsRequested"]]}},
      {"type":"metric","x":0,"y":6,"width":8,"properties":{"title":"Below what groups want, instances","region":"${local.region}","stat":"Maximum","period":300,"metrics":[["AutoSpotting","CapacityDeficit"]]}},
      {"type":"metric","x":8,"y":6,"width":8,"properties":{"title":"Owed: open debts","region":"${local.region}","stat":"Maximum","period":300,"metrics":[["AutoSpotting","OpenDebts"]]}},
      {"type":"metric","x":16,"y":6,"width":8,"properties":{"title":"Owed: oldest debt and lease, seconds","region":"${local.region}","stat":"Maximum","period":300,"metrics":[["AutoSpotting","OldestDebtAge"],["AutoSpotting","OldestLeaseAge"]]}},
      {"type":"metric","x":0,"y":12,"width":8,"properties":{"title":"Failures and orphans","region":"${local.region}","stat":"Sum","period":300,"metrics":[["AutoSpotting","Failures"],["AutoSpotting","OrphansTerminated"]]}},
      {"type":"metric","x":8,"y":12,"width":8,"properties":{"title":"Oldest message, seconds","region":"${local.region}","stat":"Maximum","period":60,"metrics":[["AWS/SQS","ApproximateAgeOfOldestMessage","QueueName","${aws_sqs_queue.inbox.name}"],["AWS/SQS","ApproximateAgeOfOldestMessage","QueueName","${aws_sqs_queue.work.name}"]]}},
      {"type":"metric","x":16,"y":12,"width":8,"properties":{"title":"Dead letters","region":"${local.region}","stat":"Maximum","period":300,"metrics":[["AWS/SQS","ApproximateNumberOfMessagesVisible","QueueName","${aws_sqs_queue.inbox_dead_letters.name}"],["AWS/SQS","ApproximateNumberOfMessagesVisible","QueueName","${aws_sqs_queue.work_dead_letters.name}"]]}},
      {"type":"metric","x":0,"y":18,"width":12,"properties":{"title":"Invocations, errors, throttles","region":"${local.region}","stat":"Sum","period":300,"metrics":[["AWS/Lambda","Invocations","FunctionName","${aws_lambda_function.function.function_name}"],["AWS/Lambda","Errors","FunctionName","${aws_lambda_function.function.function_name}"],["AWS/Lambda","Throttles","FunctionName","${aws_lambda_function.function.function_name}"]]}},
      {"type":"metric","x":12,"y":18,"width":12,"properties":{"title":"Duration, milliseconds","region":"${local.region}","stat":"p99","period":300,"metrics":[["AWS/Lambda","Duration","FunctionName","${aws_lambda_function.function.function_name}"]]}}
    ]}
  JSON
}
