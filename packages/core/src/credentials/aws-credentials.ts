/** AWS credentials, in the shape of the AWS SDK for JavaScript v3. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Present with temporary credentials, such as a Lambda function's role. */
  readonly sessionToken?: string | undefined;
  /** When temporary credentials expire, if their source provides it. */
  readonly expiration?: Date | undefined;
}

/** AWS credentials as an option. The expiration may also be in ISO 8601, as in the JSON of STS. */
export type GivenAwsCredentials = Omit<AwsCredentials, "expiration"> & {
  readonly expiration?: Date | string | undefined;
};

/** A credential provider of the AWS SDK, or a function like it. Called for each login. */
export type AwsCredentialProvider = (options?: { forceRefresh?: boolean }) => Promise<GivenAwsCredentials>;

/** Credentials and their source, which messages name. */
export interface FoundCredentials {
  readonly credentials: AwsCredentials;
  readonly source: "option" | "provider" | "role" | "environment" | "default chain";
}

/** Finds the credentials for one login. Called each time, because they change while a process runs. */
export interface CredentialSource {
  /** @param now milliseconds since the epoch: credentials expire by the wall clock */
  (now: number): Promise<FoundCredentials>;
  /**
   * Call it when the server refused a token: the next credentials are refreshed, at most once a minute.
   *
   * @param atMs by the clock's `steadyMs()`
   */
  readonly refused?: (atMs: number) => void;
}
