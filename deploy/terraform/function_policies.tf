# What the function may do: one statement for each purpose, docs/iam.md says why.

resource "aws_iam_role_policy" "function_role_own_parts" {
  name = "own-parts"
  role = aws_iam_role.function_role.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "WriteTheLog"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${var.name}:*"
        },
        {
          Sid      = "TakeMessages"
          Effect   = "Allow"
          Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
          Resource = [aws_sqs_queue.inbox.arn, aws_sqs_queue.changes.arn, aws_sqs_queue.work.arn]
        },
        {
          Sid      = "SendMessages"
          Effect   = "Allow"
          Action   = "sqs:SendMessage"
          Resource = [aws_sqs_queue.inbox.arn, aws_sqs_queue.work.arn]
        },
        {
          Sid      = "KeepTheLedger"
          Effect   = "Allow"
          Action   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:Scan", "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"]
          Resource = aws_dynamodb_table.ledger.arn
        },
      ],
      local.has_key ? [{
        Sid      = "UseTheStacksKey"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = local.key_arn
      }] : [],
    )
  })
}

resource "aws_iam_role_policy" "function_role_observe" {
  name = "observe"
  role = aws_iam_role.function_role.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid    = "Observe"
          Effect = "Allow"
          Action = [
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeAutoScalingInstances",
            "autoscaling:DescribeInstanceRefreshes",
            "autoscaling:DescribeLaunchConfigurations",
            "autoscaling:DescribeLifecycleHooks",
            "autoscaling:DescribeScalingActivities",
            "ec2:DescribeImages",
            "ec2:DescribeInstanceStatus",
            "ec2:DescribeInstanceTypeOfferings",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInstances",
            "ec2:DescribeLaunchTemplateVersions",
            "ec2:DescribePlacementGroups",
            "ec2:DescribeSpotInstanceRequests",
            "ec2:DescribeSpotPriceHistory",
            "ec2:DescribeSubnets",
            "ec2:DescribeVolumes",
            "elasticbeanstalk:DescribeEnvironments",
            "elasticloadbalancing:DescribeInstanceHealth",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            "elasticloadbalancing:DescribeTargetHealth",
            "events:ListRules",
            "pricing:GetProducts",
            "servicequotas:ListServiceQuotas",
            "vpc-lattice:ListTargets",
          ]
          Resource = "*"
        },
        {
          Sid      = "ReadInstanceAttributes"
          Effect   = "Allow"
          Action   = "ec2:DescribeInstanceAttribute"
          Resource = "arn:${local.partition}:ec2:${local.region}:${local.account}:instance/*"
        },
        {
          Sid      = "ReadTargetsOfRules"
          Effect   = "Allow"
          Action   = "events:ListTargetsByRule"
          Resource = "arn:${local.partition}:events:${local.region}:${local.account}:rule/*"
        },
        {
          Sid      = "ReadStacksOfGroups"
          Effect   = "Allow"
          Action   = "cloudformation:DescribeStacks"
          Resource = "arn:${local.partition}:cloudformation:${local.region}:${local.account}:stack/*"
        },
        {
          Sid    = "DrainHosts"
          Effect = "Allow"
          Action = [
            "ecs:DescribeContainerInstances",
            "ecs:ListContainerInstances",
            "ecs:UpdateContainerInstancesState",
          ]
          Resource = [
            "arn:${local.partition}:ecs:${local.region}:${local.account}:cluster/*",
            "arn:${local.partition}:ecs:${local.region}:${local.account}:container-instance/*",
          ]
        },
        {
          Sid      = "ReadImageParameters"
          Effect   = "Allow"
          Action   = "ssm:GetParameters"
          Resource = "arn:${local.partition}:ssm:${local.region}::parameter/aws/service/*"
        },
      ],
      local.has_image_parameters ? [{
        Sid      = "ReadOwnImageParameters"
        Effect   = "Allow"
        Action   = "ssm:GetParameters"
        Resource = var.image_parameter_arns
      }] : [],
    )
  })
}

