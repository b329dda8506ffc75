output "inbox_url" {
  value = aws_sqs_queue.inbox.url
}

output "changes_url" {
  value = aws_sqs_queue.changes.url
}

output "work_url" {
  value = aws_sqs_queue.work.url
}

output "inbox_dead_letters_url" {
  value = aws_sqs_queue.inbox_dead_letters.url
}

output "work_dead_letters_url" {
  value = aws_sqs_queue.work_dead_letters.url
}

output "reports_topic_arn" {
  value = aws_sns_topic.reports_topic.arn
}

output "events_topic_arn" {
  value = aws_sns_topic.events_topic.arn
}

output "table_name" {
  value = aws_dynamodb_table.ledger.name
}

output "function_name" {
  value = aws_lambda_function.function.function_name
}

output "function_arn" {
  value = aws_lambda_function.function.arn
}

output "log_group_name" {
  value = aws_cloudwatch_log_group.log.name
}

output "dashboard_name" {
  value = aws_cloudwatch_dashboard.dashboard.dashboard_name
}

output "instance_profile_arn" {
  value = aws_iam_instance_profile.instance_profile.arn
}
