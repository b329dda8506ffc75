# Who may do what; docs/iam.md gives the reason for each action.

resource "aws_iam_role" "scheduler_role" {
  name_prefix = local.role_prefix
  description = "The tick of AutoSpotting"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "scheduler.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
    ]
  })
  path                 = local.role_path
  permissions_boundary = local.boundary
  tags                 = local.tags
}

resource "aws_iam_role_policy" "scheduler_role_tick" {
  name = "tick"
  role = aws_iam_role.scheduler_role.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "Tick"
          Effect   = "Allow"
          Action   = "sns:Publish"
          Resource = aws_sns_topic.events_topic.arn
        },
        {
          Sid      = "LeaveWhatCannotBeDelivered"
          Effect   = "Allow"
          Action   = "sqs:SendMessage"
          Resource = aws_sqs_queue.inbox_dead_letters.arn
        },
      ],
      local.has_key ? [{
        Sid      = "EncryptTheTick"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = local.key_arn
      }] : [],
    )
  })
}

resource "aws_iam_role" "function_role" {
  name_prefix = local.role_prefix
  description = "The coordinator of AutoSpotting"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "lambda.amazonaws.com" }
        Action    = "sts:AssumeRole"
      },
    ]
  })
  path                 = local.role_path
  permissions_boundary = local.boundary
  tags                 = local.tags
}

resource "aws_iam_role_policy_attachment" "function_role_instance_roles_policy" {
  role       = aws_iam_role.function_role.name
  policy_arn = aws_iam_policy.instance_roles_policy.arn
}

resource "aws_iam_policy" "instance_roles_policy" {
  name_prefix = local.role_prefix
  description = "The roles that AutoSpotting may give to instances"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "GiveInstancesTheirRole"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = concat([aws_iam_role.instance_role.arn], var.instance_role_arns)
        Condition = { StringEquals = { "iam:PassedToService" = ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"] } }
      },
    ]
  })
  path = local.role_path
  tags = local.tags
}

resource "aws_iam_role" "instance_role" {
  name_prefix = local.role_prefix
  description = "Instances without a role of their own that AutoSpotting launches"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "ec2.${local.suffix}" }
        Action    = "sts:AssumeRole"
      },
    ]
  })
  path                 = local.role_path
  permissions_boundary = local.boundary
  tags                 = local.tags
}

resource "aws_iam_role_policy" "instance_role_spotd" {
  name = "spotd"
  role = aws_iam_role.instance_role.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Report"
        Effect   = "Allow"
        Action   = "sns:Publish"
        Resource = aws_sns_topic.reports_topic.arn
      },
      {
        Sid    = "DownloadSpotd"
        Effect = "Allow"
        Action = "s3:GetObject"
        Resource = [
          "arn:${local.partition}:s3:::${var.artifact_bucket}/spotd/*",
          "arn:${local.partition}:s3:::${var.artifact_bucket}/channel/*",
        ]
      },
    ]
  })
}

resource "aws_iam_instance_profile" "instance_profile" {
  name_prefix = local.role_prefix
  role        = aws_iam_role.instance_role.name
  path        = local.role_path
  tags        = local.tags
}
