import { randomBytes } from "node:crypto";

/** An access key that the proxy knows, as AWS names its parts. */
export interface AwsCredentials {
  /** Such as `AKIA…` (a user's own key) or `ASIA…` (a temporary one). */
  readonly accessKeyId: string;
  /** What tokens are signed with. */
  readonly secretAccessKey: string;
  /** Given with temporary keys only; a token must carry it then. Default: none. */
  readonly sessionToken?: string | undefined;
}

// Lambda's session tokens run to several hundred bytes; a realistic length shows up clients that truncate.
const sessionTokenBytes = 600;

/** New temporary credentials of the kind that a Lambda function finds in its environment. */
export function generateCredentials(): Required<AwsCredentials> & { readonly sessionToken: string } {
  return {
    accessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString("base64"),
    sessionToken: randomBytes(sessionTokenBytes).toString("base64"),
  };
}
