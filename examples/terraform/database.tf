resource "aws_db_subnet_group" "database" {
  name       = local.name
  subnet_ids = aws_subnet.isolated[*].id
}

resource "aws_rds_cluster" "database" {
  cluster_identifier = local.name
  engine             = local.engine.cluster
  engine_version     = local.engine.version
  port               = local.engine.port
  database_name      = local.database
  master_username    = "administrator"
  # RDS makes this password and changes it by itself.
  manage_master_user_password = true
  storage_encrypted           = true
  # The proxy logs in to it by tokens, too.
  iam_database_authentication_enabled = true
  # Lets the README create the database user without a machine inside of the VPC.
  enable_http_endpoint      = true
  final_snapshot_identifier = "${local.name}-final"
  db_subnet_group_name      = aws_db_subnet_group.database.name
  vpc_security_group_ids    = [aws_security_group.database.id]

  serverlessv2_scaling_configuration {
    # Not 0: a proxy keeps connections open, so the cluster would never pause.
    min_capacity = 0.5
    # A limit for the bill. It also decides max_connections, of which the proxy may use a part.
    max_capacity = 4
  }
}

resource "aws_rds_cluster_instance" "writer" {
  identifier          = "${local.name}-writer"
  cluster_identifier  = aws_rds_cluster.database.id
  instance_class      = "db.serverless"
  engine              = aws_rds_cluster.database.engine
  engine_version      = aws_rds_cluster.database.engine_version
  publicly_accessible = false
}