resource "aws_iam_role_policy" "function_role_launch" {
  name = "launch"
  role = aws_iam_role.function_role.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "MakeTemplates"
        Effect    = "Allow"
        Action    = "ec2:CreateLaunchTemplate"
        Resource  = "arn:${local.partition}:ec2:${local.region}:${local.account}:launch-template/*"
        Condition = { StringLike = { "aws:RequestTag/autospotting-group" = "?*" } }
      },
      {
        Sid       = "ChangeOurTemplates"
        Effect    = "Allow"
        Action    = ["ec2:CreateLaunchTemplateVersion", "ec2:DeleteLaunchTemplateVersions", "ec2:DeleteLaunchTemplate"]
        Resource  = "arn:${local.partition}:ec2:${local.region}:${local.account}:launch-template/*"
        Condition = { StringLike = { "aws:ResourceTag/autospotting-group" = "?*" } }
      },
      {
        Sid       = "LaunchOurTemplates"
        Effect    = "Allow"
        Action    = ["ec2:CreateFleet", "ec2:RunInstances"]
        Resource  = "arn:${local.partition}:ec2:${local.region}:${local.account}:launch-template/*"
        Condition = { StringLike = { "aws:ResourceTag/autospotting-group" = "?*" } }
      },
      {
        Sid    = "LaunchOnlyWithOurTag"
        Effect = "Allow"
        Action = ["ec2:CreateFleet", "ec2:RunInstances"]
        Resource = [
          "arn:${local.partition}:ec2:${local.region}:${local.account}:instance/*",
          "arn:${local.partition}:ec2:${local.region}:${local.account}:fleet/*",
        ]
        Condition = { StringLike = { "aws:RequestTag/autospotting-group" = "?*" } }
      },
      {
        Sid    = "LaunchWithWhatTheTemplateNames"
        Effect = "Allow"
        Action = ["ec2:CreateFleet", "ec2:RunInstances"]
        Resource = [
          "arn:${local.partition}:ec2:${local.region}:*:capacity-reservation/*",
          "arn:${local.partition}:ec2:${local.region}:*:image/*",
          "arn:${local.partition}:ec2:${local.region}:*:key-pair/*",
          "arn:${local.partition}:ec2:${local.region}:*:network-interface/*",
          "arn:${local.partition}:ec2:${local.region}:*:placement-group/*",
          "arn:${local.partition}:ec2:${local.region}:*:security-group/*",
          "arn:${local.partition}:ec2:${local.region}:*:snapshot/*",
          "arn:${local.partition}:ec2:${local.region}:*:spot-instances-request/*",
          "arn:${local.partition}:ec2:${local.region}:*:subnet/*",
          "arn:${local.partition}:ec2:${local.region}:*:volume/*",
          "arn:${local.partition}:license-manager:${local.region}:*:license-configuration:*",
        ]
      },
      {
        Sid    = "TagWhatIsMade"
        Effect = "Allow"
        Action = "ec2:CreateTags"
        Resource = [
          "arn:${local.partition}:ec2:${local.region}:${local.account}:fleet/*",
          "arn:${local.partition}:ec2:${local.region}:${local.account}:instance/*",
          "arn:${local.partition}:ec2:${local.region}:${local.account}:launch-template/*",
          "arn:${local.partition}:ec2:${local.region}:${local.account}:network-interface/*",
          "arn:${local.partition}:ec2:${local.region}:${local.account}:volume/*",
        ]
        Condition = {
          StringEquals = { "ec2:CreateAction" = ["CreateFleet", "CreateLaunchTemplate", "RunInstances"] }
        }
      },
      {
        Sid       = "LetSpotBeUsedForTheFirstTime"
        Effect    = "Allow"
        Action    = "iam:CreateServiceLinkedRole"
        Resource  = "arn:${local.partition}:iam::${local.account}:role/aws-service-role/*"
        Condition = { StringEquals = { "iam:AWSServiceName" = ["spot.amazonaws.com", "ec2fleet.amazonaws.com"] } }
      },
      {
        Sid    = "EncryptVolumes"
        Effect = "Allow"
        Action = [
          "kms:Decrypt",
          "kms:DescribeKey",
          "kms:GenerateDataKeyWithoutPlaintext",
          "kms:ReEncryptFrom",
          "kms:ReEncryptTo",
        ]
        Resource  = "arn:${local.partition}:kms:${local.region}:*:key/*"
        Condition = { StringEquals = { "kms:ViaService" = "ec2.${local.region}.${local.suffix}" } }
      },
      {
        Sid      = "LetVolumesBeAttached"
        Effect   = "Allow"
        Action   = "kms:CreateGrant"
        Resource = "arn:${local.partition}:kms:${local.region}:*:key/*"
        Condition = {
          StringEquals = { "kms:ViaService" = "ec2.${local.region}.${local.suffix}" }
          Bool         = { "kms:GrantIsForAWSResource" = "true" }
        }
      },
      {
        Sid      = "TerminateOurs"
        Effect   = "Allow"
        Action   = "ec2:TerminateInstances"
        Resource = "arn:${local.partition}:ec2:${local.region}:${local.account}:instance/*"
        Condition = {
          StringLike = { "aws:ResourceTag/autospotting-group" = "?*", "aws:ResourceTag/aws:ec2:fleet-id" = "?*" }
        }
      },
      {
        Sid      = "UntagOurs"
        Effect   = "Allow"
        Action   = "ec2:DeleteTags"
        Resource = "arn:${local.partition}:ec2:${local.region}:${local.account}:instance/*"
        Condition = {
          StringLike                  = { "aws:ResourceTag/autospotting-group" = "?*" }
          "ForAllValues:StringEquals" = { "aws:TagKeys" = ["autospotting-group", "autospotting-launch"] }
          Null                        = { "aws:TagKeys" = "false" }
        }
      },
      {
        Sid      = "AskMembersToDrain"
        Effect   = "Allow"
        Action   = ["ec2:CreateTags", "ec2:DeleteTags"]
        Resource = "arn:${local.partition}:ec2:${local.region}:${local.account}:instance/*"
        Condition = {
          StringLike                  = { "aws:ResourceTag/aws:autoscaling:groupName" = "?*" }
          "ForAllValues:StringEquals" = { "aws:TagKeys" = ["autospotting-drain"] }
          Null                        = { "aws:TagKeys" = "false" }
        }
      },
      {
        Sid      = "AskOursToDrain"
        Effect   = "Allow"
        Action   = ["ec2:CreateTags", "ec2:DeleteTags"]
        Resource = "arn:${local.partition}:ec2:${local.region}:${local.account}:instance/*"
        Condition = {
          StringLike                  = { "aws:ResourceTag/autospotting-group" = "?*" }
          "ForAllValues:StringEquals" = { "aws:TagKeys" = ["autospotting-drain"] }
          Null                        = { "aws:TagKeys" = "false" }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "function_role_groups" {
  name   = "groups"
  role   = aws_iam_role.function_role.name
  policy = local.groups_policy
}
