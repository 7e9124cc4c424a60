type Environment = Readonly<Record<string, string>>;

/** How the environment variables are written. */
export type OutputFormat = "bash" | "fish" | "powershell" | "dotenv" | "docker" | "sam";

interface Format {
  readonly write: (environment: Environment) => string;
  /** Where a container finds the certificate: `file` is the name of the file on this machine. */
  readonly caPath?: (file: string) => string;
}

/** The formats for containers name the machine as Docker does, and the certificate's path in the container. */
export const formats: Readonly<Record<OutputFormat, Format>> = {
  bash: { write: lines(([name, value]) => `export ${name}=${inBash(value)}`) },
  fish: { write: lines(([name, value]) => `set -gx ${name} '${value.replaceAll(/[\\']/g, "\\$&")}'`) },
  powershell: { write: lines(([name, value]) => `$env:${name} = '${value.replaceAll("'", "''")}'`) },
  dotenv: { write: lines(([name, value]) => `${name}=${inDotenv(value)}`) },
  // The file of `docker run --env-file` has no quotes.
  docker: {
    write: lines(([name, value]) => `${name}=${value}`),
    caPath: () => "/run/rds-proxy-local/ca.pem",
  },
  // The file of `sam local invoke --env-vars`. The function's folder is /var/task in the container.
  sam: {
    write: (environment) => `${JSON.stringify({ Parameters: environment }, undefined, 2)}\n`,
    caPath: (file) => `/var/task/${file}`,
  },
};

/** The names of the formats. */
export const formatNames: readonly OutputFormat[] = Object.keys(formats).filter(isOutputFormat);

export function isOutputFormat(name: string): name is OutputFormat {
  return Object.hasOwn(formats, name);
}

function lines(line: (variable: readonly [name: string, value: string]) => string): Format["write"] {
  return (environment) =>
    Object.entries(environment)
      .map((variable) => `${line(variable)}\n`)
      .join("");
}

const plain = /^[\w.,:/@+=-]+$/;

function inBash(value: string): string {
  return plain.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

// In single quotes nothing is expanded.
function inDotenv(value: string): string {
  if (plain.test(value)) return value;
  return value.includes("'") ? `"${value}"` : `'${value}'`;
}
