import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import { signToken } from "../login/sign-token.js";
import { UsageError } from "./usage-error.js";

/**
 * Signs a token for the running proxy that the variables are about, for a program that takes a password.
 *
 * @param file a file with the variables, as `--environment-file` writes it
 * @throws UsageError that names a missing variable
 */
export async function printedToken(
  own: Readonly<Record<string, string | undefined>>,
  file: string | undefined,
): Promise<string> {
  const variables = file === undefined ? own : parseEnv(await readText(file));
  const required = (name: string): string => {
    const value = variables[name];
    if (value) return value;
    const remedy =
      file === undefined ? "set what the proxy printed, or pass its --environment-file" : `${file} lacks it`;
    throw new UsageError(`--print-token: ${name} is missing: ${remedy}.`);
  };
  const sessionToken = variables["AWS_SESSION_TOKEN"];
  const credentials = {
    accessKeyId: required("AWS_ACCESS_KEY_ID"),
    secretAccessKey: required("AWS_SECRET_ACCESS_KEY"),
    ...(sessionToken ? { sessionToken } : {}),
  };
  const [endpoint, user, region] = ["RDS_PROXY_ENDPOINT", "RDS_PROXY_USER", "AWS_REGION"].map(required);
  return signToken(endpoint ?? "", user ?? "", region ?? "", credentials, Date.now());
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`--environment-file: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
