# Made by the README's command before: terraform runs no commands.
data "archive_file" "function" {
  type        = "zip"
  source_dir  = "${path.module}/dist/${var.engine}"
  output_path = "${path.module}/dist/${var.engine}.zip"
}

resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${local.name}"
  retention_in_days = 7
}

resource "aws_iam_role" "function" {
  name = "${local.name}-function"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}
# Logs, and network interfaces in the VPC.
resource "aws_iam_role_policy_attachment" "function" {
  role       = aws_iam_role.function.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
}
resource "aws_iam_role_policy" "function" {
  name = "connect-as-user"
  role = aws_iam_role.function.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "rds-db:connect"
      Resource = "${local.db_users}:${element(split(":", aws_db_proxy.proxy.arn), 6)}/${local.user}"
    }]
  })
}

resource "aws_lambda_function" "place_order" {
  function_name                  = local.name
  role                           = aws_iam_role.function.arn
  filename                       = data.archive_file.function.output_path
  source_code_hash               = data.archive_file.function.output_base64sha256
  handler                        = "handler.handler"
  runtime                        = "nodejs24.x"
  architectures                  = ["arm64"]
  memory_size                    = 512
  timeout                        = 10
  reserved_concurrent_executions = var.reserved_concurrency
  depends_on                     = [aws_iam_role_policy_attachment.function]

  environment {
    variables = {
      RDS_PROXY_ENDPOINT = aws_db_proxy.proxy.endpoint
      RDS_PROXY_USER     = local.user
      RDS_PROXY_DATABASE = local.database
    }
  }
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.function.name
  }
  vpc_config {
    subnet_ids         = aws_subnet.isolated[*].id
    security_group_ids = [aws_security_group.function.id]
  }
}

# Another version of Node.js ignores the code cache, so Lambda updates it with a deployment only.
resource "aws_lambda_runtime_management_config" "place_order" {
  function_name     = aws_lambda_function.place_order.function_name
  update_runtime_on = "FunctionUpdate"
}
