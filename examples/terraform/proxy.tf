# An RDS Proxy with end-to-end IAM: functions log in to it, and it logs in to the database, by tokens. There is no secret.
# Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-iam-setup.html

# Created here, since the log group that RDS creates has no retention limit.
resource "aws_cloudwatch_log_group" "proxy" {
  name              = "/aws/rds/proxy/${local.name}"
  retention_in_days = 7
}

resource "aws_iam_role" "proxy" {
  name = "${local.name}-proxy"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "rds.amazonaws.com" } }]
  })
}
resource "aws_iam_role_policy" "proxy" {
  name = "connect-as-user"
  role = aws_iam_role.proxy.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "rds-db:connect"
      Resource = "${local.db_users}:${aws_rds_cluster.database.cluster_resource_id}/${local.user}"
    }]
  })
}

resource "aws_db_proxy" "proxy" {
  name                   = local.name
  engine_family          = local.engine.family
  default_auth_scheme    = "IAM_AUTH"
  require_tls            = true
  role_arn               = aws_iam_role.proxy.arn
  vpc_subnet_ids         = aws_subnet.isolated[*].id
  vpc_security_group_ids = [aws_security_group.proxy.id]
  depends_on             = [aws_cloudwatch_log_group.proxy, aws_iam_role_policy.proxy]
}
resource "aws_db_proxy_default_target_group" "default" {
  db_proxy_name = aws_db_proxy.proxy.name

  connection_pool_config {
    # The rest is for administrators and migrations.
    max_connections_percent = 80
    # Below the function's timeout: a client that has gone needs no place in the queue.
    connection_borrow_timeout = 5
  }

  lifecycle {
    replace_triggered_by = [aws_db_proxy.proxy.id]
  }
}
resource "aws_db_proxy_target" "database" {
  db_proxy_name         = aws_db_proxy.proxy.name
  target_group_name     = aws_db_proxy_default_target_group.default.name
  db_cluster_identifier = aws_rds_cluster.database.cluster_identifier
  depends_on            = [aws_rds_cluster_instance.writer]

  lifecycle {
    replace_triggered_by = [aws_db_proxy.proxy.id]
  }
}

resource "aws_cloudwatch_metric_alarm" "pinned" {
  alarm_name          = "${local.name}-pinned"
  alarm_description   = "Sessions are pinned: the proxy's log tells why"
  namespace           = "AWS/RDS"
  metric_name         = "DatabaseConnectionsCurrentlySessionPinned"
  dimensions          = { ProxyName = aws_db_proxy.proxy.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
}
