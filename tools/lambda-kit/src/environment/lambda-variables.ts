/** What Lambda sets in each environment: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
export const lambdaVariables: Readonly<Record<string, string>> = {
  AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${process.versions.node.split(".")[0]}.x`,
  AWS_LAMBDA_FUNCTION_NAME: "orders",
  AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1769",
  AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
  AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/orders",
  AWS_LAMBDA_LOG_STREAM_NAME: "orders",
  LANG: "en_US.UTF-8",
  TZ: ":UTC",
};
