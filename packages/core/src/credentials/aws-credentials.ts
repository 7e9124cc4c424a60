/** AWS credentials, in the shape of the AWS SDK for JavaScript v3. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Present with temporary credentials, such as a Lambda function's role. */
  readonly sessionToken?: string | undefined;
  /** When temporary credentials stop being accepted, where their source says so. */
  readonly expiration?: Date | undefined;
}

/** The same as it may be passed: an expiration in ISO 8601, as STS writes it in JSON, is taken too. */
export type GivenAwsCredentials = Omit<AwsCredentials, "expiration"> & {
  readonly expiration?: Date | string | undefined;
};

/** A credential provider of the AWS SDK, or any function like one. Called for each login. */
export type AwsCredentialProvider = (options?: { forceRefresh?: boolean }) => Promise<GivenAwsCredentials>;

/** Credentials and where they came from, for diagnosis. */
export interface FoundCredentials {
  readonly credentials: AwsCredentials;
  readonly source: "option" | "provider" | "role" | "environment" | "default chain";
}

/** Finds the credentials for one login. Asked each time, since they change under a long-lived process. */
export interface CredentialSource {
  /** @param now milliseconds since the epoch, since credentials end by the wall clock */
  (now: number): Promise<FoundCredentials>;
  /**
   * To be told when the server refused what they signed: what is found next was refreshed, once a minute at most.
   *
   * @param atMs by the clock's `steadyMs()`
   */
  readonly refused?: (atMs: number) => void;
}
